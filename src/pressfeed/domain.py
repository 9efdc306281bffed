"""The nouns of pressfeed, as frozen dataclasses that validate themselves.

Every time is an aware ``datetime`` in UTC unless its name says ``local`` or ``wall``. A *language* is a
lower-case BCP 47 language tag (``en``, ``fr``, ``pt-br``; see ``languages.py``); a *region* is a slug from
``schedules/``. The words are those of ``docs/glossary.md``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

UN_LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")

# Room for what is made of a slug: a number behind it, file names, a List-Id of two slugs in 255 characters.
LONGEST_SLUG = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def is_slug(text: str, longest: int = LONGEST_SLUG) -> bool:
    """Whether text may be a slug: lower-case ASCII letters and digits, single hyphens between them.

    ``longest`` is for what was a slug before there was a limit.
    """
    return len(text) <= longest and bool(_SLUG.match(text))


def _require_aware(name: str, value: dt.datetime | None) -> None:
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{name} must be an aware datetime, got {value!r}")


# ---------------------------------------------------------------------------------------------- releases


class Status(StrEnum):
    """Where a release stands in its life."""

    DRAFT = "draft"  # something is missing, or nobody has published it yet
    SCHEDULED = "scheduled"  # complete; published_at lies ahead
    PUBLISHED = "published"
    CORRECTED = "corrected"  # published, then published again with a correction
    WITHDRAWN = "withdrawn"


PUBLIC = frozenset({Status.PUBLISHED, Status.CORRECTED})


class Need(StrEnum):
    """What a draft still lacks before it can be published."""

    HEADLINE = "headline"
    DATE = "date"
    BODY = "body"
    LANGUAGE = "language"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as a dateline gives it: often without a year (``25 July``), sometimes only a month."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is not None and not 1 <= self.month <= 12:
            raise ValueError(f"month must be 1–12, got {self.month}")
        if self.day is not None:
            # Year 2000 is a leap year, so that 29 February without a year is accepted.
            dt.date(self.year or 2000, self.month or 1, self.day)

    def __str__(self) -> str:
        """ISO 8601-1 for what is known: ``2024-07-25``, ``--07-25`` without a year, ``2024-07``, ``2024``."""
        if self.year is None:
            return f"--{self.month or 0:02}" + (f"-{self.day:02}" if self.day else "") if self.month else ""
        text = f"{self.year:04}"
        if self.month:
            text += f"-{self.month:02}"
            if self.day:
                text += f"-{self.day:02}"
        return text

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """The inverse of ``str()``; raises ValueError for anything else."""
        match = re.fullmatch(r"(?:(\d{4})|-)(?:-(\d{2})(?:-(\d{2}))?)?", text)
        if not match or (match[1] is None and match[2] is None):
            raise ValueError(f"not a partial date: {text!r}; write 2024-07-25, 2024-07, 2024 or --07-25")
        year, month, day = (int(part) if part else None for part in match.groups())
        return cls(year, month, day)

    def complete(self) -> dt.date | None:
        """The calendar date, where year, month and day are all known."""
        if self.year and self.month and self.day:
            return dt.date(self.year, self.month, self.day)
        return None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or office that journalists may call. ``role`` is an office, a function, or both."""

    name: str
    role: str = ""
    phone: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        if not (self.name or self.role or self.phone or self.email):
            raise ValueError("a contact needs a name, a role, a phone number or an address")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to a release: an image or an attachment, at an absolute URL."""

    url: str
    type: str = ""  # media type, RFC 6838
    length: int = 0  # bytes; 0 = unknown
    title: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What one version of a release says. Text is Unicode NFC without characters that XML 1.0 forbids.

    ``body_html`` is sanitised semantic HTML with absolute links; ``body_text`` is the same as plain text,
    paragraphs separated by one empty line. ``headline`` and ``subhead`` are plain text.
    """

    headline: str
    language: str  # "" while unknown
    body_html: str
    body_text: str
    subhead: str = ""
    place: str = ""  # as the dateline writes it
    date: PartialDate | None = None  # as the dateline writes it
    footnotes: tuple[str, ...] = ()  # plain text, in order
    contacts: tuple[Contact, ...] = ()
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, in order of first mention
    regions: tuple[str, ...] = ()  # slugs, most specific; ancestors follow from the tree
    author: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    topics: tuple[str, ...] = ()

    def needs(self) -> tuple[Need, ...]:
        """What is missing before this can be published, apart from a publication time."""
        missing = []
        if not self.headline:
            missing.append(Need.HEADLINE)
        if not self.body_text.strip():
            missing.append(Need.BODY)
        if not self.language:
            missing.append(Need.LANGUAGE)
        return tuple(missing)


