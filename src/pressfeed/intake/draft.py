"""What a format's reader found, and how it becomes a reading: the part that all formats share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace

from pressfeed.domain import Contact, Content, Enclosure, PartialDate
from pressfeed.intake import contacts as contact_lines
from pressfeed.intake import dateline, dates, focus, head, language, notes, people
from pressfeed.intake.blocks import Block, to_html, to_text
from pressfeed.intake.inline import without_prefix
from pressfeed.intake.text import one_line
from pressfeed.intake.types import Document, Overrides, Reading, Setting
from pressfeed.languages import lineage


@dataclass
class Draft:
    """One release as far as a format's reader knows it. What stays empty is looked for in the body."""

    blocks: list[Block] = field(default_factory=list)
    headline: str = ""
    subhead: str = ""
    language: str = ""
    language_hint: str = (
        ""  # what the page's or feed's frame says; templates are often wrong about their text
    )
    place: str = ""
    date: PartialDate | None = None
    published: dt.datetime | None = None
    embargo: dt.datetime | None = None
    regions: tuple[str, ...] | None = None
    countries: tuple[str, ...] | None = None
    contacts: list[Contact] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    author: str = ""
    topics: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    key: str = ""
    story: str | None = None
    slug: str | None = None
    draft: bool = False
    withdrawn: bool = False
    archive: bool = False
    has_menu: bool = False
    marked_up: bool = False  # the format marks titles as such: a plain paragraph is none by its looks alone
    recognise_head: bool = True  # look for headline, date line … at the top of the body
    problems: list[str] = field(default_factory=list)


def finish(
    draft: Draft, document: Document, setting: Setting, overrides: Overrides, atlas: focus.Atlas
) -> Reading:
    """A draft as a reading: language, head, contacts, footnotes, dateline, countries, regions."""
    found_language = overrides.language or draft.language or _language(draft, setting)
    if draft.recognise_head:
        _read_head(draft, found_language, setting)
    found_contacts, body = _take_contacts(draft.blocks, found_language)
    noted = notes.footnotes(body)
    body = [block for index, block in enumerate(body) if index not in noted]
    draft.footnotes += [one_line(text) for text in noted.values()]
    body = _take_dateline(draft, body, found_language)
    for block in body:
        draft.problems += block.problems
    known_contacts = _with_new(draft.contacts, found_contacts)
    headline = overrides.headline if overrides.headline is not None else draft.headline
    place = overrides.place if overrides.place is not None else draft.place
    body_text = to_text(body)
    subject = focus.subject(
        focus.Texts(place, headline, draft.subhead, *_lead_and_rest(body), "\n".join(draft.footnotes)),
        found_language,
        atlas,
    )
    published, embargo = overrides.published or draft.published, overrides.embargo or draft.embargo
    if published is None and draft.date is not None and (whole := draft.date.complete()):
        published = dates.to_utc(whole, setting.zone)
    content = Content(
        headline=one_line(headline),
        language=found_language,
        body_html=to_html(body),
        body_text=body_text,
        subhead=one_line(draft.subhead),
        place=one_line(place),
        date=draft.date,
        footnotes=tuple(draft.footnotes),
        contacts=known_contacts,
        countries=draft.countries if draft.countries is not None else subject.countries,
        regions=_regions(draft, overrides, setting, subject),
        author=one_line(draft.author),
        enclosures=draft.enclosures,
        topics=tuple(dict.fromkeys(filter(None, map(one_line, draft.topics)))),
    )
    return Reading(
        key=draft.key or document.key,
        content=content,
        published_at=dates.to_utc(published, setting.zone) if published else None,
        embargo_until=dates.to_utc(embargo, setting.zone) if embargo else None,
        story=overrides.story or draft.story,
        draft=overrides.draft if overrides.draft is not None else draft.draft,
        withdrawn=draft.withdrawn,
        archive=overrides.archive if overrides.archive is not None else draft.archive,
        slug=draft.slug,
        problems=tuple(dict.fromkeys(draft.problems)),
    )


def _language(draft: Draft, setting: Setting) -> str:
    """The body's own language; what its frame says where the body is too short to tell."""
    spoken = {lineage(code)[0]: code for code in reversed(setting.languages)}
    detected = language.detect(_sample(draft.blocks), (*setting.languages, *spoken))
    found = draft.language_hint or detected
    if detected and found and detected != lineage(found)[0]:
        draft.problems.append(f"its frame says “{found}”, but the text is in “{detected}”")
        found = detected
    return found if found in setting.languages else spoken.get(found, found)


def _sample(blocks: Sequence[Block]) -> str:
    """Body text for telling the language: the long blocks first in order, so that labels do not decide."""
    long = [block.text for block in blocks if len(block.text) > 80]
    return "\n".join(long or [block.text for block in blocks])[:3000]


def _read_head(draft: Draft, found_language: str, setting: Setting) -> None:
    given = head.Given(
        found_language, setting.zone, draft.has_menu, draft.marked_up, one_line(draft.headline)
    )
    found = head.read(draft.blocks, given)
    draft.blocks = found.body
    draft.headline = draft.headline or found.headline
    draft.subhead = draft.subhead or found.subhead
    draft.place = draft.place or found.place
    draft.date = draft.date or found.date
    draft.published = draft.published or found.published
    draft.author = draft.author or found.author
    draft.topics = draft.topics or found.topics
    draft.problems += found.problems


