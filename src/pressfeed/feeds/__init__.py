"""Releases → RSS, Atom, JSON Feed and OPML bytes (pure).

A ``Feed`` of ``Entry`` objects says everything once; the formats only spell it, so that they cannot disagree.

    model.py      Feed and Entry, and how a release becomes an entry
    rss.py        RSS 2.0, through feedgen
    atom.py       Atom, through feedgen
    xml.py        what these two share
    jsonfeed.py   JSON Feed 1.1
    ninjs.py      IPTC ninjs, for agencies
    markdown.py   the text as Markdown, for people who take it with them
    opml.py       OPML 2.0: the list of all feeds
"""

from pressfeed.feeds.atom import atom
from pressfeed.feeds.jsonfeed import jsonfeed
from pressfeed.feeds.markdown import markdown
from pressfeed.feeds.model import Attachment, Category, Entry, Feed, closing, entry, feed_id
from pressfeed.feeds.ninjs import Sibling, ninjs, ninjs_bytes
from pressfeed.feeds.opml import Outline, opml
from pressfeed.feeds.rss import rss

__all__ = [
    "Attachment",
    "Category",
    "Entry",
    "Feed",
    "Outline",
    "Sibling",
    "atom",
    "closing",
    "entry",
    "feed_id",
    "jsonfeed",
    "markdown",
    "ninjs",
    "ninjs_bytes",
    "opml",
    "rss",
]
