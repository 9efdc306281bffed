"""Where everything is found: the one place that knows the shape of the newsroom's addresses (pure).

``base`` is the newsroom's base URL without a trailing slash.
"""

from __future__ import annotations

FEED_FILES = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}


def front(base: str, language: str = "") -> str:
    """The newsroom's front page, of one language or for all."""
    return f"{base}/{language}/" if language else f"{base}/"


def region(base: str, slug: str, language: str) -> str:
    """A region's page in a language."""
    return f"{base}/{slug}/{language}/"


def feed(base: str, slug: str, language: str, kind: str) -> str:
    """A region's feed in a language; ``kind`` is ``rss``, ``atom`` or ``json``."""
    return f"{base}/{slug}/{language}/{FEED_FILES[kind]}"


def release(base: str, language: str, slug: str) -> str:
    """The page of a release."""
    return f"{base}/releases/{language}/{slug}/"
