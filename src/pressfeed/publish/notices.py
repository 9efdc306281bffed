"""Notices: exactly those who were sent an older version are told, once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pressfeed.domain import (
    PUBLIC,
    Bulletin,
    Edition,
    EditionKind,
    EditionState,
    Kind,
    Notice,
    NoticeKind,
    Notify,
    Release,
    Variant,
)
from pressfeed.publish.approval import need_approval
from pressfeed.publish.room import Newsroom
from pressfeed.store.editions import Reservation
from pressfeed.store.notices import Reader
from pressfeed.tokens import Keyring

CHUNK = 5_000  # people in one transaction: other writers wait for one chunk at most

Progress = Callable[[int], None]
"""Told how many more people are planned for."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What was begun for the readers of a release."""

    notice: Notice
    editions: tuple[Edition, ...]  # to be reserved, or to be approved first
    people: Mapping[str, int] = field(default_factory=dict)  # how many, by the language of their notice
    unreached: int = 0  # people who were sent it and get no bulletin any more: they are not told


def announce(
    room: Newsroom,
    release: Release,
    kind: NoticeKind,
    notify: Notify,
    *,
    notes: Mapping[str, str],
    reason: str,
    author: str,
    now: dt.datetime,
) -> Announced:
    """Note a correction or withdrawal of a release as it is stored now, and open the editions that tell it.

    Call it inside the transaction that changes the release, then ``publish.revision.follow``; ``reserve`` and
    ``spread`` do the rest, now or after a kill. A bulletin's edition wants the approvals that the bulletin
    wants, of which ``author`` has given the first.
    """
    store = room.store
    for older in store.notices.of_release(release.id):
        if kind is not NoticeKind.TRANSLATION and (kind, notify) != (NoticeKind.CORRECTION, Notify.NONE):
            _replace(room, older, now)
    number = store.notices.add(
        release.id, release.version, kind, notify, notes=notes, reason=reason, author=author, now=now
    )
    notice = store.notices.get(number)
    editions = []
    for key in store.notices.bulletins_that_told(release.id):
        bulletin = room.regions.bulletin(key)
        if (
            bulletin is not None
            and (notify is Notify.NOW or (notify is Notify.NEXT and _only_advance(bulletin)))
            and _may_have_readers(room, bulletin, notice)
        ):
            editions.append(_open(room, bulletin, notice, now))
    return Announced(notice, tuple(editions))


def _may_have_readers(room: Newsroom, bulletin: Bulletin, notice: Notice) -> bool:
    if notice.kind is NoticeKind.TRANSLATION:
        return bool(room.store.notices.readers_elsewhere(bulletin.key, notice.release, after=0, limit=1))
    return bool(_outdated(room, bulletin, notice, after=0, limit=1))


def _outdated(room: Newsroom, bulletin: Bulletin, notice: Notice, *, after: int, limit: int) -> list[Reader]:
    """The next people whom a bulletin tells that what they have is corrected or withdrawn."""
    return room.store.notices.readers(
        bulletin.key,
        notice.release,
        below(notice),
        notice=notice.id,
        known=_keys(room),
        after=after,
        limit=limit,
    )


def _keys(room: Newsroom, *, advance: bool = False) -> list[str]:
    """The bulletins in the schedules; or those of them that only the accredited get."""
    return [one.key for one in room.regions.bulletins if _only_advance(one) or not advance]


def count(room: Newsroom, announced: Announced) -> Announced:
    """The same with the people whom it concerns; outside the transaction, so that nobody waits for it."""
    people: Counter[str] = Counter()
    unreached = 0
    for key, audience in _audiences(room, announced.notice).items():
        bulletin = room.regions.bulletin(key)
        if bulletin is None:
            unreached += audience.total()
            continue
        for languages, number in audience.items():
            people[interface(languages, bulletin)] += number
    return replace(announced, people=people, unreached=unreached)


def _audiences(room: Newsroom, notice: Notice) -> dict[str, Counter[tuple[str, ...]]]:
    """How many people a notice is for, by the bulletin that can tell them ("" = none) and their languages."""
    store = room.store.notices
    found: dict[str, Counter[tuple[str, ...]]] = {}
    if notice.kind is not NoticeKind.TRANSLATION:
        known, advance = _keys(room), _keys(room, advance=True)
        for audience in store.audience(notice.release, below(notice), known=known, advance=advance):
            found.setdefault(audience.bulletin, Counter())[audience.languages] += audience.number
        return found
    for key in store.bulletins_that_told(notice.release):
        bulletin, after = room.regions.bulletin(key), 0
        while bulletin is not None:
            readers, last = _next_readers(room, bulletin, notice, after)
            if last is None:
                break
            after = last
            for reader in readers:
                found.setdefault(key, Counter())[reader.languages] += 1
    return found


def _next_readers(
    room: Newsroom, bulletin: Bulletin, notice: Notice, after: int
) -> tuple[list[Reader], int | None]:
    """The next people whom a bulletin tells a notice; up to whom was looked, None at the end."""
    store = room.store.notices
    if notice.kind is not NoticeKind.TRANSLATION:
        readers = _outdated(room, bulletin, notice, after=after, limit=CHUNK)
        return readers, readers[-1].subscriber if readers else None
    language = room.store.releases.get(notice.release).content.language
    found = store.readers_elsewhere(bulletin.key, notice.release, after=after, limit=CHUNK)
    chosen = [reader for reader, given in found if prefers(reader.languages, language, given)]
    return chosen, found[-1][0].subscriber if found else None


