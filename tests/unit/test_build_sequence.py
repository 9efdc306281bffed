"""Whatever happens to a newsroom: building what changed gives what building everything gives, to the byte."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pressfeed.config import Config
from pressfeed.domain import Region, Regions, Status
from pressfeed.publish.build import build
from pressfeed.publish.memory import Memory
from tests.unit.factories import NOW, regions, release
from tests.unit.newsroom import MemoryStore, config

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)  # from one thing to the next: an hour later all files are looked for


class Life:
    """A newsroom to which things happen, built after each of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = config(folder / "life", feed_size=3)
        self.store = MemoryStore()
        self.regions = regions()
        self.now = NOW
        self.memory = Memory()
        self.checked = 0

    def publish(self, id: int, language: str = "en", **values: object) -> None:
        self.now += MINUTE
        times = {"published_at": self.now, "updated_at": self.now, "created_at": self.now}
        self.store.put(release(id, language, **{**times, **values}))

    def change(self, id: int, **values: object) -> None:
        self.now += MINUTE
        old = self.store.kept[id]
        self.store.put(replace(old, version=old.version + 1, updated_at=self.now, **values))  # type: ignore[arg-type]

    def say(self, id: int, **values: object) -> None:
        content = replace(self.store.kept[id].content, **values)  # type: ignore[arg-type]
        self.change(id, content=content, status=Status.CORRECTED)

    def move(self, id: int, slug: str) -> None:
        old = self.store.kept[id]
        self.store.moved.append((id, old.content.language, old.slug))
        self.store.put(replace(old, slug=slug))

    def end(self, slug: str) -> None:
        day = self.now.date() - dt.timedelta(days=1)

        def ended(region: Region) -> Region:
            return replace(region, ended=day) if region.slug == slug else region

        self.regions = Regions(tuple(map(ended, self.regions.all)))

    def check(self) -> None:
        """Build what changed; then everything, from the same store into another folder."""
        self.checked += 1
        build(self.config, self.regions, self.store, self.now, memory=self.memory)
        elsewhere = replace(self.config, root=self.folder / f"check-{self.checked}")
        other = copy.copy(self.store)
        other.made = {}
        build(elsewhere, self.regions, other, self.now, force=True)
        mine, whole = everything(self.config), everything(elsewhere)
        assert mine.keys() == whole.keys()
        assert [path for path, data in mine.items() if whole[path] != data] == []
        assert self.store.made == other.made


def everything(newsroom: Config) -> dict[str, bytes]:
    """All files, compressed ones and hidden ones too."""
    public = newsroom.public
    return {str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.is_file()}


def test_a_life_of_a_newsroom(tmp_path: Path) -> None:
    life = Life(tmp_path)
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: life.publish(1, topics=("Water",), story="a"),
        lambda: [life.publish(id, ("en", "fr")[id % 2], topics=("Dams",)) for id in range(2, 12)],
        lambda: life.publish(12, "fr", story="a", regions=("south-america",)),
        lambda: life.publish(13, "zh", published_at=NOW - 4000 * HOUR),  # a language and a month of its own
        lambda: life.say(2, headline="Corrected", topics=("Water", "Dams")),
        lambda: life.change(3, status=Status.WITHDRAWN),
        lambda: life.move(4, "elsewhere"),
        lambda: life.say(4, regions=("south-america",)),
        lambda: life.publish(20, embargo_until=life.now + 5 * HOUR),
        lambda: life.publish(21, topics=("Only here",)),
        lambda: setattr(life, "now", life.now + 6 * HOUR),  # the embargo is over
        lambda: life.say(21, topics=()),  # the topic vanishes
        lambda: life.change(1, story="b"),  # it is no translation any more
        lambda: life.change(3, story="b"),  # nor is what was withdrawn
        lambda: life.publish(22, story="c"),
        lambda: life.change(5, story="c"),  # of two in one language the newer one is told
        lambda: life.end("south-america"),
        lambda: life.change(12, status=Status.WITHDRAWN),
        lambda: setattr(life, "now", life.now + 100 * 24 * HOUR),  # the ended region falls silent
        lambda: setattr(life, "config", replace(life.config, name="Rivers")),
        lambda: setattr(life, "now", life.now - 99 * 24 * HOUR),  # a clock that was set right
        lambda: life.store.hide(20),
    ]
    for step in steps:
        step()
        life.check()


IDS = st.integers(1, 6)


@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.just("publish"), IDS, st.sampled_from(["en", "fr"]), st.sampled_from(["a", "b", "c"])
            ),
            st.tuples(st.just("correct"), IDS),
            st.tuples(st.just("withdraw"), IDS),
            st.tuples(st.just("remove"), IDS),
        ),
        max_size=8,
    )
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_changes(tmp_path_factory: object, steps: list[tuple[object, ...]]) -> None:
    life = Life(tmp_path_factory.mktemp("life"))  # type: ignore[attr-defined]
    for kind, id, *rest in steps:
        if kind == "publish":
            life.publish(id, rest[0], story=rest[1], topics=(str(rest[1]) * 3,))  # type: ignore[arg-type]
        elif id not in life.store.kept:
            continue
        elif kind == "correct":
            life.say(id, headline=f"Corrected at {life.now}")  # type: ignore[arg-type]
        elif kind == "withdraw":
            life.change(id, status=Status.WITHDRAWN)  # type: ignore[arg-type]
        else:
            life.store.hide(id)  # type: ignore[arg-type]
        life.check()


def test_another_process_may_build_in_between(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.publish(1)
    life.check()
    life.publish(2)
    build(life.config, life.regions, life.store, life.now)
    (life.config.public / "releases/en/release-1/index.html").unlink()
    life.store.save_outputs({"releases/en/release-1/index.html": ("", -1)}, ())
    life.check()


def test_a_remembering_process_looks_now_and_then_whether_files_are_there(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.publish(1)
    life.check()
    page = life.config.public / "releases/en/release-1/index.html"
    page.unlink()
    life.now += 2 * HOUR
    life.check()
    assert page.is_file()


def test_an_archive_document_tells_of_a_release_that_has_moved_elsewhere(tmp_path: Path) -> None:
    life = Life(tmp_path)
    for id in range(1, 10):
        life.publish(id)
    life.check()
    life.say(1, regions=("south-america",))
    life.check()
    life.say(1, headline="Corrected where it is now")
    life.check()
    document = life.config.public / "west-central-africa/en/feeds/1/rss.xml"
    assert "Corrected where it is now" in document.read_text("utf-8")


def test_a_build_that_failed_is_not_remembered(tmp_path: Path) -> None:
    life = Life(tmp_path)
    for id in range(1, 5):
        life.publish(id)
    life.check()

    def fail(done: int, _: int) -> None:
        if done == 6:
            raise OSError

    before = life.config
    life.config = replace(life.config, name="Rivers")
    with pytest.raises(OSError):
        build(life.config, life.regions, life.store, life.now, memory=life.memory, progress=fail)
    life.config = before  # so that the keys are again those of the files that were there
    life.check()
