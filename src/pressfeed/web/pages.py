"""The pages that answer visitors (pure): Jinja2 in the reader's language, in the newsroom's looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pressfeed import resources
from pressfeed.config import Config
from pressfeed.domain import Bulletin, Regions, Subscriber
from pressfeed.publish.titles import title_of
from pressfeed.schedule.words import frequency
from pressfeed.site import addresses
from pressfeed.texts import Texts, load

_PLACE = "\x00"  # stands in no text


@dataclass(frozen=True, slots=True)
class Offer:
    """A bulletin as a form offers it."""

    key: str
    title: str
    often: str  # how often it comes
    languages: str  # "" where it comes in those of the newsroom anyway
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The bulletins of one region."""

    region: str
    offers: tuple[Offer, ...]


class Pages:
    """Renders the pages of one newsroom."""

    def __init__(self, config: Config, regions: Regions) -> None:
        self._config = config
        self._regions = regions
        folders = [*reversed(config.templates), resources.folder("templates")]
        self._environment = Environment(
            loader=FileSystemLoader([folder / "web" for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._texts = cache(lambda language: load(language, config.templates))

    def texts(self, language: str) -> Texts:
        """The interface texts of a language."""
        texts: Texts = self._texts(language)
        return texts

    def language_of(self, person: Subscriber) -> str:
        """The first of a person's languages that the newsroom has, else the newsroom's own."""
        languages = self._config.languages
        return next((code for code in person.languages if code in languages), languages[0])

    def title(self, key: str, language: str) -> str:
        """What a bulletin is called; its key where it is no longer scheduled."""
        bulletin = self._regions.bulletin(key)
        return title_of(bulletin, self._regions, self.texts(language)) if bulletin else key

    def often(self, key: str, language: str, now: dt.datetime) -> str:
        """How often a bulletin comes; "" where it is no longer scheduled."""
        bulletin = self._regions.bulletin(key)
        return frequency(bulletin, self.texts(language), now) if bulletin else ""

    def offers(self, chosen: Sequence[str], language: str, now: dt.datetime) -> list[Group]:
        """Every bulletin that anybody may have, by regions; advance copies only to those who get them."""
        return [
            Group(
                region.name(language),
                tuple(self._offer(bulletin, chosen, language, now) for bulletin in offered),
            )
            for region in self._regions.all
            if (offered := [one for one in region.bulletins if one.anybody or one.key in chosen])
        ]

    def render(self, template: str, language: str, depth: int, **values: object) -> str:
        """A page. ``depth`` is how many slashes its address has below the base: links are relative.

        So the newsroom may live below a path of a larger site.
        """
        texts, up = self.texts(language), "../" * depth

        def with_address(key: str, address: str) -> Markup:
            """A text with an address in it that keeps its own direction."""
            before, _, after = texts(key, address=_PLACE).partition(_PLACE)
            return Markup('{}<bdi dir="ltr">{}</bdi>{}').format(before, address, after)

        return self._environment.get_template(template).render(
            t=texts,
            with_address=with_address,
            codes=self._config.languages,
            own_name=texts.own_name,
            newsroom=self._config.name_in(language),
            home=f"{up}{addresses.home(language)}",
            stylesheet=f"{up}{addresses.STYLESHEET}",
            icon=f"{up}{addresses.ICON}",
            **values,
        )

    def _offer(self, bulletin: Bulletin, chosen: Sequence[str], language: str, now: dt.datetime) -> Offer:
        texts = self.texts(language)
        all_languages = set(self._config.languages) <= set(bulletin.languages)
        return Offer(
            key=bulletin.key,
            title=bulletin.titles.get(language) or title_of(bulletin, self._regions, texts),
            often=frequency(bulletin, texts, now),
            languages=""
            if all_languages
            else texts("web.in_languages", languages=", ".join(map(texts.language_name, bulletin.languages))),
            chosen=bulletin.key in chosen,
        )
