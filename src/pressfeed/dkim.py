"""DKIM signatures (RFC 6376) over ``cryptography``: RSA-SHA256 and, beside it, Ed25519 (RFC 8463).

Canonicalisation is relaxed/relaxed. The header fields that readers, one-click unsubscribing and MIME depend
on are signed once more often than they occur, so that nobody can add another one to a signed message
(section 8.15).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from pressfeed.errors import ConfigError

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Kind = Literal["rsa", "ed25519"]

SIGNED = (
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
    "list-id",
    "list-help",
    "list-owner",
    "list-archive",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
)
OVERSIGNED = frozenset(
    {
        "from",
        "to",
        "cc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "list-unsubscribe",
        "list-unsubscribe-post",
    }
)

_MINIMUM_RSA_BITS = 1024  # RFC 8301 section 3.2: verifiers refuse shorter keys
_PEM_REMEDY = "Make a key with: pressfeed dkim keygen"
_BLANKS = re.compile(rb"[ \t]+")


class Signer:
    """One key of one domain. ``domain`` is an A-label domain, ``selector`` the key's name in its DNS.

    ``private_key_pem`` is an unencrypted PKCS#8 or PKCS#1 key, RSA or Ed25519. Raises ConfigError for others.
    """

    def __init__(self, domain: str, selector: str, private_key_pem: bytes) -> None:
        self.domain = domain
        self.selector = selector
        self.key = load_key(private_key_pem)
        self.algorithm = "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"

    def signature(self, data: bytes) -> bytes:
        """The raw signature of canonicalised header fields."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463 section 3: PureEdDSA over the hash


def sign(message: bytes, signers: Sequence[Signer], at: dt.datetime, *, canonical: bool = False) -> bytes:
    """The message with one DKIM-Signature field for each signer in front.

    ``message`` has CRLF line ends. ``at`` is the signing time (``t=``): the same moment gives the same bytes.
    ``canonical`` says that the body is known to be its own relaxed form, as that of a composed message is.
    """
    if not signers:
        return message
    head, _, body = message.partition(b"\r\n\r\n")
    fields = _fields(head)
    names = _names(tuple([len(fields.get(name, ())) for name in SIGNED]))
    # Fields of one name are signed from the bottom up (RFC 6376 section 5.4.2); the extra one is empty.
    signed = b"".join([field for name in SIGNED for field in reversed(fields.get(name, ()))])
    body_hash = base64.b64encode(hashlib.sha256(body if canonical else relaxed_body(body)).digest()).decode()
    signatures = []
    for signer in signers:
        field = (
            f"DKIM-Signature: v=1; a={signer.algorithm}; c=relaxed/relaxed;\r\n"
            f" d={signer.domain}; s={signer.selector}; t={int(at.timestamp())};\r\n"
            f" h={names};\r\n bh={body_hash};\r\n b="
        ).encode()
        # Its own field closes the signed data, without a signature and without a line end (section 3.7).
        raw = signer.signature(signed + relaxed_field(field).removesuffix(b"\r\n"))
        signatures.append(field + _chunks(base64.b64encode(raw)) + b"\r\n")
    return b"".join((*signatures, message))


def relaxed_body(body: bytes) -> bytes:
    """A body in relaxed canonical form (RFC 6376 section 3.4.4)."""
    # Most bodies need no work, and looking is many times cheaper than substituting.
    if b"  " in body or b"\t" in body or b" \r\n" in body or body.endswith(b" "):
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    if body in (b"", b"\r\n"):
        return b""
    return body if body.endswith(b"\r\n") else body + b"\r\n"


@lru_cache(maxsize=256)  # most fields are the same in thousands of messages
def relaxed_field(field: bytes) -> bytes:
    """A header field, without its line end, in relaxed canonical form (section 3.4.2), with one."""
    name, _, value = field.partition(b":")
    value = _BLANKS.sub(b" ", _unfolded(value)).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value + b"\r\n"


def _unfolded(data: bytes) -> bytes:
    return data.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t")


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """The header fields in relaxed form, in order, by lower-case name."""
    fields: dict[str, list[bytes]] = {}
    for line in _unfolded(head).split(b"\r\n"):
        field = relaxed_field(line)
        fields.setdefault(field[: field.index(b":")].decode("latin-1"), []).append(field)
    return fields


@lru_cache(maxsize=64)
def _names(counts: tuple[int, ...]) -> str:
    """What ``h=`` says of fields that occur so often, in the order of SIGNED, folded to 72 characters."""
    lines = [""]
    for name, count in zip(SIGNED, counts, strict=True):
        for _ in range(count + (name in OVERSIGNED)):
            if len(lines[-1]) + len(name) > 70:
                lines.append("")
            lines[-1] += f"{name}:"
    return "\r\n ".join(lines).removesuffix(":")


def _chunks(data: bytes) -> bytes:
    """A base64 value folded into lines."""
    return b"\r\n ".join(data[at : at + 72] for at in range(0, len(data), 72))


# ------------------------------------------------------------------------------------------------- keys


def load_key(pem: bytes, file: Path | None = None) -> PrivateKey:
    """A private key from PEM; raises ConfigError, naming the file, where it is none that DKIM can use."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise ConfigError(
            "the DKIM key is encrypted",
            file=file,
            remedy="Store it without a passphrase, readable by you alone",
        ) from error
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise ConfigError("this is not a private key in PEM form", file=file, remedy=_PEM_REMEDY) from error
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < _MINIMUM_RSA_BITS:
            raise ConfigError(
                f"an RSA key of {key.key_size} bits is too short for DKIM", file=file, remedy=_PEM_REMEDY
            )
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    raise ConfigError("DKIM knows RSA and Ed25519 keys, this is neither", file=file, remedy=_PEM_REMEDY)


def load(path: Path, domain: str, selector: str) -> Signer:
    """A signer from a key file; raises ConfigError where the file cannot be read or holds no usable key."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the DKIM key cannot be read ({error.strerror})", file=path, remedy=_PEM_REMEDY
        ) from error
    load_key(pem, path)
    return Signer(domain, selector, pem)


def warnings(path: Path) -> list[str]:
    """What is unwise about a key file that works: who else may read it, and a short RSA key."""
    found = []
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        found.append(f"{path} can be read by others (mode {mode:04o}). Run: chmod 600 {path}")
    key = load_key(path.read_bytes(), path)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < 2048:
        found.append(f"{path} is an RSA key of {key.key_size} bits; RFC 8301 asks for 2048. {_PEM_REMEDY}")
    return found


def generate(kind: Kind = "rsa") -> tuple[bytes, str]:
    """A new private key, RSA-2048 or Ed25519, as PKCS#8 PEM, and the text of its DNS record."""
    key: PrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, record_text(key)


def record_text(key: PrivateKey) -> str:
    """The value of the TXT record that publishes a key: ``v=DKIM1; k=rsa; p=…`` (RFC 6376 section 3.6.1)."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        kind = "rsa"
    else:
        # RFC 8463 section 4: the 32 bytes of the key themselves, without an ASN.1 wrapping.
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        kind = "ed25519"
    return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode('ascii')}"


def dns_record(selector: str, domain: str, key: PrivateKey) -> str:
    """The record as a zone file takes it, in strings of at most 255 octets (RFC 1035 section 3.3.14)."""
    text = record_text(key)
    strings = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    return f"{selector}._domainkey.{domain}. IN TXT ( {strings} )"
