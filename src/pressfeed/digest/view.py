"""What the templates see of a digest: cleaned, cut and localised. Documented in ``docs/templates.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pressfeed.digest import prose, updates
from pressfeed.digest.contents import Contents, Logo, Story, Update
from pressfeed.digest.updates import UpdateView
from pressfeed.domain import Contact, Content, Regions, Status
from pressfeed.languages import FALLBACK, direction
from pressfeed.markup import without_marks
from pressfeed.message import ADVANCE_HOLE
from pressfeed.texts import Texts

SUMMARY = 420  # characters: about what an agency's lead has, six lines of the mail
_ENOUGH = 220  # a lead shorter than this is followed by the next paragraph
_HEADLINE = 300
_SUBHEAD = 300
_COUNTRIES = 3

_PHONE = re.compile(r"\+?\(?\d[\d ()./\u00a0\u202f\u2010-\u2013-]{4,}\d")
_EXTENSION = re.compile(r"(?:ext|poste|anexo|доб|x)\.?[ \u00a0]*(\d{1,6})\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>\"@,;]+@[^\s<>\"@,;]+\.[^\s<>\"@,;]+")


@dataclass(frozen=True, slots=True)
class ContactView:
    """Whom to call. The ``_url`` fields are "" where there is nothing that could be dialled or written to."""

    name: str
    role: str
    phone: str
    phone_url: str  # tel:, RFC 3966
    email: str
    email_url: str  # mailto:, RFC 6068


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story. ``t`` are the texts of its own language where pressfeed has them, else the interface's."""

    number: int  # from 1
    headline: str
    url: str
    language: str
    direction: str  # ltr or rtl
    t: Texts
    foreign: bool  # in another language than the digest
    language_name: str  # of its language, as the digest's language calls it
    place: str
    date: str
    area: str  # countries or regions it concerns
    corrected: bool
    subhead: str
    summary: tuple[str, ...]  # paragraphs
    contacts: tuple[ContactView, ...]
    embargo: str = ""  # until when it may not be published, written out
    brief: bool = False  # headline and dateline only, for lack of room


@dataclass(frozen=True, slots=True)
class DigestView:
    """One variant of an edition, all texts clean and on one line each."""

    language: str
    direction: str
    newsroom: str
    newsroom_url: str
    description: str
    about: tuple[str, ...]  # paragraphs
    address: tuple[str, ...]  # lines
    contact: str
    contact_url: str
    logo: Logo | None
    title: str  # of the bulletin
    region: str
    date: str
    edition: str
    online_url: str
    embargo: str  # the banner of a mail that brings what is under embargo, "" for any other
    notices: tuple[str, ...]
    updates: tuple[UpdateView, ...]
    stories: tuple[StoryView, ...]
    more: int  # releases that are online but not here


def build(contents: Contents, texts: Callable[[str], Texts | None]) -> DigestView:
    """The view of a digest.

    ``texts`` gives the interface texts of a language, None where there are none: the interface is then
    English, and stories in the digest's language are marked like those in any other.
    """
    t = texts(contents.language) or texts(FALLBACK)
    if t is None:
        raise LookupError("pressfeed was installed without its texts; install it again")
    newsroom = contents.newsroom
    region = prose.line(contents.region.name(t.language))
    return DigestView(
        language=t.language,
        direction=t.direction,
        newsroom=prose.line(newsroom.name),
        newsroom_url=page(newsroom.url),
        description=prose.line(newsroom.description),
        about=tuple(prose.paragraphs(newsroom.about)),
        address=tuple(filter(None, map(prose.line, newsroom.address.splitlines()))),
        contact=prose.line(newsroom.contact),
        contact_url=_mailto(newsroom.contact),
        logo=newsroom.logo,
        title=prose.line(contents.bulletin.titles.get(t.language) or t("mail.title", region=region)),
        region=region,
        date=_capitalised(t.date(contents.date, "full")),
        edition=prose.line(contents.edition),
        online_url=ADVANCE_HOLE if contents.embargoes else page(contents.online_url),
        embargo=_embargo(contents, t),
        notices=tuple(filter(None, map(prose.line, contents.notices))),
        updates=tuple(updates.build(each, _address(each), contents, t, texts) for each in contents.updates),
        stories=tuple(
            _story(number, story, contents, t, texts)
            for number, story in enumerate(contents.stories, start=1)
        ),
        more=contents.more,
    )


def _capitalised(text: str) -> str:
    """As the start of a line: French and Spanish days of the week are written small."""
    return text[:1].upper() + text[1:]


