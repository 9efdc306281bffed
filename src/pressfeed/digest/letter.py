"""A letter: a mail to one person about their subscription, in the looks of a digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pressfeed.digest import prose
from pressfeed.digest.contents import Newsroom
from pressfeed.digest.inline import Inliner
from pressfeed.digest.templates import EmailTemplates
from pressfeed.texts import Texts


@dataclass(frozen=True, slots=True)
class LetterContents:
    """What a letter says; all plain text."""

    subject: str
    title: str
    paragraphs: tuple[str, ...]  # before the button
    choices: tuple[tuple[str, str], ...]  # what is asked for: a title, and how often it comes
    button: str  # what the link says, "" where there is none
    url: str
    after: tuple[str, ...]  # below the button


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter in its three forms."""

    subject: str
    html: str
    text: str


class LetterRenderer:
    """Renders letters with the shipped templates and those of a newsroom, as ``Renderer`` does digests."""

    def __init__(self, overrides: Sequence[Path] = ()) -> None:
        self._templates = EmailTemplates(overrides)
        self._inline = Inliner()

    def render(self, contents: LetterContents, newsroom: Newsroom, t: Texts) -> RenderedLetter:
        """The letter in a language; the same bytes for the same contents. Raises ConfigError."""
        values = {
            **asdict(contents),
            "t": t,
            "language": t.language,
            "direction": t.direction,
            "newsroom": prose.line(newsroom.name),
            "newsroom_url": newsroom.url,
            "logo": newsroom.logo,
            "address": [line for line in map(prose.line, newsroom.address.splitlines()) if line],
        }
        html = self._inline(self._templates.fill("letter.html", values))
        text = self._templates.text("letter.txt", values)
        return RenderedLetter(prose.bare_line(contents.subject), html, text)
