"""What stands over a body: kicker, headline, subhead, date line, byline. Recognised, never guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pressfeed.domain import PartialDate
from pressfeed.intake import contacts, dateline, dates, notes, people, vocabulary
from pressfeed.intake.blocks import Block
from pressfeed.intake.menus import CHROME
from pressfeed.intake.text import ends_sentence, one_line, words

_REACH = 10  # blocks in which the body must have begun
_LONGEST = 300  # characters of a headline
_KICKERS = vocabulary.words("kickers")
_LABEL = re.compile(vocabulary.alternatives("date_label_patterns") + r"\s?[:：|–-]?\s*", re.IGNORECASE)
_LABEL_ONLY = re.compile(_LABEL.pattern + r"\Z", re.IGNORECASE)
_BYLINE = re.compile(r"(?:by|par|por|بقلم|автор:?)[ \u00a0]+(?P<name>[^.:;]{3,60})\Z", re.IGNORECASE)
_PARTS = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+")


@dataclass
class Head:
    """What was recognised, and the blocks that remain as the body."""

    headline: str = ""
    subhead: str = ""
    place: str = ""
    date: PartialDate | None = None
    published: dt.datetime | None = None
    author: str = ""
    body: list[Block] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(
    blocks: Sequence[Block], language: str, zone: ZoneInfo, *, has_menu: bool, headline: str = ""
) -> Head:
    """The head of a document and its body. ``headline``: known already, only to be taken off the body."""
    head = Head(headline=headline)
    titles: list[int] = []
    taken: set[int] = set()
    index = 0
    while index < min(len(blocks), _REACH):
        if _take_metadata(blocks, index, language, zone, head):
            taken.add(index)
        elif headline and _same(blocks[index].text, headline):
            taken.add(index)
        elif _is_title(blocks, index, language):
            titles.append(index)
        else:
            break
        index += 1
    first_body = index
    _choose(blocks, titles, taken, first_body, head, has_menu=has_menu, known=headline)
    head.body = [block for position, block in enumerate(blocks) if position not in taken]
    return head


def _choose(
    blocks: Sequence[Block],
    titles: list[int],
    taken: set[int],
    first_body: int,
    head: Head,
    *,
    has_menu: bool,
    known: str,
) -> None:
    """Which title is the headline, which the subhead; the others stay in the body or were labels."""
    if not titles:
        return
    if known:
        subhead = (
            titles[0] if taken and words(blocks[titles[0]].text) >= 4 and first_body < len(blocks) else None
        )
        if subhead is not None and len(titles) == 1 and blocks[subhead].kind != "p":
            head.subhead = one_line(blocks[subhead].text)
            taken.add(subhead)
        return
    if first_body >= len(blocks):
        return  # short lines and nothing under them: no headline without a text
    marked = [index for index in titles if blocks[index].kind == "h1"]
    chosen = marked[0] if marked else titles[0]
    if not marked and len(titles) > 1 and words(blocks[chosen].text) <= 3 < words(blocks[titles[1]].text):
        chosen = titles[1]
    if not marked and not _is_certain(blocks, chosen, taken, first_body, has_menu=has_menu, titles=titles):
        head.problems.append(
            f"{_where(blocks[chosen])}“{blocks[chosen].text}” may be the headline or a menu line; it was kept as text"
        )
        return
    head.headline = one_line(blocks[chosen].text)
    taken.add(chosen)
    for index in titles:
        if index < chosen:
            head.problems.append(
                f"{_where(blocks[index])}left out “{blocks[index].text}”, a label over the headline"
            )
            taken.add(index)
        elif index > chosen and _same(blocks[index].text, head.headline):
            taken.add(index)
        elif index > chosen and not head.subhead and words(blocks[index].text) >= 3:
            head.subhead = one_line(blocks[index].text)
            taken.add(index)


def _is_certain(
    blocks: Sequence[Block],
    chosen: int,
    taken: set[int],
    first_body: int,
    *,
    has_menu: bool,
    titles: list[int],
) -> bool:
    """Whether a title is beyond doubt: marked up, followed by a date or dateline, long, or without any menu."""
    text = blocks[chosen].text
    if blocks[chosen].kind in ("h2", "h3") or any(index > chosen for index in taken):
        return True
    if dateline.find(blocks[first_body].text, ""):
        return True
    return words(text) >= 5 or len(text) >= 40 or (not has_menu and words(text) >= 2)


def _is_title(blocks: Sequence[Block], index: int, language: str) -> bool:
    block = blocks[index]
    text = block.text
    if block.kind == "h1":
        return True
    if block.kind not in ("p", "h2", "h3") or not 2 <= words(text) or len(text) > _LONGEST or "\n" in text:
        return False
    if text.endswith((":", ",", ";", "：", "，", "；")) or notes.is_end_mark(text) or notes.mark_of(text):
        return False
    if not any(character.isalpha() for character in text) or contacts.has_channel(text):
        return False
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    if (
        block.kind == "p"
        and dateline.find(text, language)
        and not _is_headline_with_dash(text, following, language)
    ):
        return False
    if not ends_sentence(text) or block.kind != "p":
        return not text[0].islower() or index > 0
    is_question = text.rstrip("»”\"’') ")[-1:] in "?!؟！？"
    followed = following is not None and (
        dateline.find(following.text, language) is not None
        or dates.whole(following.text, language) is not None
    )
    return words(text) <= 30 and (
        followed or (is_question and following is not None and len(following.text) > len(text))
    )


def _is_headline_with_dash(text: str, following: Block | None, language: str) -> bool:
    """*Sudan – two years on*: a place and a dash, but no full stop, and the body comes after it."""
    if ends_sentence(text) or following is None:
        return False
    return len(following.text) > 80 or dates.whole(following.text, language) is not None


def _take_metadata(blocks: Sequence[Block], index: int, language: str, zone: ZoneInfo, head: Head) -> bool:
    """Whether a block is a label, date line or byline; what it says goes into the head."""
    block = blocks[index]
    text = block.text
    if block.kind == "h1" or len(text) > 140:
        return False
    folded = " ".join(text.casefold().split()).strip(" :|")
    if folded in _KICKERS or folded in CHROME or _LABEL_ONLY.match(text):
        return True
    parts = [part for part in _PARTS.split(text) if part and part.casefold().strip() not in _KICKERS]
    if not parts:
        return True
    line = " | ".join(parts) if len(parts) < len(_PARTS.split(text)) else text
    labelled = _LABEL.match(line)
    bare = line[labelled.end() :] if labelled else line
    found = dates.whole(bare, language)
    if found:
        date, time, is_utc = found
        head.date = head.date or date
        whole = date.complete()
        if whole and head.published is None:
            moment = dt.datetime.combine(whole, time or dt.time(), dt.UTC if is_utc else zone)
            head.published = dates.to_utc(moment, zone)
        return True
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    place = dateline.whole(line, language) if following is not None else None
    if place and (place[1] or head.headline or index > 0) and not _heads_nothing(blocks, index):
        head.place = head.place or place[0]
        head.date = head.date or place[1]
        return True
    byline = _BYLINE.match(text)
    if byline and people.is_person(byline["name"].split(",")[0], language):
        head.author = head.author or one_line(byline["name"])
        return True
    return False


def _heads_nothing(blocks: Sequence[Block], index: int) -> bool:
    return blocks[index].kind in ("h2", "h3", "h4", "li")


def _same(one: str, other: str) -> bool:
    def letters(text: str) -> str:
        return "".join(character for character in text.casefold() if character.isalnum())

    return bool(letters(one)) and letters(one) == letters(other)


def _where(block: Block) -> str:
    return f"line {block.line}: " if block.line else ""
