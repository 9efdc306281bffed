"""The line of a key in a TOML text."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.toml import line_of, lines_of

DOCUMENT = '''\
# A comment with a [table] and a key = 1
title = "the [global] feed" # 2
owner.name = "Ana" # 3
owner."e-mail" = 'ana@example.org' # 4
text = """ # 5
[not.a.table]
key = "not a key"
quotes "" and \\""" and ""\\
""""" # 9
raw = \'\'\' # 10
\\\'\'\' # 11
cities = [ # 12
  "Dakar", # ] 13
  "Bissau", "Praia",
  [1, 2, { name = "x" }], # 15
]
names = { en = "a", fr = "b", "z.h" = { deep = 1 } } # 17

[mail] # 19
lease = 1979-05-27 07:32:00 # 20
[mail.dkim.keys] # 21
selector = "s"
[[ bulletins ]] # 23
name = "daily"
[bulletins.subject] # 25
en = "x"
[[bulletins]] # 27
name = "weekly" # 28
[[bulletins.slots]] # 29
at = 1
[[bulletins.slots]] # 31
at = 2 # 32
[mail.dkim] # 33
domain = "example.org"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("owner",), 3),
        (("owner", "name"), 3),
        (("owner", "e-mail"), 4),
        (("text",), 5),
        (("raw",), 10),
        (("cities",), 12),
        (("cities", 0), 13),
        (("cities", 1), 14),
        (("cities", 2), 14),
        (("cities", 3), 15),
        (("cities", 3, 2, "name"), 15),
        (("names", "fr"), 17),
        (("names", "z.h", "deep"), 17),
        (("mail",), 19),
        (("mail", "lease"), 20),
        (("mail", "dkim", "keys"), 21),
        (("bulletins",), 23),
        (("bulletins", 0), 23),
        (("bulletins", 0, "subject"), 25),
        (("bulletins", 1), 27),
        (("bulletins", 1, "name"), 28),
        (("bulletins", 1, "slots", 0), 29),
        (("bulletins", 1, "slots", 1, "at"), 32),
        (("mail", "dkim"), 33),
    ],
)
def test_it_finds_every_kind_of_key(path: tuple[str | int, ...], line: int) -> None:
    assert value_at(tomllib.loads(DOCUMENT), path) is not None
    assert line_of(DOCUMENT, path) == line


def test_a_key_that_is_missing_has_the_line_of_its_table() -> None:
    assert line_of(DOCUMENT, ("bulletins", 1, "cron")) == 27
    assert line_of(DOCUMENT, ("nothing", "at", "all")) == 1


def test_lines_ending_in_crlf_count_once() -> None:
    assert line_of("a = 1\r\n\r\n[b]\r\nc = '''\r\n\r\n'''\r\nd = 2\r\n", ("b", "d")) == 7


# ------------------------------------------------------------------ the same, against generated documents

words = st.text("abc-_1", min_size=1, max_size=3)
keys = words | st.text(st.sampled_from("aé ل中.#=[]'\"\\"), max_size=4)
strings = st.text(st.sampled_from("a #=[]{},.'é\"\\\n"), max_size=12)


def basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def multiline(text: str) -> str:
    return '"""\n' + text.replace("\\", "\\\\").replace('"""', '""\\"') + '"""'


def literal(text: str) -> str:
    return f"'{text}'" if "'" not in text and "\n" not in text else basic(text)


def multiline_literal(text: str) -> str:
    return f"'''{text}'''" if "'''" not in text else multiline(text)


scalars = st.one_of(
    st.sampled_from(
        ["1", "-0.5e3", "true", "2024-07-26T07:00:00Z", "2024-07-26 07:00:00", "inf", "07:00:00"]
    ),
    st.builds(
        lambda text, write: write(text),
        strings,
        st.sampled_from([basic, multiline, literal, multiline_literal]),
    ),
)


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "table"])) if depth else "scalar"
    if kind == "array":
        items = draw(st.lists(values(depth - 1), max_size=3))
        gap = draw(st.sampled_from([" ", "\n", " # ] }\n  "]))
        return "[" + gap + "".join(f"{item}{gap},{gap}" for item in items) + "]"
    if kind == "table":
        names = draw(st.lists(keys, max_size=3, unique=True))
        return "{ " + ", ".join(f"{key_text(name)} = {draw(values(depth - 1))}" for name in names) + " }"
    return draw(scalars)


def key_text(key: str) -> str:
    return key if key and all(c in "abcdefghijklmnopqrstuvwxyz-_0123456789" for c in key) else basic(key)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[tuple[tuple[str | int, ...], int]]]:
    """A text, and the lines of what was written into it."""
    text = ""
    places: list[tuple[tuple[str | int, ...], int]] = []
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number in range(draw(st.integers(0, 8))):
        text += draw(st.sampled_from(["", "\n", "# x = [1]\n", "  "]))
        line = text.count("\n") + 1
        kind = draw(st.sampled_from(["pair", "pair", "dotted", "table", "tables"]))
        key = f"{draw(words)}{number}"  # a key of its own, so that the document is valid
        if kind == "table":
            table = (key, "sub")
            text += f"[ {key} . sub ] # [x]\n"
        elif kind == "tables":
            name = draw(st.sampled_from(["rows", "lines"]))
            table = (name, counts.setdefault(name, 0))
            counts[name] += 1
            text += f"[[{name}]]\n"
        elif kind == "dotted":
            other = draw(keys)
            places.append(((*table, key, other), line))
            text += f"{key} . {key_text(other)} = {draw(values())}\n"
            continue
        else:
            odd = draw(keys) + str(number)
            places.append(((*table, odd), line))
            text += f"{key_text(odd)}={draw(values())} # {key} = 2\n"
            continue
        places.append((table, line))
    return text, places


def value_at(data: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def paths_of(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(deeper for part, value in below for deeper in paths_of(value, (*path, part)))]


@given(documents())
def test_generated_documents(document: tuple[str, list[tuple[tuple[str | int, ...], int]]]) -> None:
    text, places = document
    data = tomllib.loads(text)
    for path, line in places:
        assert line_of(text, path) == line
    assert {path for path in paths_of(data) if path} == set(lines_of(text))
