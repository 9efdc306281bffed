"""The e-mail templates: shipped ones, and a newsroom's own before them, filled for every kind of mail."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)

from pressfeed import resources
from pressfeed.digest import prose
from pressfeed.errors import ConfigError


class EmailTemplates:
    """The files of ``templates/email``. Keep one for many mails: it remembers what it has compiled.

    ``overrides`` are a newsroom's ``templates`` folders, the last one winning.
    """

    def __init__(self, overrides: Sequence[Path] = ()) -> None:
        folders = [*reversed(overrides), resources.folder("templates")]
        self._jinja = Environment(
            loader=FileSystemLoader([folder / "email" for folder in folders]),
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters.update(wrap=prose.wrap, underline=_underline)
        self._jinja.globals["columns"] = prose.COLUMNS

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """A template with these values; ConfigError naming the file and line that cannot be used."""
        try:
            return self._jinja.get_template(name).render(values)
        except TemplateError as error:
            raise _template_error(error) from error
        except KeyError as error:
            raise ConfigError(
                f"the e-mail templates ask for a text, or leave out a place of a text: {error}",
                remedy="Compare templates/email/ with templates/texts/en/",
            ) from error

    def text(self, name: str, values: Mapping[str, Any]) -> str:
        """A text part: without blanks at line ends, with one empty line at most between paragraphs."""
        lines = map(str.rstrip, self.fill(name, values).splitlines())
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"

    def check(self) -> None:
        """Compiles every template; ConfigError naming the first broken file."""
        for name in self._jinja.list_templates():
            try:
                self._jinja.get_template(name)
            except TemplateError as error:
                raise _template_error(error) from error


def _underline(block: str, mark: str = "-") -> str:
    """A rule as long as the longest line of a block."""
    return mark * max(prose.width(line) for line in block.splitlines())


def _template_error(error: TemplateError) -> ConfigError:
    """Where a template is broken, as the operator has to find it."""
    if isinstance(error, TemplateSyntaxError):
        file, number = error.filename or error.name, error.lineno
    else:
        # Jinja2 rewrites tracebacks so that their frames are lines of templates.
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/email/" in frame.filename]
        file, number = (frames[-1].filename, frames[-1].lineno or 0) if frames else (None, 0)
    return ConfigError(
        f"broken e-mail template: {error.message}",
        remedy="See docs/templates.md for what templates may use",
        file=file,
        line=number,
    )
