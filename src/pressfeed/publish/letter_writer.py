"""What a letter says. It is decided when it leaves: by then its reader may subscribe, or have complained."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr

from pressfeed.delivery.transport import Outgoing
from pressfeed.digest import LetterContents, LetterRenderer
from pressfeed.domain import SubscriberStatus
from pressfeed.message import letter as message
from pressfeed.publish import signup
from pressfeed.publish.mail import Composer
from pressfeed.publish.room import Newsroom
from pressfeed.publish.titles import title_of
from pressfeed.schedule.words import frequency
from pressfeed.store.letters import Letter, LetterKind
from pressfeed.tokens import Keyring, Links


class NotWanted(Exception):
    """The letter has become pointless, or must not be sent."""


class Writer:
    """Writes letters as they are to be sent now."""

    def __init__(self, room: Newsroom) -> None:
        """Raises ConfigError for an unusable DKIM key or bounce address."""
        self._room = room
        self._composer = Composer(room)
        self._renderer = LetterRenderer(room.config.templates)
        sender = parseaddr(room.config.sender)
        self._sender = (sender[0] or room.config.name, sender[1])
        keyring = Keyring(room.store.secret)
        self._links = Links(keyring, room.config.base_url, self._composer.bounce_address)

    def outgoing(self, letter: Letter, now: dt.datetime) -> Outgoing:
        """The letter's signed message; NotWanted, or InputError for an address that cannot be reached."""
        address, name, language, contents = (
            self._signup(letter, now) if letter.kind is LetterKind.CONFIRM else self._change(letter)
        )
        config = self._room.config
        rendered = self._renderer.render(
            contents, self._composer.newsroom(language), self._composer.texts(language)
        )
        reply_to = parseaddr(config.reply_to)
        recipient, raw, smtputf8 = message.compose(
            message.SingleMail(
                sender=self._sender,
                reply_to=reply_to if reply_to[1] else None,
                name=name,
                address=address,
                subject=rendered.subject,
                html=rendered.html,
                text=rendered.text,
                language=language,
                date=letter.created_at.astimezone(config.zone),
                message_id=letter.message_id,
            )
        )
        signed = self._composer.sign(raw, letter.created_at)
        return_path = self._links.letter_return_path(letter.id, letter.created_at)
        return Outgoing(letter.id, return_path, recipient, signed, smtputf8)

    def _signup(self, letter: Letter, now: dt.datetime) -> tuple[str, str, str, LetterContents]:
        store = self._room.store
        wish = store.signups.get(letter.about)
        if wish is None or not wish.address:
            raise NotWanted("the sign-up is confirmed or forgotten")
        self._require_wanted(wish.address)
        t = self._composer.texts(wish.language)
        newsroom = self._room.config.name_in(wish.language)
        known = store.subscribers.find(wish.address)
        if known is not None and known.status is SubscriberStatus.ACTIVE and known.bulletins:
            holder = store.subscribers.holder(known.id)
            assert holder is not None
            contents = LetterContents(
                subject=t("letter.known_subject"),
                title=t("letter.known_subject"),
                paragraphs=(t("letter.known", newsroom=newsroom),),
                choices=(),
                button=t("letter.known_button"),
                url=self._links.preferences(known.id, epoch=holder[1]),
                after=(t("letter.unasked"),),
            )
            return wish.address, known.name, wish.language, contents
        bulletins = [self._room.regions.bulletin(key) for key in wish.bulletins]
        contents = LetterContents(
            subject=t("letter.confirm_subject"),
            title=t("letter.confirm_subject"),
            paragraphs=(t("letter.confirm", newsroom=newsroom),),
            choices=tuple(
                (title_of(each, self._room.regions, t), frequency(each, t, now)) for each in bulletins if each
            ),
            button=t("letter.confirm_button"),
            url=self._links.confirm(wish.id, wish.asked_at),
            after=(
                t("letter.confirm_valid", date=t.date(wish.asked_at + signup.VALID)),
                t("letter.unasked"),
            ),
        )
        # A stranger may have written the name: it stands nowhere in a mail that the owner has not confirmed.
        return wish.address, "", wish.language, contents

    def _change(self, letter: Letter) -> tuple[str, str, str, LetterContents]:
        store = self._room.store
        change = store.signups.change(letter.about)
        holder = store.subscribers.holder(change.subscriber) if change else None
        if change is None or holder is None or change.settled:
            raise NotWanted("the change of address is over")
        person, _ = holder
        self._require_wanted(person.address)
        offered = self._room.config.languages
        language = next((code for code in person.languages if code in offered), offered[0])
        t = self._composer.texts(language)
        newsroom = self._room.config.name_in(language)
        until = t.date(change.asked_at + signup.VALID)
        if letter.kind is LetterKind.OLD_ADDRESS:
            contents = LetterContents(
                subject=t("letter.old_subject"),
                title=t("letter.old_subject"),
                paragraphs=(t("letter.old", newsroom=newsroom, address=change.address),),
                choices=(),
                button=t("letter.old_button"),
                url=self._links.address(change.id, "old", change.asked_at),
                after=(t("letter.old_after", date=until),),
            )
            return person.address, person.name, language, contents
        self._require_wanted(change.address)
        known = store.subscribers.find(change.address)
        if known is not None and known.id != person.id:
            contents = LetterContents(
                subject=t("letter.taken_subject"),
                title=t("letter.taken_subject"),
                paragraphs=(t("letter.taken", newsroom=newsroom),),
                choices=(),
                button="",
                url="",
                after=(t("letter.unasked"),),
            )
            return change.address, "", language, contents
        contents = LetterContents(
            subject=t("letter.new_subject"),
            title=t("letter.new_subject"),
            paragraphs=(t("letter.new", newsroom=newsroom),),
            choices=(),
            button=t("letter.new_button"),
            url=self._links.address(change.id, "new", change.asked_at),
            after=(t("letter.new_after", date=until), t("letter.unasked")),
        )
        return change.address, "", language, contents

    def _require_wanted(self, address: str) -> None:
        if not signup.may_mail(self._room.store, address):
            reason = self._room.store.subscribers.suppressed(address)
            raise NotWanted(f"this address must not be mailed: {reason}")
