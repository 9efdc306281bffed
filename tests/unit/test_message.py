from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pressfeed import dkim
from pressfeed.errors import InputError
from pressfeed.message import (
    HOLES,
    PREFERENCES_HOLE,
    UNSUBSCRIBE_HOLE,
    Composed,
    Mailbox,
    Mailing,
    MailingList,
    Recipient,
    Template,
    feedback_id,
    list_id,
    one_line,
    wire_address,
)
from pressfeed.message.bodies import Part

LIST = MailingList(
    id=list_id("global/daily", "en", "press.example"),
    title="Global news",
    help="mailto:help@press.example",
    owner="mailto:office@press.example",
    archive="https://news.press.example/global/en/",
    feedback_id=feedback_id("e17", "global/daily", "en", "press.example"),
)
MAILING = Mailing(
    sender=Mailbox("Global news", "news@press.example"),
    reply_to=Mailbox("Press office", "office@press.example"),
    subject="Floods recede, and 2 more",
    html=f'<p>Hello <a href="{UNSUBSCRIBE_HOLE}">leave</a> or <a href="{PREFERENCES_HOLE}">change</a></p>\n',
    text=f"Hello\n\nLeave: {UNSUBSCRIBE_HOLE}\nChange: {PREFERENCES_HOLE}\n",
    language="en",
    list=LIST,
    date=dt.datetime(2024, 7, 25, 8, 0, tzinfo=ZoneInfo("Europe/Paris")),
)
RECIPIENT = Recipient(
    name="Zoë Müller",
    address="zoe@receiver.example",
    message_id="<abc123@press.example>",
    return_path="bounces+abc@press.example",
    unsubscribe_url="https://news.press.example/unsubscribe/abcdefgh",
    preferences_url="https://news.press.example/preferences/abcdefgh",
    unsubscribe_mailto="mailto:unsubscribe@press.example?subject=unsubscribe-abcdefgh",
)

FIELDS = [
    "date",
    "from",
    "reply-to",
    "subject",
    "to",
    "message-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "list-help",
    "list-owner",
    "list-archive",
    "precedence",
    "auto-submitted",
    "feedback-id",
    "content-language",
    "mime-version",
    "content-type",
]

