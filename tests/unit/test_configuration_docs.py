"""The documents name exactly the keys that the code reads, with the defaults that it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pressfeed import config
from pressfeed.fields import Document
from pressfeed.publish import newsroom
from pressfeed.schedule import cron, subjects
from pressfeed.schedule.regions import read_regions

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


def documented(name: str) -> dict[str, str]:
    """Keys with their defaults, from the tables of four columns."""
    return {key: default for key, _, default in ROW.findall((DOCS / name).read_text("utf-8"))}


def settings(tmp_path: Path) -> str:
    """What init writes, with every default in force."""
    text = newsroom.create(tmp_path / "newsroom")[0].read_text("utf-8")
    return re.sub(r"^# (?=\[|[a-z0-9_]+ = )", "", text, flags=re.MULTILINE)


def test_every_key_of_the_configuration_is_documented(tmp_path: Path) -> None:
    document = Document(tmp_path / "pressfeed.toml", settings(tmp_path))
    config.read(document, tmp_path, {})
    tables = {"newsroom", "mail", "mail.timeouts", "mail.dkim", "feeds", "web", "signup", "operators"}
    tables |= {"incoming", "privacy", "websub"}
    assert set(documented("configuration.md")) == document.asked - tables


def test_the_documented_defaults_are_those_of_the_code(tmp_path: Path) -> None:
    text = settings(tmp_path)
    for key, default in documented("configuration.md").items():
        value = re.fullmatch(r"`([^`]+)`", default)
        if not value or key == "newsroom.languages":  # init writes more than the default
            continue
        table, _, name = key.rpartition(".")
        section = text.split(f"[{table}]\n", 1)[1].split("\n[", 1)[0]
        assert f"\n{name} = {value[1]}\n" in f"\n{section}\n", key


def test_every_key_of_a_schedule_is_documented(tmp_path: Path) -> None:
    text = 'name = "A"\ntime_zone = "UTC"\n[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\n'
    document = Document(tmp_path / "a.toml", text)
    read_regions([document], ("en",))
    assert set(documented("schedules.md")) == document.asked


def test_the_documented_cron_lines_are_accepted() -> None:
    section = (DOCS / "schedules.md").read_text("utf-8").split("## Cron lines")[1].split("## Slots")[0]
    lines = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert len(lines) == 10
    for line in lines:
        cron.check(line)
    with pytest.raises(cron.CronError, match="never"):
        cron.check("0 9 30 feb *")


def test_the_documented_subject_places_are_those_of_the_code() -> None:
    row = next(line for line in (DOCS / "schedules.md").read_text("utf-8").splitlines() if "subject`" in line)
    assert set(re.findall(r"`\{([a-z]+)\}`", row)) == set(subjects.PLACES)


def test_the_example_of_a_region_is_sound(tmp_path: Path) -> None:
    example = (DOCS / "schedules.md").read_text("utf-8").split("```toml\n")[1].split("```")[0]
    documents = [
        Document(tmp_path / "global.toml", 'name = "A"\ntime_zone = "UTC"\n'),
        Document(tmp_path / "west-africa.toml", example),
    ]
    assert read_regions(documents, ("en", "fr")).bulletin("west-africa/daily") is not None