@dataclass(frozen=True, slots=True)
class Release:
    """One press release in one language, in its current version.

    ``uid`` is its identity for the world (``urn:uuid:`` in feeds) and never changes; ``id`` is the short
    number that operators type; ``slug`` is its address on the newsroom's pages and may change.
    """

    id: int
    uid: str
    story: str
    slug: str
    status: Status
    version: int
    content: Content
    source: str  # where it came from: a file, a URL, "-"
    created_at: dt.datetime
    updated_at: dt.datetime  # when the current version was recorded
    published_at: dt.datetime | None = None
    embargo_until: dt.datetime | None = None
    archive: bool = False  # told elsewhere before: in feeds and pages, never in bulletins
    note: str = ""  # the press office's public words on its last correction or withdrawal

    def __post_init__(self) -> None:
        for name in ("created_at", "updated_at", "published_at", "embargo_until"):
            _require_aware(name, getattr(self, name))

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it lacks before it can be published: empty for anything but a draft."""
        if self.status is not Status.DRAFT:
            return ()
        missing = self.content.needs()
        return missing if self.published_at else (*missing, Need.DATE)

    def is_public(self, now: dt.datetime) -> bool:
        """Whether anyone may see it at ``now``: published, its time come, and out of embargo."""
        return (
            self.status in PUBLIC
            and self.published_at is not None
            and self.published_at <= now
            and (self.embargo_until is None or self.embargo_until <= now)
        )

    def is_advance(self, now: dt.datetime) -> bool:
        """Whether accredited people may have it ahead at ``now``: complete, and under embargo."""
        ready = self.status in PUBLIC or self.status is Status.SCHEDULED
        return ready and self.embargo_until is not None and self.embargo_until > now

    @property
    def public_from(self) -> dt.datetime | None:
        """The moment from which anyone may see it; None while it has no publication time."""
        if self.published_at is None or self.embargo_until is None:
            return self.published_at
        return max(self.published_at, self.embargo_until)

    @property
    def last_changed(self) -> dt.datetime:
        """What feeds call *updated*: the version's time, never before publication."""
        return max(self.updated_at, self.published_at) if self.published_at else self.updated_at


class NoticeKind(StrEnum):
    """What readers are told about a release that they have."""

    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    TRANSLATION = "translation"  # that it can be read in their language now


class Notify(StrEnum):
    """When readers are told."""

    NOW = "now"  # in a mail of its own
    NEXT = "next"  # at the top of their next bulletin
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Notice:
    """That a release which people have was corrected, withdrawn, or told in a further language."""

    id: int
    release: int
    version: int  # what the release said from then on
    kind: NoticeKind
    notify: Notify
    notes: Mapping[str, str] = field(hash=False)  # language → the press office's public words
    reason: str  # for the record
    author: str
    made_at: dt.datetime

    def note(self, *languages: str) -> tuple[str, str]:
        """The first of these languages that has a note, and the note; ("", "") without any."""
        return next(((code, self.notes[code]) for code in languages if self.notes.get(code)), ("", ""))


class ReleaseStub(NamedTuple):
    """What lists and plans need to know of a release that is public, or was until it was withdrawn.

    A light tuple, since every build makes one of each release.
    """

    id: int
    story: Hashable  # the same for its translations, and for nothing else
    language: str
    slug: str
    status: Status
    published_at: dt.datetime
    updated_at: dt.datetime
    regions: tuple[str, ...]  # slugs, most specific; ancestors follow from the tree
    topics: tuple[str, ...]  # as the release writes them
    headline: str
    embargo_until: dt.datetime | None
    mark: str  # another one whenever anything about the release is another
    uid: str

    def is_public(self, now: dt.datetime) -> bool:
        """As ``Release.is_public``, for lists that show no more of a release than this."""
        return (
            self.status in PUBLIC
            and self.published_at <= now
            and (self.embargo_until is None or self.embargo_until <= now)
        )


# ------------------------------------------------------------------------------------ regions, bulletins


class Kind(StrEnum):
    """When a bulletin goes out, and what it then tells."""

    DIGEST = "digest"  # at its slots: what is new since the last one, up to a maximum
    WEEKLY = "weekly"  # at its slots: everything since the last one that the subscriber has not had
    ALERT = "alert"  # at once when something is published
    ADVANCE = "advance"  # embargoed releases for accredited people, at its slots or as soon as they are ready


