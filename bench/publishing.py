"""Build 10,000 releases, whole and after one more, against Debian's hugo on the same releases."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.intake import COMMAND, LANGUAGES, NEWEST, RELEASES, document
from bench.measure import Row, Run, in_process, median, process
from pressfeed.publish.room import Newsroom

FEED = 30  # releases in a list and a feed
ALL = "all"  # in place of a region: the feed of the home page

SITE = """
baseURL = "https://press.example.org/"
title = "River Watch"
defaultContentLanguage = "en"
defaultContentLanguageInSubdir = true
disableKinds = ["section"]
[taxonomies]
region = "regions"
month = "months"
document = "documents"
[outputs]
home = ["HTML", "RSS"]
term = ["HTML"]
taxonomy = ["HTML"]
page = ["HTML"]
[languages]
"""
FRAME = """<!doctype html><html lang="{{ .Site.Language.Lang }}"><head><meta charset="utf-8">
<title>{{ .Title }}</title><link rel="canonical" href="{{ .Permalink }}">
{{ range .Translations }}<link rel="alternate" hreflang="{{ .Language.Lang }}" href="{{ .Permalink }}">
{{ end }}</head><body>{{ block "main" . }}{{ end }}</body></html>
"""
SINGLE = """{{ define "main" }}<main><h1>{{ .Title }}</h1><time>{{ .Date.Format "2006-01-02" }}</time>
<ul>{{ range .Params.regions }}<li><a href="/regions/{{ . }}/">{{ . }}</a></li>{{ end }}</ul>
{{ .Content }}</main>{{ end }}
"""
LIST = """{{ define "main" }}<main><h1>{{ .Title }}</h1><ul>
{{ $pages := .Pages }}{{ if .IsHome }}{{ $pages = .Site.RegularPages }}{{ end }}
{{ range first 30 $pages.ByDate.Reverse }}<li><a href="{{ .Permalink }}">{{ .Title }}</a>
<time>{{ .Date.Format "2006-01-02" }}</time><p>{{ .Summary }}</p></li>{{ end }}</ul></main>{{ end }}
"""
MONTH = """{{ define "main" }}{{ $page := .Paginate .Pages.ByDate.Reverse 100 }}<main><h1>{{ .Title }}</h1>
<ul>
{{ range $page.Pages }}<li><a href="{{ .Permalink }}">{{ .Title }}</a>
<time>{{ .Date.Format "2006-01-02" }}</time></li>{{ end }}</ul>
{{ range $page.Pagers }}<a href="{{ .URL }}">{{ .PageNumber }}</a>{{ end }}</main>{{ end }}
"""
RSS = """{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link><description>{{ .Title }}</description>
<language>{{ .Site.Language.Lang }}</language>
{{ $pages := .Pages }}{{ if .IsHome }}{{ $pages = .Site.RegularPages }}{{ end }}
{{ range first 30 $pages.ByDate.Reverse }}<item><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
<guid isPermaLink="false">{{ .File.UniqueID }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Summary | html }}</description>
<content:encoded>{{ .Content | html }}</content:encoded></item>{{ end }}</channel></rss>
"""
RUNNING = """
import datetime, json, os, pathlib, statistics, subprocess, sys, time
from pressfeed.publish.build import build
from pressfeed.publish.memory import Memory
from pressfeed.publish.room import Newsroom

memory, now = Memory(), lambda: datetime.datetime.now(datetime.UTC)
command, folder, *documents = sys.argv[1:]
found = []
with Newsroom.open(pathlib.Path(folder), os.environ) as room:
    for document in [None, *documents]:  # the first build is there to be warm
        if document:
            subprocess.run([command, "-C", folder, "import", document], check=True, stdout=subprocess.DEVNULL)
        started = time.perf_counter()
        build(room.config, room.regions, room.store.outputs, now(), memory=memory)
        found.append(time.perf_counter() - started)
