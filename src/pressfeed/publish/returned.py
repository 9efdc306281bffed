"""Letters that come back: which letter a message is about, and to whom it went."""

from __future__ import annotations

from dataclasses import dataclass

from pressfeed.domain import Subscriber
from pressfeed.errors import InputError
from pressfeed.incoming import Finding
from pressfeed.publish.subscribers import normalise
from pressfeed.store import Store
from pressfeed.store.letters import Letter, LetterKind
from pressfeed.tokens import Keyring, Scope, moment, parse


@dataclass(frozen=True, slots=True)
class ReturnedLetter:
    """A letter that a message is about, proved by a token or by its Message-ID together with the address.

    ``address`` is "" where it is forgotten; ``subscriber`` is who gets bulletins there.
    """

    letter: Letter
    address: str
    subscriber: Subscriber | None


def identify(store: Store, finding: Finding) -> ReturnedLetter | None:
    """The letter that a finding is about; None where nothing proves it."""
    letter = _by_token(store, finding) or _by_message(store, finding)
    if letter is None:
        return None
    address = _address(store, letter)
    return ReturnedLetter(letter, address, store.subscribers.find(address) if address else None)


def _by_token(store: Store, finding: Finding) -> Letter | None:
    keyring = Keyring(store.secret)
    for token in finding.tokens:
        claim = parse(token)
        if claim is None:
            continue
        letter = store.letters.get(claim.subscriber_id)
        epoch = moment(letter.created_at) if letter else 0
        if keyring.check(claim, Scope.LETTER, epoch=epoch) and letter is not None:
            return letter
    return None


def _by_message(store: Store, finding: Finding) -> Letter | None:
    for message_id in finding.message_ids:
        letter = store.letters.by_message(message_id)
        if letter is None:
            continue
        for failure in finding.failures:
            try:
                address = normalise(failure.recipient)
            except InputError:
                continue  # not an address: no letter went there
            if store.signups.mailbox_hash(address) == letter.address_hash:
                return letter
    return None


def _address(store: Store, letter: Letter) -> str:
    if letter.kind is LetterKind.CONFIRM:
        wish = store.signups.get(letter.about)
        return wish.address if wish else ""
    change = store.signups.change(letter.about)
    if change is None:
        return ""
    if letter.kind is LetterKind.NEW_ADDRESS:
        return change.address
    holder = store.subscribers.holder(change.subscriber)
    # Moved since then: the old address is forgotten.
    same = holder is not None and store.signups.mailbox_hash(holder[0].address) == letter.address_hash
    return holder[0].address if holder is not None and same else ""
