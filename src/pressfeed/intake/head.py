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
_PLACE_LABEL = re.compile(vocabulary.alternatives("place_label_patterns") + r"\s?[:：]\s*", re.IGNORECASE)
_TOPIC_LABEL = re.compile(vocabulary.alternatives("topic_label_patterns") + r"\s?[:：]\s*", re.IGNORECASE)
_NUMBERS = re.compile(r"[\d\s/.\-–:]{6,24}\Z")
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
    topics: tuple[str, ...] = ()
    body: list[Block] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Given:
    """What is known before the head is read."""

    language: str
    zone: ZoneInfo
    has_menu: bool = False  # a menu stood before the blocks: a short line may be its last entry
    marked_up: bool = False  # the format marks titles as such: a plain paragraph is none by its looks alone
    headline: str = ""  # only to be taken off the body


def read(blocks: Sequence[Block], given: Given) -> Head:
    """The head of a document and the blocks that remain as its body."""
    head = Head(headline=given.headline)
    titles: list[int] = []
    taken: set[int] = set()
    index = 0
    while index < min(len(blocks), _REACH):
        if _take_metadata(blocks, index, given, head) or (
            given.headline and _same(blocks[index].text, given.headline)
        ):
            taken.add(index)
        elif _is_title(blocks, index, given.language):
            titles.append(index)
        else:
            break
        index += 1
    if titles and index < len(blocks):  # short lines with nothing under them are no headline
        if given.headline:
            _take_subhead_of_known(blocks, titles, taken, head)
        else:
            _choose(blocks, titles, taken, index, head, given)
    head.body = [block for position, block in enumerate(blocks) if position not in taken]
    return head


def _take_subhead_of_known(blocks: Sequence[Block], titles: list[int], taken: set[int], head: Head) -> None:
    """Under a headline that the page repeats, a heading that is alone is the subhead."""
    if taken and len(titles) == 1 and blocks[titles[0]].kind != "p" and words(blocks[titles[0]].text) >= 4:
        head.subhead = one_line(blocks[titles[0]].text)
        taken.add(titles[0])


def _choose(
    blocks: Sequence[Block], titles: list[int], taken: set[int], body: int, head: Head, given: Given
) -> None:
    """Which title is the headline, which the subhead; the others stay in the body or were labels."""
    marked = [index for index in titles if blocks[index].kind == "h1"]
    chosen = marked[0] if marked else titles[0]
    if not marked and len(titles) > 1 and words(blocks[chosen].text) <= 3 < words(blocks[titles[1]].text):
        chosen = titles[1]
    text = blocks[chosen].text
    if not marked and not _is_certain(blocks, chosen, taken, body, given):
        if not given.marked_up:
            head.problems.append(
                f"{_where(blocks[chosen])}“{text}” may be the headline or a menu line; it was kept as text"
            )
        return
    head.headline = one_line(text)
    taken.add(chosen)
    for index in titles:
        other = blocks[index].text
        if index < chosen and words(other) <= 3:
            head.problems.append(f"{_where(blocks[index])}left out “{other}”, a label over the headline")
            taken.add(index)
        elif index > chosen and _same(other, head.headline):
            taken.add(index)
        elif index > chosen and not head.subhead and words(other) >= 3:
            head.subhead = one_line(other)
            taken.add(index)


def _is_certain(blocks: Sequence[Block], chosen: int, taken: set[int], body: int, given: Given) -> bool:
    """Whether a title is beyond doubt: a heading or all bold, before a date or dateline, or long enough."""
    block = blocks[chosen]
    if block.kind in ("h2", "h3") or any(index > chosen for index in taken):
        return True
    if dateline.find(blocks[body].text, given.language):
        return True
    if given.marked_up:
        return block.html.startswith("<strong>") and block.html.find("</strong>") == len(block.html) - 9
    return words(block.text) >= 5 or len(block.text) >= 40 or (not given.has_menu and words(block.text) >= 2)


def _is_title(blocks: Sequence[Block], index: int, language: str) -> bool:
    block = blocks[index]
    text = block.text
    if block.kind == "h1":
        return True
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    if block.kind not in ("p", "h2", "h3") or len(text) > _LONGEST or "\n" in text:
        return False
    if text.endswith((":", ",", ";", "：", "，", "；")) or notes.is_end_mark(text) or notes.mark_of(text):
        return False
    if not any(character.isalpha() for character in text) or contacts.has_channel(text):
        return False
    if words(text) < 2 and not (following and dateline.find(following.text, language)):
        return False
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


def _take_metadata(blocks: Sequence[Block], index: int, given: Given, head: Head) -> bool:
    """Whether a block is a label, date line or byline; what it says goes into the head."""
    block, language, zone = blocks[index], given.language, given.zone
    text = block.text
    if block.kind == "h1" or len(text) > 140:
        return False
    folded = " ".join(text.casefold().split()).strip(" :|")
    if folded in _KICKERS or _LABEL_ONLY.match(text) or (folded in CHROME and not given.marked_up):
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
    if labelled and _NUMBERS.match(bare) and sum(character.isdigit() for character in bare) >= 6:
        head.problems.append(
            f"{_where(block)}“{text}” is not read as a date: day and month cannot be told apart"
        )
        return True
    if (label := _PLACE_LABEL.match(text)) and (said := one_line(text[label.end() :])):
        head.place = head.place or said
        return True
    if label := _TOPIC_LABEL.match(text):
        head.topics += tuple(
            one_line(topic) for topic in re.split(r"[,;،，、]", text[label.end() :]) if topic.strip()
        )
        return True
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    place = dateline.whole(line, language) if following is not None else None
    if place and following is not None and block.kind == "p":
        in_text = dateline.find(following.text, language)
        if in_text and in_text.place and not place[1]:
            head.problems.append(f"{_where(block)}left out “{text}”, a label over the text")
            return True
        if place[1] or index > 0:
            head.place = head.place or place[0]
            head.date = head.date or place[1]
            return True
    byline = _BYLINE.match(text)
    if byline and people.is_person(byline["name"].split(",")[0], language):
        head.author = head.author or one_line(byline["name"])
        return True
    return False


def _same(one: str, other: str) -> bool:
    def letters(text: str) -> str:
        return "".join(character for character in text.casefold() if character.isalnum())

    if len(one) > 2 * len(other) + 20 or len(other) > 2 * len(one) + 20:
        return False
    return bool(letters(one)) and letters(one) == letters(other)


def _where(block: Block) -> str:
    return f"line {block.line}: " if block.line else ""
