"""Nouns for tests: everything has a value, every value can be given. The texts are of a rising river."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pressfeed.domain import Bulletin, Contact, Content, PartialDate, Region, Regions, Release, Status

NOW = dt.datetime(2026, 3, 12, 6, 30, tzinfo=dt.UTC)

_RELEASE_FIELDS = frozenset(
    {"uid", "story", "slug", "status", "version", "source", "created_at", "updated_at", "published_at"}
    | {"embargo_until", "archive"}
)

TEXTS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "headline": "Early warnings reach 40,000 river households before the flood",
        "subhead": "Text messages in five languages gave families along the Gambia two days to move",
        "place": "Banjul",
        "paragraphs": (
            "When the gauges at Basse passed six metres on Monday, a message went out to every telephone "
            "within ten kilometres of the river. Two days later the water came; by then some 40,000 "
            "households had brought their seed, their animals and their papers to higher ground.",
            "“Last year we learned of the flood when it stood in the kitchen,” said Mariama Jallow, who "
            "grows rice near Kudang. “This year I had time to call my sister, to lift the seed onto the "
            "roof beams and to walk the goats to the school before the road was gone.”",
            "The system links 31 gauges, three radio stations and the country’s two telephone companies. "
            "It was built by the national meteorological service with fishermen’s associations and costs "
            "less in a year than one day of emergency food.",
        ),
    },
    "fr": {
        "headline": "L’alerte précoce atteint 40\u202f000 foyers riverains avant la crue",
        "subhead": "Des messages en cinq langues ont donné deux jours aux familles pour se mettre à l’abri",
        "place": "Banjul",
        "paragraphs": (
            "Lundi, lorsque les échelles de crue de Basse ont dépassé six mètres, un message est parti "
            "vers tous les téléphones à moins de dix kilomètres du fleuve. L’eau est arrivée deux jours "
            "plus tard\u202f; quelque 40\u202f000 foyers avaient déjà mis à l’abri bêtes et papiers.",
            "«\u202fL’an dernier, nous avons appris la crue quand elle était dans la cuisine\u202f», "
            "raconte Mariama Jallow, qui cultive le riz près de Kudang. «\u202fCette année, j’ai eu le "
            "temps d’appeler ma sœur.\u202f»",
            "Le dispositif relie 31 échelles, trois radios et les deux opérateurs du pays.",
        ),
    },
    "es": {
        "headline": "La alerta temprana llega a 40.000 hogares ribereños antes de la crecida",
        "subhead": "Mensajes en cinco lenguas dieron a las familias dos días para ponerse a salvo",
        "place": "Banjul",
        "paragraphs": (
            "El lunes, cuando los limnímetros de Basse superaron los seis metros, salió un mensaje a todos "
            "los teléfonos a menos de diez kilómetros del río. El agua llegó dos días después; para "
            "entonces, unos 40.000 hogares habían puesto a salvo semillas, animales y documentos.",
            "«El año pasado supimos de la crecida cuando ya estaba en la cocina», cuenta Mariama Jallow, "
            "que cultiva arroz cerca de Kudang. «Este año tuve tiempo de llamar a mi hermana».",
            "El sistema une 31 limnímetros, tres emisoras de radio y las dos compañías telefónicas del país.",
        ),
    },
    "ar": {
        "headline": "الإنذار المبكر يصل إلى 40 ألف أسرة على ضفاف النهر قبل الفيضان",
        "subhead": "رسائل بخمس لغات منحت العائلات يومين للانتقال إلى أماكن آمنة",
        "place": "بانجول",
        "paragraphs": (
            "عندما تجاوز منسوب المياه في باسي ستة أمتار يوم الاثنين، وصلت رسالة إلى كل هاتف يبعد أقل من "
            "عشرة كيلومترات عن النهر. وبعد يومين جاءت المياه، وكانت نحو 40 ألف أسرة قد نقلت بذورها "
            "وماشيتها ووثائقها إلى أرض مرتفعة.",
            "وقالت مريمة جالو، وهي مزارعة أرز قرب كودانغ: «في العام الماضي علمنا بالفيضان حين صار في "
            "المطبخ. أما هذا العام فكان لدي وقت لأتصل بأختي وأرفع البذور إلى سقف البيت».",
            "ويربط النظام 31 مقياسًا للمنسوب وثلاث محطات إذاعية وشركتي الهاتف في البلاد.",
        ),
    },
}


def content(language: str = "en", **values: Any) -> Content:
    """A complete content in a language of TEXTS, or with the English texts in any other."""
    texts = TEXTS.get(language, TEXTS["en"])
    paragraphs = values.pop("paragraphs", texts["paragraphs"])
    defaults: dict[str, Any] = {
        "headline": texts["headline"],
        "language": language,
        "body_html": "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        "body_text": "\n\n".join(paragraphs),
        "subhead": texts["subhead"],
        "place": texts["place"],
        "date": PartialDate(2026, 3, 11),
        "contacts": (
            Contact("Isatou Ceesay", "Press officer, Banjul", "+220 439 21 07", "iceesay@press.example"),
        ),
        "countries": ("GM",),
        "regions": ("west-central-africa",),
    }
    return Content(**{**defaults, **values})


def release(id: int = 1, language: str = "en", **values: Any) -> Release:
    """A published release; fields of Release are recognised, everything else goes into its Content."""
    own = {name: values.pop(name) for name in _RELEASE_FIELDS & values.keys()}
    defaults: dict[str, Any] = {
        "uid": str(uuid.UUID(int=id, version=4)),
        "story": f"story-{id}",
        "slug": f"release-{id}",
        "status": Status.PUBLISHED,
        "version": 1,
        "source": f"{id}.md",
        "created_at": NOW - dt.timedelta(hours=20),
        "updated_at": NOW - dt.timedelta(hours=20),
        "published_at": NOW - dt.timedelta(hours=18),
    }
    return Release(id=id, content=content(language, **values), **{**defaults, **own})


def bulletin(region: str = "global", name: str = "daily", **values: Any) -> Bulletin:
    """A daily bulletin in the languages of TEXTS."""
    defaults: dict[str, Any] = {
        "crons": ("30 6 * * mon-fri",),
        "zone": ZoneInfo("UTC"),
        "languages": tuple(TEXTS),
    }
    return Bulletin(region=region, name=name, **{**defaults, **values})


def regions() -> Regions:
    """A world with two regional offices; the root has a bulletin too."""
    zone = ZoneInfo("UTC")
    dakar = ZoneInfo("Africa/Dakar")
    world = {
        "en": "World",
        "fr": "Monde",
        "es": "Mundo",
        "ar": "العالم",
        "ru": "Весь мир",
        "zh": "全球",
    }
    west = {
        "en": "West and Central Africa",
        "fr": "Afrique de l’Ouest et du Centre",
        "es": "África Occidental y Central",
        "ar": "غرب ووسط أفريقيا",
    }
    south = {"en": "South America", "fr": "Amérique du Sud", "es": "América del Sur", "ar": "أمريكا الجنوبية"}
    return Regions(
        (
            Region("global", world, None, zone, languages=tuple(TEXTS), bulletins=(bulletin(),)),
            Region(
                "west-central-africa",
                west,
                "global",
                dakar,
                countries=("GM", "SN", "ML"),
                languages=("en", "fr"),
                bulletins=(bulletin("west-central-africa", zone=dakar, languages=("en", "fr")),),
            ),
            Region("south-america", south, "global", zone, countries=("AR", "BO"), languages=("es", "en")),
        )
    )
