"""Where a page's menu ends and its footer begins.

Three kinds of evidence: lines that documents of one source share; the marks that menus leave in text (bare
bullets, short bulleted lines, titles that stand twice or are glued to their teaser, bread crumbs, words such
as *Search*); and runs of very short lines. In doubt a line is text, and the reading says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pressfeed.intake import contacts, dateline, dates, vocabulary
from pressfeed.intake.memory import digest
from pressfeed.intake.text import ends_sentence, words

_REACH = 250  # lines in which a menu must begin
_SHORT = 100  # characters of a menu entry
_CRUMBS = re.compile(r"\s(?:\||»|›|>|→|·|/)\s")
CHROME = vocabulary.words("chrome")
_UTILITIES = vocabulary.words("utilities")
_FOOTER_START = re.compile(vocabulary.alternatives("footer_patterns") + r"(?!\w)", re.IGNORECASE)
_LEGAL = re.compile(vocabulary.alternatives("legal_patterns"), re.IGNORECASE)
_CONSENT = vocabulary.alternatives("cookie_patterns")
_COOKIES = re.compile(
    rf"\bcookies?\b.{{0,200}}?\b{_CONSENT}\b|\b{_CONSENT}\b.{{0,60}}?\bcookies?\b", re.IGNORECASE
)
_SITE_VOICE = re.compile(rf"\b{vocabulary.alternatives('site_voice_patterns')}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a page, or one block of its HTML."""

    text: str  # without its bullet; "" for a bare bullet
    line: int
    bullet: str = ""
    gap: bool = False  # an empty line stands before it
    heading: int = 0  # 1–4 where markup says so
    linked: bool = False  # nothing but links


@dataclass(frozen=True, slots=True)
class Extent:
    """Which rows are the document's own: ``rows[start:stop]`` without ``dropped``."""

    start: int
    stop: int
    dropped: frozenset[int] = frozenset()
    has_menu: bool = False
    doubts: tuple[str, ...] = field(default=())


def extent(rows: Sequence[Row], shared: frozenset[str]) -> Extent:
    """The rows between menu and footer. ``shared``: digests of lines that this source's documents share."""
    reader = _Reader(rows, shared)
    start = reader.menu_end()
    start, dropped = reader.rescue_headline(start)
    stop = reader.footer_start(start)
    return Extent(start, stop, dropped, start > 0, tuple(reader.doubts))