def _take_contacts(blocks: Sequence[Block], found_language: str) -> tuple[list[Contact], list[Block]]:
    """The contacts, and the blocks without the lines that named them and without end marks."""
    lines: list[str] = []
    owners: list[int] = []
    after_end: int | None = None
    marks: set[int] = set()
    for index, block in enumerate(blocks):
        if block.kind in ("p", "rule") and (block.kind == "rule" or notes.is_end_mark(block.text)):
            marks.add(index)
            after_end = len(lines)
            continue
        for line in block.text.split("\n"):
            lines.append(line)
            owners.append(index)
    found: list[Contact] = []
    gone: set[int] = set()
    for taken in contact_lines.blocks(lines, after_end):
        read = people.read(lines[taken.start : taken.stop], found_language)
        if read:
            found += read
            gone.update(taken)
    touched = {owners[position] for position in gone}
    remaining: dict[int, list[str]] = {}
    for position, owner in enumerate(owners):
        if owner in touched and position not in gone:
            remaining.setdefault(owner, []).append(lines[position])
    kept: list[Block] = []
    for index, block in enumerate(blocks):
        if index in marks:
            kept.append(Block("rule", "", "<hr>", block.line))
        elif index not in touched:
            kept.append(block)
        elif index in remaining:
            text = "\n".join(remaining[index])
            kept.append(Block(block.kind if block.is_text else "p", text, line=block.line))
    unique = {(contact.name, contact.email or contact.phone): contact for contact in found}
    return list(unique.values()), _without_idle_rules(kept)


def _with_new(given: Sequence[Contact], found: Sequence[Contact]) -> tuple[Contact, ...]:
    """The contacts that the document names itself, then those of its text that are not among them."""
    known = {value.casefold() for one in given for value in (one.email, one.phone, one.name) if value}
    return (
        *given,
        *(one for one in found if not {one.email.casefold(), one.phone, one.name.casefold()} & known),
    )


def _without_idle_rules(blocks: list[Block]) -> list[Block]:
    """Rules only between texts: an end mark with nothing under it has done its work."""
    while blocks and blocks[-1].kind == "rule":
        blocks.pop()
    return [
        block
        for index, block in enumerate(blocks)
        if block.kind != "rule" or (index > 0 and blocks[index - 1].kind != "rule")
    ]


def _take_dateline(draft: Draft, blocks: list[Block], found_language: str) -> list[Block]:
    """Place and date from the first paragraph; the dateline comes off where they say all of it."""
    first = next((index for index, block in enumerate(blocks) if block.kind == "p" and block.text), None)
    if first is None or any(block.kind not in ("figure", "rule") for block in blocks[:first]):
        return blocks
    block = blocks[first]
    found = dateline.find(block.text, found_language)
    if found is None:
        return blocks
    same_place = not draft.place or not found.place or draft.place.casefold() == found.place.casefold()
    same_date = (
        draft.date is None or found.date is None or str(draft.date).endswith(str(found.date).lstrip("-"))
    )
    draft.place = draft.place or one_line(found.place)
    draft.date = draft.date or found.date
    if not (found.separable and same_place and same_date):
        return blocks
    rest = block.text[found.length :].lstrip()
    html = ""
    if block.html:
        cut = without_prefix(block.html, block.text, len(block.text) - len(rest))
        if cut is None:
            return blocks
        html = cut
    return [*blocks[:first], replace(block, text=rest, html=html), *blocks[first + 1 :]]


def _lead_and_rest(blocks: Sequence[Block]) -> tuple[str, str]:
    texts = [block.text for block in blocks if block.text]
    lead = next((index for index, block in enumerate(texts) if len(block) > 60), 0)
    return (texts[lead] if texts else ""), "\n".join(
        text for index, text in enumerate(texts) if index != lead
    )


def _regions(draft: Draft, overrides: Overrides, setting: Setting, subject: focus.Subject) -> tuple[str, ...]:
    if overrides.regions is not None:
        return overrides.regions
    if draft.regions is not None:
        known = tuple(slug for slug in draft.regions if setting.regions.get(slug))
        for slug in draft.regions:
            if slug not in known:
                draft.problems.append(f"there is no region “{slug}”; known are {_listed(setting)}")
        if known or not draft.regions:
            return known or subject.regions
    return subject.regions


def _listed(setting: Setting) -> str:
    return ", ".join(region.slug for region in setting.regions.all)


def story_of_name(document: Document, languages: Container[str]) -> tuple[str | None, str]:
    """``name.fr.md`` beside ``name.en.md``: (the story they share, the language), or (None, "")."""
    name = re.split(r"[/\\]", document.key if document.key != "-" else document.name)[-1]
    match = re.fullmatch(
        r"(?P<stem>.+)[._-](?P<language>[a-z]{2,3})\.(?:md|markdown|txt|html?|xhtml|json)",
        name,
        re.IGNORECASE,
    )
    if not match or match["language"].lower() not in languages:
        return None, ""
    return f"{document.source}/{match['stem']}", match["language"].lower()
