"""Every page of the newsroom, its feeds and their entries: releases in, bytes out."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from email.utils import parseaddr
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Template
from markupsafe import Markup

from pressfeed import __version__
from pressfeed.config import Config
from pressfeed.domain import Regions, Release, Status
from pressfeed.feeds import Entry, entry
from pressfeed.feeds.model import full_text, seconds
from pressfeed.languages import direction, with_territory
from pressfeed.markup import xml_safe
from pressfeed.site import addresses, templates
from pressfeed.site.article import Article, article, mail_url
from pressfeed.site.coverage import Coverage
from pressfeed.site.links import Links, in_languages
from pressfeed.site.metadata import news_article
from pressfeed.site.topics import topics_of
from pressfeed.site.views import Download, Link, Page, Telling, Translation
from pressfeed.texts import Texts, load

ENTRIES = 1000  # feed entries that are remembered


class Site:
    """Renders pages and feeds of one newsroom. Templates are compiled once; releases come with each call.

    ``uid`` is what the newsroom is known by for ever, whatever it is called; ``silent`` are regions that
    ended so long ago that they have no feeds any more.
    """

    def __init__(
        self, config: Config, regions: Regions, uid: str, silent: frozenset[str] = frozenset()
    ) -> None:
        self.config = config
        self.uid = uid
        self.silent = silent
        self.regions = regions
        self._templates = templates.digest(config.templates)
        self._environment = templates.environment(config.templates, self._templates)
        self._environment.globals.update(a=addresses, stamp=_stamp, open_graph_locale=with_territory)
        self._texts: dict[str, Texts] = {}
        self._last: tuple[Release, Article] | None = None
        self._brief: tuple[Release, Entry] | None = None
        self._entries: dict[int, tuple[Release, Entry]] = {}
        self.lines: dict[int, tuple[Release, Sequence[Translation], bytes]] = {}  # of ninjs, see Downloads
        self._by_slug = {region.slug: region for region in regions.all}
        self.links = Links(config, regions, silent, self.texts)
        self._kept: dict[tuple[Hashable, ...], Markup] = {}

    @cached_property
    def digest(self) -> str:
        """A hash of everything but releases that a page or feed depends on."""
        config = self.config
        said = (
            __version__, self.uid, config.name, sorted(config.names.items()), config.base_url,
            config.languages, config.zone.key, sorted(config.descriptions.items()),
            sorted(config.about.items()), config.address, self.contact, config.feed_size, config.search,
            config.signup.form,
            config.hub_url,
            [(region.slug, sorted(region.names.items()), region.parent, region.languages, region.ended,
              region.successor, region.slug in self.silent) for region in self.regions.all],
            self._templates,
        )  # fmt: skip
        return hashlib.blake2b(repr(said).encode(), digest_size=9).hexdigest()

    @cached_property
    def contact(self) -> str:
        """The press office's address for everybody."""
        config = self.config
        return config.contact or parseaddr(config.reply_to or config.sender)[1]

    def texts(self, language: str) -> Texts:
        """The interface texts of a language."""
        if language not in self._texts:
            self._texts[language] = load(language, self.config.templates)
        return self._texts[language]

    def url(self, path: str) -> str:
        """The absolute URL of a path."""
        return f"{self.config.base_url}/{path}"

    def article(self, release: Release) -> Article:
        """A release as pages, feeds and files tell it; the last one is remembered, for all of these."""
        last = self._last
        if last is None or last[0] is not release:
            told = article(release, self.texts(release.content.language), self.config.zone)
            self._last = last = (release, told)
        return last[1]

    # ------------------------------------------------------------------------------------------- feeds

    def entry(self, release: Release) -> Entry:
        """A release as a feed entry; remembered, since a release is in the feeds of several regions."""
        known = self._entries.get(release.id)
        if known is not None and known[0] == release:
            return known[1]
        if len(self._entries) >= ENTRIES:
            self._entries.clear()
        language = release.content.language
        html = self._template("entry.html").render(
            release=self.article(release), t=self.texts(language), about=self.about(language),
            newsroom=self.config.name_in(language),
        )  # fmt: skip
        brief = self.brief(release)
        made = replace(brief, html=full_text(html, brief.summary))
        self._entries[release.id] = (release, made)
        return made

    def brief(self, release: Release) -> Entry:
        """The entry without its HTML, for files that have none; the last one is remembered."""
        last = self._brief
        if last is None or last[0] is not release:
            language = release.content.language
            made = entry(
                release,
                html=None,
                url=self.url(addresses.release(language, release.slug)),
                author=self.config.name_in(language),
                texts=self.texts(language),
                notice=self.article(release).notice,
            )
            self._brief = last = (release, made)
        return last[1]

    # ------------------------------------------------------------------------------------------- pages

    def release_page(
        self, release: Release, translations: Sequence[Translation], regions: Sequence[str]
    ) -> bytes:
        """The page of a public or withdrawn release.

        ``translations`` are the public releases of its story in all languages, itself among them; ``regions``
        the known regions that it belongs to, most specific first.
        """
        story = self._telling(release)
        told = story.article
        language = release.content.language
        texts = self.texts(language)
        page = Page(
            path=story.path,
            language=language,
            title=texts("site.withdrawn_title", headline=told.headline) if told.withdrawn else told.headline,
            description=told.summary or told.headline,
            alternates=in_languages(
                language, [(one.language, addresses.release(one.language, one.slug)) for one in translations]
            ),
            feeds=self.links.feeds_upwards(regions, language),
            story=story,
            indexed=not told.withdrawn,
        )
        newsroom = self.config.name_in(language)
        home = self.url(addresses.home(language))
        return self.render(
            "release.html",
            page,
            story=story,
            regions=[self.links.region(slug, language) for slug in regions],
            topics=[
                Link(addresses.topic(language, slug), name)
                for slug, name in topics_of(release.content.topics).items()
            ],
            translations=[link for link in page.alternates if not link.current],
            downloads=self._downloads(release.slug, texts),
            about=self.about(language),
            json_ld="" if told.withdrawn else news_article(story, self.url(story.path), newsroom, home),
        )

    def region_page(
        self, region: str, language: str, coverage: Coverage, releases: Iterable[Release]
    ) -> bytes:
        """The page of a region: its newest releases, its feeds, the regions above and below it."""
        texts = self.texts(language)
        found = self._by_slug[region]
        newsroom, name = self.config.name_in(language), found.name(language)
        page = Page(
            path=addresses.region(region, language),
            language=language,
            title=texts("site.region_title", newsroom=newsroom, region=name),
            description=texts("site.region_description", newsroom=newsroom, region=name),
            alternates=in_languages(
                language, [(code, addresses.region(region, code)) for code in coverage.regions[region]]
            ),
            feeds=self.links.feeds([region], language),
        )
        above = [slug for slug in self.regions.ancestors(region)[1:] if coverage.has(slug, language)]
        lone_root = found.parent is None and len(self.regions.roots) == 1
        return self.render(
            "region.html",
            page,
            region=name,
            subject=name,
            slug=region,
            archive=addresses.archive(addresses.home(language) if lone_root else page.path),
            above=[self.links.region(slug, language) for slug in reversed(above)],
            below=self.links.regions_below(region, language, coverage),
            releases=self.teasers(releases),
        )  # fmt: skip

    def home_page(self, language: str, coverage: Coverage, releases: Iterable[Release]) -> bytes:
        """The newsroom in one language: its latest releases, all regions, how to follow."""
        return self._home(addresses.home(language), language, coverage, releases)

    def front_page(self, coverage: Coverage, releases: Iterable[Release]) -> bytes:
        """The page at the base URL: a choice of languages, then the newsroom in its own."""
        return self._home(addresses.FRONT, self.config.languages[0], coverage, releases)

    def _home(self, path: str, language: str, coverage: Coverage, releases: Iterable[Release]) -> bytes:
        name = self.config.name_in(language)
        about = self.config.descriptions.get(language, "")
        page = Page(
            path=path,
            language=language,
            title=name,
            description=about or self.texts(language)("site.newsroom_description", newsroom=name),
            alternates=in_languages(language, [(code, addresses.home(code)) for code in coverage.languages]),
            feeds=self.links.feeds_at_the_top(language, coverage),
            choice=True,
        )
        return self.render(
            "home.html",
            page,
            front=path == addresses.FRONT,
            subject=name,
            slug="",
            archive=addresses.archive(addresses.home(language)),
            lead=about,
            regions=self.links.tree(language, coverage),
            releases=self.teasers(releases),
        )

    def follow_page(self, language: str, coverage: Coverage) -> bytes:
        """What feeds there are, explained to people."""
        texts = self.texts(language)
        newsroom = self.config.name_in(language)
        page = Page(
            path=addresses.follow(language),
            language=language,
            title=texts("site.region_title", region=texts("site.follow_title"), newsroom=newsroom),
            description=texts("site.follow_lead"),
            alternates=in_languages(
                language, [(code, addresses.follow(code)) for code in coverage.languages]
            ),
            feeds=self.links.feeds_at_the_top(language, coverage),
        )
        rows = [
            (self.links.region(region.slug, language), self.links.feeds([region.slug], language))
            for region in self.regions.all
            if coverage.has(region.slug, language) and region.slug not in self.silent
        ]
        return self.render("follow.html", page, rows=rows)

    def not_found_page(self, coverage: Coverage) -> bytes:
        """What a web server shows for an unknown address, in all the newsroom's languages."""
        language = self.config.languages[0]
        page = Page(
            path=addresses.NOT_FOUND,
            language=language,
            title=self.texts(language)("site.not_found_title"),
            description=self.texts(language)("site.not_found"),
            feeds=self.links.feeds_at_the_top(language, coverage),
            indexed=False,
        )
        spoken = [(code, direction(code), self.texts(code)) for code in self.config.languages]
        # It answers for any address, so its links must not be relative.
        root = urlsplit(self.config.base_url).path + "/"
        return self.render("404.html", page, root, spoken=spoken)

    # ------------------------------------------------------------------------------------------- parts

    def render(self, template: str, page: Page, root: str | None = None, /, **values: Any) -> bytes:
        config = self.config
        way = addresses.root_of(page.path) if root is None else root

        def link(path: str) -> str:
            return f"{way}{path}" or "./"

        def keep(name: str, make: Callable[[], Markup], of: Hashable = None) -> Markup:
            """What is the same on pages of a language that lie as deep, show ``of`` and have no menu item."""
            key = (name, page.language, way, of, page.path if page.path in menu else "")
            if key not in self._kept:
                self._kept[key] = make().strip()
            return self._kept[key]

        menu = self._menu(page.language)
        html = self._template(template).render(
            page=page,
            t=self.texts(page.language),
            direction=direction(page.language),
            newsroom=config.name_in(page.language),
            address=config.address.strip().splitlines(),
            contact=self.contact,
            contact_url=mail_url(self.contact),
            searchable=config.search,
            by_mail=config.signup.form == "open" and page.language in config.languages,
            formats=page.feeds[: len(addresses.FORMATS)],
            homes=self.links.homes(page.language),
            link=link,
            keep=keep,
            url=self.url,
            zone=config.zone,
            **values,
        )
        return xml_safe(html).encode()

    @staticmethod
    @cache
    def _menu(language: str) -> frozenset[str]:
        """The pages to which the menu of every page leads."""
        home = addresses.home(language)
        places = (addresses.topics, addresses.contacts, addresses.follow)
        return frozenset((home, addresses.archive(home), *(place(language) for place in places)))

    def _template(self, name: str) -> Template:
        return self._environment.get_template(name)

    def about(self, language: str) -> list[str]:
        """The newsroom's boilerplate, by paragraph."""
        return [part.strip() for part in self.config.about.get(language, "").split("\n\n") if part.strip()]

    def _downloads(self, slug: str, texts: Texts) -> list[Download]:
        """The release itself as files beside its page."""
        names = {"release.txt": texts("site.plain_text")}
        return [
            Download(format.file, format.type, names.get(format.file, format.name), slug + format.file[7:])
            for format in addresses.DOWNLOADS
        ]

    def _telling(self, release: Release) -> Telling:
        language = release.content.language
        told = self.article(release)
        return Telling(release, told, addresses.release(language, release.slug))

    def teasers(self, releases: Iterable[Release]) -> list[Telling]:
        return [self._telling(release) for release in releases if release.status is not Status.WITHDRAWN]


def _stamp(moment: dt.datetime) -> str:
    """A moment for machines (HTML's global date and time string)."""
    return seconds(moment).isoformat()
