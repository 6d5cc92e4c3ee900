"""What every channel must do: an answer for everything, the asker's key in what goes out, one letter for one call.

Each runs against a real receiving side: a mail server, an HTTP server, a folder.
"""

import hashlib
import hmac
import json
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadSetting, BadValue, MissingExtra, Unavailable
from tsuide.kit.clock import to_micros
from tsuide.outreach.channels.channel import Answer, Channel, Letter
from tsuide.outreach.channels.file import FileChannel
from tsuide.outreach.channels.line import LineChannel, line_sdk, pieces, retry_key
from tsuide.outreach.channels.mail.compose import Identity
from tsuide.outreach.channels.mail.smtp import Server, SmtpChannel
from tsuide.outreach.channels.rep import RepChannel
from tsuide.outreach.channels.webhook import SIGNATURE, WebhookChannel
from tsuide.store.database import Store, open_store

LETTER = Letter(
    id="m_1jk51hy9k000000000000001",
    key="journey/enrolment/node",
    customer_id="c1",
    to="c1@example.jp",
    purpose="marketing",
    language="ja",
    subject="お知らせ\r\nBcc: all@example.com",
    text="いつもありがとうございます。\n.\n.点で始まる行",
    html="<p>いつも</p>",
    at=datetime(2026, 6, 1, 3, tzinfo=UTC),
    unsubscribe="https://s.jp/m/unsubscribe/x",
)


@dataclass
class Hook:
    """A web server that takes letters, and misbehaves as its path says."""

    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    """LINE's retry keys → the request that was accepted under them."""
    url: str = ""


@dataclass
class Side:
    """A channel and its receiving side."""

    channel: Callable[[str], Channel]
    taken: Callable[[], list[str]]
    """Texts of what arrived."""


def answer_as_line(asked: BaseHTTPRequestHandler, hook: Hook) -> None:
    """As LINE does: what it took once under a key it refuses (where the path says `once`), and names what it took."""
    key = asked.headers["X-Line-Retry-Key"]
    first = key not in hook.keys
    hook.keys.setdefault(key, f"accepted-{len(hook.keys)}")
    if not first and "once" in asked.path:
        hook.taken.pop()
        answer = b'{"message": "The retry key is already accepted"}'
        asked.send_response(409)
        asked.send_header("X-Line-Accepted-Request-Id", hook.keys[key])
    else:
        answer = b'{"sentMessages": [{"id": "461230966842064897"}]}'
        asked.send_response(200)
    asked.send_header("Content-Type", "application/json")
    asked.send_header("Content-Length", str(len(answer)))
    asked.end_headers()
    asked.wfile.write(answer)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "later" in self.path or "never" in self.path:
                self.send_error(503 if "later" in self.path else 400)
                return
            made.taken.append((dict(self.headers), body))
            if "drop" in self.path:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if self.path.endswith("/v2/bot/message/push") and "take" in self.path:
                answer_as_line(self, made)
                return
            if "away" in self.path:
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/")
            else:
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["smtp", "webhook", "line"])
def side(request: pytest.FixtureRequest, post_office: Any, hook: Hook) -> Side:
    """A channel on a line; `take`, `later`, `never`, `drop` say how the other side behaves."""
    if request.param == "smtp":
        identity = Identity.of("shop@example.com", "Shop")

        def by_mail(how: str) -> Channel:
            return _To(SmtpChannel(Server.read(post_office.url), identity, timeout=5), f"{how}@example.jp")

        return Side(by_mail, lambda: [each["subject"] for each in post_office.mails()])
    if request.param == "line":
        return Side(
            lambda how: LineChannel("token", f"{hook.url}/{how}", timeout=5),
            lambda: [json.loads(body)["messages"][0]["text"] for _, body in hook.taken],
        )
    return Side(
        lambda how: WebhookChannel(f"{hook.url}/{how}", "hush", timeout=5),
        lambda: [json.loads(body)["subject"] for _, body in hook.taken],
    )


class _To:
    """A channel whose every letter goes to one address."""

    def __init__(self, channel: SmtpChannel, to: str) -> None:
        self._channel, self._to = channel, to

    def deliver(self, letter: Letter) -> Answer:
        return self._channel.deliver(replace(letter, to=self._to))

    def close(self) -> None:
        self._channel.close()


@pytest.mark.parametrize(
    ("how", "state", "arrived"),
    [("take", "sent", 1), ("later", "waiting", 0), ("never", "failed", 0), ("drop", "in_doubt", 1)],
)
def test_everything_that_can_happen_is_an_answer(side: Side, how: str, state: str, arrived: int) -> None:
    channel = side.channel(how)
    answer = channel.deliver(LETTER)
    channel.close()
    assert answer.state == state
    assert len(side.taken()) == arrived
    assert (answer.code is None) == (state == "sent")
    assert state != "sent" or answer.reference