def page(url: str) -> str:
    """The URL of a page, cleaned; raises ValueError for anything but http and https."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"not the address of a page: {url!r}")
    return prose.line(url)


def _story(
    number: int, story: Story, contents: Contents, t: Texts, texts: Callable[[str], Texts | None]
) -> StoryView:
    release, content = story.release, story.release.content
    language = content.language or contents.language
    own = texts(language) or t
    if content.date is not None:
        date = own.date(content.date)
    else:
        date = own.date(release.published_at, zone=contents.bulletin.zone) if release.published_at else ""
    place = prose.line(content.place)
    return StoryView(
        number=number,
        headline=prose.cut(prose.line(content.headline), _HEADLINE),
        url=_address(story),
        language=language,
        direction=direction(language),
        t=own,
        foreign=language != t.language,
        language_name=t.language_name(language),
        place=place,
        date=date,
        area=_area(content, place, contents.bulletin.region, contents.regions, own),
        corrected=release.status is Status.CORRECTED,
        subhead=prose.cut(prose.line(content.subhead), _SUBHEAD),
        summary=summary(without_marks(content.body_text, content.footnotes), place),
        contacts=tuple(map(_contact, content.contacts)),
        embargo=t.zoned(story.embargo, contents.bulletin.zone) if story.embargo else "",
    )


def _address(each: Story | Update) -> str:
    """Its page, "" where there is none; under embargo its place on the reader's own one."""
    if each.embargo:
        return f"{ADVANCE_HOLE}#release-{each.release.id}"
    return page(each.url) if each.url else ""


def _embargo(contents: Contents, t: Texts) -> str:
    if len(contents.embargoes) > 1:
        return t("advance.several")
    moments = (t.zoned(moment, contents.bulletin.zone) for moment in contents.embargoes)
    return next((t("advance.banner", moment=moment) for moment in moments), "")


def summary(body_text: str, place: str = "", limit: int = SUMMARY) -> tuple[str, ...]:
    """The first paragraphs of a release within the limit; the last of them ends at a sentence or a word.

    A dateline at their start ("Banjul, 11 March – ") is left out, because place and date stand above.
    """
    found: list[str] = []
    room = limit
    if place:
        dateline = rf"\s*{re.escape(place)}(?:[,/(\s][^–—-]{{0,30}}\d[^–—-]{{0,8}})?\s*(?:[–—]|-\s)\s*"
        body_text = re.sub(rf"\A{dateline}", "", prose.clean(body_text), flags=re.IGNORECASE)
    for paragraph in prose.paragraphs(body_text):
        found.append(prose.cut(paragraph, room))
        room -= prose.size(paragraph)
        if room < limit - _ENOUGH:
            break
    return tuple(found)


def _area(content: Content, place: str, home: str, tree: Regions, t: Texts) -> str:
    """The countries, if they are few, else the regions; never what the reader knows already."""
    names: Iterable[str] = (t.country_name(code) for code in content.countries)
    if len(content.countries) > _COUNTRIES or not content.countries:
        found = (tree.get(slug) for slug in content.regions if slug != home)
        names = [region.name(t.language) for region in found if region] or names
    shown = [name for name in map(prose.line, names) if name.casefold() != place.casefold()]
    label = t("mail.list_separator").join(shown[:_COUNTRIES])
    return t("mail.and_others", names=label) if len(shown) > _COUNTRIES else label


def _contact(contact: Contact) -> ContactView:
    return ContactView(
        name=prose.line(contact.name),
        role=prose.line(contact.role),
        phone=prose.line(contact.phone),
        phone_url=_tel(contact.phone),
        email=prose.line(contact.email),
        email_url=_mailto(contact.email),
    )


def _tel(phone: str) -> str:
    """``+41 (0)79 636 98 74 ext. 5`` → ``tel:+41796369874;ext=5``."""
    number = _PHONE.search(prose.line(phone))
    if number is None:
        return ""
    # The trunk zero in brackets is not dialled after a country code.
    written = number[0].replace("(0)", "") if number[0].startswith("+") else number[0]
    digits = re.sub(r"[^\d+]", "", written.split("/")[0] if written.count("/") == 1 else written)
    if len(digits) < 5:
        return ""
    extension = _EXTENSION.search(phone, number.end())
    return f"tel:{digits}" + (f";ext={extension[1]}" if extension else "")


def _mailto(address: str) -> str:
    address = prose.line(address)
    return "mailto:" + quote(address, safe="@+!$'*.-_~") if _ADDRESS.fullmatch(address) else ""