class DayOff(StrEnum):
    """What becomes of a slot on a public holiday or a quiet day."""

    SKIP = "skip"
    BEFORE = "before"  # it comes on the last working day before
    AFTER = "after"  # it comes on the next working day


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many in any period of this length."""

    count: int
    period: dt.timedelta

    def __str__(self) -> str:
        return f"{self.count} in {self.period}"


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A scheduled digest of one region. ``crons`` are five-field expressions with day names, local time."""

    region: str
    name: str
    crons: tuple[str, ...]
    zone: ZoneInfo
    languages: tuple[str, ...]
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)  # language → what the mail is called
    subjects: Mapping[str, str] = field(
        default_factory=dict, hash=False
    )  # language → pattern, see digest.subject
    maximum: int = 20  # releases in one edition; the rest waits for the next one
    minimum: int = 1  # fewer than this: the edition is skipped and its releases wait
    kind: Kind = Kind.DIGEST
    catch_up: dt.timedelta = dt.timedelta(hours=12)  # a slot that is later than this does not run any more
    day_off: DayOff = DayOff.SKIP
    holiday_countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, or ISO 3166-2 for a part: DE-BY
    weekend: tuple[int, ...] = ()  # days that are no working days, Monday = 0; () = as in these countries
    quiet_days: tuple[dt.date, ...] = ()  # further days off
    extra_slots: tuple[dt.datetime, ...] = ()  # further wall times, whatever day it is
    window: dt.timedelta = dt.timedelta(minutes=10)  # alerts: what comes within it makes one edition
    rate: Rate = Rate(6, dt.timedelta(hours=1))  # alerts: so many at most
    approvals: int = 0  # how many people must approve an edition before it goes out
    lead: dt.timedelta = dt.timedelta(hours=2)  # how long before its slot an edition is ready for approval

    def __post_init__(self) -> None:
        if not is_slug(self.region) or not is_slug(self.name):
            raise ValueError(f"not a bulletin name: {self.region}/{self.name}")
        if not 1 <= self.minimum <= self.maximum:
            raise ValueError(f"minimum must be 1–maximum, got {self.minimum} and {self.maximum}")
        if not self.languages:
            raise ValueError("a bulletin needs at least one language")
        if self.kind is Kind.ALERT and (self.crons or self.extra_slots):
            raise ValueError("an alert goes out at once: it has no slots")
        if self.at_once and self.approvals:
            raise ValueError("what goes out at once waits for no approval")
        object.__setattr__(self, "titles", MappingProxyType(dict(self.titles)))
        object.__setattr__(self, "subjects", MappingProxyType(dict(self.subjects)))

    @property
    def key(self) -> str:
        """Its full name, ``<region>/<name>``."""
        return f"{self.region}/{self.name}"

    @property
    def at_once(self) -> bool:
        """Whether it goes out as soon as there is something to tell, and not at slots."""
        return self.kind is Kind.ALERT or (self.kind is Kind.ADVANCE and not self.crons)

    @property
    def anybody(self) -> bool:
        """Whether anybody may subscribe to it: advance copies are for those whom the newsroom accredits."""
        return self.kind is not Kind.ADVANCE


