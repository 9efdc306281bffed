"""Search: in every script, forgiving, in step with the releases, and never ahead of the public."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.domain import Content, Status
from pressfeed.publish.search import Closeness, Found, Question, search
from pressfeed.publish.similar import closest, slips
from pressfeed.publish.snippets import LENGTH, Wanted, marked, snippet
from pressfeed.store import Store, folding
from tests.unit import factories

NOW = factories.NOW
DAY = dt.timedelta(days=1)
UTC = ZoneInfo("UTC")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "db" / "store.sqlite3", create=True) as store:
        yield store


def add(store: Store, headline: str, body: str = "", language: str = "en", **given: object) -> int:
    content = {name: given.pop(name) for name in ("regions", "topics", "subhead") if name in given}
    values: dict[str, object] = {
        "story": None,
        "slug": "river",
        "status": Status.PUBLISHED,
        "source": "test",
        "now": NOW,
        "reason": "imported",
        "published_at": NOW,
    }
    text = Content(headline, language, f"<p>{body}</p>", body, **content)  # type: ignore[arg-type]
    return store.releases.add(text, **(values | given))  # type: ignore[arg-type]


def ask(store: Store, words: str, now: dt.datetime = NOW, **given: object) -> Found:
    question = Question(words, **given)  # type: ignore[arg-type]
    return search(store, factories.regions(), question, now, UTC)


def ids(store: Store, words: str, **given: object) -> list[int]:
    return [hit.release.id for hit in ask(store, words, **given).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Las inundaciones del río", ("inundación", "INUNDACION", "rios")),
        ("Les communiqués de la région", ("communique", "régions", "Région")),
        ("Agencies and floods", ("agency", "flood", "Flooding floods")),
        ("الفيضانات في غرب أفريقيا", ("فيضان", "والفيضانات", "الفَيَضَان", "افريقيا", "فيـضانات")),
        ("مدرسة على النهر", ("مدرسه", "المدرسة", "علي", "نهر")),
        ("О наводнениях на реке", ("наводнение", "Наводнений", "река")),
        ("长江流域发布洪水预警", ("洪水", "预警", "洪", "长江 洪水", "洪水预警")),
        ("東京都で洪水警報", ("洪水警報", "東京")),
        ("नदी में बाढ़ की चेतावनी", ("बाढ़", "नदी")),
        ("น้ำท่วมในกรุงเทพ", ("น้ำท่วม",)),
        ("COVID-19 in 2026: Ørsted’s naïve straße", ("covid 19", "2026", "orsted", "NAIVE", "strasse")),
    ],
)
def test_words_are_found_however_they_are_written(store: Store, text: str, words: tuple[str, ...]) -> None:
    add(store, "Something else", "of no interest")
    wanted = add(store, "A headline", text)
    for word in words:
        found = ask(store, word)
        assert [hit.release.id for hit in found.hits] == [wanted], word


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Early warnings for the Zambezi", "zmbezi"),
        ("Early warnings for the Zambezi", "Sambezi"),
        ("Early warnings for the Zambezi", "aZmbezi"),
        ("Early warnings for the Zambezi", "warnigns zambesi"),
        ("Inondations au Cameroun", "inodnatoin"),
        ("إنذار مبكر بالفيضانات", "الفيظانات"),
        ("Наводнение в Сибири", "новоднение"),
    ],
)
def test_slips_of_the_finger_are_forgiven(store: Store, text: str, typed: str) -> None:
    wanted = add(store, text)
    found = ask(store, typed)
    assert ([hit.release.id for hit in found.hits], found.closeness) == ([wanted], Closeness.SIMILAR)


def test_nothing_is_similar_to_everything(store: Store) -> None:
    add(store, "Early warnings for the Zambezi", "in 2026")
    for words in ("xyzzy", "2027", "zam", "", "   ", "!?", '"', "*", "AND", "NEAR(", "a" * 5000):
        assert ids(store, words) == [], words


def test_one_wrong_word_does_not_hide_the_others(store: Store) -> None:
    wanted = add(store, "Twelve gauges on the Juba")
    found = ask(store, "gauges juba qqqqqq")
    assert ([hit.release.id for hit in found.hits], found.closeness) == ([wanted], Closeness.SOME)


def test_quoted_words_stand_together(store: Store) -> None:
    together = add(store, "Basins that are shared", "shared basins need shared data")
    add(store, "Basins that were shared out", "data shared by all basins")
    assert ids(store, '"shared basins"') == ids(store, "«shared basins»") == [together]


def test_the_headline_weighs_more_than_the_text_and_the_new_more_than_the_old(store: Store) -> None:
    text = add(store, "A headline of no interest", "The gauges were read once more")
    old = add(store, "The gauges are read", "by all of us here", published_at=NOW - 900 * DAY)
    new = add(store, "The gauges are read", "by all of us here")
    assert ids(store, "gauges") == [new, old, text]


def test_what_is_not_public_is_not_found_and_comes_with_its_moment(store: Store) -> None:
    embargoed = add(store, "Embargoed gauges", embargo_until=NOW + DAY)
    later = add(store, "Later gauges", published_at=NOW + 2 * DAY)
    add(store, "Drafted gauges", status=Status.DRAFT)
    assert ask(store, "gauges").total == 0
    assert ids(store, "gauges", now=NOW + DAY) == [embargoed]
    assert set(ids(store, "gauges", now=NOW + 3 * DAY)) == {embargoed, later}


def test_what_was_withdrawn_is_not_found_any_more(store: Store) -> None:
    release = store.releases.get(add(store, "Gauges"))
    store.releases.save(replace(release, status=Status.WITHDRAWN), now=NOW, reason="withdrawn")
    assert ids(store, "gauges") == []


def test_a_correction_is_found_by_its_new_words_alone(store: Store) -> None:
    release = store.releases.get(add(store, "Twelve gauges", "on the Juba"))
    said = replace(release.content, headline="Thirteen gauges", body_text="on the Shabelle")
    changed = replace(release, content=said, status=Status.CORRECTED)
    store.releases.save(changed, now=NOW, reason="corrected")
    assert ids(store, "thirteen shabelle") == [release.id]
    assert ids(store, "twelve") == ids(store, "juba") == []


def test_a_draft_is_found_once_it_is_published_and_a_deleted_one_never(store: Store) -> None:
    release = store.releases.get(add(store, "Gauges", status=Status.DRAFT))
    store.releases.save(replace(release, status=Status.PUBLISHED), now=NOW, reason="published")
    assert ids(store, "gauges") == [release.id]
    store.releases.delete(add(store, "Sirens", status=Status.DRAFT), NOW)
    assert ids(store, "sirens") == []


def test_a_change_that_is_undone_leaves_the_index_as_it_was(store: Store) -> None:
    kept = add(store, "Gauges")
    with pytest.raises(RuntimeError), store.transaction():
        add(store, "More gauges")
        raise RuntimeError
    assert ids(store, "gauges") == [kept]


def test_releases_are_chosen_by_language_region_and_day(store: Store) -> None:
    english = add(store, "Niger", regions=("west-central-africa",), published_at=NOW - 10 * DAY)
    french = add(store, "Niger", language="fr", regions=("south-america",), published_at=NOW - DAY)
    assert ids(store, "niger", language="fr") == [french]
    assert ids(store, "niger", region="west-central-africa") == [english]
    assert set(ids(store, "niger", region="global")) == {english, french}
    assert ids(store, "niger", region="nowhere") == []
    day = (NOW - DAY).date()
    assert ids(store, "niger", since=day, until=day) == [french]
    assert ids(store, "niger", until=day - DAY) == [english]
    assert set(ids(store, "niger", since=dt.date.min, until=dt.date.max)) == {english, french}


def test_many_finds_come_in_pages(store: Store) -> None:
    with store.transaction():
        every = {add(store, f"Gauge {number}") for number in range(45)}
    pages = [ask(store, "gauge", page=number) for number in (1, 2, 3, 4)]
    assert [len(page.hits) for page in pages] == [20, 20, 5, 0]
    assert {page.total for page in pages} == {45}
    assert {hit.release.id for page in pages for hit in page.hits} == every
    assert pages[0].pages == 3


def test_a_store_from_before_is_indexed_when_it_is_opened(store: Store, tmp_path: Path) -> None:
    wanted = add(store, "Gauges", "on the Juba")
    add(store, "Drafted gauges", status=Status.DRAFT)
    raw = sqlite3.connect(tmp_path / "db" / "store.sqlite3")
    raw.executescript(
        "INSERT INTO search_index (search_index) VALUES ('delete-all'); DELETE FROM search_entry;"
        "DELETE FROM search_word; UPDATE setting SET value = 'older' WHERE name IN ('search', 'indexing')"
    )
    raw.close()
    assert ids(store, "gauges") == []
    with Store(tmp_path / "db" / "store.sqlite3") as again:
        assert ids(again, "gagues jbua") == [wanted]
        with again.transaction():
            again.search.catch_up()
        assert ids(again, "gauges") == [wanted]


def test_the_index_is_sound_after_every_kind_of_change(store: Store, tmp_path: Path) -> None:
    number = add(store, "Gauges", "on the Juba")
    for status in (Status.CORRECTED, Status.WITHDRAWN, Status.PUBLISHED, Status.DRAFT, Status.PUBLISHED):
        release = store.releases.get(number)
        said = replace(release.content, headline=f"Gauges {status}")
        store.releases.save(replace(release, status=status, content=said), now=NOW, reason="x")
    raw = sqlite3.connect(tmp_path / "db" / "store.sqlite3")
    raw.execute("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    assert raw.execute("SELECT count(*) FROM search_index_docsize").fetchone() == (1,)
    assert raw.execute("SELECT rowid FROM search_index WHERE search_index MATCH 'juba'").fetchall() == [(1,)]
    raw.close()


# ------------------------------------------------------------------------------------------------ marks


def shown(pieces: list[tuple[str, bool]]) -> str:
    return "".join(f"[{text}]" if mark else text for text, mark in pieces)


def test_what_was_searched_for_is_marked_as_it_stands_there() -> None:
    wanted = Wanted(frozenset({"flood", "فيض", "洪水"}), ("flood",))
    assert shown(marked("Floods, flooding and L’été", wanted)) == "[Floods], [flooding] and L’été"
    assert shown(marked("من الفيضانات والسيول", wanted)) == "من [الفيضانات] والسيول"
    assert shown(marked("长江洪水预警", wanted)) == "长江[洪水]预警"
    assert shown(marked("长江洪水预警", Wanted(frozenset({"长江", "江洪", "预警"})))) == "[长江洪]水[预警]"


def test_a_snippet_is_the_part_with_most_of_the_words() -> None:
    filler = "nothing to see here " * 40
    text = f"Gauges. {filler} The gauges on the Juba. {filler}"
    pieces = snippet(text, Wanted(frozenset({"gaug", "juba"})))
    assert "[gauges] on the [Juba]" in shown(pieces)
    assert shown(pieces).startswith("… ")
    assert shown(pieces).endswith(" …")
    assert len(shown(pieces)) < LENGTH + 30


@given(st.text(max_size=400), st.text(max_size=8))
def test_marks_change_no_text(text: str, word: str) -> None:
    wanted = Wanted(frozenset(folding.fold(word)), (folding.unfolded(word) or "x",))
    assert "".join(piece.text for piece in marked(text, wanted)) == text


@given(st.text(max_size=300))
def test_any_text_can_be_indexed_and_asked_for(text: str) -> None:
    folded = folding.folded(text)
    assert not set(folded) & set("\"'*()^:+-")
    assert [word.text for word in folding.words(text)] == [text[w.start : w.end] for w in folding.words(text)]


@given(
    st.text("abcd", min_size=4, max_size=9),
    st.integers(0, 8),
    st.sampled_from(["swap", "drop", "add", "put"]),
)
def test_one_slip_is_counted_as_one_and_found(word: str, at: int, kind: str) -> None:
    at %= len(word) - 1
    slipped = {
        "swap": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        "drop": word[:at] + word[at + 1 :],
        "add": word[:at] + "z" + word[at:],
        "put": word[:at] + "z" + word[at + 1 :],
    }[kind]
    assert slips(slipped, word, 2) <= 1
    if len(slipped) >= 4:
        assert word in closest(slipped, [word, "entirely", "different"], 1)