any_text = st.text(st.characters(codec="utf-8"), max_size=200)
hostile = st.lists(
    st.sampled_from(
        [
            "\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028", "\u202e", "\ud800", "Bcc: a@evil.example",
            " ", "=?utf-8?q?=0D=0ABcc:_x?=", '"', "\\", "<evil@evil.example>", ",", ";", "é", "أخبار", "新闻",
            "e\u0301", "👩🏽‍🚀", "x" * 90, "(", ")", "@", ":", "\t", "\r\n\r\n<html>", "a b", "--=_",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip
names = st.one_of(any_text, hostile)


def compose(mailing: Mailing = MAILING, recipient: Recipient = RECIPIENT) -> Composed:
    return Template(mailing).compose(recipient)


def parse(message: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def mailbox(message: bytes, field: str) -> tuple[str, str]:
    """A field's one name and address.

    The parser of email.policy puts a blank between two encoded-words of a name, where RFC 2047 section 6.2
    says that there is none; the older functions do it right.
    """
    raw = email.message_from_bytes(message)[field]
    name, address = parseaddr(re.sub("\r?\n", "", raw))
    return str(make_header(decode_header(name))), address


def content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def check_bytes(message: bytes) -> None:
    """What every byte of every message must keep to (RFC 5322 section 2.3, RFC 2045 section 6.7)."""
    assert message.endswith(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", message)
    assert b"\n." not in message, "a leading dot: the transport relies on there being none"
    head, _, body = message.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        assert line.strip(b" \t"), "a line of blanks"
        assert line == line.rstrip(b" \t")
        assert len(line) <= 998
        assert b"=?" not in line or len(line) <= 76
        assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[qb]\?[^? ]*\?=", line))
        # Only a URI, which must not be folded, makes a line long.
        assert len(line) <= 78 or b"<mailto:" in line or b"<http" in line or b"@" in line
    assert body.isascii()
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert dkim.relaxed_body(body) == body
    assert not re.search(rb"^(?:\.|From )", body, re.MULTILINE)


def check_message(mailing: Mailing, recipient: Recipient) -> EmailMessage:
    """One message against all that it was made of."""
    composed = compose(mailing, recipient)
    check_bytes(composed.message)
    parsed = parse(composed.message)
    assert [part.defects for part in parsed.walk()] == [[], [], []]
    assert all(not value.defects for value in parsed.values())
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    return parsed


def filled(text: str, recipient: Recipient, quote=str) -> str:
    return (
        text.replace(UNSUBSCRIBE_HOLE, quote(recipient.unsubscribe_url))
        .replace(PREFERENCES_HOLE, quote(recipient.preferences_url))
        .rstrip("\n")
    )


# ------------------------------------------------------------------------------------------------- headers


def test_every_header_field_stands_there_once_and_says_what_it_should():
    message = check_message(MAILING, RECIPIENT)
    assert [name.lower() for name in message] == FIELDS
    assert message["Date"] == "Thu, 25 Jul 2024 08:00:00 +0200"
    assert message["From"] == "Global news <news@press.example>"
    assert message["Reply-To"] == "Press office <office@press.example>"
    assert message["To"].addresses[0].display_name == "Zoë Müller"
    assert message["To"].addresses[0].addr_spec == "zoe@receiver.example"
    assert message["Subject"] == "Floods recede, and 2 more"
    assert message["Message-ID"] == "<abc123@press.example>"
    assert message["List-Unsubscribe"] == (
        "<https://news.press.example/unsubscribe/abcdefgh>,"
        " <mailto:unsubscribe@press.example?subject=unsubscribe-abcdefgh>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "Global news <global.daily.en.press.example>"
    assert message["List-Help"] == "<mailto:help@press.example>"
    assert message["List-Owner"] == "<mailto:office@press.example>"
    assert message["List-Archive"] == "<https://news.press.example/global/en/>"
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Feedback-ID"] == "e17:global.daily:en:pressexample"
    assert message["Content-Language"] == "en"


def test_the_envelope_is_not_in_the_message():
    composed = compose()
    assert (composed.sender, composed.recipient) == ("bounces+abc@press.example", "zoe@receiver.example")
    assert not composed.smtputf8
    assert b"bounces+abc" not in composed.message


@given(names, names, names, names)
@example("", "", "", "")
@example("=?utf-8?q?x?=", "a" * 300, "é" * 300, " ".join(["word"] * 100))
@example("Plain Name", "O'Brien, Anna", 'the "boss"', "新闻办公室" * 20)
def test_names_and_subjects_in_any_script_come_back_and_inject_nothing(sender, subject, title, name):
    mailing = replace(
        MAILING,
        sender=Mailbox(sender, "news@press.example"),
        reply_to=Mailbox(title, "office@press.example"),
        subject=subject,
        list=replace(LIST, title=title),
    )
    recipient = RECIPIENT._replace(name=name)
    message, raw = check_message(mailing, recipient), compose(mailing, recipient).message
    assert [field.lower() for field in message] == FIELDS
    assert str(message["Subject"]) == one_line(subject)
    for field, display, address in (
        ("From", sender, "news@press.example"),
        ("Reply-To", title, "office@press.example"),
        ("To", name, "zoe@receiver.example"),
    ):
        assert mailbox(raw, field) == (one_line(display), address)
    assert str(message["List-Id"]).endswith("<global.daily.en.press.example>")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("  a \t b  ", "a b"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("« été »", "« été »"),  # no-break spaces are French typography
        ("\ud800x\0", "x"),
    ],
)
def test_one_line(text, line):
    assert one_line(text) == line


def test_the_unsubscribe_uri_is_never_folded_nor_encoded():
    url = "https://news.press.example/unsubscribe/" + "a" * 400
    composed = compose(recipient=RECIPIENT._replace(unsubscribe_url=url))
    check_bytes(composed.message)
    assert f"\r\nList-Unsubscribe: <{url}>,\r\n <mailto:".encode() in composed.message
    assert url in content(parse(composed.message), "plain")


def test_without_https_there_is_no_one_click():
    message = parse(
        compose(recipient=RECIPIENT._replace(unsubscribe_url="http://localhost:8000/u/x")).message
    )
    assert message["List-Unsubscribe"].startswith("<http://localhost:8000/u/x>")
    assert "List-Unsubscribe-Post" not in message


def test_without_an_address_for_it_unsubscribing_is_on_the_web_alone():
    message = parse(compose(recipient=RECIPIENT._replace(unsubscribe_mailto="")).message)
    assert message["List-Unsubscribe"] == "<https://news.press.example/unsubscribe/abcdefgh>"


def test_without_reply_to_there_is_no_such_field():
    message = check_message(replace(MAILING, reply_to=None), RECIPIENT)
    assert "Reply-To" not in message


@pytest.mark.parametrize("field", ["unsubscribe_url", "preferences_url", "unsubscribe_mailto"])
@pytest.mark.parametrize(
    "uri", ["https://x.example/\r\nBcc: y", "https://x.example/>", "/u/x", "https://é.example/"]
)
def test_a_link_that_is_no_uri_is_refused(field, uri):
    with pytest.raises(ValueError, match="not a URI"):
        compose(recipient=RECIPIENT._replace(**{field: uri}))


@pytest.mark.parametrize(
    "message_id", ["abc@press.example", "<abc>", "<a@b>\r\nBcc: x", "<a b@press.example>"]
)
def test_a_message_id_that_is_none_is_refused(message_id):
    with pytest.raises(ValueError, match="Message-ID"):
        compose(recipient=RECIPIENT._replace(message_id=message_id))


def test_two_bulletins_never_share_a_list_id():
    assert list_id("europe-west/daily", "en", "press.example") != list_id(
        "europe/west-daily", "en", "press.example"
    )
    assert list_id("global/daily", "fr", "bücher.example") == "global.daily.fr.xn--bcher-kva.example"


@pytest.mark.parametrize("domain", ["a.be", "press.example", "a-very-long-domain-name.of.an.office.example"])
def test_a_feedback_id_has_four_names_of_which_the_last_fits_gmail(domain):
    *rest, sender = feedback_id("0190b2c4-edition", "global/daily", "fr", domain).split(":")
    assert rest == ["0190b2c4-edition", "global.daily", "fr"]
    assert 5 <= len(sender) <= 15


def test_a_feedback_id_that_would_break_the_header_is_refused():
    with pytest.raises(ValueError, match="Feedback-ID"):
        replace(LIST, feedback_id="a:b:c:sender\r\nBcc: x")


def test_a_date_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        replace(MAILING, date=dt.datetime(2024, 7, 25))  # noqa: DTZ001 - this is what is tested


# ----------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("address", "wire", "utf8"),
    [
        ("zoe@receiver.example", "zoe@receiver.example", False),
        ("o'brien+news@receiver.example", "o'brien+news@receiver.example", False),
        ("root@localhost", "root@localhost", False),
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example", False),
        ("zoe@例え.example", "zoe@xn--r8jz45g.example", False),
        ("zoé@receiver.example", "zoé@receiver.example", True),
        ("zoe\u0301@bücher.example", "zoé@xn--bcher-kva.example", True),
        ('"zoe m"@receiver.example', '"zoe m"@receiver.example', False),
    ],
)
def test_an_address_as_the_wire_wants_it(address, wire, utf8):
    assert wire_address(address) == (wire, utf8)


@pytest.mark.parametrize(
    "address",
    [
        "", "zoe", "@receiver.example", "zoe@", "zoe m@receiver.example", "zoe..m@receiver.example",
        "zoe@receiver.example\r\nBcc: x", "zoe\r\n@receiver.example", "<zoe>@receiver.example",
        "zoe@a b.example", "zoe@-x.example", "zoe@x..example", "z" * 65 + "@receiver.example",
        "é" * 33 + "@receiver.example",
        "a,b@receiver.example", "zo\u202e\u00e9@receiver.example", "zoé\u2028@receiver.example",
        "zoe@" + "a." * 130 + "b",
    ],
)  # fmt: skip
def test_what_is_no_address_can_never_be_reached(address):
    with pytest.raises(InputError) as caught:
        wire_address(address)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@given(st.one_of(any_text, hostile, hostile.map(lambda local: f"{local}@receiver.example")))
def test_any_address_is_refused_or_carried_without_harm(address):
    try:
        composed = compose(recipient=RECIPIENT._replace(address=address))
    except InputError:
        return
    head = composed.message.partition(b"\r\n\r\n")[0]
    assert [line.partition(b":")[0].lower().decode() for line in re.split(rb"\r\n(?! )", head)] == FIELDS
    assert composed.smtputf8 != composed.recipient.isascii()
    assert composed.recipient.rpartition("@")[2].isascii()


def test_a_non_ascii_local_part_goes_out_as_utf8_never_as_an_encoded_word():
    composed = compose(recipient=RECIPIENT._replace(name="", address="zoé@bücher.example"))
    assert composed.smtputf8
    assert "\r\nTo: <zoé@xn--bcher-kva.example>\r\n".encode() in composed.message


@pytest.mark.parametrize("field", ["sender", "reply_to"])
def test_the_sender_needs_an_address_that_every_server_takes(field):
    with pytest.raises(InputError, match="outside ASCII"):
        Template(replace(MAILING, **{field: Mailbox("", "zoé@press.example")}))


# -------------------------------------------------------------------------------------------------- bodies


body_text = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *HOLES,
                " ",
                "  ",
                "\n",
                "\t",
                "=",
                ".",
                "From ",
                "é",
                "خبر",
                "新",
                "👩🏽‍🚀",
                "word ",
                "x" * 80,
                "=3D",
                "--=_",
            ]
        ),
        st.text(
            st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"),
            max_size=9,
        ),
    ),
    max_size=60,
).map("".join)
urls = st.from_regex(r"\Ahttps://news\.example/[a-z0-9=&?%/.'-]{0,200}\Z")


