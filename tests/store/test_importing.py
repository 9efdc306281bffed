"""Importing subscribers: the rules for each row, what bad ones say, what a killed import has left."""

from __future__ import annotations

import datetime as dt
import tracemalloc

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from pressfeed.errors import InputError
from pressfeed.publish import importing, subscribers
from pressfeed.publish.importing import BATCH, LONGEST_LINE, REPORTED, import_csv
from tests.acceptance.mailroom import BULLETIN, NOW, Mailroom
from tests.acceptance.mailroom import make as make_mailroom

HEADER = "email,name,languages,bulletins\n"


@pytest.fixture
def room(tmp_path):
    made: Mailroom = make_mailroom(tmp_path / "room", 1, languages=("en",), stories=1)
    with made.open() as opened:
        yield opened


def bring(room, text, **options):
    path = room.config.root / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_csv(room, path, NOW, **options)


def told(report):
    return report.added, report.changed, report.unchanged, report.refused


def test_people_come_with_their_provenance(room):
    report = bring(
        room, HEADER + f"a@example.org,Awa,fr en,{BULLETIN}\nB@Example.ORG,,,\n", by="Isatou Ceesay"
    )
    assert told(report) == (2, 0, 0, 0)
    awa, second = (room.store.subscribers.get(address) for address in ("a@example.org", "b@example.org"))
    assert (awa.name, awa.languages, awa.bulletins) == ("Awa", ("fr", "en"), (BULLETIN,))
    assert (second.address, second.languages) == ("B@example.org", ("en",))
    entry = room.store.subscribers.entries(["b@example.org"])["b@example.org"]
    assert entry.provenance == "import of people.csv, line 3, by Isatou Ceesay"


def test_the_same_address_twice_is_one_person_within_a_batch_and_across_batches(room):
    middle = "".join(f"r{n}@example.org,,,\n" for n in range(BATCH))
    text = HEADER + "a@example.org,,fr,\nA@EXAMPLE.ORG,Awa,,\n" + middle + f"a@example.org,,en,{BULLETIN}\n"
    assert told(bring(room, text)) == (BATCH + 1, 2, 0, 0)
    person = room.store.subscribers.get("a@example.org")
    assert (person.name, person.languages, person.bulletins) == ("Awa", ("en",), (BULLETIN,))
    assert told(bring(room, HEADER + middle)) == (0, 0, BATCH, 0)


def test_bad_rows_say_their_line_and_spoil_nothing_else(room):
    text = b"\xef\xbb\xbf" + HEADER.encode() + b"not an address,,,\nb@example.org,\xff,,\n"
    text += b'c@example.org,"open,,\n\nd@example.org,,\ne@example.org,,xx-nowhere,\n'
    text += b"f@example.org,,,nowhere/daily\n"
    text += b"g@example.org," + b"x" * (3 * LONGEST_LINE) + b",,\n" + b'h@example.org,"Smith, John",,\r\n'
    seen = []
    report = bring(room, text, refused=seen.append)
    assert told(report) == (1, 0, 0, 7)
    assert [row.line for row in report.bad] == [2, 3, 4, 6, 7, 8, 9]
    assert seen == report.bad
    assert "UTF-8" in report.bad[1].reason and "quotation mark" in report.bad[2].reason
    assert "longer than 64 KB" in report.bad[-1].reason
    assert room.store.subscribers.get("h@example.org").name == "Smith, John"


def test_who_has_gone_stays_off_and_who_left_one_bulletin_stays_off_that(room):
    bring(room, HEADER + f"a@example.org,,,{BULLETIN}\nb@example.org,,,{BULLETIN}\n")
    subscribers.remove(room, "a@example.org", None, NOW)
    subscribers.remove(room, "b@example.org", BULLETIN, NOW)
    report = bring(room, HEADER + f"A@example.org,,,\nb@example.org,New name,,{BULLETIN}\n")
    assert told(report) == (0, 0, 0, 2)
    assert "stays off (unsubscribed on 2026-03-12)" in report.bad[0].reason
    assert f"has left {BULLETIN}" in report.bad[1].reason
    assert room.store.subscribers.get("b@example.org").name == ""


def test_a_rehearsal_says_the_same_and_stores_nothing(room):
    text = HEADER + "a@example.org,Awa,,\na@example.org,,,\nreader0@news.example.org,New name,,\nbad,,,\n"
    rehearsed = told(bring(room, text, dry_run=True))
    assert room.store.subscribers.find("a@example.org") is None
    assert rehearsed == told(bring(room, text)) == (1, 1, 1, 1)


def test_an_import_that_was_killed_has_whole_batches_and_goes_on(room):
    text = HEADER + "".join(f"r{n}@example.org,,,{BULLETIN}\n" for n in range(3 * BATCH))

    def kill(_rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(room, text, progress=kill)
    assert room.store.subscribers.counts()["active"] == BATCH + 1
    assert told(bring(room, text)) == (2 * BATCH, 0, BATCH, 0)
    assert room.store.subscribers.subscription_counts()[BULLETIN] == 3 * BATCH + 1


def test_memory_does_not_grow_with_the_file(room):
    def peak(rows: int) -> int:
        text = HEADER + "".join(f"wrong {n},,,\n" for n in range(rows))
        path = room.config.root / "people.csv"
        path.write_text(text)
        del text
        tracemalloc.start()
        report = import_csv(room, path, NOW)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert report.refused == rows and len(report.bad) == min(rows, REPORTED)
        return used

    assert peak(4 * REPORTED) < peak(REPORTED) * 1.5


def test_a_file_that_names_no_columns_is_refused(room):
    for text in (b"", b"name\n", "email,größe\n".encode("utf-16")):
        with pytest.raises(InputError, match="first line"):
            bring(room, text)
    with pytest.raises(InputError, match="cannot be read"):
        import_csv(room, room.config.root / "missing.csv", dt.datetime.now(dt.UTC))
    assert importing.count_rows(room.config.root / "missing.csv") == 0


LABEL = st.text("aZ9-xn.", min_size=1, max_size=12)


@given(
    st.one_of(
        st.builds(
            "{}@{}".format, st.text("aZ9._+-é\"' ", max_size=70), st.lists(LABEL, max_size=4).map(".".join)
        ),
        st.text(max_size=30),
        st.emails(),
    )
)
@example("a@localhost")
@example("a@example.test")
@example("a@b.invalid")
@example("a@xn--nxasmq6b.example")
@example("a@Bücher.example")
@example("a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 61 + ".org")
@example("a.@example.org")
def test_the_short_way_to_an_address_is_that_of_the_library(text):
    try:
        expected = validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        with pytest.raises(InputError):
            subscribers.normalise(text)
    else:
        assert subscribers.normalise(text) == expected
