"""A release as its page and its feed entry tell it: cleaned, localised, with ready addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from babel.units import format_unit
from markupsafe import Markup

from pressfeed.domain import Contact, PartialDate, Release, Status
from pressfeed.feeds.model import Attachment, attachments, categories, summary_of
from pressfeed.languages import locale_of
from pressfeed.markup import one_line, safe_html
from pressfeed.texts import Texts

_DIALLED = re.compile(r"\+?[\d\s().\u2010-\u2013-]{5,}")


@dataclass(frozen=True, slots=True)
class ContactView:
    """Whom to call; an ``_url`` is "" where there is nothing to dial (RFC 3966) or to write to (RFC 6068)."""

    name: str
    role: str
    phone: str
    phone_url: str
    email: str
    email_url: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file to fetch; ``detail`` says its kind and size, where known: ``PDF``, ``1.2 MB``."""

    title: str
    url: str
    detail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What a page or an entry shows of a release. A withdrawn one keeps its headline and its contacts."""

    headline: str
    subhead: str
    summary: str
    place: str
    dateline: str  # the place, with the date where it is not that of publication
    html: str  # of the body, not yet cleaned
    notice: str
    withdrawn: bool
    contacts: tuple[ContactView, ...]
    notes: tuple[str, ...]
    files: tuple[FileView, ...]
    image: Attachment | None
    countries: tuple[str, ...]
    topics: tuple[str, ...]

    @property
    def body(self) -> Markup:
        """The body, clean; made when asked for, since lists show none."""
        return Markup(safe_html(self.html))  # noqa: S704 - cleaned here


def article(release: Release, texts: Texts, zone: ZoneInfo) -> Article:
    """The view of a release in its own language; dates in ``zone``."""
    content = release.content
    withdrawn = release.status is Status.WITHDRAWN
    notice = ""
    if release.status in {Status.WITHDRAWN, Status.CORRECTED}:
        key = "site.withdrawn_note" if withdrawn else "site.correction_note"
        notice = texts(key, date=texts.date(release.last_changed, zone=zone))
        if note := one_line(release.note):
            notice += f" {note}"
    found = () if withdrawn else attachments(content)
    image = next((file for file in found if file.is_image), None)
    names = () if withdrawn else categories(content, texts)
    return Article(
        headline=one_line(content.headline) or texts("site.untitled"),
        subhead="" if withdrawn else one_line(content.subhead),
        summary=notice if withdrawn else summary_of(content),
        place=one_line(content.place),
        dateline=_dateline(release, texts, zone),
        html="" if withdrawn else content.body_html,
        notice=notice,
        withdrawn=withdrawn,
        contacts=tuple(_contact(contact) for contact in content.contacts),
        notes=() if withdrawn else tuple(filter(None, map(one_line, content.footnotes))),
        files=tuple(_file(file, texts) for file in found if file is not image),
        image=image,
        countries=tuple(category.label for category in names if category.scheme),
        topics=tuple(category.label for category in names if not category.scheme),
    )


def _dateline(release: Release, texts: Texts, zone: ZoneInfo) -> str:
    """Place and date as the dateline has them; the date only where it is not that of publication."""
    content = release.content
    place = one_line(content.place)
    if content.date is None or _same_day(content.date, release, zone):
        return place
    date = texts.date(content.date)
    return texts("site.dateline", place=place, date=date) if place else date


def _same_day(date: PartialDate, release: Release, zone: ZoneInfo) -> bool:
    if release.published_at is None:
        return False
    day = release.published_at.astimezone(zone).date()
    told, known = (date.year, date.month, date.day), (day.year, day.month, day.day)
    return all(part is None or part == ours for part, ours in zip(told, known, strict=True))


def _contact(contact: Contact) -> ContactView:
    phone, email = one_line(contact.phone), one_line(contact.email)
    number = re.sub(r"[^\d+]", "", phone) if _DIALLED.fullmatch(phone) else ""
    return ContactView(
        name=one_line(contact.name),
        role=one_line(contact.role),
        phone=phone,
        phone_url=f"tel:{number}" if number else "",
        email=email,
        email_url=mail_url(email),
    )


def mail_url(address: str) -> str:
    """The ``mailto:`` of an address, "" for what is none."""
    return f"mailto:{quote(address, safe='@+')}" if re.fullmatch(r"[^@\s]+@[^@\s]+", address) else ""


def _file(file: Attachment, texts: Texts) -> FileView:
    name = unquote(urlsplit(file.url).path.rsplit("/", 1)[-1])
    kind = name.rpartition(".")[2] if "." in name else file.type.rpartition("/")[2]
    detail = [kind.upper()] if len(kind) <= 5 else []
    if file.length:
        detail.append(_size(file.length, texts))
    return FileView(file.title or one_line(name) or file.url, file.url, tuple(detail))


def _size(length: int, texts: Texts) -> str:
    for unit, size in (("megabyte", 1_000_000), ("kilobyte", 1_000)):
        if length >= size:
            value = round(length / size, 0 if length >= 10 * size else 1)
            return format_unit(value, f"digital-{unit}", length="short", locale=locale_of(texts.language))
    return format_unit(length, "digital-byte", length="short", locale=locale_of(texts.language))