def test_a_channel_goes_on_after_whatever_happened(side: Side) -> None:
    for how in ("never", "later", "drop", "take"):
        channel = side.channel(how)
        channel.deliver(LETTER)
        channel.deliver(LETTER)
        channel.close()
    assert len(side.taken()) == 4  # two of them cut off


def test_nobody_there_means_that_it_did_not_go_out() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    identity = Identity.of("shop@example.com", "Shop")
    here = f"http://127.0.0.1:{port}"
    for channel in (SmtpChannel(Server("127.0.0.1", port), identity), WebhookChannel(here), LineChannel("token", here)):
        assert (channel.deliver(LETTER).state, channel.deliver(LETTER).code) == ("waiting", "no_server")


def test_a_server_that_hangs_is_not_waited_for_for_ever(post_office: Any) -> None:
    identity = Identity.of("shop@example.com", "Shop")
    with socket.socket() as mute:  # takes the line and says nothing
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        channel = SmtpChannel(Server("127.0.0.1", mute.getsockname()[1]), identity, timeout=0.2)
        assert channel.deliver(LETTER).state == "waiting"
    channel = SmtpChannel(Server.read(post_office.url), identity, timeout=0.3)
    assert channel.deliver(replace(LETTER, to="hang@example.jp")).state == "in_doubt"
    assert channel.deliver(LETTER).state == "sent"
    channel.close()


def test_mail_arrives_as_it_was_written(post_office: Any) -> None:
    channel = SmtpChannel(Server.read(post_office.url), Identity.of("shop@example.com", "店", "b+{id}@example.com"))
    assert channel.deliver(LETTER).state == "sent"
    channel.close()
    (mail,) = post_office.mails()
    assert mail.get_body(("plain",)).get_content() == LETTER.text + "\n"
    assert mail.get_body(("html",)).get_content().strip() == LETTER.html
    assert mail["Subject"] == "お知らせ Bcc: all@example.com"
    assert mail["Bcc"] is None
    assert post_office.letters[0][0] == f"b+{LETTER.id}@example.com"


def test_a_webhook_proves_who_sent_it_and_carries_the_key(hook: Hook) -> None:
    WebhookChannel(f"{hook.url}/take", "hush").deliver(LETTER)
    headers, body = hook.taken[0]
    seconds, mac = (part.partition("=")[2] for part in headers[SIGNATURE].split(","))
    assert mac == hmac.new(b"hush", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == LETTER.key
    assert json.loads(body)["unsubscribe"] == LETTER.unsubscribe


def test_a_redirect_is_not_followed(hook: Hook) -> None:
    assert WebhookChannel(f"{hook.url}/away", "hush").deliver(LETTER).state == "failed"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "2130706433",  # noqa: S104 - as a target
             "[::ffff:127.0.0.1]", "224.0.0.1", "100.64.0.1"],
)  # fmt: skip
def test_an_address_that_users_name_never_leads_inside(host: str) -> None:
    answer = WebhookChannel(f"http://{host}:9/", private=False, timeout=0.2).deliver(LETTER)
    assert (answer.state, answer.code) == ("failed", "forbidden_address")


