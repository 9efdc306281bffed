"""Two days of the sample newsroom in simulated time, with the shipped schedules; the table in the documents.

``python -m tests.acceptance.day`` writes the table into ``docs/scheduling.md``.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pressfeed import intake, resources
from pressfeed.publish import importing, imports
from pressfeed.store import Store
from tests.acceptance.clockwork import Clockwork, Outbox, utc

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "sample"
DOCUMENT = ROOT / "docs" / "scheduling.md"
MARKS = ("<!-- The sample’s two days -->\n", "<!-- end -->\n")

START = "2026-11-18T12:00"  # Wednesday: the newsroom is set up, everything but two stories is imported
LATER = "2026-11-19T12:00"  # Thursday at noon: two more stories
END = "2026-11-21T00:00"
NEW_ON_THURSDAY = ("wadi-sirens", "zambezi-forecast")


@dataclass(frozen=True)
class Row:
    """One slot: when it was, and who got which stories."""

    due_at: dt.datetime
    bulletin: str
    slot: str
    state: str
    stories: tuple[str, ...]
    recipients: tuple[str, ...]


class SampleDays(Clockwork):
    """The sample newsroom, as its folder and ``pressfeed init`` make it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, START)
        shutil.copy(SAMPLE / "pressfeed.toml", root / "pressfeed.toml")
        for file in resources.folder("schedules").glob("*.toml"):
            shutil.copy(file, root / "schedules" / file.name)

    def read(self, *, late: bool) -> None:
        """Import the sample's releases: those of Thursday, or the others."""
        files = sorted((SAMPLE / "releases").iterdir())
        chosen = [str(file) for file in files if file.name.startswith(NEW_ON_THURSDAY) is late]
        with self.open() as room:
            list(imports.run(room, imports.documents(chosen, bytes), intake.Overrides(), self.now))

    def run(self) -> list[Row]:
        """Let the days pass; what went out."""
        with self.open() as room:
            importing.import_csv(room, SAMPLE / "subscribers.csv", self.now)
        self.read(late=False)
        self.start()
        self.until(LATER)
        self.read(late=True)
        self.until(END)
        self.deliver()
        self.stop()
        return self.rows()

    def rows(self) -> list[Row]:
        slots = {(edition.bulletin, edition.slot): edition for edition in self.editions()}
        with self.store() as store:
            called = names(store)
        found = []
        for told in self.told():
            due_at = slots[told.bulletin, told.slot].due_at
            assert due_at is not None
            stories = tuple(called[story] for story in told.stories)
            found.append(Row(due_at, told.bulletin, told.slot, told.state, stories, told.recipients))
        return sorted(found, key=lambda row: (row.due_at, row.bulletin))


def names(store: Store) -> dict[str, str]:
    """What the table calls each story: by its key, or by its file where that is random."""
    return {
        release.story: release.story
        if len(release.story) < 36
        else Path(release.source).name.partition(".")[0]
        for release in store.releases.all()
    }


def simulate(folder: Path) -> tuple[list[Row], Outbox]:
    """The two days in a fresh newsroom: its editions, and every message that left."""
    days = SampleDays(folder / "sample")
    return days.run(), days.outbox


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| UTC | Bulletin | Slot, local time | What it told | To |",
        "| :-- | :-- | :-- | :-- | :-- |",
    ]
    for row in rows:
        wall = dt.datetime.fromisoformat(row.slot)
        stories = ", ".join(row.stories) if row.stories else "nothing new"
        people = ", ".join(row.recipients) or ("all have had it" if row.stories else "nobody")
        lines.append(f"| {row.due_at:%a %H:%M} | {row.bulletin} | {wall:%a %H:%M} | {stories} | {people} |")
    return "\n".join(lines) + "\n"


def in_document(text: str) -> str:
    """The table as it stands in the document."""
    match = re.search(f"{MARKS[0]}\n(.*)\n{MARKS[1]}", text, re.DOTALL)
    assert match, f"{DOCUMENT.name} has no place for the table"
    return match[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows, _ = simulate(Path(folder))
    text = DOCUMENT.read_text("utf-8")
    DOCUMENT.write_text(text.replace(in_document(text), table(rows)), "utf-8")


if __name__ == "__main__":
    assert utc(START) < utc(LATER) < utc(END)
    main()
