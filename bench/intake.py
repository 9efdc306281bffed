"""Import 10,000 Markdown releases, build them, and build again after one more."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from pathlib import Path

from bench.measure import Row, process

RELEASES = 10_000
LANGUAGES = ("en", "fr", "es", "ar")
COMMAND = str(Path(sys.executable).with_name("pressfeed"))
PLACES = (
    ("Banjul", "The Gambia"),
    ("Nairobi", "Kenya"),
    ("Lusaka", "Zambia"),
    ("Cairo", "Egypt"),
    ("Lima", "Peru"),
    ("Panama City", "Panama"),
    ("Bangkok", "Thailand"),
    ("Vienna", "Austria"),
    ("Geneva", "the world"),
)
SENTENCES = {
    "en": "The gauges upstream of {country} passed six metres on Monday, and the villages were warned.",
    "fr": "Les échelles de crue en amont de {country} ont dépassé six mètres lundi; alerte donnée.",
    "es": "Las escalas aguas arriba de {country} superaron los seis metros el lunes; hay aviso.",
    "ar": "تجاوزت المقاييس أعلى {country} ستة أمتار يوم الاثنين، وأُبلغت القرى في الوقت المناسب.",
}


def document(number: int, chance: random.Random) -> str:
    """A release of about 3 KB."""
    language = LANGUAGES[number % len(LANGUAGES)]
    place, country = PLACES[number % len(PLACES)]
    sentence = SENTENCES[language].format(country=country)
    paragraphs = [" ".join([sentence] * chance.randint(3, 6)) for _ in range(6)]
    day = f"{2015 + number % 11}-{1 + number % 12:02}-{1 + number % 28:02}T08:00:00+00:00"
    return (
        f"---\nheadline: Release {number} from {place}\npublished: {day}\nplace: {place}\n"
        f"story: story-{number // 4}\nlanguage: {language}\n---\n\n" + "\n\n".join(paragraphs) + "\n"
    )


def run() -> list[Row]:
    """Whole commands, as an operator runs them; a Python that only reads the files is the reference."""
    folder = Path(tempfile.mkdtemp(prefix="pressfeed-bench-"))
    try:
        return _run(folder)
    finally:
        shutil.rmtree(folder)


def _run(folder: Path) -> list[Row]:
    documents, room = folder / "documents", folder / "room"
    documents.mkdir()
    chance = random.Random(1)
    for number in range(RELEASES):
        (documents / f"{number:05}.md").write_text(document(number, chance), "utf-8")
    process([COMMAND, "init", str(room)])
    read = process(
        [
            sys.executable,
            "-c",
            "import sys, pathlib, yaml, markdown_it; render = markdown_it.MarkdownIt().render\n"
            "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
            "    _, front, body = path.read_text().split('---\\n', 2)\n"
            "    yaml.load(front, yaml.CSafeLoader); render(body)",
            str(documents),
        ]
    )
    imported = process([COMMAND, "-C", str(room), "import", str(documents)])
    rate = RELEASES / imported.wall
    full = process([COMMAND, "-C", str(room), "build"])
    (documents / "new.md").write_text(document(RELEASES, chance), "utf-8")
    process([COMMAND, "-C", str(room), "import", str(documents / "new.md")])
    again = process([COMMAND, "-C", str(room), "build"])
    touched = int(again.output.split()[0])
    nothing = process([COMMAND, "-C", str(room), "build"])
    return [
        Row("reading and rendering the files, nothing else", f"{RELEASES / read.wall:.0f} /s"),
        Row(
            f"import of {RELEASES:,} Markdown releases",
            f"{rate:.0f} /s, {imported.peak:.0f} MB",
            f"{read.wall / imported.wall:.2f} of that",
            "≥ 400 /s, < 300 MB",
            rate >= 400 and imported.peak < 300,
        ),
        Row(
            "full build",
            f"{full.wall:.1f} s, {full.peak:.0f} MB ({full.output.strip().splitlines()[-1][:60]})",
        ),
        Row(
            "build after one new release",
            f"{again.wall:.2f} s, {touched} files",
            f"1/{full.wall / again.wall:.0f} of full",
            "< 1/50",
            again.wall < full.wall / 50,
        ),
        Row("build with nothing new", f"{nothing.wall:.2f} s", f"1/{full.wall / nothing.wall:.0f} of full"),
    ]
