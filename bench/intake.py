"""Import 10,000 Markdown releases, build them, and build again after one more."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from bench.measure import Row, in_process, process

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
NEWEST = "2026-01-15T08:00:00+00:00"  # after all others
READ = """
import pathlib, sys, yaml, markdown_it
render = markdown_it.MarkdownIt().render
for path in pathlib.Path(sys.argv[1]).iterdir():
    _, front, body = path.read_text().split("---\\n", 2)
    yaml.load(front, yaml.CSafeLoader)
    render(body)
"""
BUILDS = """
import datetime, json, os, pathlib, shutil, subprocess, sys, time
from pressfeed.publish.build import build
from pressfeed.publish.memory import Memory
from pressfeed.publish.room import Newsroom

memory, now = Memory(), lambda: datetime.datetime.now(datetime.UTC)
command, folder, *documents = sys.argv[1:]
with Newsroom.open(pathlib.Path(folder), os.environ) as room:
    shutil.rmtree(room.config.public)

    def timed():
        started = time.perf_counter()
        result = build(room.config, room.regions, room.store.outputs, now(), memory=memory)
        return time.perf_counter() - started, len(result.written)

    full, again = timed()[0], []
    for document in documents:
        subprocess.run([command, "-C", folder, "import", document], check=True, stdout=subprocess.DEVNULL)
        again.append(timed())
    print(json.dumps({"full": full, "again": sorted(again), "nothing": timed()[0]}))
"""


def document(number: int, chance: random.Random, published: str = "") -> str:
    """A release of about 3 KB."""
    language = LANGUAGES[number % len(LANGUAGES)]
    place, country = PLACES[number % len(PLACES)]
    sentence = SENTENCES[language].format(country=country)
    paragraphs = [" ".join([sentence] * chance.randint(3, 6)) for _ in range(6)]
    day = published or f"{2015 + number % 11}-{1 + number % 12:02}-{1 + number % 28:02}T08:00:00+00:00"
    return (
        f"---\nheadline: Release {number} from {place}\npublished: {day}\nplace: {place}\n"
        f"story: story-{number // 4}\nlanguage: {language}\n---\n\n" + "\n\n".join(paragraphs) + "\n"
    )


def run() -> list[Row]:
    """Whole commands, as an operator runs them, then builds as ``pressfeed run`` makes them.

    The reference of the import is a Python that reads and renders the files, that of builds the full one.
    """
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> list[Row]:
    documents, room = folder / "documents", folder / "room"
    documents.mkdir()
    chance = random.Random(1)
    for number in range(RELEASES):
        (documents / f"{number:05}.md").write_text(document(number, chance), "utf-8")
    process([COMMAND, "init", str(room)])
    read = process([sys.executable, "-c", READ, str(documents)])
    imported = process([COMMAND, "-C", str(room), "import", str(documents)])
    rate = RELEASES / imported.wall
    full = process([COMMAND, "-C", str(room), "build"])
    further = [str(folder / f"further-{number}.md") for number in range(6)]
    for number, path in enumerate(further):
        Path(path).write_text(document(RELEASES + 4 * number, chance, NEWEST), "utf-8")
    process([COMMAND, "-C", str(room), "import", further[0]])
    again = process([COMMAND, "-C", str(room), "build"])
    touched = int(again.output.split()[0])
    nothing = process([COMMAND, "-C", str(room), "build"])
    running, _ = in_process(BUILDS, COMMAND, str(room), *further[1:])
    seconds, files = running["again"][len(running["again"]) // 2]
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
            "build after one new release, start of the program included",
            f"{again.wall:.2f} s, {touched} files",
            f"1/{full.wall / again.wall:.0f} of full",
        ),
        Row(
            "build with nothing new, start of the program included",
            f"{nothing.wall:.2f} s",
            f"1/{full.wall / nothing.wall:.0f} of full",
        ),
        Row("full build, in a process that runs already", f"{running['full']:.1f} s"),
        Row(
            "build after one new release, there (what the aim is about)",
            f"{seconds * 1000:.0f} ms, {files} files",
            f"1/{running['full'] / seconds:.0f} of full",
            "< 1/50",
            seconds < running["full"] / 50,
        ),
        Row(
            "build with nothing new, there",
            f"{running['nothing'] * 1000:.0f} ms",
            f"1/{running['full'] / running['nothing']:.0f} of full",
        ),
    ]
