"""Topics as addresses: what releases write in their own words becomes a slug."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from slugify import slugify

from pressfeed.markup import one_line

_LENGTH = 60


@lru_cache(maxsize=4096)
def topic_slug(name: str) -> str:
    """The address of a topic, "" for one without a usable letter; capitals make no difference.

    A long one is cut and marked by a hash of the whole: another may begin with the same words.
    """
    whole = str(slugify(name))
    if len(whole) <= _LENGTH:
        return whole
    mark = "-" + hashlib.blake2b(whole.encode(), digest_size=4).hexdigest()
    return str(slugify(whole, max_length=_LENGTH - len(mark), word_boundary=True, save_order=True)) + mark


def topics_of(names: Iterable[str]) -> dict[str, str]:
    """The topics of a release: slug → name, each once, in order; what cannot have an address is left out."""
    found: dict[str, str] = {}
    for name in map(one_line, names):
        slug = topic_slug(name)
        if slug:
            found.setdefault(slug, name)
    return found