print(json.dumps({"seconds": statistics.median(found[1:])}))
"""


def run() -> list[Row]:
    """Whole commands. hugo gets the texts as HTML, as our store has them, and has no incremental build.

    Both write the same lists and RSS: home, regions, their months, and the archive documents of each feed.
    pressfeed writes more than these: Atom, JSON Feed, sitemaps, downloads and compressed siblings; a row
    without the last tells these apart.
    """
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> list[Row]:
    documents, room, site = folder / "documents", folder / "room", folder / "site"
    documents.mkdir()
    chance = random.Random(1)
    for number in range(RELEASES):
        (documents / f"{number:05}.md").write_text(document(number, chance), "utf-8")
    process([COMMAND, "init", str(room)])
    process([COMMAND, "-C", str(room), "import", str(documents)])
    _hugo_site(room, site)
    reference = process(["hugo", "--quiet", "-s", str(site), "-d", str(folder / "hugo")])
    full = process([COMMAND, "-C", str(room), "build"])
    public = room / "public"
    public.rename(folder / "whole")  # ext4 is slow to make files where many were removed a moment ago
    settings = room / "pressfeed.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('# compress = ["gzip", "br"]', "compress = []"), "utf-8")
    plain = process([COMMAND, "-C", str(room), "build"])
    settings.write_text(text, "utf-8")
    public.rename(folder / "plain")
    (folder / "whole").rename(public)
    process([COMMAND, "-C", str(room), "build"], env=_environment())  # so that there is bytecode
    os.sync()  # what the full builds wrote is not the others'
    numbers = iter(range(RELEASES, RELEASES + 400, 4))
    touched: list[int] = []

    def again() -> float:
        number = next(numbers)
        path = folder / f"further-{number}.md"
        path.write_text(document(number, chance, NEWEST), "utf-8")
        process([COMMAND, "-C", str(room), "import", str(path)])
        done = process([COMMAND, "-C", str(room), "build"], env=_environment())
        touched.append(int(done.output.split()[0]))
        return done.wall

    further = median(again)
    news = [folder / f"running-{number}.md" for number in range(5)]
    for number, path in enumerate(news, RELEASES + 400):
        path.write_text(document(number, chance, NEWEST), "utf-8")
    running, _ = in_process(RUNNING, COMMAND, str(room), *map(str, news))
    nothing = median(lambda: process([COMMAND, "-C", str(room), "build"], env=_environment()).wall)
    pages, feeds = _count(folder / "hugo", "index.html"), _count(folder / "hugo", "index.xml")
    version = process(["hugo", "version"]).output.split()[1]
    return [
        Row(
            f"hugo {version.partition('-')[0]}, full build",
            f"{reference.wall:.1f} s ({reference.cpu:.1f} s of CPU), {reference.peak:.0f} MB;"
            f" {pages:,} pages, {feeds} RSS",
        ),
        _full(full, "full build, everything", reference.wall, public),
        _full(plain, "full build, without compressed siblings", reference.wall, None),
        Row(
            f"build after one new release, {touched[0]} files, start of the program included",
            f"{further:.2f} s",
            f"{reference.wall / further:.0f} × faster than hugo's full build",
            "≥ 20 ×",
            further * 20 <= reference.wall,
        ),
        Row(
            "build after one new release, in a newsroom that runs",
            f"{running['seconds']:.2f} s",
            f"{reference.wall / running['seconds']:.0f} × faster than hugo's full build",
            "≥ 20 ×",
            running["seconds"] * 20 <= reference.wall,
        ),
        Row(
            "build with nothing new, start of the program included",
            f"{nothing:.2f} s",
            f"{reference.wall / nothing:.0f} × faster than hugo's full build",
        ),
    ]


def _environment() -> dict[str, str]:
    """Python keeps bytecode, as that of an installed program lies beside it: hugo is compiled, too."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _full(run: Run, what: str, reference: float, public: Path | None) -> Row:
    files = f"; {_count(public, 'index.html'):,} pages, {_count(public, 'rss.xml')} RSS" if public else ""
    return Row(
        what,
        f"{run.wall:.1f} s ({run.cpu:.1f} s of CPU), {run.peak:.0f} MB{files}",
        f"{run.wall / reference:.2f} × hugo's",
        "≤ 3 ×",
        run.wall <= 3 * reference,
    )


def _count(folder: Path, name: str) -> int:
    return sum(1 for _ in folder.rglob(name))


def _hugo_site(room: Path, site: Path) -> None:
    """The same releases for hugo: a page each, the same lists and RSS in each language."""
    layouts = site / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (site / "config.toml").write_text(
        SITE + "".join(f"[languages.{code}]\nweight = {n}\n" for n, code in enumerate(LANGUAGES, 1))
    )
    (layouts / "baseof.html").write_text(FRAME)
    (layouts / "single.html").write_text(SINGLE)
    (layouts / "list.html").write_text(LIST)
    (layouts / "rss.xml").write_text(RSS)
    (layouts.parent / "month").mkdir()
    (layouts.parent / "month" / "term.html").write_text(MONTH)
    content = site / "content" / "releases"
    content.mkdir(parents=True)
    with Newsroom.open(room, os.environ) as newsroom:
        stubs = newsroom.store.releases.stubs(dt.datetime.now(dt.UTC))
        feeds: dict[tuple[str, str], list[int]] = {}  # (region, language) → releases, the oldest first
        for stub in reversed(stubs):
            for region in (*_above(newsroom, stub.regions), ALL):
                feeds.setdefault((region, stub.language), []).append(stub.id)
        documents: dict[int, list[str]] = {}
        for (region, language), ids in feeds.items():
            if region != ALL:
                _outputs(site, "regions", region, language, ["HTML", "RSS"])
            for number in range(1, len(ids) // FEED + 1):
                name = f"{region}-{number}"
                _outputs(site, "documents", name, language, ["RSS"])
                for release in ids[(number - 1) * FEED : number * FEED]:
                    documents.setdefault(release, []).append(name)
        for start in range(0, len(stubs), 500):
            for release in newsroom.store.releases.many([stub.id for stub in stubs[start : start + 500]]):
                text = release.content
                above = _above(newsroom, text.regions)
                assert release.published_at is not None
                front = {
                    "title": text.headline,
                    "date": release.published_at.isoformat(),
                    "translationKey": str(release.story),
                    "regions": above,
                    "months": [f"{region}-{release.published_at:%Y-%m}" for region in above],
                    "documents": documents.get(release.id, []),
                }
                (content / f"{release.slug}.{text.language}.html").write_text(
                    f"{json.dumps(front)}\n\n{text.body_html}\n", "utf-8"
                )


def _above(newsroom: Newsroom, regions: Sequence[str]) -> list[str]:
    """The regions that releases of these are in."""
    return list(dict.fromkeys(up for slug in regions for up in newsroom.regions.ancestors(slug)))


def _outputs(site: Path, kind: str, term: str, language: str, outputs: list[str]) -> None:
    """What hugo makes of a term in a language."""
    folder = site / "content" / kind / term
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"_index.{language}.md").write_text(json.dumps({"outputs": outputs}) + "\n", "utf-8")
