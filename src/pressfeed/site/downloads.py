"""A release as files that people take with them: plain text, Markdown, IPTC ninjs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pressfeed.domain import Release, Status
from pressfeed.feeds import Sibling, markdown, ninjs, ninjs_bytes
from pressfeed.feeds.markdown import escape
from pressfeed.markup import one_line
from pressfeed.site import addresses
from pressfeed.site.article import Article, ContactView
from pressfeed.site.pages import ENTRIES, Site
from pressfeed.site.views import Translation

_JSON = json.JSONEncoder(ensure_ascii=False)


class Downloads:
    """Makes the files with the texts of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._last: tuple[Release, str] | None = None

    def files(self, release: Release, translations: Sequence[Translation] = ()) -> dict[str, bytes | None]:
        """File name → content; None for what there is not, or no more: a withdrawn release has no text.

        ``translations`` are the public ones of its story; the release itself may be among them.
        """
        withdrawn = release.status is Status.WITHDRAWN
        return {
            "release.txt": None if withdrawn else self.text(release),
            "release.md": None if withdrawn else self.markdown(release),
            "release.ninjs.json": ninjs_bytes(self.ninjs(release, translations)),
        }

    def line(self, release: Release, translations: Sequence[Translation] = ()) -> bytes:
        """As a line of JSON, for lists; remembered, since a release is in those of several regions."""
        kept = self._site.lines
        known = kept.get(release.id)
        if known is None or known[0] != release or known[1] != translations:
            if len(kept) >= ENTRIES:
                kept.clear()
            known = kept[release.id] = (
                release, translations, ninjs_bytes(self.ninjs(release, translations))
            )  # fmt: skip
        return known[2]

    def ninjs(self, release: Release, translations: Sequence[Translation] = ()) -> dict[str, Any]:
        """As ninjs 2.1, associated with its translations."""
        return ninjs(
            release,
            self._site.brief(release),
            body=self._body(release),
            publisher=self._site.config.name_in(release.content.language),
            translations=[
                Sibling(
                    one.language,
                    f"urn:uuid:{one.uid}",
                    self._site.url(addresses.release(one.language, one.slug)),
                )
                for one in translations
                if one.language != release.content.language
            ],
        )

    def text(self, release: Release) -> bytes:
        """As plain text, UTF-8, one paragraph a line: made for copying, so nothing is wrapped."""
        told, entry = self._site.article(release), self._site.brief(release)
        texts = self._site.texts(entry.language)
        parts = [told.headline, told.subhead, self._dateline(release, told), told.notice, entry.text]
        parts += _section(texts("site.notes"), told.notes)
        parts += _section(texts("site.files"), [f"{file.title}: {file.url}" for file in told.files])
        parts += _section(self._about_title(release), self._site.about(entry.language))
        parts += _section(texts("site.contacts"), map(_contact, told.contacts))
        return ("\n\n".join(filter(None, [*parts, entry.url])) + "\n").encode()

    def markdown(self, release: Release) -> bytes:
        """As Markdown, UTF-8, with its data in front matter, as ``pressfeed import`` reads it."""
        told, entry = self._site.article(release), self._site.brief(release)
        texts = self._site.texts(entry.language)
        front: dict[str, Any] = {
            "headline": told.headline,
            "subhead": told.subhead,
            "language": entry.language,
            "published": entry.published.isoformat(),
            "place": told.place,
            "author": one_line(release.content.author),
            "countries": [category.term for category in entry.categories if category.scheme],
            "topics": list(told.topics),
            "url": entry.url,
        }
        lines = [f"{key}: {_yaml(value)}" for key, value in front.items() if value]
        parts = ["---\n" + "\n".join(lines) + "\n---", f"# {escape(told.headline)}"]
        parts += [f"**{escape(told.notice)}**"] if told.notice else []
        parts += [f"**{escape(told.subhead)}**"] if told.subhead else []
        parts += [markdown(self._body(release))]
        parts += _section(f"## {escape(texts('site.notes'))}", map(escape, told.notes))
        files = [f"- [{escape(file.title)}]({file.url})" for file in told.files]
        parts += _section(f"## {escape(texts('site.files'))}", ["\n".join(files)] if files else [])
        about = [escape(part) for part in self._site.about(entry.language)]
        parts += _section(f"## {escape(self._about_title(release))}", about)
        contacts = [f"- {escape(_contact(contact))}" for contact in told.contacts]
        parts += _section(f"## {escape(texts('site.contacts'))}", ["\n".join(contacts)] if contacts else [])
        return ("\n\n".join(filter(None, parts)) + "\n").encode()

    def _body(self, release: Release) -> str:
        """The text as clean HTML, made once for all files."""
        last = self._last
        if last is None or last[0] is not release:
            self._last = last = (release, str(self._site.article(release).body))
        return last[1]

    def _about_title(self, release: Release) -> str:
        language = release.content.language
        return self._site.texts(language)("site.about", name=self._site.config.name_in(language))

    def _dateline(self, release: Release, told: Article) -> str:
        date = self._site.texts(release.content.language).date(
            self._site.brief(release).published, zone=self._site.config.zone
        )
        return f"{told.dateline}, {date}" if told.dateline else date


def _section(title: str, paragraphs: Any) -> list[str]:
    found = [paragraph for paragraph in paragraphs if paragraph]
    return [title, *found] if found else []


def _contact(contact: ContactView) -> str:
    return ", ".join(filter(None, (contact.name, contact.role, contact.phone, contact.email)))


def _yaml(value: str | list[str]) -> str:
    """A text or a list of texts as YAML that is JSON as well."""
    return _JSON.encode(value)
