"""Templates filled, styles inlined, and the whole kept small enough to be read to the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pressfeed import texts as interface
from pressfeed.digest import prose, subject, view
from pressfeed.digest.contents import Contents, Digest
from pressfeed.digest.inline import Inliner
from pressfeed.digest.templates import EmailTemplates
from pressfeed.digest.view import DigestView
from pressfeed.errors import ConfigError
from pressfeed.languages import lineage
from pressfeed.message import EVERY_HOLE, HOLES, PREFERENCES_HOLE, UNSUBSCRIBE_HOLE

HTML_LIMIT = 90_000  # bytes of UTF-8: Gmail hides what comes after about 102 KB
PREHEADER_LIMIT = 140


class Renderer:
    """Renders digests with the shipped templates and those of a newsroom.

    ``overrides`` are a newsroom's ``templates`` folders, the last one winning; each may hold any file of
    ``email/`` and ``texts/``. Keep one for many digests: it remembers templates and texts.
    """

    def __init__(self, overrides: Sequence[Path] = ()) -> None:
        self._overrides = tuple(overrides)
        self._templates = EmailTemplates(self._overrides)
        self._languages = frozenset(interface.languages(self._overrides))
        self._texts: dict[str, interface.Texts] = {}
        self._inline = Inliner()

    def render(self, contents: Contents) -> Digest:
        """The digest of one variant, the same bytes for the same contents.

        Where its HTML would exceed HTML_LIMIT, the last stories are shortened to their headlines, as few as
        possible; where that is not enough, the last ones are only counted. Raises ConfigError naming the file
        and line of a template or text that cannot be used.
        """
        whole = view.build(contents, self._texts_of)
        head = {"subject": self._subject(contents, whole), "preheader": self._preheader(whole)}
        count = len(whole.stories)
        # Steps 1 … count shorten stories, the steps after them leave all but the first one out.
        low, high = 0, 2 * count - 1
        fitting = self._html(whole, head)
        if count and len(fitting.encode()) > HTML_LIMIT:
            low = 1
            while low < high:
                middle = (low + high) // 2
                if len(self._html(_reduced(whole, middle), head).encode()) > HTML_LIMIT:
                    low = middle + 1
                else:
                    high = middle
            fitting = self._html(_reduced(whole, low), head)
        shown = _reduced(whole, low)
        return Digest(
            language=whole.language,
            **head,
            html=fitting,
            text=self._text(shown, head),
            shown=len(shown.stories),
        )

    def check(self) -> None:
        """Compiles every template and reads every text; raises ConfigError naming the first broken file."""
        self._templates.check()
        for language in sorted(self._languages):
            self._texts_of(language)

    def _texts_of(self, language: str) -> interface.Texts | None:
        if self._languages.isdisjoint(lineage(language)):
            return None
        if language not in self._texts:
            self._texts[language] = interface.load(language, self._overrides)
        return self._texts[language]

    def _subject(self, contents: Contents, whole: DigestView) -> str:
        t = self._t(whole)
        others = len(whole.stories) + len(whole.updates) - 1
        places: dict[str, Any] = {place: f"{{{place}}}" for place in subject.PLACES if place != "count"}
        if whole.updates:
            # What somebody may have printed already comes before what is new.
            first = t(f"notice.{whole.updates[0].kind}_subject", headline=whole.updates[0].headline)
        else:
            first = whole.stories[0].headline
        own = (
            contents.bulletin.subjects.get(contents.language) if whole.stories and not whole.updates else None
        )
        pattern = own or (
            t("mail.subject_more", count=others, **places) if others else t("mail.subject_single", **places)
        )
        plain = subject.compose(
            pattern,
            {
                "bulletin": whole.title,
                "count": len(whole.stories),
                "date": t.date(contents.date),
                "headline": first,
                "newsroom": whole.newsroom,
                "region": whole.region,
            },
        )
        if not contents.embargoes:
            return plain
        day = t.date(contents.embargoes[0], "medium", contents.bulletin.zone)
        if len(contents.embargoes) > 1:
            return prose.cut(t("advance.subject_several", subject=plain), subject.LIMIT)
        return prose.cut(t("advance.subject", date=day, subject=plain), subject.LIMIT)

    def _preheader(self, whole: DigestView) -> str:
        """What the subject does not say: the other headlines, or what the only story is about."""
        headlines = [update.headline for update in whole.updates]
        headlines += [story.headline for story in whole.stories]
        if len(headlines) > 1:
            text = self._t(whole)("mail.also", headlines=" · ".join(headlines[1:]))
        elif whole.updates:
            text = whole.updates[0].note or whole.updates[0].lead
        else:
            text = whole.stories[0].subhead or " ".join(whole.stories[0].summary)
        return prose.cut(text, PREHEADER_LIMIT)

    def _html(self, shown: DigestView, head: Mapping[str, str]) -> str:
        source = self._templates.fill("digest.html", self._values(shown, head))
        html = self._inline(source)
        _require_holes(html, source, "digest.html")
        return html

    def _text(self, shown: DigestView, head: Mapping[str, str]) -> str:
        text = self._templates.text("digest.txt", self._values(shown, head))
        _require_holes(text, text, "digest.txt")
        return text

    def _values(self, shown: DigestView, head: Mapping[str, str]) -> dict[str, Any]:
        return {
            **{field.name: getattr(shown, field.name) for field in fields(shown)},
            **head,
            "t": self._t(shown),
            "unsubscribe_url": UNSUBSCRIBE_HOLE,
            "preferences_url": PREFERENCES_HOLE,
        }

    def _t(self, shown: DigestView) -> interface.Texts:
        t = self._texts_of(shown.language)
        assert t is not None  # view.build made sure of it
        return t


def _reduced(whole: DigestView, step: int) -> DigestView:
    """The view with its last ``step`` stories short; beyond that many, all short and the last ones gone."""
    count = len(whole.stories)
    full = max(count - step, 0)
    kept = count - max(step - count, 0)
    stories = tuple(
        story if index < full else replace(story, brief=True)
        for index, story in enumerate(whole.stories[:kept])
    )
    return replace(whole, stories=stories, more=whole.more + count - kept)


def _require_holes(result: str, source: str, name: str) -> None:
    for hole in EVERY_HOLE:
        if (hole in HOLES and hole not in result) or result.count(hole) != source.count(hole):
            raise ConfigError(
                f"the e-mail template {name} does not offer {hole}",
                remedy="Put {{ unsubscribe_url }} and {{ preferences_url }} into a link and into the text",
            )
