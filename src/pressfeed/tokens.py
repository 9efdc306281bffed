"""Opaque, scoped, revocable tokens for the links in a mail, and the Message-IDs.

A token is lower-case base32 (RFC 4648 section 6, without padding) of a 128-bit MAC and a payload of numbers
and words. That alphabet survives a URL, and a local part that some server folds to one case. There is no
address in it and no expiry: an unsubscribe link in an old mail keeps working. It stops working when the
subscriber's *epoch*, a counter in the store that is covered by the MAC but not carried, has moved on.

Reading a token and trusting it are two steps, because the epoch has to be looked up between them::

    claim = parse(token)  # what it says; None if it is not a token at all
    epoch = store.epoch_of(claim.subscriber_id)
    keyring.check(claim, Scope.UNSUBSCRIBE, epoch=epoch)  # whether we said so
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from pressfeed.errors import ConfigError

SECRET_BYTES = 32
_MAC_BYTES = 16
_LARGEST = 2**63 - 1  # that the store can look up
_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1


class Scope(StrEnum):
    """What a token is good for; a token of one scope is worth nothing in another."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"
    ADDRESS = "address"
    UNDO = "undo"
    FORM = "form"
    BOUNCE = "bounce"
    LETTER = "letter"
    ADVANCE = "advance"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says, not yet verified."""

    subscriber_id: int
    parts: tuple[int | str, ...]
    payload: bytes
    mac: bytes


class Keyring:
    """Makes and checks tokens with the newsroom's secret.

    ``secret`` is at least 32 random bytes. ``retired`` are earlier secrets: tokens made with them still
    check, new ones use ``secret``. Raises ConfigError for a short secret.
    """

    def __init__(self, secret: bytes, retired: Iterable[bytes] = ()) -> None:
        secrets = (secret, *retired)
        if any(len(each) < SECRET_BYTES for each in secrets):
            raise ConfigError(
                f"the secret is shorter than {SECRET_BYTES} bytes",
                remedy="Make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
            )
        # One key per purpose, so that no MAC made for one can be presented for another.
        self._keys = {
            scope: [hmac.new(_derive(each, f"token {scope}"), digestmod="sha256") for each in secrets]
            for scope in Scope
        }
        self._message_key = hmac.new(_derive(secret, "message-id"), digestmod="sha256")

    def token(self, scope: Scope, subscriber_id: int, *parts: int | str, epoch: int) -> str:
        """A token for a subscriber; ``parts`` are what else it names, such as a bulletin."""
        payload = _pack(subscriber_id, *parts)
        return _base32(_mac(self._keys[scope][0], payload, epoch) + payload)

    def check(self, claim: Claim, scope: Scope, *, epoch: int) -> bool:
        """Whether this newsroom made the claim, for this scope, in the subscriber's current epoch."""
        return any(
            hmac.compare_digest(_mac(key, claim.payload, epoch), claim.mac) for key in self._keys[scope]
        )

    def message_id(self, edition_uid: str, subscriber_id: int, domain: str) -> str:
        """The Message-ID of an edition to a subscriber, in angle brackets: always the same, hard to guess."""
        mac = self._message_key.copy()
        mac.update(f"{edition_uid}\0{subscriber_id}".encode())
        return f"<{_base32(mac.digest()[:20])}@{domain}>"


def parse(token: str) -> Claim | None:
    """What a token says, upper or lower case; None for anything that is not one."""
    if not token.isascii():  # some other letters have an ASCII one in upper case
        return None
    try:
        data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
    try:
        subscriber_id, *parts = _unpack(payload)
    except (IndexError, ValueError):  # UnicodeDecodeError is a ValueError
        return None
    # Only one spelling per claim: a spare bit or a padded number would make a second token for it.
    if not isinstance(subscriber_id, int) or _pack(subscriber_id, *parts) != payload:
        return None
    if _base32(data) != token.lower():
        return None
    return Claim(subscriber_id, tuple(parts), payload, mac)


