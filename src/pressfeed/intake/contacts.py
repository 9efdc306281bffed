"""Where media contacts stand in a body, and the addresses and numbers in a line.

A contact block begins with words such as *For more information, please contact*, or follows an end mark,
and has an e-mail address or a telephone number. Numbers stay as written; addresses are
salvaged from broken markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from pressfeed.intake import vocabulary
from pressfeed.intake.text import ends_sentence

# What opens a contact block. It counts only where an address or a number follows at once.
INTRO = re.compile(vocabulary.alternatives("contact_intro_patterns"), re.IGNORECASE)
# How such an opening ends: what follows names the person.
INTRO_END = re.compile(vocabulary.alternatives("contact_intro_end_patterns"), re.IGNORECASE)
# Openings that are an office's own name: they stay as the contact's role.
OFFICE_INTRO = re.compile(vocabulary.alternatives("office_intro_patterns"), re.IGNORECASE)
LABEL = re.compile(
    rf"(?<![\w@])(?P<fax>{vocabulary.alternatives('fax_label_patterns')})\.?\s?[:：]?"
    rf"|(?<![\w@]){vocabulary.alternatives('phone_label_patterns')}(?![\w@])(?:\s?\([a-z]{{1,8}}\))?\s?\.?\s?[:：]?"
    r"|(?<![\w@])[TMEPFC]\.?\s?[:：](?=\s?[+\d(\w])",
    re.IGNORECASE,
)
EMAIL = re.compile(
    r"(?<![\w.+'-])[\w+][\w.+'-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[^\W\d_]{2,24}(?!\w)"
)
PHONE = re.compile(
    r"(?<![\w@.])(?:\(?\+ ?|00)?\(?\d[\d \u00a0().\-–/·]{5,40}\d"
    r"(?: ?(?:ext|extn|poste|x|int)\.? ?\d{1,5})?(?![\w@])",
    re.IGNORECASE,
)
SURE_PHONE = re.compile(r"(?<![\w@])\(?(?:\+ ?|00)\(?\d[\d \u00a0().\-–/]{6,40}\d")
_SALVAGE = (
    (re.compile(r"<a [^>]{0,300}?mailto:([^\"'>\s]{1,254})[^>]{0,300}>[^<]{0,254}(?:</a>)?", re.I), r" \1 "),
    (re.compile(r"<([\w+][\w.+'-]{0,63}@[\w.-]{1,190})>"), r" \1 "),
    (re.compile(r"\[[^\]]{0,254}\]\(\s?mailto:([^)\s]{1,254})\)", re.I), r" \1 "),
    (re.compile(r"[\"'“”]?mailto:([^\"'“”>\s]{1,254})[\"'“”]?\s{0,3}>", re.I), r" \1 "),
    (re.compile(r"[\"'“”]?mailto:", re.I), " "),
    (re.compile(r"\s?[\[({]\s?(?:at|arobase|arroba|@)\s?[\])}]\s?", re.I), "@"),
    (re.compile(r"\s?[\[({]\s?(?:dot|punto|point)\s?[\])}]\s?", re.I), "."),
    (re.compile(r"(?<=\w)\s?@\s?(?=[\w-]{1,63}\.[\w.-]{2,190})"), "@"),
    (re.compile(r"</?[a-z][^<>]{0,200}>", re.I), " "),
    (re.compile(r"[<>]"), " "),
)


def has_channel(line: str) -> bool:
    """Whether a line shows an e-mail address or, beyond doubt, a telephone number."""
    line = salvage(line) if "@" in line or "(" in line or "[" in line else line
    if EMAIL.search(line) or SURE_PHONE.search(line):
        return True
    label = LABEL.search(line)
    return bool(label and (phone := PHONE.search(line, label.end())) and phone.start() - label.end() <= 3)


def salvage(line: str) -> str:
    """A line with its addresses freed from markup: ``"mailto:x@y.org">x@y.org`` → ``x@y.org x@y.org``."""
    line = unescape(line)
    for pattern, replacement in _SALVAGE:
        line = pattern.sub(replacement, line)
    return line


def is_intro(lines: Sequence[str], index: int) -> bool:
    """Whether a contact block begins at a line: opening words, and an address or number at once after."""
    line = lines[index].strip(" *_•-–")[:300]
    if not INTRO.match(line):
        return False
    if has_channel(lines[index]):
        return True
    if len(lines[index]) > 300 or (ends_sentence(line) and not INTRO_END.search(line)):
        return False
    for following in lines[index + 1 : index + 7]:
        if has_channel(following):
            return True
        if len(following) > 160 or (ends_sentence(following) and len(following) > 60):
            return False
    return False


def blocks(lines: Sequence[str], after_end_mark: int | None = None) -> list[range]:
    """The ranges of lines that are contact blocks. ``after_end_mark``: the line after the body's end mark."""
    ranges: list[range] = []
    index = 0
    while index < len(lines):
        if is_intro(lines, index) or (
            after_end_mark is not None and index >= after_end_mark and _is_listing(lines, index)
        ):
            stop = index + 1
            while stop < len(lines) and _goes_on(lines, stop):
                stop += 1
            ranges.append(range(index, stop))
            index = stop
        else:
            index += 1
    trailing = len(lines)
    while trailing and _is_listing(lines, trailing - 1) and has_channel(lines[trailing - 1]):
        trailing -= 1
    if trailing < len(lines) and not any(trailing in known for known in ranges):
        taken = max((known.stop for known in ranges), default=0)
        ranges.append(range(max(trailing, taken), len(lines)))
    return [known for known in ranges if known]


def _is_listing(lines: Sequence[str], index: int) -> bool:
    """A short line that is no sentence and belongs to an address: it has one, or one of the next has."""
    line = lines[index]
    if len(line) > 220 or (ends_sentence(line) and not has_channel(line)) or _is_web_only(line):
        return False
    for following in lines[index : index + 5]:
        if has_channel(following):
            return len(following) <= 220
        if len(following) > 120 or ends_sentence(following):
            return False
    return False


def _goes_on(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if is_intro(lines, index) or (has_channel(line) and len(line) <= 300):
        return True
    if _is_web_only(line):
        return False
    if LABEL.match(line.strip()) and len(line) <= 100:
        return True
    return _is_listing(lines, index)


def _is_web_only(line: str) -> bool:
    return ("http" in line or "www." in line) and not EMAIL.search(salvage(line))
