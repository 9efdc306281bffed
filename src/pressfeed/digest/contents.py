"""What goes into a digest, before it has a form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from html import escape

from pressfeed.domain import Bulletin, Content, NoticeKind, Region, Regions, Release
from pressfeed.message import EVERY_HOLE


@dataclass(frozen=True, slots=True)
class Logo:
    """The newsroom's picture at the head of a mail; the mail reads just as well where it is not shown."""

    url: str  # absolute, https
    text: str  # what it says, for those who do not see it
    width: int  # CSS pixels
    height: int


@dataclass(frozen=True, slots=True)
class Newsroom:
    """The sender as one language shows it; everything but the name and the URL may be empty."""

    name: str
    url: str  # its front page in this language, absolute
    description: str = ""
    about: str = ""  # who we are: paragraphs separated by an empty line
    address: str = ""  # postal, with line breaks or commas
    contact: str = ""  # the press office's e-mail address
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One release as this variant shows it: the translation that was chosen, and its page."""

    release: Release
    url: str  # absolute
    embargo: dt.datetime | None = None  # aware; it has no page before, but the reader's own


@dataclass(frozen=True, slots=True)
class Update:
    """News of a release that this reader has: corrected, withdrawn, or now in their language."""

    kind: NoticeKind
    release: Release  # as it is since; of a withdrawn one what this reader has
    url: str  # absolute; "" where it has no page
    note: str = ""  # the press office's own words
    note_language: str = ""
    was: Content | None = None  # what this reader has
    embargo: dt.datetime | None = None  # as of a story


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that one variant of an edition says.

    ``slot`` is the local wall time as written in the edition, ``YYYY-MM-DDTHH:MM``; ``language`` is the
    interface's: a story may be in another one, and is then marked as such. Raises ValueError where there is
    nothing to say or the bulletin's region is unknown.
    """

    newsroom: Newsroom
    bulletin: Bulletin
    regions: Regions
    slot: str
    language: str
    stories: tuple[Story, ...]
    online_url: str  # the region's page in this language: where everything else is
    more: int = 0  # releases that are online but not in this mail
    edition: str = ""  # the edition's uid, for templates that want to name it
    notices: tuple[str, ...] = ()  # sentences above everything else: "This is a test."
    updates: tuple[Update, ...] = ()  # told before the stories

    def __post_init__(self) -> None:
        if not self.stories and not self.updates:
            raise ValueError("a digest without stories is never sent")
        if self.regions.get(self.bulletin.region) is None:
            raise ValueError(f"the bulletin {self.bulletin.key} belongs to an unknown region")
        dt.datetime.fromisoformat(self.slot)

    @property
    def embargoes(self) -> tuple[dt.datetime, ...]:
        """The moments before which something of it may not be published, each once, in order."""
        found = [story.embargo for story in self.stories] + [update.embargo for update in self.updates]
        return tuple(sorted({moment for moment in found if moment}))

    @property
    def region(self) -> Region:
        """The bulletin's region."""
        region = self.regions.get(self.bulletin.region)
        assert region is not None
        return region

    @property
    def date(self) -> dt.date:
        """The edition's calendar date in the bulletin's zone."""
        return dt.datetime.fromisoformat(self.slot).date()


@dataclass(frozen=True, slots=True)
class Digest:
    """One variant, rendered. ``html`` and ``text`` contain ``pressfeed.message.EVERY_HOLE``.

    ``shown`` is how many of the stories the mail shows: where the HTML would grow too large, the last ones
    are only counted ("and 3 more online").
    """

    language: str
    subject: str  # one line, at most 150 characters
    preheader: str  # one line: what a mailbox shows beside the subject
    html: str  # at most 90,000 bytes as UTF-8
    text: str  # lines end with \n
    shown: int

    def linked(self, unsubscribe_url: str, preferences_url: str) -> Digest:
        """The digest with its holes filled: what one person sees, for previews."""
        html, text = self.html, self.text
        for hole, url in zip(EVERY_HOLE, (unsubscribe_url, preferences_url, preferences_url), strict=True):
            html, text = html.replace(hole, escape(url)), text.replace(hole, url)
        return replace(self, html=html, text=text)
