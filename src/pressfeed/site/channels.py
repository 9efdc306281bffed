"""What people can subscribe to: each region, each topic, and everything, in each language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pressfeed.domain import Region, Release
from pressfeed.feeds import Entry, Feed, Outline, closing, feed_id, opml
from pressfeed.feeds.model import fitting, plain
from pressfeed.site import addresses
from pressfeed.site.coverage import Coverage
from pressfeed.site.pages import Site
from pressfeed.texts import Texts

CLOSING = dt.timedelta(days=90)  # for so long the feeds of a region that has ended say so; then they are gone


@dataclass(frozen=True, slots=True)
class Channel:
    """A region, a topic (its slug), or everything (neither), in a language."""

    language: str
    region: str = ""
    topic: str = ""
    name: str = ""  # of the topic

    @property
    def path(self) -> str:
        """The folder of its page and its feeds."""
        if self.topic:
            return addresses.topic(self.language, self.topic)
        return addresses.region(self.region, self.language) if self.region else addresses.home(self.language)

    @property
    def key(self) -> str:
        """What its identity comes from, besides newsroom and language."""
        return f"topics/{self.topic}" if self.topic else self.region


class Channels:
    """The feeds of a newsroom, made with the texts and templates of its site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._regions: Mapping[str, Region] = {region.slug: region for region in site.regions.all}

    def feed(
        self,
        channel: Channel,
        releases: Iterable[Release],
        *,
        number: int = 0,
        archives: int = 0,
        ended: dt.datetime | None = None,
    ) -> Feed:
        """What people subscribe to, or the archive document ``number`` of ``archives``; newest release first.

        ``ended`` is when the region ended: an entry that says so comes first.
        """
        site, config, language = self.site, self.site.config, channel.language
        newsroom, title, description = config.name_in(language), *self._names(channel)
        home = site.url(channel.path)
        feed = Feed(
            id=feed_id(site.uid, channel.key, language),
            title=plain(title),
            description=plain(description),
            language=language,
            home_url=home,
            base_url=home,
            author=plain(newsroom),
            author_url=site.url(addresses.home(language)),
            generator="pressfeed",
            hub=config.hub_url,
            entries=fitting([site.entry(release) for release in releases]),
            archive_url=site.url(addresses.feed_archives(channel.path)),
            archives=archives,
            number=number,
        )
        return replace(feed, entries=(self._closing(feed, channel, ended), *feed.entries)) if ended else feed

    def _names(self, channel: Channel) -> tuple[str, str]:
        """Title and description."""
        texts, language = self.site.texts(channel.language), channel.language
        newsroom = self.site.config.name_in(language)
        if not channel.region and not channel.topic:
            about = self.site.config.descriptions.get(language, "")
            return newsroom, about or texts("site.newsroom_description", newsroom=newsroom)
        if channel.topic:
            name = channel.name
            about = texts("site.topic_description", newsroom=newsroom, topic=name)
        else:
            name = self._regions[channel.region].name(language)
            about = texts("site.region_description", newsroom=newsroom, region=name)
        return texts("site.feed_title", newsroom=newsroom, region=name), about

    def _closing(self, feed: Feed, channel: Channel, ended: dt.datetime) -> Entry:
        texts = self.site.texts(channel.language)
        target = self.successor(channel)
        title, _ = self._names(target)
        return closing(
            feed,
            ended,
            title=texts("site.ended_title", feed=feed.title),
            text=texts("site.ended_note", feed=plain(title)),
            name=plain(title),
            url=self.site.url(target.path),
        )

    def successor(self, channel: Channel) -> Channel:
        """Where readers of a region that has ended go: what its schedule names, else its parent, else all."""
        language, region = channel.language, self._regions.get(channel.region)
        seen = {channel.region}
        while region is not None:
            region = self._regions.get(region.successor or region.parent or "")
            if region is None or region.slug in seen:
                break
            seen.add(region.slug)
            if region.ended is None and language in (region.languages or (language,)):
                return Channel(language, region.slug)
        return Channel(language)

    def opml(self, coverage: Coverage, topics: Iterable[Channel], language: str | None = None) -> bytes:
        """All feeds as OPML: those in one language, or all languages in folders."""
        site = self.site
        own = language or site.config.languages[0]
        newsroom = site.config.name_in(own)
        by_language: dict[str, list[Channel]] = {}
        for topic in topics:
            by_language.setdefault(topic.language, []).append(topic)
        outlines = self._outlines(own, coverage, by_language.get(own, []))
        if language is None:
            outlines = [
                Outline(
                    Texts.own_name(code),
                    children=tuple(self._outlines(code, coverage, by_language.get(code, []))),
                )
                for code in coverage.languages
            ]
        title = site.texts(own)("site.opml_title", newsroom=newsroom)
        return opml(title, newsroom, site.url(addresses.home(own)), outlines)

    def _outlines(self, language: str, coverage: Coverage, topics: Iterable[Channel]) -> list[Outline]:
        found = [Channel(language)]
        found += [
            Channel(language, region.slug)
            for region in self.site.regions.all
            if coverage.has(region.slug, language) and region.slug not in self.site.silent
        ]
        outlines = [self._outline(channel) for channel in found]
        children = tuple(self._outline(channel) for channel in topics)
        if children:
            outlines.append(Outline(self.site.texts(language)("site.topics"), children=children))
        return outlines

    def _outline(self, channel: Channel) -> Outline:
        feed = self.feed(channel, ())
        return Outline(feed.title, feed.rss_url, feed.home_url, feed.description, channel.language)


def has_ended(region: Region, now: dt.datetime) -> bool:
    """Whether a region's feeds say at ``now`` that it has ended, or are gone."""
    return region.ended_at is not None and region.ended_at <= now


def is_silent(region: Region, now: dt.datetime) -> bool:
    """Whether a region's feeds are gone at ``now``."""
    return region.ended_at is not None and region.ended_at + CLOSING <= now


def next_end(regions: Iterable[Region], now: dt.datetime) -> dt.datetime | None:
    """When, after ``now``, the next region ends or falls silent."""
    ends = [region.ended_at for region in regions if region.ended_at is not None]
    moments = [moment for end in ends for moment in (end, end + CLOSING) if moment > now]
    return min(moments, default=None)
