"""A variant of an edition becomes subject, HTML and text (pure but for reading templates).

    Renderer(overrides).render(Contents(...)) -> Digest

Jinja2 fills ``templates/email/``, premailer moves the styles into the elements. What a newsroom may change,
and every variable that its templates see: ``docs/templates.md``.
"""

from pressfeed.digest.contents import Contents, Digest, Logo, Newsroom, Story, Update
from pressfeed.digest.letter import LetterContents, LetterRenderer, RenderedLetter
from pressfeed.digest.render import HTML_LIMIT, Renderer
from pressfeed.digest.subject import check as check_subject

__all__ = [
    "HTML_LIMIT",
    "Contents",
    "Digest",
    "LetterContents",
    "LetterRenderer",
    "Logo",
    "Newsroom",
    "RenderedLetter",
    "Renderer",
    "Story",
    "Update",
    "check_subject",
]
