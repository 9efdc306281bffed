"""Feed readers that people use, each asked what it makes of a file, in the same words."""

from __future__ import annotations

import datetime as dt
import html
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
import feedparser_sgmllib
from reader import make_reader

# reader's own copy of feedparser asks for it by its former name.
sys.modules.setdefault("sgmllib", feedparser_sgmllib)

READERS = Path(__file__).parents[1] / "readers"


@dataclass(frozen=True)
class Told:
    """What a reader tells of an item; None for what it does not know of."""

    id: str
    link: str
    title: str
    published: str
    updated: str | None
    language: str | None
    enclosures: tuple[str, ...] | None


def by_json(path: Path) -> list[Told]:
    """JSON Feed as it is: what the others are held against."""
    return [
        Told(
            item["id"],
            item["url"],
            item["title"],
            item["date_published"][:19],
            item["date_modified"][:19],
            item["language"],
            tuple(file["url"] for file in item.get("attachments", ())),
        )
        for item in json.loads(path.read_text("utf-8"))["items"]
    ]


def by_feedparser(path: Path) -> list[Told]:
    parsed = feedparser.parse(path.read_bytes())
    assert not parsed.bozo
    return [
        Told(
            entry.id,
            entry.link,
            entry.title,
            _moment(entry.published_parsed),
            _moment(entry.updated_parsed),
            entry.get("language") or entry.content[0].language,
            tuple(file.href for file in entry.enclosures),
        )
        for entry in parsed.entries
    ]


def by_fastfeedparser(path: Path) -> list[Told]:
    return [
        Told(
            entry["id"],
            entry["link"],
            html.unescape(entry["title"]),
            entry["published"][:19],
            entry["updated"][:19],
            None,
            tuple(file["url"] for file in entry.get("enclosures", ()))
            + tuple(link["href"] for link in entry["links"] if link["rel"] == "enclosure"),
        )
        for entry in fastfeedparser.parse(path.read_bytes()).entries
    ]


def by_reader(root: Path, paths: Iterable[Path]) -> dict[Path, list[Told]]:
    found: dict[Path, list[Told]] = {}
    with make_reader(":memory:", feed_root=str(root)) as reader:
        for path in paths:
            name = path.relative_to(root).as_posix()
            reader.add_feed(name)
            reader.update_feed(name)
            found[path] = [
                Told(
                    entry.id,
                    entry.link or "",
                    entry.title or "",
                    _plain(entry.published),
                    _plain(entry.updated) if entry.updated else None,
                    None,
                    tuple(file.href for file in entry.enclosures),
                )
                for entry in reader.get_entries(feed=name)
            ]
    return found


def by_node(paths: Sequence[Path]) -> dict[tuple[Path, str], list[Told]]:
    """rss-parser and feedsmith, all files in one process."""
    done = subprocess.run(
        ["node", "read.mjs"],
        cwd=READERS,
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\nIs tests/readers installed? Run “make setup”."
    found: dict[tuple[Path, str], list[Told]] = {}
    for line in done.stdout.splitlines():
        told: dict[str, Any] = json.loads(line)
        for name in ("feedsmith", "rss-parser"):
            if name in told:
                found[Path(told["name"]), name] = [
                    Told(
                        item["id"],
                        item["link"],
                        item["title"],
                        item["published"],
                        item["updated"],
                        item["language"],
                        tuple(item["enclosures"]),
                    )
                    for item in told[name]["items"]
                ]
    return found


class Newsboat:
    """newsboat with its own cache: what it is shown again it must know again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder

    def look(self, addresses: Iterable[str]) -> dict[str, list[tuple[Told, str]]]:
        """Reload these feeds; address → what its cache holds of each now, with the text."""
        (self._folder / "urls").write_text("\n".join(addresses) + "\n", "utf-8")
        (self._folder / "config").touch()
        names = ("-u", "urls", "-c", "cache.db", "-C", "config")
        subprocess.run(
            ["newsboat", *names, "-x", "reload"],
            cwd=self._folder,
            env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
            timeout=300,
            check=True,
        )
        found: dict[str, list[tuple[Told, str]]] = {}
        connection = sqlite3.connect(self._folder / "cache.db")
        rows = connection.execute(
            "SELECT feedurl, guid, url, title, pubDate, enclosure_url, content FROM rss_item"
            " WHERE deleted = 0"
        )
        for feed, guid, link, title, published, enclosure, content in rows:
            moment = dt.datetime.fromtimestamp(published, dt.UTC).isoformat()[:19]
            told = Told(guid, link, title, moment, None, None, (enclosure,) if enclosure else ())
            found.setdefault(feed, []).append((told, content))
        connection.close()
        return found


def _moment(parsed: Sequence[int]) -> str:
    return dt.datetime(*parsed[:6], tzinfo=dt.UTC).isoformat()[:19]  # type: ignore[arg-type]


def _plain(moment: dt.datetime | None) -> str:
    return moment.replace(tzinfo=None, microsecond=0).isoformat() if moment else ""
