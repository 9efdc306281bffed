"""Named fields (front matter, JSON objects) into a draft. One table says which names are understood."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Container, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pressfeed import languages
from pressfeed.domain import LONGEST_SLUG, Contact, Enclosure, PartialDate, is_slug
from pressfeed.intake import dates, people
from pressfeed.intake.draft import Draft
from pressfeed.intake.sanitise import absolute
from pressfeed.intake.text import one_line, tidy
from pressfeed.intake.types import Setting

# Every key that front matter may have, with its other spellings. docs/intake.md lists the same table.
KEYS: dict[str, tuple[str, ...]] = {
    "headline": ("title",),
    "subhead": ("subtitle", "subheadline", "standfirst"),
    "language": ("lang",),
    "published": ("published_at", "date_published", "publish_date"),
    "date": (),
    "embargo": ("embargo_until", "embargoed"),
    "place": ("dateline", "location"),
    "regions": ("region",),
    "countries": ("country",),
    "contacts": ("contact", "media_contacts"),
    "footnotes": ("notes",),
    "story": (),
    "id": ("guid", "uid"),
    "url": ("canonical", "canonical_url", "permalink"),
    "slug": (),
    "author": ("by", "byline", "authors"),
    "topics": ("topic", "tags", "categories", "keywords"),
    "enclosures": ("enclosure", "attachments", "images", "image"),
    "archive": (),
    "draft": (),
    "status": ("pubstatus",),
}
_CANONICAL = {alias: key for key, aliases in KEYS.items() for alias in (key, *aliases)}
_CONTACT_KEYS = {
    "name": "name", "person": "name", "role": "role", "office": "role", "title": "role", "function": "role",
    "organisation": "role", "organization": "role", "phone": "phone", "tel": "phone", "telephone": "phone",
    "mobile": "phone", "email": "email", "e-mail": "email", "mail": "email",
}  # fmt: skip
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})
_MOST = 200  # entries of one list

Where = Callable[[str], str]
"""Names the place of a key for messages: ``line 3: `` or nothing."""


def apply(
    draft: Draft,
    data: Mapping[str, Any],
    setting: Setting,
    where: Where = lambda _: "",
    ignored: Container[str] = (),
) -> None:
    """Put named values into a draft; what is not understood becomes a problem, never an error."""
    reader = _Fields(draft, setting, where)
    for name, value in data.items():
        if name in ignored:
            continue
        key = _CANONICAL.get(str(name).strip().lower().replace("-", "_"))
        if key is None:
            close = get_close_matches(str(name).lower(), _CANONICAL, 1, 0.75)
            hint = f"; did you mean “{close[0]}”?" if close else ""
            draft.problems.append(f"{where(str(name))}the key “{str(name)[:60]}” is not understood{hint}")
        elif value is not None and value not in ("", [], {}):
            reader.set(key, str(name), value)


class _Fields:
    def __init__(self, draft: Draft, setting: Setting, where: Where) -> None:
        self.draft = draft
        self.setting = setting
        self.where = where

    def set(self, key: str, name: str, value: Any) -> None:
        if key in ("headline", "subhead", "place", "story", "author"):
            text = ", ".join(_strings(value)) if key == "author" else one_line(_scalar(value))
            if not text:
                self._problem(name, "is not a text")
            setattr(self.draft, key, text or getattr(self.draft, key))
        elif key == "id":
            self.draft.key = one_line(_scalar(value)) or self.draft.key
        elif key == "url":
            url = absolute(_scalar(value), "")
            if url.startswith("http"):
                self.draft.key = self.draft.key or url
            else:
                self._problem(name, "is not an absolute http(s) address")
        else:
            getattr(self, f"_set_{key}")(name, value)

    def _problem(self, name: str, what: str) -> None:
        self.draft.problems.append(f"{self.where(name)}“{name}” {what}")

    def _set_language(self, name: str, value: Any) -> None:
        code = language_code(_scalar(value), self.setting.languages)
        if code:
            self.draft.language = code
        else:
            self._problem(name, f"“{_scalar(value)[:40]}” is not a language code such as en or pt-br")

    def _set_published(self, name: str, value: Any) -> None:
        moment = dates.moment(_scalar(value), self.setting.zone, self.draft.language)
        if moment is None:
            self._problem(
                name, f"“{_scalar(value)[:40]}” is not a date; write 2024-07-26 or 2024-07-26T10:00:00+02:00"
            )
        self.draft.published = moment or self.draft.published

    def _set_date(self, name: str, value: Any) -> None:
        """A whole date is the day of publication as well; a partial one is the dateline's only."""
        text = _scalar(value)
        moment = dates.moment(text, self.setting.zone, self.draft.language)
        found = dates.whole(text, self.draft.language)
        if moment is not None:
            local = moment.astimezone(self.setting.zone)
            self.draft.date = PartialDate(local.year, local.month, local.day)
            self.draft.published = self.draft.published or moment
        elif found:
            self.draft.date = found[0]
        else:
            try:
                self.draft.date = PartialDate.parse(text)
            except ValueError:
                self._problem(
                    name, f"“{text[:40]}” is not a date; write 2024-07-26, or 25 July without a year"
                )

    def _set_embargo(self, name: str, value: Any) -> None:
        moment = dates.moment(_scalar(value), self.setting.zone, self.draft.language)
        if moment is None:
            # An embargo that cannot be read must not turn into no embargo.
            self.draft.draft = True
            self._problem(
                name, f"“{_scalar(value)[:40]}” is not a date and time, so the release stays a draft"
            )
        self.draft.embargo = moment or self.draft.embargo

    def _set_regions(self, _: str, value: Any) -> None:
        self.draft.regions = tuple(dict.fromkeys(slug.lower() for slug in _strings(value)))

    def _set_countries(self, name: str, value: Any) -> None:
        codes = [code.upper() for code in _strings(value)]
        for code in codes:
            if not (len(code) == 2 and code.isascii() and code.isalpha()):
                self._problem(name, f"“{code[:40]}” is not an ISO 3166-1 code of two letters")
        self.draft.countries = tuple(
            dict.fromkeys(code for code in codes if len(code) == 2 and code.isascii() and code.isalpha())
        )

    def _set_contacts(self, name: str, value: Any) -> None:
        for item in _items(value):
            if isinstance(item, Mapping):
                self._contact(name, item)
            else:
                found = people.read(_scalar(item).split("\n"), self.draft.language)
                if not found:
                    self._problem(name, f"“{_scalar(item)[:60]}” has no e-mail address or telephone number")
                self.draft.contacts += found

    def _contact(self, name: str, item: Mapping[str, Any]) -> None:
        said: dict[str, list[str]] = {}
        for key, value in item.items():
            known = _CONTACT_KEYS.get(str(key).strip().lower())
            if known is None:
                self._problem(name, f"has a contact with the unknown key “{str(key)[:40]}”")
            elif text := one_line(_scalar(value)):
                said.setdefault(known, []).append(text)
        if said:
            self.draft.contacts.append(
                Contact(**{"name": "", **{key: ", ".join(texts) for key, texts in said.items()}})
            )

    def _set_footnotes(self, _: str, value: Any) -> None:
        self.draft.footnotes += _strings(value)

    def _set_slug(self, name: str, value: Any) -> None:
        slug = _scalar(value).strip().lower()
        if is_slug(slug):
            self.draft.slug = slug
        else:
            self._problem(
                name,
                f"“{slug[:60]}” may have only a–z, 0–9 and single hyphens,"
                f" at most {LONGEST_SLUG} characters; one is made from the headline",
            )

    def _set_topics(self, _: str, value: Any) -> None:
        texts = _strings(value)
        if isinstance(value, str):
            texts = [part.strip() for part in value.split(",")]
        self.draft.topics = tuple(filter(None, texts))

    def _set_enclosures(self, name: str, value: Any) -> None:
        found = []
        for item in _items(value):
            given = item if isinstance(item, Mapping) else {"url": item}
            url = absolute(_scalar(given.get("url") or given.get("src") or given.get("href") or ""), "")
            if not url.startswith("http"):
                self._problem(
                    name,
                    f"“{_scalar(given.get('url', ''))[:60]}” is not an absolute http(s) address; left out",
                )
                continue
            length = _scalar(given.get("length") or given.get("size_in_bytes") or "0")
            found.append(
                Enclosure(
                    url=url,
                    type=_scalar(given.get("type") or given.get("mime_type") or "") or media_type(url),
                    length=int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0,
                    title=one_line(
                        _scalar(given.get("title") or given.get("alt") or given.get("caption") or "")
                    ),
                )
            )
        self.draft.enclosures = (*self.draft.enclosures, *found)

    def _set_archive(self, name: str, value: Any) -> None:
        self.draft.archive = self._flag(name, value)

    def _set_draft(self, name: str, value: Any) -> None:
        self.draft.draft = self._flag(name, value)

    def _flag(self, name: str, value: Any) -> bool:
        text = _scalar(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self._problem(name, f"“{text[:40]}” is neither true nor false")
        return text in _TRUE

    def _set_status(self, name: str, value: Any) -> None:
        status = _scalar(value).strip().lower()
        if status in ("draft", "withheld"):
            self.draft.draft = True
        elif status in ("withdrawn", "canceled", "cancelled"):
            self.draft.withdrawn = True
        elif status not in ("published", "corrected", "scheduled", "usable", "final"):
            self._problem(name, f"“{status[:40]}” is not draft, published or withdrawn")


def language_code(text: str, spoken: Container[str] = ()) -> str:
    """The language tag of a release, ``fr``, ``pt-br``, for any spelling of BCP 47; "" for what is none.

    A tag that the newsroom lists (``spoken``) is kept, or the longest part of it that is. Else a territory
    tells apart only where newsrooms write separate texts for it.
    """
    parts = text.strip().lower().replace("_", "-").split("-")
    if not languages.tag(parts[0]):
        return ""
    own = next((code for code in reversed(languages.lineage("-".join(parts))) if code in spoken), parts[0])
    if own != parts[0]:
        return own
    region = next((part for part in parts[1:] if len(part) == 2 and part.isascii() and part.isalpha()), "")
    return (
        f"{parts[0]}-{region}"
        if region and parts[0] in ("pt", "zh") and region not in ("cn", "pt")
        else parts[0]
    )


def media_type(url: str) -> str:
    """The media type that a URL's ending suggests, "" for none."""
    return mimetypes.guess_type(re.split(r"[?#]", url, maxsplit=1)[0])[0] or ""


def _scalar(value: Any) -> str:
    return "" if isinstance(value, (Mapping, list, tuple)) or value is None else tidy(str(value)).strip()


def _items(value: Any) -> Sequence[Any]:
    return value[:_MOST] if isinstance(value, list) else [value]


def _strings(value: Any) -> list[str]:
    """One text or a list of them, as a list of single lines."""
    found = []
    for item in _items(value):
        text = _scalar(item.get("name", "") if isinstance(item, Mapping) else item)
        if text:
            found.append(one_line(text))
    return found
