"""The pages behind a mail's links (pure): Jinja2 in the reader's language."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pressfeed import resources
from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.publish.leaving import Leaving
from pressfeed.site import addresses
from pressfeed.texts import Texts, load


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
        )
        self._texts = cache(lambda language: load(language, config.templates))

    def unsubscribe(self, leaving: Leaving) -> str:
        """“Leave this bulletin?” with a button; once left, that it is done."""
        texts = self._language(leaving)
        return self._render(
            "unsubscribe.html",
            texts,
            bulletin=self._title(leaving.bulletin, texts),
            gone=leaving.gone,
            others=[self._title(key, texts) for key in self._others(leaving)],
        )

    def preferences(self, leaving: Leaving) -> str:
        """The bulletins that somebody gets, each with a button to leave it."""
        texts = self._language(leaving)
        return self._render(
            "preferences.html",
            texts,
            bulletins=[(key, self._title(key, texts)) for key in self._others(leaving)],
        )

    def _others(self, leaving: Leaving) -> list[str]:
        """The bulletins that this person still gets, apart from the one in question."""
        if leaving.gone and not leaving.bulletin:
            return []
        return [key for key in leaving.subscriber.bulletins if key != leaving.bulletin]

    def _title(self, key: str, texts: Texts) -> str:
        bulletin = self._regions.bulletin(key)
        if bulletin is None:
            return key
        region = self._regions.get(bulletin.region)
        name = region.name(texts.language) if region else bulletin.region
        title = bulletin.titles.get(texts.language)
        # Regions may call their bulletins alike: “Daily news” alone would not say which one it is.
        return f"{title} ({name})" if title else texts("mail.title", region=name)

    def _language(self, leaving: Leaving) -> Texts:
        """The first of the person's languages that the newsroom has, else the newsroom's own."""
        languages = self._config.languages
        chosen = next((code for code in leaving.subscriber.languages if code in languages), languages[0])
        texts: Texts = self._texts(chosen)
        return texts

    def _render(self, template: str, texts: Texts, **values: object) -> str:
        return self._environment.get_template(template).render(
            t=texts,
            newsroom=self._config.name_in(texts.language),
            # Relative, so that the newsroom may live below a path of a larger site.
            home=f"../{addresses.home(texts.language)}",
            stylesheet=f"../{addresses.STYLESHEET}",
            icon=f"../{addresses.ICON}",
            **values,
        )
