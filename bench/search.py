"""Search over 100,000 releases in six languages: the median of many different questions of each kind.

The reference is a scan of the headlines with LIKE, which finds less: no text, no endings, accents or slips.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from bench.measure import Row
from pressfeed.domain import Content, Regions, Status
from pressfeed.publish.search import Question, search
from pressfeed.store import Store

RELEASES = 100_000
WORDS = 220  # in a release
VOCABULARY = 40_000  # words of a language
QUESTIONS = 60  # of each kind
AIM = 0.050  # seconds
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)

_SYLLABLES = {
    "en": ("ba be bri co da du el fa flo gre ha in jo ki la mo ni or pa ra si ta un ver wa", 3),
    "fr": ("an bé ca de eu fi gé ho il jo la mè ni ou pa qui ré sa té u vi", 3),
    "es": ("al ba ción de es fu go hi jo la má no pe ri sa tu ña vo", 3),
    "ar": ("با تي جو حا خي دا ري سا شي صا طا عي فا قو كا لي ما ني ها", 3),
    "ru": ("ба во гра де жи за ки ле мо ни о пра ро си та у фе хо ше", 3),
    "zh": ("水 河 江 洪 旱 预 警 报 站 人 民 国 家 城 市 雨 流 域 湖 海 山 地 区 天 气 农 田", 2),
}


class Language:
    """Words that nobody knows, as often as words are: the nth of them one nth as often as the first."""

    def __init__(self, code: str, random_: random.Random) -> None:
        self.code = code
        text, self.length = _SYLLABLES[code]
        syllables = text.split()
        made = {
            "".join(random_.choices(syllables, k=random_.randint(2, self.length + 1)))
            for _ in range(VOCABULARY * 2)
        }
        self.words = sorted(made)[:VOCABULARY]
        random_.shuffle(self.words)
        self.weights = list(itertools.accumulate(1 / rank for rank in range(1, len(self.words) + 1)))
        self.space = "" if code == "zh" else " "

    def text(self, count: int, random_: random.Random) -> str:
        return self.space.join(random_.choices(self.words, cum_weights=self.weights, k=count))


def run() -> list[Row]:
    """Build a store, ask, and compare."""
    random_ = random.Random(1)
    languages = {code: Language(code, random_) for code in _SYLLABLES}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite3"
        with Store(path, create=True) as store:
            started = time.perf_counter()
            fill(store, list(languages.values()), random_)
            took = time.perf_counter() - started
            rows.append(Row(f"{RELEASES:,} releases stored and indexed", f"{RELEASES / took:,.0f}/s"))
            reference = likes(path, languages["en"], random_)
            rows.append(Row("reference: LIKE over the headlines", f"{reference * 1000:.1f} ms", "1"))
            for kind, questions in asked(languages, random_):
                times = [ask(store, question) for question in questions]
                middle = median(times)
                figure = f"{middle * 1000:.1f} ms, 95 % under {quantiles(times, n=20)[-1] * 1000:.0f} ms"
                rows.append(
                    Row(kind, figure, f"{middle / reference:.2f}", f"< {AIM * 1000:.0f} ms", middle < AIM)
                )
    return rows


def fill(store: Store, languages: list[Language], random_: random.Random) -> None:
    for start in range(0, RELEASES, 1000):
        with store.transaction():
            for number in range(start, start + 1000):
                language = languages[number % len(languages)]
                body = language.text(WORDS, random_)
                when = NOW - dt.timedelta(minutes=30 * (RELEASES - number))
                store.releases.add(
                    Content(language.text(9, random_), language.code, f"<p>{body}</p>", body),
                    story=None, slug=f"release-{number}", status=Status.PUBLISHED, source="-", now=when,
                    reason="imported", published_at=when,
                )  # fmt: skip


def asked(languages: dict[str, Language], random_: random.Random) -> Iterator[tuple[str, list[str]]]:
    english, arabic, chinese = languages["en"], languages["ar"], languages["zh"]
    yield "the commonest words", english.words[:QUESTIONS]
    yield "a word", [english.text(1, random_) for _ in range(QUESTIONS)]
    yield "two words", [english.text(2, random_) for _ in range(QUESTIONS)]
    yield "a rare word", random_.sample(english.words[5000:], QUESTIONS)
    yield "a mistyped word", [slip(word, random_) for word in long(english, random_)]
    yield (
        "two mistyped words",
        [
            f"{slip(one, random_)} {slip(other, random_)}"
            for one, other in zip(long(english, random_), long(english, random_), strict=True)
        ],
    )
    yield "an Arabic word", [arabic.text(1, random_) for _ in range(QUESTIONS)]
    yield "a mistyped Arabic word", [slip(word, random_) for word in long(arabic, random_)]
    yield "a Russian word", [languages["ru"].text(1, random_) for _ in range(QUESTIONS)]
    yield "Chinese, two to four characters", [chinese.text(1, random_)[:4] for _ in range(QUESTIONS)]
    yield (
        "Chinese, two words",
        [f"{chinese.text(1, random_)} {chinese.text(1, random_)}" for _ in range(QUESTIONS)],
    )


def long(language: Language, random_: random.Random) -> list[str]:
    """Words that are long enough to be mistyped."""
    return random_.sample([word for word in language.words[:5000] if len(word) > 5], QUESTIONS)


def slip(word: str, random_: random.Random) -> str:
    """The word with two neighbouring letters swapped."""
    at = random_.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def ask(store: Store, words: str) -> float:
    started = time.perf_counter()
    search(store, Regions(()), Question(words), NOW, ZoneInfo("UTC"))
    return time.perf_counter() - started


def likes(path: Path, language: Language, random_: random.Random) -> float:
    """Seconds of a scan over the headlines: the median."""
    connection = sqlite3.connect(path)
    times = []
    for _ in range(10):
        started = time.perf_counter()
        connection.execute(
            "SELECT id FROM release WHERE headline LIKE ? ORDER BY published_at DESC LIMIT 20",
            (f"%{language.text(1, random_)}%",),
        ).fetchall()
        times.append(time.perf_counter() - started)
    connection.close()
    return median(times)
