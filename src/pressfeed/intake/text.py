"""Characters and lines: what every format's text goes through first."""

from __future__ import annotations

import re
import unicodedata

from pressfeed.intake import vocabulary

# XML 1.0 (Fifth Edition), section 2.2, plus the C1 controls that it discourages; soft hyphens and stray byte
# order marks only get in the way of searching and joining.
_ILLEGAL = re.compile("[^\t\n\x20-\x7e\xa0-\xac\xae-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9), zero-width space, joiner.
_INVISIBLE = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]")
_IDEOGRAPHS = re.compile("[\u3040-\u9fff]")
_SPACES = re.compile(r"[ \t\n]+")

_TERMINAL = tuple(".!?…。！？؟۔।")
_CLOSERS = "»”\"'’)]›」』 \u00a0\u202f"
_FUNCTION_WORDS = vocabulary.words("function_words")


def tidy(text: str) -> str:
    """NFC text with ``\\n`` line ends and only characters that XML 1.0 allows."""
    text = _BREAKS.sub("\n", text)
    text = _ILLEGAL.sub("", text)
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """Text for a headline or a name: tidied, on one line, without bidi controls and zero-width spaces."""
    return unicodedata.normalize("NFC", _SPACES.sub(" ", _INVISIBLE.sub("", tidy(text)))).strip()


def squeeze(text: str) -> str:
    """Runs of spaces, tabs and newlines become one space; no-break spaces stay as their author set them."""
    return _SPACES.sub(" ", text).strip()


def ends_sentence(text: str) -> bool:
    """Whether text ends as a sentence does, closing quotes and brackets aside."""
    return text.rstrip().rstrip(_CLOSERS).endswith(_TERMINAL)


def starts_lower(text: str) -> bool:
    """Whether text begins with a lower-case letter: it goes on from what stands before it."""
    return text[:1].islower()


def starts_sentence(text: str) -> bool:
    """Whether text may begin a sentence: a capital, a digit, an opening quote, or a script without case."""
    first = text.lstrip(" \u00a0«“\"‘'„¿¡([")[:1]
    return bool(first) and (first.isdigit() or (first.isalpha() and not first.islower()))


def ends_open(text: str) -> bool:
    """Whether text cannot end here: a comma, or a word such as *of*, *de*, *entre les*."""
    if text.endswith((",", "،", "，", "、")):
        return True
    last = text.rsplit(None, 1)[-1] if text else ""
    last = last.rsplit("'", 1)[-1].rsplit("’", 1)[-1]
    return last in _FUNCTION_WORDS


def words(text: str) -> int:
    """How many words a line has; two characters count as a word where the script has no spaces."""
    ideographs = 0 if text.isascii() else len(_IDEOGRAPHS.findall(text))
    return len(text.split()) + ideographs // 2
