"""A variant of an edition becomes the messages of its recipients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.utils import parseaddr
from typing import TYPE_CHECKING

from pressfeed import digest, message, texts
from pressfeed.config import Config
from pressfeed.delivery.transport import Outgoing
from pressfeed.domain import Bulletin, Edition, NoticeKind, Release
from pressfeed.publish.room import Newsroom
from pressfeed.site import addresses
from pressfeed.store.deliveries import Claim
from pressfeed.tokens import Keyring, Links

if TYPE_CHECKING:
    from pressfeed import dkim


class Composer:
    """Renders variants, and writes each recipient's message from them.

    The same edition, variant and recipient always give the same bytes (apart from the DKIM time, which is the
    edition's too), so that a second attempt repeats the first.
    """

    def __init__(self, room: Newsroom) -> None:
        """Raises ConfigError for an unusable DKIM key or bounce address."""
        config = room.config
        self._room = room
        self._renderer = digest.Renderer(config.templates)
        self._sender = message.Mailbox(*parseaddr(config.sender))
        self._reply_to = message.Mailbox(*parseaddr(config.reply_to)) if config.reply_to else None
        self._links = Links(
            Keyring(room.store.secret),
            config.base_url,
            config.mail.bounce_address or self._sender.address,
            config.mail.unsubscribe_address,
        )
        self.signers = signers(config)

    @property
    def signs(self) -> bool:
        """Whether messages are signed (DKIM)."""
        return bool(self.signers)

    @property
    def bounce_address(self) -> str:
        """Where undeliverable mail goes back to."""
        return self._links.bounce_address

    def texts(self, language: str) -> texts.Texts:
        """The interface texts of a language."""
        return texts.load(language, self._room.config.templates)

    @property
    def domain(self) -> str:
        """The sender's domain in A-labels."""
        return message.domain_of(self._sender.address)

    def url(self, path: str) -> str:
        """The absolute URL of a path from ``site.addresses``."""
        return f"{self._room.config.base_url}/{path}"

    def render(
        self,
        bulletin: Bulletin,
        slot: str,
        language: str,
        releases: Sequence[Release],
        *,
        edition: str = "",
        more: int = 0,
        notices: Sequence[str] = (),
        updates: Sequence[digest.Update] = (),
        ahead: bool = False,
    ) -> digest.Digest:
        """The digest of these releases and updates in an interface language; ValueError for none at all.

        ``ahead`` says that its readers may have what is under embargo, and must be told until when.
        """
        return self._renderer.render(
            digest.Contents(
                newsroom=self.newsroom(language),
                bulletin=bulletin,
                regions=self._room.regions,
                slot=slot,
                language=language,
                stories=tuple(
                    digest.Story(
                        release,
                        self.url(addresses.release(release.content.language, release.slug)),
                        release.embargo_until if ahead else None,
                    )
                    for release in releases
                ),
                online_url=self.url(addresses.region(bulletin.region, language)),
                more=more,
                edition=edition,
                notices=tuple(notices),
                updates=tuple(updates),
            )
        )

    def template(
        self,
        bulletin: Bulletin,
        rendered: digest.Digest,
        date: dt.datetime,
        edition: str,
        embargo: dt.datetime | None = None,
    ) -> message.Template:
        """The message around a rendered digest, ready for recipients."""
        config = self._room.config
        help_address = config.mail.help_address or parseaddr(config.reply_to)[1] or self._sender.address
        return message.Template(
            message.Mailing(
                sender=self._sender,
                reply_to=self._reply_to,
                subject=rendered.subject,
                html=rendered.html,
                text=rendered.text,
                language=rendered.language,
                list=message.MailingList(
                    id=message.list_id(bulletin.key, rendered.language, self.domain),
                    title=bulletin.titles.get(rendered.language, bulletin.key),
                    help=config.mail.help_url or f"mailto:{help_address}",
                    owner=f"mailto:{help_address}",
                    archive=self.url(addresses.region(bulletin.region, rendered.language)),
                    feedback_id=message.feedback_id(edition, bulletin.key, rendered.language, self.domain),
                ),
                date=date.astimezone(bulletin.zone),
                embargo=embargo,
            )
        )

    def variant(
        self, edition: Edition, bulletin: Bulletin, variant_id: int, embargo: dt.datetime | None
    ) -> message.Template:
        """What all recipients of an edition's variant share, rendered from the store.

        ``embargo`` is the moment before which only the accredited may have it.
        """
        store = self._room.store
        _, variant = store.editions.variant(variant_id)
        releases = [store.releases.get_version(release, version) for release, version in variant.releases]
        wall = edition.planned_at.astimezone(bulletin.zone).replace(tzinfo=None)
        rendered = self.render(
            bulletin,
            wall.isoformat(timespec="minutes") if edition.kind.is_notice else edition.slot,
            variant.language,
            releases,
            edition=edition.uid,
            more=edition.waiting,
            updates=[
                self._update(notice, was, version, variant.language, embargo)
                for notice, was, version in variant.notices
            ],
            ahead=embargo is not None,
        )
        return self.template(bulletin, rendered, edition.planned_at, str(edition.id), embargo)

    def outgoing(self, template: message.Template, edition: Edition, claim: Claim) -> Outgoing:
        """The finished, signed message of a claimed delivery. Needs no store: any thread may call it.

        Raises InputError for a hopeless address.
        """
        return self.write(
            template,
            edition.planned_at,
            message.Recipient(
                name=claim.name,
                address=claim.address,
                message_id=claim.message_id,
                return_path=self._links.return_path(claim.subscriber, edition.id, epoch=claim.token_epoch),
                unsubscribe_url=self._links.unsubscribe(
                    claim.subscriber, edition.bulletin, epoch=claim.token_epoch
                ),
                preferences_url=self._links.preferences(claim.subscriber, epoch=claim.token_epoch),
                unsubscribe_mailto=self._links.unsubscribe_mailto(
                    claim.subscriber, edition.bulletin, epoch=claim.token_epoch
                ),
                advance_url=self._links.advance(claim.subscriber, edition.id, epoch=claim.token_epoch)
                if template.ahead
                else "",
            ),
            delivery=claim.id,
        )

    def write(
        self, template: message.Template, at: dt.datetime, recipient: message.Recipient, *, delivery: int = 0
    ) -> Outgoing:
        """One recipient's message, signed as of ``at``."""
        composed = template.compose(recipient)
        signed = self.sign(composed.message, at)
        # message encodes whatever is not ASCII (but for an address that is not), and leading dots; folded
        # header lines begin with a blank. To look for them in every copy would take as long as sending it.
        return Outgoing(
            delivery,
            composed.sender,
            composed.recipient,
            signed,
            composed.smtputf8,
            plain=not composed.smtputf8,
        )

    def sign(self, raw: bytes, at: dt.datetime) -> bytes:
        """A message made by ``pressfeed.message``, signed as of ``at`` if this newsroom signs."""
        if not self.signers:
            return raw
        from pressfeed import dkim

        return dkim.sign(raw, self.signers, at, canonical=True)

    def _update(
        self, number: int, was: int, version: int, language: str, embargo: dt.datetime | None
    ) -> digest.Update:
        """What a notice that brings a version says to somebody who has another, in an interface language."""
        releases = self._room.store.releases
        notice = self._room.store.notices.get(number)
        withdrawn = notice.kind is NoticeKind.WITHDRAWAL
        # What they know it by: of a later text they may have heard nothing, for good reason.
        release = releases.get_version(notice.release, was if withdrawn else version)
        path = addresses.release(release.content.language, release.slug)
        note_language, note = notice.note(language, release.content.language, *notice.notes)
        return digest.Update(
            notice.kind,
            release,
            "" if withdrawn and release.published_at is None else self.url(path),
            note,
            note_language,
            releases.get_version(notice.release, was).content
            if notice.kind is NoticeKind.CORRECTION
            else None,
            embargo,
        )

    def newsroom(self, language: str) -> digest.Newsroom:
        """The sender as one language shows it."""
        config = self._room.config
        return digest.Newsroom(
            name=config.name_in(language),
            url=self.url(addresses.home(language)),
            description=config.descriptions.get(language, ""),
            about=config.about.get(language, ""),
            address=config.address,
            contact=config.contact,
        )


def signers(config: Config) -> list[dkim.Signer]:
    """The keys that sign this newsroom's mail, if any; ConfigError for one that cannot be used."""
    settings = config.mail.dkim
    if settings is None:
        return []
    from pressfeed import dkim  # only now: cryptography takes longer to load than most of pressfeed

    found = [dkim.load(settings.key, settings.domain, settings.selector)]
    if settings.ed25519_key is not None:
        found.append(dkim.load(settings.ed25519_key, settings.domain, settings.ed25519_selector))
    return found
