"""What mail services report by HTTP: secrets, signatures, each service's shapes, repetitions, garbage."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.incoming.events import SERVICES, read_events
from pressfeed.web.app import application
from tests.acceptance import inbox
from tests.acceptance.inbox import READER, Inbox
from tests.acceptance.mailroom import BULLETIN, NOW

SECRET = "kq8Zr0tYv3mN5pXsW1dG7hJc"
LATER = NOW + dt.timedelta(hours=2)


@pytest.fixture
def box(tmp_path: Path) -> Inbox:
    return inbox.make(tmp_path / "room", extra=f'[incoming]\nwebhook_secret = "{SECRET}"\n')


def client(box: Inbox) -> TestClient:
    with box.mailroom.open() as room:
        app: Any = application(room.config, room.regions, lambda: LATER)
    return TestClient(app, base_url="https://press.example.org")


def report(box: Inbox, service: str, data: object, secret: str = SECRET, **headers: str) -> httpx.Response:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    found: httpx.Response = client(box).post(f"/incoming/{service}/{secret}", content=body, headers=headers)
    return found


def ses(kind: str, tokens: dict[str, str], **inner: object) -> dict[str, object]:
    mail = {
        "timestamp": "2026-03-12T06:30:00.000Z",
        "source": f"bounces+{tokens['%%BOUNCE%%']}@press.example.org",
        "messageId": "0100018e-0000",
        "destination": [READER],
        "headers": [{"name": "Message-ID", "value": tokens["%%MESSAGE_ID%%"]}],
        "commonHeaders": {"messageId": tokens["%%MESSAGE_ID%%"]},
    }
    message = json.dumps({"notificationType": kind, "mail": mail, **inner})
    return {"Type": "Notification", "MessageId": "22b80b92", "TopicArn": "arn:aws:sns:x", "Message": message}


def bounced(status: str, diagnostic: str, kind: str = "Permanent", sub: str = "General") -> dict[str, object]:
    who = {
        "emailAddress": READER,
        "action": "failed",
        "status": status,
        "diagnosticCode": f"smtp; {diagnostic}",
    }
    return {"bounce": {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [who]}}


def mailgun(event: str, **more: object) -> dict[str, object]:
    return {
        "signature": {"timestamp": "1", "token": "t", "signature": "s"},
        "event-data": {"event": event, "id": "ab12", "recipient": READER, "severity": "permanent", **more},
    }


def shapes(tokens: dict[str, str]) -> dict[str, tuple[str, object, str, str]]:
    """Name → service, report, kind, action."""
    identifier = tokens["%%MESSAGE_ID%%"]
    gone = {"code": 550, "message": "5.1.1 user unknown"}
    return {
        "SES, dead": (
            "ses",
            ses("Bounce", tokens, **bounced("5.1.1", "550 5.1.1 user unknown")),
            "dead-address",
            "bounced",
        ),
        "SES, dead by its own word": (
            "ses",
            ses("Bounce", tokens, **bounced("", "", sub="NoEmail")),
            "dead-address",
            "bounced",
        ),
        "SES, full": (
            "ses",
            ses("Bounce", tokens, **bounced("", "", "Transient", "MailboxFull")),
            "full-mailbox",
            "counted",
        ),
        "SES, policy": (
            "ses",
            ses("Bounce", tokens, **bounced("5.7.1", "550 5.7.1 no")),
            "policy-block",
            "noted",
        ),
        "SES, complaint": (
            "ses",
            ses("Complaint", tokens, complaint={"complainedRecipients": [{"emailAddress": READER}]}),
            "complaint",
            "complained",
        ),
        "SES, subscription": (
            "ses",
            {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.example/confirm"},
            "other",
            "kept",
        ),
        "Mailgun, dead": (
            "mailgun",
            mailgun(
                "failed",
                **{"delivery-status": gone, "message": {"headers": {"message-id": identifier.strip("<>")}}},
            ),
            "dead-address",
            "bounced",
        ),
        "Mailgun, later": ("mailgun", mailgun("failed", severity="temporary"), "delay", "ignored"),
        "Mailgun, complaint": ("mailgun", mailgun("complained"), "complaint", "complained"),
        "Mailgun, unsubscribed": ("mailgun", mailgun("unsubscribed"), "unsubscribe", "unsubscribed"),
        "Postmark, dead": (
            "postmark",
            {
                "RecordType": "Bounce",
                "Type": "HardBounce",
                "Email": READER,
                "Details": "smtp;550 5.1.1 unknown user",
            },
            "dead-address",
            "bounced",
        ),
        "Postmark, hard without a reason": (
            "postmark",
            {"RecordType": "Bounce", "Type": "HardBounce", "Email": READER},
            "unclear",
            "counted",
        ),
        "Postmark, away": (
            "postmark",
            {"RecordType": "Bounce", "Type": "AutoResponder", "Email": READER},
            "auto-reply",
            "ignored",
        ),
        "Postmark, complaint": (
            "postmark",
            {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": READER},
            "complaint",
            "complained",
        ),
        "Postmark, stopped": (
            "postmark",
            {
                "RecordType": "SubscriptionChange",
                "Recipient": READER,
                "SuppressionReason": "ManualSuppression",
            },
            "unsubscribe",
            "unsubscribed",
        ),
        "SendGrid, dead": (
            "sendgrid",
            [
                {"event": "processed", "email": READER},
                {
                    "event": "bounce",
                    "type": "bounce",
                    "email": READER,
                    "status": "5.1.1",
                    "reason": "550 5.1.1 unknown",
                    "smtp-id": identifier,
                },
            ],
            "dead-address",
            "bounced",
        ),
        "SendGrid, blocked": (
            "sendgrid",
            [{"event": "bounce", "type": "blocked", "email": READER, "reason": "550 not today"}],
            "policy-block",
            "noted",
        ),
        "SendGrid, complaint": (
            "sendgrid",
            [{"event": "spamreport", "email": READER}],
            "complaint",
            "complained",
        ),
        "generic, full": (
            "generic",
            {"type": "bounce", "recipient": READER, "status": "5.2.2"},
            "full-mailbox",
            "counted",
        ),
        "generic, link": (
            "generic",
            {
                "type": "unsubscribe",
                "recipient": READER,
                "token": f"/unsubscribe/{tokens['%%UNSUBSCRIBE%%']}",
            },
            "unsubscribe",
            "unsubscribed",
        ),
    }


def arrivals(box: Inbox) -> list[tuple[str, str]]:
    with box.mailroom.open() as room:
        return [(one.kind, one.action) for one in room.store.incoming.newest(-1)]


def test_each_services_report_counts_once(box: Inbox) -> None:
    for name, (service, data, kind, action) in shapes(box.tokens()).items():
        for _ in range(2):
            assert report(box, service, data).status_code == 204, name
        assert arrivals(box) == [(kind, action)], name
        reader = box.reader()
        stopped = action in ("bounced", "complained") or name in (
            "Mailgun, unsubscribed",
            "Postmark, stopped",
        )
        assert (reader.status == "active") == (not stopped), name
        if name == "generic, link":
            assert reader.bulletins == ()
        with box.mailroom.database() as database:
            database.execute("DELETE FROM incoming")
            database.execute("DELETE FROM bounce")
            database.execute("DELETE FROM suppression")
            database.execute("UPDATE subscriber SET status = 'active'")


def test_a_whole_message_may_be_posted_and_is_believed_for_its_token_alone(box: Inbox) -> None:
    forged = box.message("postfix-user-unknown", tokens=dict.fromkeys(box.tokens(), "x"))
    for raw, action in ((forged, "kept"), (box.message("postfix-user-unknown"), "bounced")):
        answer = report(box, "generic", raw, **{"Content-Type": "message/rfc822"})
        assert answer.status_code == 204
        assert arrivals(box)[0][1] == action


def test_without_the_secret_nothing_is_there_and_guessing_is_slowed_down(box: Inbox, tmp_path: Path) -> None:
    data = {"type": "complaint", "recipient": READER}
    asking = client(box)
    for guess in ("x", SECRET[:-1], SECRET + "x", "%FF%FE", SECRET.upper()):
        assert asking.post(f"/incoming/generic/{guess}", json=data).status_code == 404
    assert asking.post(f"/incoming/nobody/{SECRET}", json=data).status_code == 404
    assert asking.get(f"/incoming/generic/{SECRET}").status_code in (404, 405)
    for _ in range(20):
        asking.post("/incoming/generic/guess", json=data)
    assert asking.post("/incoming/generic/guess", json=data).status_code == 429
    assert arrivals(box) == []
    assert asking.post(f"/incoming/generic/{SECRET}", json=data).status_code == 204
    closed = inbox.make(tmp_path / "closed")
    assert report(closed, "generic", data).status_code in (404, 405)


def test_garbage_is_refused_and_nothing_is_stored(box: Inbox) -> None:
    for service in SERVICES:
        for body in (
            b"",
            b"\xff",
            b"7",
            b'"text"',
            b"[1]",
            b'{"Message": "[]"}',
            b"[" * 100_000,
            b'{"a": NaN}',
        ):
            assert report(box, service, body).status_code == 400, (service, body[:20])
    assert report(box, "ses", b" " * 4_000_001).status_code == 413
    assert arrivals(box) == []


KEYS = (
    "bounce mail Message event-data event recipient RecordType Type Email email type status bouncedRecipients"
    " emailAddress complaint headers reason"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(SERVICES)), JSON)
def test_no_json_raises_anything_but_a_refusal(service: str, data: object) -> None:
    with contextlib.suppress(ValueError):
        read_events(service, data)


def test_signatures_are_asked_for_where_there_are_keys(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    box = inbox.make(
        tmp_path / "room",
        extra=f'[incoming]\nwebhook_secret = "{SECRET}"\nmailgun_key = "key-1"\n'
        f'sendgrid_key = "{public.decode()}"\n',
    )
    now = int(LATER.timestamp())

    def signed(stamp: int, with_key: str = "key-1") -> dict[str, object]:
        made = hmac.new(with_key.encode(), f"{stamp}token".encode(), "sha256").hexdigest()
        return {
            **mailgun("complained"),
            "signature": {"timestamp": str(stamp), "token": "token", "signature": made},
        }

    for data in (mailgun("complained"), signed(now, "key-2"), signed(now - 7200), {"event-data": {}}, []):
        assert report(box, "mailgun", data).status_code == 403
    body = json.dumps([{"event": "spamreport", "email": READER}]).encode()
    stamp = str(now)
    good = base64.b64encode(key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    names = ("X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp")
    for signature, moment in (("", stamp), ("AAAA", stamp), (good, str(now + 1)), ("é", stamp)):
        headers = {names[0]: signature.encode("latin-1").decode("latin-1"), names[1]: moment}
        if signature.isascii():
            assert report(box, "sendgrid", body, **headers).status_code == 403
    assert box.reader().status == "active"
    assert report(box, "sendgrid", body, **{names[0]: good, names[1]: stamp}).status_code == 204
    assert box.reader().status == "complained"
    assert report(box, "mailgun", signed(now)).status_code == 204
    assert arrivals(box) == [("complaint", "noted"), ("complaint", "complained")]
    assert BULLETIN in box.reader().bulletins
