"""The site's templates and assets: shipped ones, and a newsroom's own before them."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.runtime import Context, Macro

from pressfeed import resources
from pressfeed.errors import ConfigError

ASSETS = "assets"
STYLE = "press.css"
THEME = "theme.css"


@lru_cache(maxsize=8)
def environment(overrides: tuple[Path, ...], _digest: str) -> Environment:
    """Jinja2 with autoescape; an unknown name is an error. Templates are compiled once for each ``digest``.

    ``overrides`` are a newsroom's ``templates`` folders, the last one winning. Such a template may build on
    the shipped one: ``{% extends "shipped/base.html" %}``.
    """
    shipped = FileSystemLoader(_folders(())[0])
    loaders = [FileSystemLoader(folder) for folder in reversed(_folders(overrides))]
    made = _Environment(
        loader=ChoiceLoader([*loaders, PrefixLoader({"shipped": shipped})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.context_class = _Context
    made.template_class = _Template
    return made


class _Template(Template):
    """A template that says where it is broken: ConfigError with file and line."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        try:
            return super().render(*args, **kwargs)
        except (TemplateError, UnicodeDecodeError) as error:
            _fail(error, self.name or "")


class _Environment(Environment):
    """Templates that say where they are broken."""

    def get_template(self, name: str | Template, *args: Any, **kwargs: Any) -> Template:
        try:
            return super().get_template(name, *args, **kwargs)
        except (TemplateError, UnicodeDecodeError) as error:
            _fail(error, str(name))


def _fail(error: TemplateError | UnicodeDecodeError, name: str) -> NoReturn:
    """Say as ConfigError what is wrong with a template; ``name`` is that which was asked for."""
    remedy = "See docs/feeds.md, “Making it yours”"
    if isinstance(error, UnicodeDecodeError):
        raise ConfigError(
            f"the template {name}, or one that it uses, is not UTF-8 text", remedy="Save it as UTF-8"
        ) from error
    if isinstance(error, TemplateSyntaxError):
        text, file = f"broken template: {error.message}", error.filename or error.name or name
        raise ConfigError(text, remedy=remedy, file=file, line=error.lineno) from error
    # Jinja2 rewrites tracebacks so that their frames are lines of templates.
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.endswith(".html")]
    if not frames:
        raise error  # one that is not there: whoever asked for it is told where
    missing = "there is no template " if isinstance(error, TemplateNotFound) else ""
    text, last = f"broken template: {missing}{error}", frames[-1]
    raise ConfigError(text, remedy=remedy, file=last.filename, line=last.lineno) from error


class _Context(Context):
    """Calls what templates call at once: of all that they can reach only macros want more than arguments.

    Jinja2 would ask each function first whether it does, which takes longer than most of these functions.
    """

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if type(function) is Macro:
            return super().call(function, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return function(*args, **kwargs)


def digest(overrides: Sequence[Path]) -> str:
    """A hash of everything that templates and interface texts can put into a page; assets are apart."""
    found = hashlib.blake2b(digest_size=12)
    for folder in _folders(overrides):
        for path in sorted([*folder.rglob("*"), *(folder.parent / "texts").rglob("*.toml")]):
            if path.is_file() and ASSETS not in path.relative_to(folder.parent).parts:
                found.update(f"{path.relative_to(folder.parent)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def assets(overrides: Sequence[Path]) -> dict[str, bytes]:
    """File name → bytes of everything under ``templates/site/assets``.

    A newsroom's ``theme.css`` is not a file of its own but the end of ``press.css``: one request fewer.
    """
    found: dict[str, bytes] = {}
    for folder in _folders(overrides):
        base = folder / ASSETS
        for path in sorted(base.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                found[path.relative_to(base).as_posix()] = path.read_bytes()
    theme = found.pop(THEME, b"")
    if theme:
        found[STYLE] += b"\n" + theme
    return found


def _folders(overrides: Sequence[Path]) -> list[Path]:
    return [resources.folder("templates") / "site", *(folder / "site" for folder in overrides)]