def prefers(languages: tuple[str, ...], one: str, other: str) -> bool:
    """Whether somebody with these languages, the preferred one first, would rather read one than another."""
    if one not in languages:
        return False
    return other not in languages or languages.index(one) < languages.index(other)


def below(notice: Notice) -> int:
    """Who has a version below this one is told."""
    return notice.version + 1 if notice.kind is NoticeKind.WITHDRAWAL else notice.version


def interface(languages: tuple[str, ...], bulletin: Bulletin) -> str:
    """The language in which a bulletin speaks to somebody."""
    return next((code for code in languages if code in bulletin.languages), bulletin.languages[0])


def reserve_chunk(room: Newsroom, bulletin: Bulletin, edition: Edition, domain: str, now: dt.datetime) -> int:
    """Reserve a notice for the next people of a bulletin; how many, 0 when all are reserved.

    Call it inside a transaction.
    """
    assert edition.notice is not None  # the kind of edition that has one
    notice = room.store.notices.get(edition.notice)
    readers, last = _next_readers(room, bulletin, notice, edition.planned_through)
    if last is None:
        return 0
    keyring = Keyring(room.store.secret)
    variants: dict[tuple[tuple[str, ...], int], Variant] = {}
    reservations = []
    for reader in readers:
        key = (reader.languages, reader.was)
        if key not in variants:
            language = interface(reader.languages, bulletin)
            variants[key] = Variant(language, (), ((notice.id, reader.was, notice.version),))
        message_id = keyring.message_id(edition.uid, reader.subscriber, domain)
        reservations.append(Reservation(reader.subscriber, variants[key], (), message_id))
    room.store.editions.reserve(edition, reservations, last, now)
    return max(len(readers), 1)


def spread(room: Newsroom, now: dt.datetime, progress: Progress | None = None) -> None:
    """Note who is owed what with their next bulletin; open what tells those who left the one that told them.

    The editions are reserved afterwards. A call that was killed is taken up by the next.
    """
    for notice in room.store.notices.unfinished():
        beside = _beside(room, notice)
        if notice.notify is Notify.NEXT:
            told = filter(
                None, map(room.regions.bulletin, room.store.notices.bulletins_that_told(notice.release))
            )
            for bulletin in dict.fromkeys((*told, *beside)):
                if not _only_advance(bulletin):
                    _owe(room, bulletin, notice, progress)
            beside = [bulletin for bulletin in beside if _only_advance(bulletin)]
        with room.store.transaction():
            if _waits(room, notice):
                for bulletin in beside:
                    if room.store.editions.at(bulletin.key, _slot(notice)) is None:
                        _open(room, bulletin, notice, now)
                room.store.notices.spread(notice.id)


def _beside(room: Newsroom, notice: Notice) -> list[Bulletin]:
    """The bulletins that tell those who do not get the one any more that gave them an older version."""
    if notice.kind is NoticeKind.TRANSLATION:
        return []
    known, advance = _keys(room), _keys(room, advance=True)
    keys = room.store.notices.bulletins_beside(
        notice.release, below(notice), notice=notice.id, known=known, advance=advance
    )
    return [bulletin for bulletin in map(room.regions.bulletin, keys) if bulletin is not None]


def _owe(room: Newsroom, bulletin: Bulletin, notice: Notice, progress: Progress | None) -> None:
    """Note that the people whom a bulletin tells a notice are owed it."""
    last: int | None = 0
    while last is not None:
        with room.store.transaction():
            if not _waits(room, notice):
                return
            readers, last = _next_readers(room, bulletin, notice, last)
            room.store.notices.owe(notice, readers)
        if progress is not None:
            progress(len(readers))


def _waits(room: Newsroom, notice: Notice) -> bool:
    """Whether nobody has finished or replaced a notice meanwhile."""
    return any(one.id == notice.id for one in room.store.notices.unfinished())


def _only_advance(bulletin: Bulletin) -> bool:
    """Whether a bulletin has no next edition that could bring a notice of what is public."""
    return bulletin.kind is Kind.ADVANCE


def _replace(room: Newsroom, older: Notice, now: dt.datetime) -> None:
    """Stop what is not planned yet of a notice that a newer one replaces."""
    store = room.store
    if older.kind is NoticeKind.TRANSLATION and room.store.releases.get(older.release).status in PUBLIC:
        return  # it will bring the newest version
    store.notices.forget_owed(older.id)
    for number in store.notices.editions(older.id):
        edition = store.editions.get(number)
        if edition.state in (EditionState.PLANNING, EditionState.HELD):
            reason = "a newer notice replaces it"
            if store.editions.set_state(
                edition, EditionState.CANCELLED, expected=edition.state, now=now, reason=reason
            ):
                store.editions.call_off(edition.id, f"called off: {reason}", now)


def _open(room: Newsroom, bulletin: Bulletin, notice: Notice, now: dt.datetime) -> Edition:
    """The edition of a bulletin that tells a notice."""
    editions = room.store.editions
    waits = need_approval(bulletin, notice.author)
    edition = editions.open(
        bulletin.key,
        _slot(notice),
        (),
        now=now,
        state=EditionState.HELD if waits else EditionState.PLANNING,
        kind=EditionKind(notice.kind.value),
        notice=notice.id,
        reason=waits,
    )
    assert edition is not None  # one notice of a kind for each version, and the write lock is ours
    if notice.author and bulletin.approvals:
        editions.approve(edition.id, notice.author, now)
    return edition


def _slot(notice: Notice) -> str:
    """The slot of the editions that tell a notice."""
    return f"{notice.kind}:{notice.release}:{notice.version}"