@dataclass(frozen=True, slots=True)
class Region:
    """An office's area. ``names`` maps languages to what the region is called there."""

    slug: str
    names: Mapping[str, str] = field(hash=False)
    parent: str | None
    zone: ZoneInfo
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2
    places: tuple[str, ...] = ()  # further names that point here: cities, sub-regions, rivers
    languages: tuple[str, ...] = ()
    bulletins: tuple[Bulletin, ...] = ()
    ended: dt.date | None = None  # from this day on, in its own zone, nothing new comes
    successor: str = ""  # the region that readers go to then; "" = its parent

    def __post_init__(self) -> None:
        if not is_slug(self.slug):
            raise ValueError(f"not a region slug: {self.slug!r}")
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))

    @property
    def ended_at(self) -> dt.datetime | None:
        """The moment at which it ends, in UTC."""
        if self.ended is None:
            return None
        return dt.datetime.combine(self.ended, dt.time(), self.zone).astimezone(dt.UTC)

    def name(self, language: str) -> str:
        """Its name in a language, else in English, else in whatever there is, else its slug."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), self.slug)


@dataclass(frozen=True, slots=True)
class Regions:
    """The tree of regions, in the order of their files; the root comes first."""

    all: tuple[Region, ...]

    def __post_init__(self) -> None:
        slugs = [region.slug for region in self.all]
        if len(set(slugs)) != len(slugs):
            raise ValueError("two regions share a slug")
        for region in self.all:
            self.ancestors(region.slug)  # raises on an unknown parent or a loop

    def get(self, slug: str) -> Region | None:
        return next((region for region in self.all if region.slug == slug), None)

    @property
    def roots(self) -> tuple[Region, ...]:
        return tuple(region for region in self.all if region.parent is None)

    def ancestors(self, slug: str) -> tuple[str, ...]:
        """The region itself, then its parent, and so on up to a root; () for an unknown slug."""
        chain: list[str] = []
        region = self.get(slug)
        while region is not None:
            if region.slug in chain:
                raise ValueError(f"region {slug} is its own ancestor: {' → '.join([*chain, region.slug])}")
            chain.append(region.slug)
            if region.parent is None:
                break
            parent = self.get(region.parent)
            if parent is None:
                raise ValueError(f"region {region.slug} names an unknown parent: {region.parent}")
            region = parent
        return tuple(chain)

    def within(self, slug: str) -> tuple[str, ...]:
        """The region and every region below it."""
        return tuple(region.slug for region in self.all if slug in self.ancestors(region.slug))

    @property
    def bulletins(self) -> tuple[Bulletin, ...]:
        return tuple(bulletin for region in self.all for bulletin in region.bulletins)

    def bulletin(self, key: str) -> Bulletin | None:
        return next((bulletin for bulletin in self.bulletins if bulletin.key == key), None)


# ------------------------------------------------------------------------- subscribers, editions, ledger


class SubscriberStatus(StrEnum):
    """Whether a subscriber may be mailed: only ``active`` may."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

    def outweighs(self, other: SubscriberStatus) -> bool:
        """Whether this keeps mail away for a stronger reason: what is known is never weakened by another."""
        order = list(SubscriberStatus)
        return order.index(self) > order.index(other)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person with an address. ``languages`` is in order of preference; bulletins are ``region/name``."""

    id: int
    address: str  # normalised: see store.subscribers
    name: str
    languages: tuple[str, ...]
    status: SubscriberStatus
    created_at: dt.datetime
    bulletins: tuple[str, ...] = ()


class EditionState(StrEnum):
    """How far an edition has come."""

    AWAITING = "awaiting"  # its releases are frozen; people must approve it before its slot
    APPROVED = "approved"  # it goes out at its slot
    HELD = "held"  # not approved at its slot, or an operator stopped it: its stories are free again
    PLANNING = "planning"  # its releases are frozen; recipients are being reserved
    PLANNED = "planned"  # every delivery stands in the ledger
    PAUSED = "paused"  # nothing more is sent until an operator resumes it; the reason is kept
    SENT = "sent"  # every delivery is settled
    SKIPPED = "skipped"  # nothing, or less than the minimum, to say; the reason is kept
    CANCELLED = "cancelled"  # an operator called it off


class EditionKind(StrEnum):
    """What an edition brings."""

    REGULAR = "regular"  # stories that are public, and notices that are due with the next bulletin
    ADVANCE = "advance"  # stories under embargo
    CORRECTION = "correction"  # the others are one notice, to those who have what it is about
    WITHDRAWAL = "withdrawal"
    TRANSLATION = "translation"

    @property
    def is_notice(self) -> bool:
        return self not in (EditionKind.REGULAR, EditionKind.ADVANCE)


class DeliveryState(StrEnum):
    """How far one edition has come on its way to one subscriber."""

    PENDING = "pending"
    CLAIMED = "claimed"  # a sender owns it until lease_until
    SENDING = "sending"  # content may be on the wire
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # in doubt: the sender died between content and reply
    CANCELLED = "cancelled"


SETTLED = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Edition:
    """What one bulletin says at one slot. ``slot`` is its local wall time, ``YYYY-MM-DDTHH:MM``."""

    id: int
    uid: str
    bulletin: str
    slot: str
    state: EditionState
    planned_at: dt.datetime
    planned_through: int = 0  # planning goes on after this subscriber
    waiting: int = 0  # stories that did not fit and wait for the next edition
    reason: str = ""  # why it was skipped, held, paused or cancelled
    due_at: dt.datetime | None = None  # when its slot is, or was; None for editions that need not know
    stands_for: tuple[str, ...] = ()  # the slots as written that were moved here or are made up for
    kind: EditionKind = EditionKind.REGULAR
    notice: int | None = None  # what an edition that is a notice tells


@dataclass(frozen=True, slots=True)
class Variant:
    """An edition as one group of subscribers gets it: an interface language, and what it tells, in order."""

    language: str
    releases: tuple[tuple[int, int], ...]  # (release id, version)
    notices: tuple[
        tuple[int, int, int], ...
    ] = ()  # (notice id, version they have, version it brings), told first

    @property
    def key(self) -> str:
        """A stable name within its edition: equal variants have equal keys."""
        key = f"{self.language}:" + ",".join(f"{release}.{version}" for release, version in self.releases)
        return key + "".join(f"!{notice}.{was}.{version}" for notice, was, version in self.notices)


def with_content(release: Release, content: Content, **changes: object) -> Release:
    """The release with other content, and other fields where given."""
    return replace(release, content=content, **changes)  # type: ignore[arg-type]


def languages_of(names: Sequence[str]) -> tuple[str, ...]:
    """Language codes in order, without repeats: ``["fr", "en", "fr"]`` → ``("fr", "en")``."""
    return tuple(dict.fromkeys(names))