class _Reader:
    def __init__(self, rows: Sequence[Row], shared: frozenset[str]) -> None:
        self.rows = rows
        self.doubts: list[str] = []
        self.folded = [" ".join(row.text.casefold().split()) for row in rows]
        self.learned = [bool(row.text) and bool(shared) and digest(row.text) in shared for row in rows]

    # ------------------------------------------------------------------------------------------- the menu

    def menu_end(self) -> int:
        """The index of the first row after the leading menu; 0 where there is none."""
        end, signs, bullets = 0, 0, 0
        index = 0
        limit = min(len(self.rows), _REACH)
        while index < limit:
            if self._opens_entry(index):
                break
            if self._is_menu(index):
                # A block of several links is a menu by itself.
                end, signs = (
                    index + 1,
                    signs + 1 + (self.rows[index].linked and "\n" in self.rows[index].text),
                )
            elif self._is_bullet_entry(index):
                bullets += 1
                if signs or bullets >= 4 + index - bullets:
                    end, signs = index + 1, signs + 1
            elif not self._is_short(index) and not self._menu_goes_on(index):
                break
            index += 1
        if signs >= 2 or (signs == 1 and end and (self.learned[end - 1] or self._is_glued(end - 1))):
            return self._past_labels(self._without_shared_text(end))
        return self._run_of_labels()

    def _past_labels(self, end: int) -> int:
        """A menu's last entries may have no marks: one or two words, and no text or date right after them."""
        while end + 1 < len(self.rows) and self._is_label(end, 2):
            following = self.rows[end + 1].text
            if not self._is_short(end + 1) or dates.whole(following) or dateline.find(following, ""):
                break
            end += 1
        return end

    def _without_shared_text(self, end: int) -> int:
        """Releases may share their opening: a series' headline, or a first paragraph. Those are no menu."""
        start = end
        while start and self._is_only_learned(start - 1) and not self._is_short(start - 1):
            start -= 1
        if start and self._is_only_learned(start - 1) and words(self.rows[start - 1].text) >= 5:
            following = self.rows[start].text if start < len(self.rows) else ""
            if start < end or dates.whole(following) or dateline.find(following, ""):
                start -= 1
        if start < end:
            self.doubts.append(
                f"line {self.rows[start].line}: “{self.rows[start].text[:60]}” stands in other documents too;"
                " it was kept as text"
            )
        return start

    def _is_only_learned(self, index: int) -> bool:
        """Whether nothing but other documents speaks for a row's being a menu's."""
        row = self.rows[index]
        return (
            self.learned[index]
            and not row.bullet
            and not row.linked
            and not self._is_glued(index)
            and not self._is_doubled(index)
            and self.folded[index] not in CHROME
            and not _is_cookie_notice(row.text)
        )

    def _is_menu(self, index: int) -> bool:
        """Whether a row shows that a menu is going on."""
        row = self.rows[index]
        if not row.text:
            return True
        if self.learned[index] or self._is_glued(index) or _is_cookie_notice(row.text):
            return True
        if self.folded[index] in CHROME or (row.linked and self._is_short(index)):
            return True
        if self._is_doubled(index):
            return not self._heads_the_text(index)
        return self._is_short(index) and len(_CRUMBS.findall(row.text)) >= 2 and words(row.text) <= 24

    def _is_short(self, index: int) -> bool:
        text = self.rows[index].text
        return len(text) <= _SHORT and not (ends_sentence(text) and words(text) > 4)

    def _is_bullet_entry(self, index: int) -> bool:
        row = self.rows[index]
        return (
            bool(row.bullet)
            and self._is_short(index)
            and words(row.text) <= 14
            and not row.bullet[0].isdigit()
        )

    def _is_doubled(self, index: int) -> bool:
        text = self.folded[index]
        if not text or not self._is_short(index):
            return False
        return text in (
            self.folded[index - 1] if index else "",
            self.folded[index + 1] if index + 1 < len(self.rows) else "",
        )

    def _is_glued(self, index: int) -> bool:
        """A title that stands again at the head of its teaser: *Notre travailEn tant que …*"""
        if not index:
            return False
        text, title = self.rows[index].text, self.rows[index - 1].text
        if not 3 <= len(title) <= _SHORT or len(text) <= len(title) + 1:
            return False
        if (
            not self.folded[index].startswith(self.folded[index - 1])
            or text[: len(title)].casefold() != title.casefold()
        ):
            return False
        following = text[len(title)]
        return following.isupper() or (following.isalpha() and not following.islower())

    def _opens_entry(self, index: int) -> bool:
        """A bare bullet before a year or a sentence: the text's own list begins, not a menu's."""
        if self.rows[index].text or index + 1 >= len(self.rows):
            return False
        following = self.rows[index + 1].text
        if re.fullmatch(r"\d{4}(?: ?[-–/] ?\d{2,4})?", following) or dates.whole(following):
            return True
        return len(following) > _SHORT and ends_sentence(following) and not self.learned[index + 1]

    def _menu_goes_on(self, index: int) -> bool:
        """Whether a sentence is a teaser inside a menu: doubled entries and bullets follow, and no text."""
        signs, is_doubled = 0, False
        for following in range(index + 1, min(index + 25, len(self.rows))):
            if self._opens_entry(following):
                break
            if self._is_glued(following):
                return True
            if not self._is_short(following):
                break
            doubled = self._is_doubled(following) and not self._heads_the_text(following)
            is_doubled = is_doubled or doubled
            signs += doubled or not self.rows[following].text or self._is_bullet_entry(following)
        return is_doubled and signs >= 4

    def _heads_the_text(self, index: int) -> bool:
        """A doubled line of some length right before a paragraph is a headline that the page repeats."""
        last = (
            index + 1
            if index + 1 < len(self.rows) and self.folded[index + 1] == self.folded[index]
            else index
        )
        if words(self.rows[index].text) < 5 or last + 1 >= len(self.rows):
            return False
        following = self.rows[last + 1].text
        return len(following) > _SHORT or dates.whole(following) is not None

    def _run_of_labels(self) -> int:
        """A menu without any marks: at least three rows of one to three words, then something longer."""
        count = 0
        while count < min(40, len(self.rows)) and self._is_label(count, 3):
            count += 1
        # Three words before a dateline are a headline.
        if count < len(self.rows) and dateline.find(self.rows[count].text, ""):
            count -= 1
        return count if 3 <= count < len(self.rows) else 0

    def _is_label(self, index: int, most: int) -> bool:
        row = self.rows[index]
        return (
            0 < words(row.text) <= most
            and len(row.text) <= 30
            and not any(character.isdigit() for character in row.text)
            and row.text[-1].isalnum()
            and not row.heading
            and not row.bullet
        )

    def rescue_headline(self, start: int) -> tuple[int, frozenset[int]]:
        """Where buttons such as *Share* follow a headline, the headline stands among the menu's last rows."""
        index = start - 1
        while index >= 0 and self.folded[index] in _UTILITIES:
            index -= 1
        if index < 0 or index == start - 1:
            return start, frozenset()
        row = self.rows[index]
        is_headline = (
            not row.bullet
            and not row.linked
            and not self.learned[index]
            and not self._is_glued(index)
            and not (self._is_doubled(index) and not self._heads_the_text(index))
            and self.folded[index] not in CHROME
            and words(row.text) >= 4
        )
        if is_headline:
            return index, frozenset(range(index + 1, start))
        return start, frozenset()

    # ----------------------------------------------------------------------------------------- the footer

    def footer_start(self, start: int) -> int:
        """The index of the first row of the trailing footer; ``len(rows)`` where there is none."""
        stop = len(self.rows)
        first = stop
        for index in range(len(self.rows) - 1, max(start, len(self.rows) - _REACH), -1):
            kind = self._footer_kind(index)
            if kind == "text":
                break
            if kind == "footer":
                first = index
        opener = self._footer_opener(start, first)
        return opener if opener is not None else first

    def _footer_kind(self, index: int) -> str:
        row = self.rows[index]
        text = row.text
        if contacts.has_channel(text) and not _LEGAL.search(text):
            return "text"
        if (
            not text
            or self.folded[index] in CHROME
            or _FOOTER_START.match(text)
            or (row.linked and not row.heading)
        ):
            return "footer"
        if (_LEGAL.search(text[:200]) and len(text) <= 300) or _is_cookie_notice(text):
            return "footer"
        if self.learned[index] and self._is_short(index) and not self._belongs_to_contact(index):
            return "footer"
        if self._is_short(index) and len(_CRUMBS.findall(text)) >= 2:
            return "footer"
        if self._is_bullet_entry(index) or (self._is_short(index) and words(text) <= 14):
            return "maybe"
        return "text"

    def _belongs_to_contact(self, index: int) -> bool:
        """Press officers stand under many releases: their names and offices are no footer."""
        near = self.rows[max(index - 4, 0) : index + 1]
        return any(contacts.has_channel(row.text) or contacts.INTRO.match(row.text) for row in near)

    def _footer_opener(self, start: int, first: int) -> int | None:
        """*Related news* and the like: from there on only titles follow, no paragraphs."""
        for index in range(max(start + 1, len(self.rows) - 60), min(first + 1, len(self.rows))):
            if not _FOOTER_START.match(self.rows[index].text) or len(self.rows[index].text) > 60:
                continue
            rest = self.rows[index + 1 :]
            if all(
                len(row.text) <= 220 and not contacts.has_channel(row.text)
                for row in rest
                if not self._is_legal(row)
            ):
                sentences = sum(
                    ends_sentence(row.text) and words(row.text) > 12
                    for row in rest
                    if not self._is_legal(row)
                )
                if sentences == 0:
                    return index
                self.doubts.append(
                    f"line {self.rows[index].line}: “{self.rows[index].text}” may begin the page's footer;"
                    " it was kept as text"
                )
        return None

    @staticmethod
    def _is_legal(row: Row) -> bool:
        return bool(_LEGAL.search(row.text[:300]) or _is_cookie_notice(row.text))


def _is_cookie_notice(text: str) -> bool:
    text = text[:600]
    return "ookie" in text and bool(_COOKIES.search(text) and _SITE_VOICE.search(text))