@pytest.mark.parametrize("address", ["ftp://x/", "https://", "https://user:pass@x/", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadValue, match="not an address"):
        WebhookChannel(address)


def test_a_file_takes_each_letter_as_a_line_and_mends_what_a_crash_cut_off(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path / "out")
    assert channel.deliver(LETTER).state == "sent"
    (path,) = (tmp_path / "out").iterdir()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": "cut')
    channel.deliver(replace(LETTER, key="second"))
    channel.close()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    assert [json.loads(lines[n])["key"] for n in (0, 2)] == [LETTER.key, "second"]


def test_line_gets_the_text_for_the_user_and_who_it_is_from(hook: Hook) -> None:
    channel = LineChannel("secret-token", f"{hook.url}/take")
    answer = channel.deliver(replace(LETTER, to="U4af4980629"))
    channel.close()
    assert (answer.state, answer.reference) == ("sent", "461230966842064897")
    ((headers, body),) = hook.taken
    assert headers["Authorization"] == "Bearer secret-token"
    assert headers["X-Line-Retry-Key"] == retry_key(LETTER.key)
    assert uuid.UUID(headers["X-Line-Retry-Key"]).version == 5
    sent = json.loads(body)
    assert sent["to"] == "U4af4980629"
    text = f"お知らせ Bcc: all@example.com\n\n{LETTER.text}"
    assert [(each["type"], each["text"]) for each in sent["messages"]] == [("text", text)]


def test_line_is_asked_again_under_the_same_key_and_delivers_once(hook: Hook) -> None:
    first = LineChannel("token", f"{hook.url}/take/once")
    assert first.deliver(LETTER).state == "sent"
    assert LineChannel("token", f"{hook.url}/take/once").deliver(replace(LETTER, id="m_2")) == Answer(
        "sent", reference="accepted-0"
    )
    assert first.deliver(replace(LETTER, key="another")).state == "sent"
    first.close()
    assert len(hook.taken) == 2


def test_line_gets_long_texts_in_parts_and_what_fits_into_no_push_fails(hook: Hook) -> None:
    channel = LineChannel("token", f"{hook.url}/take")
    line = "🍵" * 1_200  # 2,400 of LINE's characters
    assert channel.deliver(replace(LETTER, subject="", text="\n".join([line] * 5))).state == "sent"
    assert channel.deliver(replace(LETTER, text="あ" * 26_000)).code == "too_long"
    assert channel.deliver(replace(LETTER, subject="", text="\n")).code == "empty"
    channel.close()
    ((_, body),) = hook.taken
    texts = [each["text"] for each in json.loads(body)["messages"]]
    assert texts == [f"{line}\n{line}"] * 2 + [line]


@given(st.text("ab\n 🍵茶", max_size=60), st.integers(2, 9))
def test_pieces_fit_and_lose_nothing_but_blanks(text: str, longest: int) -> None:
    parts = list(pieces(text, longest))
    assert all(0 < len(each.encode("utf-16-le")) // 2 <= longest for each in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_line_follows_no_redirect_and_an_answer_without_words_counts_as_taken(hook: Hook) -> None:
    assert LineChannel("token", f"{hook.url}/away").deliver(LETTER).code == "http_302"
    assert LineChannel("token", f"{hook.url}/mute").deliver(LETTER) == Answer("sent", reference=LETTER.id)


def test_without_its_sdk_line_says_what_to_install() -> None:
    with pytest.raises(MissingExtra, match=r"tsuide\[line\]"):
        line_sdk("linebot_that_is_not_there")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    yield made
    made.close()


def test_a_letter_to_a_rep_is_a_task_once_in_both_languages_places(store: Store) -> None:
    channel = RepChannel(store.tasks.give, {"c1": "hanako"}.__getitem__)
    first = channel.deliver(LETTER)
    assert (first.state, channel.deliver(replace(LETTER, subject="again"))) == ("sent", first)
    channel.close()
    (row,) = store.tasks.listed()
    assert (row["id"], row["key"], row["customer_id"], row["assignee"]) == (first.reference, LETTER.key, "c1", "hanako")
    title, note = json.loads(row["title"]), json.loads(row["note"])
    assert title == dict.fromkeys(("ja", "en"), "お知らせ Bcc: all@example.com")
    assert note == dict.fromkeys(("ja", "en"), LETTER.text)
    assert (row["state"], row["due_at"]) == ("open", to_micros(LETTER.at))


def test_a_letter_without_subject_and_text_is_a_task_all_the_same(store: Store) -> None:
    RepChannel(store.tasks.give, lambda _: "").deliver(replace(LETTER, subject=" ", text=""))
    RepChannel(store.tasks.give, lambda _: "").deliver(replace(LETTER, id="m_2", key="k2", subject="", text="a\nb"))
    titles = {row["key"]: (json.loads(row["title"])["en"], row["note"] is None) for row in store.tasks.listed()}
    assert titles == {LETTER.key: (LETTER.key, True), "k2": ("a", False)}


def test_a_task_that_cannot_be_written_waits() -> None:
    def away(_: Any) -> bool:
        raise Unavailable("the database does not answer")

    answer = RepChannel(away, lambda _: "").deliver(LETTER)
    assert (answer.state, answer.code) == ("waiting", "no_store")


def test_a_folder_that_cannot_be_written_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    assert FileChannel(tmp_path / "out").deliver(LETTER).state == "waiting"


@pytest.mark.parametrize("address", ["", "shop", "shop@", "a b@example.com", "shop@example", "x@y.jp\r\nBcc: z"])
def test_a_sender_must_have_an_address(address: str) -> None:
    with pytest.raises(BadSetting):
        Identity.of(address, "Shop")


@pytest.mark.parametrize("name", ["山田太郎" * 30, 'Ann "A" O\'Hara, (x) <y>', "a" * 500, "é", ""])
def test_names_and_subjects_of_any_length_arrive_whole(post_office: Any, name: str) -> None:
    channel = SmtpChannel(Server.read(post_office.url), Identity.of("shop@example.com", name))
    assert channel.deliver(replace(LETTER, to_name=name, subject=f"{name} お知らせ")).state == "sent"
    channel.close()
    (mail,) = post_office.mails()
    shown = mail["To"].addresses[0].display_name  # Python's reader puts spaces between the words of a folded name
    assert shown.replace(" ", "") == name.replace(" ", "")
    assert mail["From"].addresses[0].addr_spec == "shop@example.com"
    assert mail["Subject"] == f"{name} お知らせ".strip()
    assert max(len(line) for line in post_office.letters[0][2].split(b"\r\n")) < 998
