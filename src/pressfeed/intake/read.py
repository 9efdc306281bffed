"""Reading documents: the format decides who reads, ``draft.finish`` does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pressfeed.domain import UN_LANGUAGES, Regions
from pressfeed.errors import IntakeError
from pressfeed.intake import markdown, page, structured, syndication
from pressfeed.intake.decode import Format, Source, open_document, refuse_too_many
from pressfeed.intake.draft import Draft, finish, story_of_name
from pressfeed.intake.focus import Atlas
from pressfeed.intake.memory import Memory
from pressfeed.intake.menus import extent
from pressfeed.intake.plain import blocks_of, join, rows_of
from pressfeed.intake.types import MAXIMUM_PARAGRAPHS, Document, Overrides, Reading, Setting

# Formats that carry no menus: not opened for learning.
_WITHOUT_MENU = (".md", ".markdown", ".mkd", ".json", ".xml", ".rss", ".atom")


def learn(documents: Iterable[Document], memory: Memory | None = None) -> Memory:
    """Count, per source, the lines of text and HTML documents, so that ``read`` knows the menus.

    Documents that cannot be opened count for nothing here; ``read`` reports them. Only one document's text is
    held at a time. The memory given is extended and returned.
    """
    memory = Memory() if memory is None else memory
    for document in documents:
        if document.name.lower().endswith(_WITHOUT_MENU):
            continue
        try:
            source = open_document(document)
        except IntakeError:
            continue
        if source.format is Format.TEXT and source.text.count("\n") <= MAXIMUM_PARAGRAPHS:
            memory.add(document.source, (row.text for row in rows_of(source.text)))
        elif source.format is Format.HTML:
            memory.add(document.source, page.lines(source.text))
    return memory


def read(
    document: Document, setting: Setting, overrides: Overrides | None = None, memory: Memory | None = None
) -> list[Reading]:
    """The releases in a document. What is missing in them stays empty: ``Content.needs()`` lists it.

    Raises IntakeError, naming the file, the line where there is one, and the remedy, for a document that
    cannot be read at all: empty, binary, over 10 MiB, broken front matter, JSON or XML that is no release.
    """
    source = open_document(document)
    shared = memory.shared(document.source) if memory else frozenset()
    drafts = list(_drafts(source, document, setting, shared))
    atlas = _atlas(setting.regions)
    story, language = story_of_name(document, {*setting.languages, *UN_LANGUAGES})
    readings: list[Reading] = []
    keys: set[str] = set()
    for number, draft in enumerate(drafts, 1):
        refuse_too_many(len(draft.blocks), document)
        draft.problems[:0] = source.problems
        if len(drafts) == 1:
            draft.story = draft.story or story
            draft.language = draft.language or language
        elif not draft.key or draft.key in keys:
            draft.key = f"{document.key}#{number}"
        keys.add(draft.key)
        readings.append(finish(draft, document, setting, overrides or Overrides(), atlas))
    return readings


def _drafts(source: Source, document: Document, setting: Setting, shared: frozenset[str]) -> Iterator[Draft]:
    match source.format:
        case Format.MARKDOWN:
            yield markdown.read(source.text, document, setting)
        case Format.JSON:
            yield from structured.read(source.text, document, setting)
        case Format.FEED:
            yield from syndication.read(source.text, document, setting)
        case Format.HTML:
            yield page.read(source.text, document, setting, shared)
        case Format.TEXT:
            yield _plain(source.text, document, shared)


def _plain(text: str, document: Document, shared: frozenset[str]) -> Draft:
    """Plain text: the menu goes by lines, then broken lines are joined."""
    refuse_too_many(text.count("\n"), document)
    rows = rows_of(text)
    own = extent(rows, shared)
    body = [rows[index] for index in range(own.start, own.stop) if index not in own.dropped]
    return Draft(blocks=blocks_of(join(body)), has_menu=own.has_menu, problems=list(own.doubts))


_atlases: list[tuple[Regions, Atlas]] = []


def _atlas(regions: Regions) -> Atlas:
    """The atlas of a newsroom's regions; the last one is kept for the next of many documents."""
    if not _atlases or _atlases[0][0] is not regions:
        _atlases[:] = [(regions, Atlas(regions))]
    return _atlases[0][1]
