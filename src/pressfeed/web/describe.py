"""How the routes describe themselves in OpenAPI 3.1: what they take, and every answer that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_PAGE = {"text/html; charset=utf-8": _TEXT}
_LINE = {"text/plain; charset=utf-8": _TEXT}
_ERROR = {**_PAGE, **_LINE}
_BUSY = {503: "The store cannot be used; send it again in a minute"}
_FORM = "application/x-www-form-urlencoded"


class Described(FastAPI):
    """An application whose description leaves out what never happens: any text will do for any parameter."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        for operations in described["paths"].values():
            for about in operations.values():
                if "application/json" in about["responses"].get("422", {}).get("content", ()):
                    del about["responses"]["422"]
        described.pop("components", None)  # the shapes of those answers
        return described


def page(
    summary: str,
    *,
    token: bool = False,
    query: Mapping[str, str] | None = None,
    answers: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """A page that is looked at: nothing changes. ``query`` says what each part of the query is."""
    parameters = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in (query or {}).items()
    ]
    return {
        "summary": summary,
        "response_class": HTMLResponse,
        "responses": _responses(token, answers or {}),
        "openapi_extra": {"parameters": parameters} if parameters else {},
    }


def report(summary: str, answers: Mapping[int, str]) -> dict[str, Any]:
    """What another program reports, as JSON; nothing is answered but that it was taken."""
    return {
        "summary": summary,
        "status_code": 204,
        "response_class": Response,
        "responses": {
            204: {"description": "Taken"},
            **{
                status: {"description": text, "content": _ERROR}
                for status, text in {**answers, **_BUSY}.items()
            },
        },
        "openapi_extra": {"requestBody": {"content": {"application/json": {"schema": {}}}}},
    }


def action(
    summary: str,
    *,
    token: bool = False,
    fields: Mapping[str, str | Sequence[str]] | None = None,
    any_body: bool = False,
    answers: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """A form that is sent. ``fields`` are its fields with an example, or a list of examples, for each."""
    content = _form(fields or {})
    if any_body:
        content["multipart/form-data"] = content[_FORM]
    return {
        "summary": summary,
        "response_class": HTMLResponse,
        "responses": _responses(
            token, {400: "Not a form of ours", 413: "Too large for a form of ours", **(answers or {})}
        ),
        "openapi_extra": {"requestBody": {"required": False, "content": content}},
    }


def question(summary: str, fields: Mapping[str, str], answers: Mapping[int, str]) -> dict[str, Any]:
    """A form that another program sends, each field with an example; every answer is a line of text."""
    text = {status: {"description": told, "content": _LINE} for status, told in {**answers, **_BUSY}.items()}
    return {
        "summary": summary,
        "status_code": next(iter(answers)),
        "response_class": PlainTextResponse,
        "responses": text,
        "openapi_extra": {"requestBody": {"required": True, "content": _form(fields)}},
    }


def _form(fields: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, example in fields.items():
        if isinstance(example, str):
            properties[name] = {"type": "string", "examples": [example]}
        else:
            properties[name] = {"type": "array", "items": {"type": "string"}, "examples": [list(example)]}
    return {_FORM: {"schema": {"type": "object", "properties": properties}}}


def _responses(token: bool, answers: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    told = {200: "The page", **_BUSY, **answers}
    if token:
        told |= {404: "A link that is not ours, or is void", 429: "Too many wrong links from this network"}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": _PAGE if status == 200 else _ERROR}
        for status, text in told.items()
    }
    return found
