"""What comes back: real reports read, everything else left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.outreach.channels.mail.bounces import Back, read_back

ID = "m_1jk51hy9k000000000000001"


def report(status: str, action: str = "failed", headers: str = f"Message-ID: <{ID}@example.com>") -> bytes:
    return f"""From: MAILER-DAEMON@post.example.com
To: shop@example.com
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; post.example.com

Final-Recipient: rfc822; c00@example.jp
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such
 mailbox

--b
Content-Type: text/rfc822-headers

{headers}
Subject: x

--b--
""".replace("\n", "\r\n").encode()


COMPLAINT = f"""From: fbl@provider.example
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: P/1
Version: 1
Original-Rcpt-To: c00@example.jp

--b
Content-Type: message/rfc822

From: shop@example.com
X-Tsuide-Message: {ID}

words
--b--
""".encode()


@pytest.mark.parametrize(
    ("status", "action", "kind"),
    [("5.1.1", "failed", "bounce"), ("5.2.2", "failed", "soft_bounce"), ("4.4.1", "delayed", "soft_bounce"),
     ("4.7.1", "failed", "soft_bounce")],
)  # fmt: skip
def test_a_delivery_report_says_what_kind_it_is(status: str, action: str, kind: str) -> None:
    (found,) = read_back(report(status, action))
    assert (found.kind, found.message_id, found.address) == (kind, ID, "c00@example.jp")
    assert found.detail.startswith(status)


def test_a_report_of_a_delivery_is_none() -> None:
    assert read_back(report("2.0.0", "delivered")) == []


def test_the_words_of_the_receiving_side_are_kept_without_the_address() -> None:
    words = b"<c00@example.jp>: c00@example.jp=gone,\r\n sir (c00@example.jp)"
    (found,) = read_back(report("5.1.1").replace(b"no such\r\n mailbox", words))
    assert found.address == "c00@example.jp"
    assert found.detail == "5.1.1 smtp; 550 5.1.1 <…>: …, sir (…)"


def test_a_complaint_names_the_message() -> None:
    assert read_back(COMPLAINT) == [Back("complaint", ID, "c00@example.jp", "abuse")]


def test_without_our_id_a_report_names_no_message() -> None:
    (found,) = read_back(report("5.1.1", headers="Message-ID: <other@example.com>"))
    assert found.message_id is None


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert isinstance(read_back(raw), list)
    assert isinstance(read_back(COMPLAINT.replace(b"words", raw)), list)
    assert isinstance(read_back(report("5.1.1").replace(b"I am sorry", raw)), list)
