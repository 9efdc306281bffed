"""Where a page's menu ends and its footer begins.

Three kinds of evidence: lines that documents of one source share; the marks that menus leave in text (bare
bullets, short bulleted lines, titles that stand twice or are glued to their teaser, bread crumbs, words such as
*Search*); and runs of very short lines. In doubt a line is text, and the reading says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pressfeed.intake import contacts, dates
from pressfeed.intake.memory import digest
from pressfeed.intake.text import ends_sentence, words

_REACH = 250  # lines in which a menu must begin
_SHORT = 100  # characters of a menu entry
_CRUMBS = re.compile(r"\s(?:\||»|›|>|→|·|/)\s")
CHROME = frozenset(
    "home|menu|search|skip to main content|skip to content|skip navigation|main menu|main navigation|breadcrumb|language"
    "|languages|english|français|francais|español|espanol|العربية|русский|中文|português|en|fr|es|ar|ru|zh|login|log in|sign in"
    "|subscribe|donate|newsletter|contact us|about us|toggle navigation|close|open menu|back|press room|share|share this"
    "|print|tweet|email|facebook|twitter|x|linkedin|whatsapp|instagram|youtube|copy link|pdf|download|save|listen"
    "|share on facebook|share on twitter|share on linkedin|share on whatsapp|share this page|share via email|rss"
    "|accueil|recherche|rechercher|aller au contenu principal|menu principal|navigation principale|fil d'ariane|langue"
    "|partager|imprimer|partager sur facebook|partager sur twitter|connexion|s'abonner|faire un don|contactez-nous|fermer"
    "|inicio|buscar|búsqueda|pasar al contenido principal|ir al contenido principal|menú|menú principal|navegación principal"
    "|idioma|compartir|imprimir|compartir en facebook|compartir en twitter|iniciar sesión|suscríbase|done|donar|cerrar"
    "|الرئيسية|بحث|القائمة|مشاركة|طباعة|اللغة|главная|поиск|меню|поделиться|печать|首页|搜索|菜单|分享|打印|accept|decline"
    "|accept all|reject all|accept cookies|accepter|refuser|tout accepter|aceptar|rechazar|aceptar todo|cookie settings".split(
        "|"
    )
)
UTILITIES = frozenset(
    "share|share this|print|tweet|email|facebook|twitter|x|linkedin|whatsapp|copy link|pdf|download|save|listen|rss"
    "|share this page|share on facebook|share on twitter|share on linkedin|share via email|partager|imprimer|compartir"
    "|imprimir|مشاركة|طباعة|поделиться|печать|分享|打印|partager sur facebook|partager sur twitter|share on whatsapp"
    "|compartir en facebook|compartir en twitter".split("|")
)
_FOOTER_START = re.compile(
    r"(?:related (?:news|stories|articles|content|press releases|documents|links)|latest news|more (?:news|stories)|read (?:more|next|also)"
    r"|you may also like|most (?:read|popular)|recent (?:news|posts)|follow us|connect with us|stay (?:connected|informed|up to date)"
    r"|share (?:this|on)|back to top|footer|site ?map|quick links|useful links|subscribe to|sign up (?:for|to)|join our newsletter"
    r"|articles? (?:liés?|connexes?|similaires?)|actualités? (?:liées?|connexes?|récentes?)|à lire aussi|lire aussi|suivez-nous|restez (?:connecté|informé)"
    r"|retour en haut|haut de page|pied de page|plan du site|liens utiles|abonnez-vous|inscrivez-vous à|partager (?:cette|sur|cet)"
    r"|noticias (?:relacionadas|recientes)|artículos relacionados|contenido relacionado|lea también|le puede interesar|síg[au]nos"
    r"|volver arriba|mapa del sitio|enlaces (?:útiles|de interés)|suscríb[ae]se|compartir (?:esta|en|este)|pie de página"
    r"|أخبار ذات صلة|اقرأ أيضا|تابعنا|مواضيع ذات صلة|похожие новости|читайте также|подписывайтесь|相关新闻|关注我们|延伸阅读)\b",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r"(?:©|\(c\) ?\d{4}|copyright|all rights reserved|tous droits réservés|todos los derechos reservados|جميع الحقوق محفوظة"
    r"|все права защищены|版权所有|privacy (?:policy|notice|statement)|terms (?:of use|and conditions|of service)|cookie policy"
    r"|politique de confidentialité|mentions légales|conditions d'utilisation|política de privacidad|aviso legal"
    r"|términos (?:de uso|y condiciones)|legal notice|data protection|powered by)",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\bcookies?\b.{0,200}?\b(?:use|uses|using|accept|consent|experience|utilis\w*|accepte\w*|consent\w*|utiliza\w*|acept\w*"
    r"|experiencia|expérience|preferences|policy|settings)\b|\b(?:uses?|utilis\w+|utiliza\w*)\b.{0,60}?\bcookies?\b",
    re.IGNORECASE,
)


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
                end, signs = index + 1, signs + 1
            elif self._is_bullet_entry(index):
                bullets += 1
                if signs or bullets >= 4 + index - bullets:
                    end, signs = index + 1, signs + 1
            elif not self._is_short(index) and not self._menu_goes_on(index):
                break
            index += 1
        if signs >= 2 or (signs == 1 and end and (self.learned[end - 1] or self._is_glued(end - 1))):
            return end
        return self._run_of_labels()

    def _is_menu(self, index: int) -> bool:
        """Whether a row shows that a menu is going on."""
        row = self.rows[index]
        if not row.text:
            return True
        if self.learned[index] or self._is_glued(index) or _COOKIES.search(row.text[:600]):
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
        if not text or len(text) > _SHORT:
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
        """A sentence inside a menu (a teaser): entries that stand twice follow soon, and no text before them."""
        for following in range(index + 1, min(index + 7, len(self.rows))):
            if self._opens_entry(following):
                return False
            if self._is_glued(following) or (
                self._is_doubled(following) and not self._heads_the_text(following) and self.learned[index]
            ):
                return True
            if not self._is_short(following):
                return False
        return False

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
        for index, row in enumerate(self.rows[:40]):
            text = row.text
            is_label = (
                0 < words(text) <= 3
                and len(text) <= 30
                and not any(character.isdigit() for character in text)
                and text[-1].isalnum()
                and not row.heading
            )
            if not is_label:
                break
            count = index + 1
        return count if count >= 3 and count < len(self.rows) else 0

    def rescue_headline(self, start: int) -> tuple[int, frozenset[int]]:
        """Where buttons such as *Share* follow a headline, the headline stands among the menu's last rows."""
        index = start - 1
        while index >= 0 and self.folded[index] in UTILITIES:
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
        if (_LEGAL.search(text[:200]) and len(text) <= 300) or _COOKIES.search(text[:600]):
            return "footer"
        if self.learned[index] and self._is_short(index) and not contacts.INTRO.match(text):
            return "footer"
        if self._is_short(index) and len(_CRUMBS.findall(text)) >= 2:
            return "footer"
        if self._is_bullet_entry(index) or (self._is_short(index) and words(text) <= 14):
            return "maybe"
        return "text"

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
                    f"line {self.rows[index].line}: “{self.rows[index].text}” may begin the page's footer; it was kept as text"
                )
        return None

    @staticmethod
    def _is_legal(row: Row) -> bool:
        return bool(_LEGAL.search(row.text[:300]) or _COOKIES.search(row.text[:600]))
