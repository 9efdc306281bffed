from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from functools import cache

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from pressfeed import dkim
from pressfeed.errors import ConfigError

AT = dt.datetime(2024, 7, 25, 6, 0, tzinfo=dt.UTC)
DOMAIN = "press.example"

MESSAGE = (
    b"From: News <news@press.example>\r\nTo: <zoe@receiver.example>\r\nSubject: Floods\r\n"
    b"Date: Thu, 25 Jul 2024 06:00:00 +0000\r\nMessage-ID: <a@press.example>\r\n"
    b"List-Unsubscribe: <https://news.press.example/unsubscribe/abc>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nThe waters recede.\r\n"
)


@cache
def keys(kind: dkim.Kind) -> tuple[bytes, str]:
    return dkim.generate(kind)


def signer(kind: dkim.Kind) -> dkim.Signer:
    return dkim.Signer(DOMAIN, kind, keys(kind)[0])


def dns(name: bytes, timeout: int = 5) -> bytes:
    kind = name.decode().partition("._domainkey.")[0]
    return keys(kind)[1].encode()  # type: ignore[arg-type]  # the selectors are named after the kinds


def verifies(message: bytes, index: int = 0) -> bool:
    try:
        return bool(dkimpy.DKIM(message).verify(idx=index, dnsfunc=dns))
    except dkimpy.ValidationError:  # the body's hash differs
        return False


def pem(key: object) -> bytes:
    return key.private_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


# ------------------------------------------------------------------------------------------------ signing


def test_both_signatures_are_verified_by_another_implementation():
    signed = dkim.sign(MESSAGE, [signer("rsa"), signer("ed25519")], AT)
    assert signed.endswith(MESSAGE)
    assert signed.count(b"DKIM-Signature:") == 2
    assert verifies(signed, 0)
    assert verifies(signed, 1)


# Blanks, tabs and line ends in any disorder; on the wire, a body that is not empty ends with a line end.
bodies = st.lists(
    st.sampled_from([b" ", b"  ", b"\t", b"\r\n", b"a", b".", b"=20", b"\xc3\xa9", b"word"]), max_size=40
).map(lambda pieces: b"".join((*pieces, b"\r\n")) if pieces else b"")
names = st.from_regex(r"\A[A-Za-z][A-Za-z0-9-]{0,20}\Z")
values = st.lists(st.sampled_from([" ", "\t", "\r\n ", "\r\n\t", "x", "y:", "é"]), max_size=12).map("".join)


@given(bodies)
def test_any_body_is_canonicalised_as_another_implementation_does(body):
    assert dkim.relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(names, values)
def test_any_header_field_is_canonicalised_as_another_implementation_does(name, value):
    [(other_name, other_value)] = Relaxed.canonicalize_headers([(name.encode(), value.encode() + b"\r\n")])
    ours = dkim.relaxed_field(name.encode() + b":" + value.encode())
    assert ours.strip(b"\r\n") == (other_name + b":" + other_value).strip(b"\r\n")


@given(
    bodies,
    st.lists(
        st.tuples(st.sampled_from(["Subject", "To", "Cc", "Received", "X-Any"]), st.text("ab c", max_size=90))
    ),
)
def test_any_message_with_any_repeated_fields_is_verified(body, fields):
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    signed = dkim.sign(b"From: <n@press.example>\r\n" + head + b"\r\n" + body, [signer("rsa")], AT)
    assert verifies(signed)


@pytest.mark.parametrize("field", ["From", "Subject", "Reply-To", "Cc", "List-Unsubscribe", "Content-Type"])
def test_a_field_added_to_a_signed_message_breaks_the_signature(field):
    signed = dkim.sign(MESSAGE, [signer("rsa")], AT)
    assert not verifies(f"{field}: evil\r\n".encode() + signed)


@pytest.mark.parametrize("change", [(b"recede", b"rise"), (b"zoe@", b"eve@"), (b"unsubscribe/abc", b"evil")])
def test_a_changed_message_does_not_verify(change):
    signed = dkim.sign(MESSAGE, [signer("rsa"), signer("ed25519")], AT)
    assert verifies(signed)
    assert not verifies(signed.replace(*change))


def test_relays_may_refold_fields_and_trim_blanks():
    signed = dkim.sign(MESSAGE, [signer("rsa")], AT)
    assert verifies(
        signed.replace(b"Subject: Floods", b"subject:\r\n\tFloods ").replace(b"recede.", b"recede.  ")
    )


