"""A small newsroom and documents for the tests of the intake."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from pressfeed.domain import Region, Regions
from pressfeed.intake import Document, Memory, Overrides, Reading, Setting, read

DATA = Path(__file__).parents[1] / "data" / "intake"
ZONE = ZoneInfo("Europe/Zurich")


def _region(slug: str, countries: str, places: tuple[str, ...] = (), **names: str) -> Region:
    return Region(slug, names, "world", ZONE, tuple(countries.split()), places)


REGIONS = Regions(
    (
        Region("world", {"en": "World", "fr": "Monde"}, None, ZONE),
        _region(
            "west-africa",
            "GM NE NG TD CF SN TG GN GW GQ LR SL ML",
            ("Sahel", "Lake Chad", "Afrique de l’Ouest"),
            en="West and Central Africa",
            fr="Afrique de l’Ouest et du Centre",
        ),
        _region("east-africa", "KE UG TZ SO ET SS", ("Lake Victoria",), en="East Africa"),
        _region("southern-africa", "NA MZ ZA"),
        _region("north-africa", "SD LY JO EG SY TN", ("Derna",)),
        _region(
            "south-america",
            "AR BO BR CL CO GF GY PY PE SR UY VE",
            ("Andes", "Pantanal"),
            fr="Amérique du Sud",
        ),
        _region("north-america", "US CA MX HT"),
        _region("asia", "LA TH KH VN CN AF PK IR ID LK BD MM TL"),
        _region("europe", "CH IT BE GB KG KZ UA MD PL NL XK FR"),
        Region("andes", {"en": "Andean countries"}, "south-america", ZONE, ("EC",), ("Quito",)),
    )
)
SETTING = Setting(("en", "fr", "es", "ar"), REGIONS, ZONE)


def document(data: bytes | str, name: str = "release.txt", source: str = "site") -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return Document(name, lambda: raw, f"/{source}/{name}", source)


def stored(name: str) -> Document:
    path = DATA / name
    return Document(name, path.read_bytes, str(path), str(DATA))


def read_one(
    data: bytes | str,
    name: str = "release.txt",
    overrides: Overrides | None = None,
    memory: Memory | None = None,
    setting: Setting = SETTING,
) -> Reading:
    readings = read(document(data, name), setting, overrides, memory)
    assert len(readings) == 1
    return readings[0]
