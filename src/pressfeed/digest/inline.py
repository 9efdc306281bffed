"""Styles moved into the elements, as mail programs want them (premailer)."""

from __future__ import annotations

import logging
import re
from xml.dom import DOMException

from cssselect import SelectorError
from premailer import Premailer

from pressfeed.errors import ConfigError

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# premailer would fetch an @import from the network or from disk, whatever it is told; a backslash could spell
# the word.
_IMPORT = re.compile(r"@\s*(?:import|\\)", re.IGNORECASE)


class Inliner:
    """Inlines the style sheets of filled templates. Keep one for many."""

    def __init__(self) -> None:
        self._premailer = Premailer(
            strip_important=False,  # else dark mode loses to the inlined styles
            keep_style_tags=False,
            allow_network=False,
            align_floating_images=False,
            disable_validation=True,  # -webkit-… and mso-… are no errors
            disable_basic_attributes=[
                "align",
                "valign",
                "bgcolor",
                "width",
                "height",
            ],  # the templates' own stay
            cssutils_logging_level=logging.CRITICAL,
        )

    def __call__(self, source: str) -> str:
        """The HTML with its styles in the elements; ConfigError for a style sheet that cannot be used."""
        source = "\n".join(filter(None, map(str.strip, source.splitlines())))
        for style in _STYLE.findall(source):
            if _IMPORT.search(_COMMENT.sub("", style)):
                raise ConfigError(
                    "@import in a style sheet of the e-mail templates",
                    remedy="Put the rules themselves into templates/email/digest.css",
                )
        try:
            html: str = self._premailer.transform(source, pretty_print=False)
        except (SelectorError, DOMException, SyntaxError, ValueError) as error:
            raise ConfigError(
                f"the style sheet of the e-mail templates cannot be inlined: {error}",
                remedy="Keep to simple selectors in templates/email/digest.css",
            ) from error
        return html