@given(body_text, body_text, urls, urls)
def test_both_parts_come_back_with_the_recipients_own_links(text, html, unsubscribe, preferences):
    recipient = RECIPIENT._replace(unsubscribe_url=unsubscribe, preferences_url=preferences)
    mailing = replace(MAILING, text=text + UNSUBSCRIBE_HOLE, html=UNSUBSCRIBE_HOLE + html)
    message = check_message(mailing, recipient)
    assert content(message, "plain") == filled(mailing.text, recipient)
    assert content(message, "html") == filled(mailing.html, recipient, escape)


@given(body_text, st.lists(urls, min_size=1, max_size=4))
def test_one_template_serves_links_of_every_length_in_both_encodings(text, links):
    arabic = Template(replace(MAILING, text="خبر عاجل " * 100 + text + UNSUBSCRIBE_HOLE))
    english = Template(replace(MAILING, text="Breaking news " * 100 + text + UNSUBSCRIBE_HOLE))
    for link in links:
        recipient = RECIPIENT._replace(unsubscribe_url=link)
        for template, start in ((arabic, "خبر عاجل " * 100), (english, "Breaking news " * 100)):
            message = template.compose(recipient).message
            check_bytes(message)
            assert content(parse(message), "plain") == filled(start + text + UNSUBSCRIBE_HOLE, recipient)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Les équipes ont atteint le district cette semaine. ", "quoted-printable"),
        ("وصلت الفرق هذا الأسبوع. ", "base64"),
    ],
)
def test_the_shorter_encoding_is_chosen_for_each_part(text, encoding):
    message = parse(compose(replace(MAILING, text=text * 50 + UNSUBSCRIBE_HOLE)).message)
    plain, html = message.iter_parts()
    assert plain["Content-Transfer-Encoding"] == encoding
    assert html["Content-Transfer-Encoding"] == "quoted-printable"


