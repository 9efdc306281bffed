"""What people call a bulletin (pure)."""

from __future__ import annotations

from pressfeed.domain import Bulletin, Regions
from pressfeed.texts import Texts


def title_of(bulletin: Bulletin, regions: Regions, texts: Texts) -> str:
    """A bulletin's title in the reader's language, with its region: “Daily news (West Africa)”.

    Regions may call their bulletins alike: the title alone would not say which one it is.
    """
    region = regions.get(bulletin.region)
    name = region.name(texts.language) if region else bulletin.region
    title = bulletin.titles.get(texts.language)
    return f"{title} ({name})" if title else texts("mail.title", region=name)
