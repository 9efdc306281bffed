"""Bytes in, text and its format out: the one place where encodings and file types are told apart."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from enum import StrEnum

from pressfeed.errors import IntakeError
from pressfeed.intake.text import tidy
from pressfeed.intake.types import MAXIMUM_BYTES, MAXIMUM_PARAGRAPHS, Document


class Format(StrEnum):
    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Source:
    """A document's tidied text, its format, and what had to be put right on the way."""

    text: str
    format: Format
    problems: tuple[str, ...] = ()


_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What pages and feeds may declare. Anything else (utf-7, unicode_escape, rot13 …) is not believed.
_DECLARABLE = re.compile(
    r"(?:utf-?8|utf-?16(?:le|be)?|iso-?8859-?\d{1,2}|latin-?\d|windows-?125\d|cp125\d|koi8-?[ru]|gbk|gb2312"
    r"|gb18030|big5(?:-?hkscs)?|shift[_-]?jis|euc-?(?:jp|kr)|iso-?2022-?jp|us-ascii|macintosh|tis-?620)\Z",
    re.IGNORECASE,
)
_CANDIDATES = [
    *("cp1252", "cp1251", "koi8_r", "cp1256", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1250"),
    *("cp1253", "cp1254", "cp1255"),
]
_XML_DECLARATION = re.compile(
    rb"""\s{0,64}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})"""
)
_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,300}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9._-]{1,40})""", re.I
)
_HTML_START = re.compile(
    r"<(?:!doctype\s+html|html|head|body|main|article|section|div|p|h[1-6]|table|ul|ol|span|br|a|title|meta"
    r"|header|nav|blockquote|img|script|style)(?=[\s>/])|<!--",
    re.IGNORECASE,
)
_HTML_INSIDE = re.compile(r"</(?:p|div|h[1-4]|li|body)>", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|[a-z]{1,20}:feed)[\s>]", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"---[ \t]{0,99}\n(?:[ \t]{0,99}(?:#[^\n]{0,500})?\n){0,20}[\w\"'][^\n:]{0,60}:")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def open_document(document: Document) -> Source:
    """The text of a document, NFC and XML-legal, and how to read it.

    Raises IntakeError for what is not text, empty, over 10 MiB, or cannot be opened.
    """
    try:
        data = document.load()
    except OSError as error:
        reason = error.strerror or str(error)
        raise IntakeError(
            f"cannot be opened: {reason}", file=document.name, remedy="Check the path and its permissions"
        ) from error
    if len(data) > MAXIMUM_BYTES:
        raise IntakeError(
            f"{len(data) / 2**20:.1f} MiB is more than a document may have ({MAXIMUM_BYTES // 2**20} MiB)",
            file=document.name,
            remedy="Split it, or check that it is a document",
        )
    text, problems = decode(data, document.name)
    text = tidy(text)
    if not text.strip():
        raise IntakeError(
            "the document is empty", file=document.name, remedy="Give a document with text in it"
        )
    return Source(text, sniff(text, document.name), problems)


def refuse_too_many(paragraphs: int, document: Document) -> None:
    """Raises IntakeError for a document with more lines or paragraphs than any release has."""
    if paragraphs > MAXIMUM_PARAGRAPHS:
        raise IntakeError(
            f"{paragraphs} lines are more than a release may have ({MAXIMUM_PARAGRAPHS})",
            file=document.name,
            remedy="Split it, or check that it is a release",
        )


def decode(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Bytes as text: byte order mark, UTF-8, declared charset, then the most likely one.

    Raises IntakeError where the bytes are no text at all.
    """
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise IntakeError(
                f"this is {kind}, not text",
                file=name,
                remedy="Save it as text, HTML or Markdown and import that",
            )
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _with_replacements(data[len(bom) :], encoding)
    if b"\0" in data:
        wide = _utf16_without_bom(data)
        if wide:
            return _with_replacements(data, wide)
    controls = len(_CONTROLS.findall(data))
    if controls > 8 and controls * 50 > len(data):
        raise IntakeError(
            "this is binary data, not text",
            file=name,
            remedy="Save it as text, HTML or Markdown and import that",
        )
    declared = _declared(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        # ISO-2022-JP is the one declarable encoding whose bytes are all ASCII.
        return (data.decode(declared, "replace") if declared == "iso2022_jp" else text), ()
    if declared and declared != "utf-8":
        return _with_replacements(data, declared)
    replaced = data.decode("utf-8", "replace")
    broken, sound = replaced.count("\ufffd"), sum(character > "\x7f" for character in replaced)
    if broken * 10 <= sound - broken:
        return replaced, (f"{broken} bytes are not UTF-8 and were replaced by �",)
    encoding = _guess(data[:200_000], name)
    text, problems = _with_replacements(data, encoding)
    return text, (f"the encoding is not declared; read as {encoding}", *problems)


def _with_replacements(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, "replace")
    broken = text.count("\ufffd")
    return text, (f"{broken} bytes are not {encoding} and were replaced by �",) if broken else ()


def _utf16_without_bom(data: bytes) -> str:
    """UTF-16 text in a script below U+0100 has a zero in every second byte, on one side only."""
    sample = data[: 4096 - len(data[:4096]) % 2]
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if half and odd > 0.6 * half and even < 0.05 * half:
        return "utf-16-le"
    if half and even > 0.6 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _declared(data: bytes) -> str:
    head = data[:4096]
    match = _XML_DECLARATION.match(head) or _META_CHARSET.search(head)
    if not match or not _DECLARABLE.match(name := match[1].decode("ascii")):
        return ""
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        return ""
    # The Encoding Standard reads these labels as Windows' superset, as every browser does.
    return "cp1252" if encoding in ("iso8859-1", "ascii") else encoding


def _guess(sample: bytes, name: str) -> str:
    if _is_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    if best is None:
        raise IntakeError(
            "the encoding cannot be told", file=name, remedy="Save the document as UTF-8 and import it again"
        )
    return best.encoding


def _is_western(sample: bytes) -> bool:
    """Whether Windows-1252 makes words of the bytes: accented letters, few of them, no signs inside words."""
    text = sample.decode("cp1252", "replace")
    high = [index for index, character in enumerate(text) if character > "\x7f"]
    if len(high) > 0.25 * len(text):
        return False
    for index in high:
        inside = text[max(index - 1, 0) : index].isalpha() and text[index + 1 : index + 2].isalpha()
        # þ and ð are letters in Reykjavík only; elsewhere they are Turkish ş and ğ read wrongly.
        if text[index] in "\ufffdþÞðÐ" or (
            inside and not text[index].isalpha() and text[index] not in "’‘·\xad"
        ):
            return False
    return True


def sniff(text: str, name: str) -> Format:
    """The format of a document: its content decides, its extension where the content leaves it open."""
    start = text[:4096].lstrip()
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if start.startswith("<?xml") or _FEED_ROOT.match(start):
        if _FEED_ROOT.search(start):
            return Format.FEED
        if "<html" in start.lower():
            return Format.HTML
        return Format.FEED
    if start[:1] == "{" and (extension in ("json", "jsonld") or re.match(r'\{\s{0,999}["}]', start)):
        return Format.JSON
    if start[:1] == "[" and (extension == "json" or re.match(r"\[\s{0,999}[{\]]", start)):
        return Format.JSON
    if extension == "json":
        return Format.JSON
    if extension in ("md", "markdown", "mkd") or _FRONT_MATTER.match(text):
        return Format.MARKDOWN
    if _HTML_START.match(start) or (extension in ("html", "htm", "xhtml") and "<" in text):
        return Format.HTML
    if len(_HTML_INSIDE.findall(text, 0, 20_000)) >= 3:
        return Format.HTML
    if extension in ("rss", "atom"):
        return Format.FEED
    return Format.TEXT
