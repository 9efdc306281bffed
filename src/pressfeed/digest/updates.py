"""What the templates see of an update: that a release was corrected, withdrawn, or translated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pressfeed import changes
from pressfeed.digest import prose
from pressfeed.digest.contents import Contents, Update
from pressfeed.domain import NoticeKind, PartialDate
from pressfeed.languages import direction
from pressfeed.texts import Texts

MOST = 6  # changes that a mail shows
SUMMARY = 420  # characters
EXCERPT = 240  # characters of a changed paragraph
_CONTEXT = 40  # characters before the first difference
# What a reader must know; the rest is for machines.
_TOLD = frozenset(
    {"headline", "subhead", "place", "date", "text", "notes", "contacts", "author", "files", "countries"}
)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One place that was changed; ``before`` or ``after`` is "" for what was added or taken out."""

    label: str  # in the digest's language
    before: str  # in the release's
    after: str


@dataclass(frozen=True, slots=True)
class UpdateView:
    """One update. ``t`` are the texts of the release's language where there are any, else the digest's."""

    kind: str  # correction, withdrawal, translation
    label: str
    lead: str
    headline: str
    url: str  # "" for nowhere
    link: str  # what the link says
    language: str
    direction: str
    t: Texts
    foreign: bool
    language_name: str
    summary: str  # of a translation: what it is about
    note: str
    note_language: str
    note_direction: str
    changes: tuple[ChangeView, ...]
    more_changes: int


def build(
    update: Update, url: str, contents: Contents, t: Texts, texts: Callable[[str], Texts | None]
) -> UpdateView:
    """The view of an update; ``url`` is where it leads, "" for nowhere."""
    content = update.release.content
    language = content.language or contents.language
    own = texts(language) or t
    name = own.language_name(language) if language == own.language else t.language_name(language)
    told = list(_changes(update, t, own)) if update.kind is NoticeKind.CORRECTION else []
    note_language = update.note_language or language
    return UpdateView(
        kind=update.kind.value,
        label=t(f"notice.{update.kind}", language=t.language_name(language)),
        lead=t(f"notice.{update.kind}_lead"),
        headline=prose.cut(prose.line(content.headline), 300),
        url=url,
        link=t(f"notice.{update.kind}_link"),
        language=language,
        direction=direction(language),
        t=own,
        foreign=language != t.language,
        language_name=name,
        summary=_summary(update) if update.kind is NoticeKind.TRANSLATION else "",
        note=prose.line(update.note),
        note_language=note_language,
        note_direction=direction(note_language),
        changes=tuple(told[:MOST]),
        more_changes=max(len(told) - MOST, 0),
    )


def _summary(update: Update) -> str:
    content = update.release.content
    lead = prose.line(content.subhead) or next(iter(prose.paragraphs(content.body_text)), "")
    return prose.cut(lead, SUMMARY)


def _changes(update: Update, t: Texts, own: Texts) -> Iterator[ChangeView]:
    if update.was is None:
        return
    for change in changes.changes(update.was, update.release.content):
        if change.field not in _TOLD:
            continue
        before, after = (_shown(change.field, text, own) for text in (change.before, change.after))
        yield ChangeView(t(f"notice.field_{change.field}"), *_excerpts(before, after))


def _shown(field: str, text: str, own: Texts) -> str:
    if field == "date" and text:
        return own.date(PartialDate.parse(text))
    if field == "countries" and text:
        return own("mail.list_separator").join(map(own.country_name, text.split(", ")))
    return prose.line(text)


def _excerpts(before: str, after: str) -> tuple[str, str]:
    """Both texts from a little before their first difference on, cut to a bearable length."""
    start = 0
    if before and after and max(prose.size(before), prose.size(after)) > EXCERPT:
        pairs = enumerate(zip(before, after, strict=False))
        same = next((index for index, (one, other) in pairs if one != other), 0)
        start = max(before.rfind(" ", 0, max(same - _CONTEXT, 0)), 0)
    opening = "… " if start else ""
    return (
        opening + prose.cut(before[start:].strip(), EXCERPT) if before else "",
        opening + prose.cut(after[start:].strip(), EXCERPT) if after else "",
    )