@dataclass(frozen=True, slots=True)
class Links:
    """The links and addresses that are one subscriber's own.

    ``base_url`` has no trailing slash; ``bounce_address`` takes bounces, and its server must deliver
    ``local+anything@domain`` to it (RFC 5233 section 1); ``unsubscribe_address`` takes unsubscribe mails.
    """

    keyring: Keyring
    base_url: str
    bounce_address: str
    unsubscribe_address: str = ""  # "" = unsubscribing works on the web alone

    def __post_init__(self) -> None:
        local, at, domain = self.bounce_address.rpartition("@")
        room = _LOCAL_PART - 1 - len(self.keyring.token(Scope.BOUNCE, 2**31, 2**31, epoch=0))
        if not (local and at and domain) or len(local) > room:
            raise ConfigError(
                f"the bounce address {self.bounce_address!r} cannot carry a token",
                remedy=f"Write it as local@domain with at most {room} characters before the @",
            )

    def unsubscribe(self, subscriber_id: int, bulletin: str, *, epoch: int) -> str:
        """The page to leave a bulletin, and the target of the one-click POST (RFC 8058)."""
        token = self.keyring.token(Scope.UNSUBSCRIBE, subscriber_id, bulletin, epoch=epoch)
        return f"{self.base_url}/unsubscribe/{token}"

    def unsubscribe_mailto(self, subscriber_id: int, bulletin: str, *, epoch: int) -> str:
        """The same by mail, for clients that offer only that: the token travels in the subject (RFC 6068).

        "" where there is no address for it.
        """
        if not self.unsubscribe_address:
            return ""
        token = self.keyring.token(Scope.UNSUBSCRIBE, subscriber_id, bulletin, epoch=epoch)
        return f"mailto:{quote(self.unsubscribe_address, safe='@+')}?subject=unsubscribe-{token}"

    def preferences(self, subscriber_id: int, *, epoch: int) -> str:
        """The page where a subscriber chooses bulletins and languages."""
        token = self.keyring.token(Scope.PREFERENCES, subscriber_id, epoch=epoch)
        return f"{self.base_url}/preferences/{token}"

    def advance(self, subscriber_id: int, edition_id: int, *, epoch: int) -> str:
        """The page of what an edition brought a subscriber under embargo."""
        token = self.keyring.token(Scope.ADVANCE, subscriber_id, edition_id, epoch=epoch)
        return f"{self.base_url}/advance/{token}"

    def confirm(self, signup_id: int, asked_at: dt.datetime) -> str:
        """The page where a mailbox says yes to a sign-up; good for that one alone."""
        token = self.keyring.token(Scope.CONFIRM, signup_id, epoch=moment(asked_at))
        return f"{self.base_url}/subscribe/confirm/{token}"

    def address(self, change_id: int, side: str, asked_at: dt.datetime) -> str:
        """The page where one side (``old`` or ``new``) says yes to a change of address."""
        token = self.keyring.token(Scope.ADDRESS, change_id, side, epoch=moment(asked_at))
        return f"{self.base_url}/preferences/address/{token}"

    def return_path(self, subscriber_id: int, edition_id: int, *, epoch: int) -> str:
        """The envelope sender that tells whose mail, of which edition, has bounced (VERP)."""
        return self._bounces_to(self.keyring.token(Scope.BOUNCE, subscriber_id, edition_id, epoch=epoch))

    def letter_return_path(self, letter_id: int, written_at: dt.datetime) -> str:
        """The same for a letter, which may go to somebody who is no subscriber."""
        return self._bounces_to(self.keyring.token(Scope.LETTER, letter_id, epoch=moment(written_at)))

    def _bounces_to(self, token: str) -> str:
        local, _, domain = self.bounce_address.rpartition("@")
        return f"{local}+{token}@{domain}"


def moment(asked_at: dt.datetime) -> int:
    """The epoch of a token that belongs to one row, not to a subscriber: when the row was made, aware.

    A number may be given again once its row is deleted; a number and a moment never are.
    """
    return int(asked_at.timestamp() * 1_000_000)


def _derive(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, f"pressfeed {purpose}".encode(), "sha256")


def _mac(key: hmac.HMAC, payload: bytes, epoch: int) -> bytes:
    mac = key.copy()  # it has taken the key in already
    # The number comes first and ends itself, so that no epoch and payload read like another pair.
    mac.update(_number(epoch) + payload)
    return mac.digest()[:_MAC_BYTES]


def _base32(data: bytes) -> str:
    """RFC 4648 section 6 in lower case, without padding.

    Three of them are in every mail. The standard library takes them five bytes at a time; here all groups of
    five bits move to bytes of their own at once, by halves of halves, which takes a third of the time.
    """
    if len(data) > _GROUPS * 5 // 8:
        return base64.b32encode(data).rstrip(b"=").decode("ascii").lower()
    bits = int.from_bytes(data, "big") << -len(data) * 8 % 5
    for distance, upper, lower in _HALVES:
        bits = (bits & upper) << distance | bits & lower
    return bits.to_bytes(-(-len(data) * 8 // 5), "big").translate(_LETTERS).decode("ascii")


def _halves() -> Iterator[tuple[int, int, int]]:
    """How far the upper half of each run of groups moves, its bits, and those that stay."""
    half = _GROUPS // 2
    while half:
        run = (1 << 5 * half) - 1
        lower = sum(run << start * 8 for start in range(0, _GROUPS, 2 * half))
        yield 3 * half, lower << 5 * half, lower
        half //= 2


_GROUPS = 64  # a power of two; 40 bytes of data
_HALVES = tuple(_halves())
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256)


@lru_cache(maxsize=64)  # all links in a mail name the same subscriber
def _number(value: int) -> bytes:
    """An unsigned integer in seven bits per byte, least first; the top bit says more follows (LEB128)."""
    if value < 0:
        raise ValueError(f"a token carries no negative numbers, got {value}")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _pack(*parts: int | str) -> bytes:
    """Each part as a number: an integer doubled, or a word's length doubled plus one, then its UTF-8."""
    return b"".join([_number(part << 1) if isinstance(part, int) else _word(part) for part in parts])


@lru_cache(maxsize=64)  # bulletins
def _word(text: str) -> bytes:
    word = text.encode()
    return _number(len(word) << 1 | 1) + word


def _unpack(payload: bytes) -> list[int | str]:
    parts: list[int | str] = []
    at = 0
    while at < len(payload) or not parts:
        value = shift = 0
        while True:
            byte = payload[at]  # IndexError: the payload breaks off
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if value >> 1 > _LARGEST:
                raise ValueError("a number that none of ours is")
            if byte < 0x80:
                break
        if value & 1:
            word = payload[at : at + (value >> 1)]
            at += value >> 1
            parts.append(word.decode())
        else:
            parts.append(value >> 1)
    return parts