def test_line_ends_become_one_kind_and_controls_vanish():
    message = parse(compose(replace(MAILING, text=f"a\r\nb\rc\nd\0\x1b\x0c {UNSUBSCRIBE_HOLE}")).message)
    assert content(message, "plain").startswith("a\nb\nc\nd https://")


def test_a_part_without_holes_is_just_encoded():
    assert (
        b"".join(Part("plain", "A line that says a = é", HOLES).splice({}))
        == b"A line that says a =3D =C3=A9"
    )


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_part_without_an_unsubscribe_link_is_refused(part):
    with pytest.raises(InputError, match="no unsubscribe link"):
        replace(MAILING, **{part: "Nothing here"})


def test_a_second_attempt_is_byte_for_byte_the_first():
    assert compose().message == compose().message


def test_recipients_do_not_see_each_other():
    template = Template(MAILING)
    other = Recipient(
        name="Ana",
        address="ana@other.example",
        message_id="<def@press.example>",
        return_path="bounces+def@press.example",
        unsubscribe_url="https://news.press.example/unsubscribe/other",
        preferences_url="https://news.press.example/preferences/other",
    )
    first, second = template.compose(RECIPIENT).message, template.compose(other).message
    assert template.compose(RECIPIENT).message == first
    assert b"abcdefgh" not in second
    assert b"zoe@" not in second
    assert b"other" not in first.replace(b"other.example", b"")


def test_the_documentation_lists_the_header_fields_in_their_order():
    page = (Path(__file__).parents[2] / "docs" / "mail-messages.md").read_text("utf-8")
    listed = re.findall(r"^\| `([A-Za-z-]+)` \|", page, re.MULTILINE)
    assert [name.lower() for name in listed] == ["dkim-signature", *FIELDS]


def test_every_field_but_precedence_is_signed():
    assert set(FIELDS) - set(dkim.SIGNED) == {"precedence"}
    assert set(dkim.SIGNED) >= dkim.OVERSIGNED
