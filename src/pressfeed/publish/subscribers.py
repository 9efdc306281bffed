"""Add and remove subscribers; what an address, a language and a name must be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from pressfeed.domain import Subscriber, languages_of
from pressfeed.errors import InputError
from pressfeed.languages import tag
from pressfeed.publish.leaving import depart
from pressfeed.publish.room import Newsroom

NAME_LENGTH = 200
DOMAINS = 10_000  # whose check is remembered

# A local part that needs no second look (RFC 5321 section 4.1.2): most are like this.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*\Z")
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254  # octets, RFC 5321 section 4.5.3.1


def normalise(address: str) -> str:
    """An address as mail is sent to it (RFC 5321, RFC 6531), its domain in lower case; InputError.

    Nothing is looked up in the DNS.
    """
    address = address.strip()
    local, at, domain = address.partition("@")
    if at and len(local) <= _LONGEST_LOCAL and len(address) <= _LONGEST_ADDRESS and _PLAIN_LOCAL.match(local):
        known = _domain(domain)
        if known and len(local) + 1 + len(known) <= _LONGEST_ADDRESS:
            return f"{local}@{known}"
    return _checked(address)


@lru_cache(maxsize=DOMAINS)
def _domain(domain: str) -> str:
    """A domain as mail is sent to it; "" for one that has to be looked at together with its local part."""
    try:
        return _checked(f"a@{domain}").partition("@")[2] if domain.isascii() else ""
    except InputError:
        return ""


def _checked(address: str) -> str:
    try:
        # Newsrooms send to test domains too (example.org and the like are reserved, RFC 2606).
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InputError(f"{address!r} is not an e-mail address: {error}") from error


def languages(text: str) -> tuple[str, ...]:
    """Language codes in order of preference, split at ``;``, ``,`` or spaces; InputError for others."""
    return languages_of([language(code) for code in text.replace(";", " ").replace(",", " ").split()])


def language(text: str) -> str:
    """A language tag (RFC 5646) as it is stored: ``pt-BR`` → ``pt-br``; InputError for what is none."""
    code = tag(text)
    if not code:
        raise InputError(f"{text!r} is not a language code", remedy="Write en, fr, es, pt-br …")
    return code


def add(
    room: Newsroom,
    address: str,
    name: str,
    wanted_languages: Sequence[str],
    bulletins: Sequence[str],
    now: dt.datetime,
    *,
    resubscribe: bool = False,
) -> Subscriber:
    """Add one person, or further bulletins to one that is known.

    An address that has unsubscribed, bounced or complained is refused unless ``resubscribe`` says that the
    person has asked to come back. Raises InputError.
    """
    address = normalise(address)
    for bulletin in bulletins:
        room.bulletin(bulletin)
    store = room.store.subscribers
    with room.store.transaction():
        reason = store.suppressed(address)
        if reason is not None and not resubscribe:
            raise InputError(
                f"{address} must not be mailed ({reason})",
                remedy="If the person has asked to come back, say so with --resubscribe",
            )
        codes = wanted_languages or room.config.languages[:1]
        number = store.add(address, tidy_name(name), codes, provenance="added by an operator", now=now)
        subscriber = store.get(address)
        if number is None:
            store.update(
                subscriber.id,
                tidy_name(name) or subscriber.name,
                wanted_languages or subscriber.languages,
                now,
            )
            if reason is not None:
                store.resume(subscriber, now)
        for bulletin in bulletins:
            if not store.subscribe(subscriber.id, bulletin, now) and resubscribe:
                store.resubscribe(subscriber.id, bulletin)
        found = store.get(address)
        if set(bulletins) - set(found.bulletins):
            raise InputError(
                f"{address} has left {', '.join(sorted(set(bulletins) - set(found.bulletins)))}",
                remedy="If the person has asked to come back, say so with --resubscribe",
            )
        return found


def remove(room: Newsroom, address: str, bulletin: str | None, now: dt.datetime) -> int:
    """Take a person off one bulletin, or off everything for good; NotFoundError for somebody unknown.

    Returns how many planned deliveries were called off.
    """
    store = room.store.subscribers
    with room.store.transaction():
        subscriber = store.get(normalise(address))
        if bulletin is not None:
            room.bulletin(bulletin)
            return store.unsubscribe(subscriber.id, bulletin, now)
        return depart(room.store, subscriber, now)


def tidy_name(name: str) -> str:
    """A name on one line, without control characters, of bearable length."""
    if not name.isprintable():
        name = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(name.split())[:NAME_LENGTH]
