"""The language of a text: py3langid's ranking, read with the newsroom's languages first.

Its model costs half a second and 100 MB, so it is loaded when a document does not say its language itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

# What the model tells apart and newsrooms do not: colloquial Arabic, Chinese written languages, and small
# neighbours of Spanish, French and English that short texts are taken for.
_FOLDED = {
    "ary": "ar", "arz": "ar", "wuu": "zh", "yue": "zh", "ext": "es", "an": "es", "oc": "fr", "wa": "fr",
    "pcm": "en", "nn": "no", "uzs": "uz", "lb": "de", "gl": "pt",
}  # fmt: skip
_SAMPLE = 800  # characters are enough, and cost 0.2 ms
_SURE = 0.8  # probability from which any language is believed
_LIKELY = 0.35  # … and one of the newsroom's, if it is three times as likely as the next
_FEWEST_LETTERS = 20


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str, languages: tuple[str, ...]) -> str:
    """The language of a body as a lower-case code, "" where the text is too short or too mixed to tell."""
    sample = text[:_SAMPLE]
    letters = sum(character.isalpha() for character in sample)
    if letters * (1 if sample.isascii() else 2) < _FEWEST_LETTERS:
        return ""
    chances: dict[str, float] = {}
    for code, chance in _identifier().rank(sample):
        folded = code if code in languages else _FOLDED.get(code, code)
        chances[folded] = chances.get(folded, 0.0) + chance
    (first, best), (_, second) = sorted(chances.items(), key=lambda item: -item[1])[:2]
    if first == "zxx":
        return ""
    if best >= _SURE or (first in languages and best >= _LIKELY and best >= 3 * second):
        return first
    return ""