def test_the_same_moment_gives_the_same_bytes():
    both = [signer("rsa"), signer("ed25519")]
    assert dkim.sign(MESSAGE, both, AT) == dkim.sign(MESSAGE, both, AT)
    assert f" t={int(AT.timestamp())};".encode() in dkim.sign(MESSAGE, both, AT)


def test_signature_lines_are_short_and_cover_the_unsubscribe_fields():
    signed = dkim.sign(MESSAGE, [signer("rsa")], AT)
    field = signed[: signed.index(b"\r\nFrom:")]
    assert max(map(len, field.split(b"\r\n"))) <= 78
    signed_names = re.sub(rb"\s", b"", re.search(rb"h=([^;]+);", field)[1]).split(b":")
    assert {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} <= set(signed_names)


def test_without_signers_a_message_stays_as_it_is():
    assert dkim.sign(MESSAGE, [], AT) == MESSAGE


# The example of RFC 8463 appendix A, with both of its signatures.
RFC_8463_BODY = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
RFC_8463_FIELDS = (
    b"From: Joe SixPack <joe@football.example.com>",
    b"To: Suzie Q <suzie@shopping.example.net>",
    b"Subject: Is dinner ready?",
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>",
)
RFC_8463_SIGNATURE = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    b" subject : date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b="
)
RFC_8463_B = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
RFC_8463_SEED = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="


def test_the_published_example_of_the_standard_is_reproduced():
    body_hash = base64.b64encode(hashlib.sha256(dkim.relaxed_body(RFC_8463_BODY)).digest())
    assert body_hash == b"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    key = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(RFC_8463_SEED))
    data = b"".join(map(dkim.relaxed_field, RFC_8463_FIELDS))
    data += dkim.relaxed_field(RFC_8463_SIGNATURE).removesuffix(b"\r\n")
    example = dkim.Signer("football.example.com", "brisbane", pem(key))
    assert base64.b64encode(example.signature(data)).decode() == RFC_8463_B


# --------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_generated_key_matches_its_record(kind):
    private, record = dkim.generate(kind)
    assert record.startswith(f"v=DKIM1; k={kind}; p=")
    assert dkim.record_text(dkim.load_key(private)) == record


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_zone_line_joins_up_to_the_record(kind):
    line = dkim.dns_record("s1", DOMAIN, dkim.load_key(keys(kind)[0]))
    assert line.startswith("s1._domainkey.press.example. IN TXT ( ")
    strings = re.findall('"([^"]*)"', line)
    assert "".join(strings) == keys(kind)[1]
    assert max(map(len, strings)) <= 255


def broken_keys() -> dict[str, bytes]:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    encrypted = short.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    return {
        "not a private key": b"nonsense",
        "encrypted": encrypted,
        "this is neither": pem(ec.generate_private_key(ec.SECP256R1())),
    }


@pytest.mark.parametrize("reason", ["not a private key", "encrypted", "this is neither"])
def test_an_unusable_key_file_is_refused_by_name_and_with_a_remedy(tmp_path, reason):
    path = tmp_path / "dkim.pem"
    path.write_bytes(broken_keys()[reason])
    with pytest.raises(ConfigError, match=reason) as caught:
        dkim.load(path, DOMAIN, "s1")
    assert str(caught.value).startswith(str(path))
    assert caught.value.remedy


def test_a_missing_key_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        dkim.load(tmp_path / "none.pem", DOMAIN, "s1")


def test_a_loaded_key_signs(tmp_path):
    path = tmp_path / "dkim.pem"
    path.write_bytes(keys("rsa")[0])
    assert verifies(dkim.sign(MESSAGE, [dkim.load(path, DOMAIN, "rsa")], AT))


def test_warnings_tell_of_readers_and_short_keys(tmp_path):
    path = tmp_path / "dkim.pem"
    path.write_bytes(keys("rsa")[0])
    path.chmod(0o600)
    assert dkim.warnings(path) == []
    path.chmod(0o644)
    assert ["mode 0644" in warning for warning in dkim.warnings(path)] == [True]
    path.write_bytes(pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)))
    path.chmod(0o600)
    assert ["1024 bits" in warning for warning in dkim.warnings(path)] == [True]
