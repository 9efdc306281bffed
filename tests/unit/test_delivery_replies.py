"""SMTP replies: however the bytes come, and whatever the bytes are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.delivery.replies import MalformedReply, Reply, ReplyParser, printable

LINE = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40).map(
    lambda text: text.encode("latin-1")
)
REPLY = st.tuples(st.integers(200, 599), st.lists(LINE, min_size=1, max_size=4))


@given(st.lists(REPLY, max_size=5), st.randoms())
def test_replies_come_out_whole_however_they_are_cut(replies: list[tuple[int, list[bytes]]], chance) -> None:
    raw = b"".join(
        b"%d%s%s\r\n" % (code, b" " if number == len(lines) else b"-", line)
        for code, lines in replies
        for number, line in enumerate(lines, 1)
    )
    parser = ReplyParser()
    read: list[Reply] = []
    while raw:
        size = chance.randint(1, len(raw))
        read += parser.feed(raw[:size])
        raw = raw[size:]
    assert read == [Reply(code, tuple(lines)) for code, lines in replies]
    assert not parser.pending


def test_good_replies_before_a_bad_one_are_kept() -> None:
    replies = []
    with pytest.raises(MalformedReply):
        replies.extend(ReplyParser().feed(b"250 ok\r\nnonsense\r\n"))
    assert [reply.code for reply in replies] == [250]


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n",
        b"\r\n",
        b"25\r\n",
        b"1234 x\r\n",
        b"250_x\r\n",
        b"150 x\r\n",
        b"650 x\r\n",
        b"250-a\r\n251 b\r\n",
        b"250 " + b"x" * 5000 + b"\r\n",
        b"x" * 5000,
        b"250-x\r\n" * 201,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\n",
    ],
)
def test_what_is_not_a_reply_is_told_apart(raw: bytes) -> None:
    with pytest.raises(MalformedReply) as caught:
        list(ReplyParser().feed(raw))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("raw", "code", "status", "text"),
    [
        (b"250 2.0.0 Ok: queued as 4Z\r\n", 250, "2.0.0", "Ok: queued as 4Z"),
        (b"250\r\n", 250, "", ""),
        (b"250 ok\n", 250, "", "ok"),
        (b"550-5.7.26 no DKIM\r\n550 5.7.26 and no SPF\r\n", 550, "5.7.26", "no DKIM and no SPF"),
        (b"550 4.2.1 contradiction\r\n", 550, "", "4.2.1 contradiction"),
        (b"550 5.1.1\r\n", 550, "5.1.1", ""),
        (b"550 5.1.10x\r\n", 550, "", "5.1.10x"),
        (b"550 bo\x00\x1bx \xe2\x80\xae evil\t!\r\n", 550, "", "bo??x ? evil !"),
    ],
)
def test_a_reply_has_a_code_a_status_and_a_printable_text(
    raw: bytes, code: int, status: str, text: str
) -> None:
    (reply,) = ReplyParser().feed(raw)
    assert (reply.code, reply.status, reply.text) == (code, status, text)


@given(st.binary(max_size=200))
def test_text_to_show_is_one_printable_line(raw: bytes) -> None:
    assert printable(raw).isprintable()
