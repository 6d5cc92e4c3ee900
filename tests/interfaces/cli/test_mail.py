"""`tsuide mail …` from a template to a message in doubt, in real processes' own code."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from tsuide.app.policies import put_in_force
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.interfaces.cli import command_line
from tsuide.kit.clock import to_micros
from tsuide.offers.policy.load import ready_text
from tsuide.store.outbox import Reservation

NOTE = """name: note
subject: {ja: 'お知らせ', en: News}
body: {ja: '{{ words(customer.greeting) }}', en: '{{ words(values.x) }}'}
"""


@dataclass(frozen=True)
class Shell:
    """The command line over one shop, with its mail set up."""

    home: Path
    env: dict[str, str]

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(command_line("mail"), ["mail", *arguments], env=self.env)
        assert done.exit_code == code, done.output
        return done.stdout

    def asked(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        return dict(json.loads(self.run(*arguments, "--json", code=code)))


@pytest.fixture
def shell(tmp_path: Path, post_office: Any) -> Shell:
    home = tmp_path / "home"
    now = datetime.now(UTC)
    with opened(Settings(home=home, language="en")) as shop:
        people = [{"id": "c1", "name": "Hanako", "email": "c1@example.jp", "language": "ja"}]
        people.append({"id": "c2", "name": "Ann", "email": "drop@example.jp", "language": "en"})
        shop.store.facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
        said = [
            {"customer_id": each, "purpose": "marketing", "channel": "email", "granted": True} for each in ("c1", "c2")
        ]
        frame = pl.DataFrame(said).with_columns(at=pl.lit(now), source=pl.lit("form"), evidence=pl.lit("x"))
        shop.store.facts.write_consents(conform(frame, CONSENTS))
        text = ready_text("standard").replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off")
        put_in_force(shop, text + "\nsender: {name: S, address: A, opt_out: O}\n", now)
    (tmp_path / "note.yaml").write_text(NOTE, encoding="utf-8")
    env = {"HOME": str(home), "SMTP": post_office.url, "MAIL_FROM": "shop@example.com", "LANGUAGE": "en"}
    env |= {"PUBLIC_URL": "https://shop.example.com"}
    made = Shell(home, {f"TSUIDE_{name}": value for name, value in env.items()})
    made.run("put", str(tmp_path / "note.yaml"))
    return made


def test_a_template_is_kept_looked_at_and_tested(shell: Shell, tmp_path: Path, post_office: Any) -> None:
    assert "note" in shell.run("templates")
    assert shell.run("show", "note") == NOTE
    seen = shell.asked("preview", "note", "c1", "--html", str(tmp_path / "page.html"))
    assert (seen["subject"], seen["verdict"]) == ("お知らせ", "allowed")
    assert "Hanako 様" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert shell.asked("preview", "note", "c1", "--language", "en", code=1)["error"] == "bad-value"  # it needs a value
    assert "42" in shell.asked("preview", "note", "c1", "--language", "en", "--value", "x=42")["text"]
    assert shell.asked("test", "note", "c1", "--to", "me@example.com")["state"] == "sent"
    assert post_office.mails()[0]["To"] == "me@example.com"
    shell.run("remove", "note")
    assert shell.asked("preview", "note", "c1", code=1)["error"] == "not-found"


def test_a_mail_is_sent_once_and_told(shell: Shell, post_office: Any) -> None:
    assert shell.asked("send", "note", "c1", "--key", "k1")["new"] is True
    assert shell.asked("send", "note", "c1", "--key", "k1")["new"] is False
    held = shell.asked("send", "note", "c1", "--key", "k2")
    assert (held["state"], held["code"]) == ("refused", "contact_limit")
    assert "the contact limit is reached" in shell.run("send", "note", "c1", "--key", "k2")
    assert len(post_office.letters) == 1
    rows = shell.asked("list", "--state", "refused")["messages"]
    assert [row["key"] for row in rows] == ["k2"]
    assert [each["code"] for each in shell.asked("told", rows[0]["id"])["verdicts"]] == ["contact_limit"]


def test_what_is_in_doubt_is_shown_and_settled(shell: Shell, tmp_path: Path, post_office: Any) -> None:
    assert shell.asked("send", "note", "c2", "--key", "k1", "--value", "x=1")["state"] == "in_doubt"
    assert [row["key"] for row in shell.asked("held")["messages"]] == ["k1"]
    (tmp_path / "log").write_text(f"message-id={post_office.mails()[0]['Message-ID']}", encoding="utf-8")
    assert shell.asked("reconcile", str(tmp_path / "log"))["went_out"] == 1
    assert shell.run("held").strip() == "None."
    with opened(Settings(home=shell.home)) as shop:  # another, left behind by a dead process
        old = datetime.now(UTC) - timedelta(days=1)
        row: dict[str, Any] = {
            "key": "k9",
            "id": "m_9",
            "customer_id": "c1",
            "channel": "email",
            "purpose": "marketing",
        }
        row |= {
            "template": "note",
            "source": None,
            "record": json.dumps({"key": "k9", "customer_id": "c1", "template": "note"}),
        }
        shop.store.outbox.put([row | {"asked_at": to_micros(old), "due_at": to_micros(old)}])
        shop.store.outbox.reserve([Reservation("k9", 0, "c1", old, lambda _: None)], old, old)
    assert [row["key"] for row in shell.asked("held")["messages"]] == ["k9"]
    assert shell.asked("resolve", "k9", "--not-sent", "--who", "me")["state"] == "waiting"
    assert shell.asked("due")["sent"] == {"tried": 1, "sent": 1}
    assert shell.asked("resolve", "k9", "--sent", "--who", "me", code=1)["error"] == "conflict"


def test_bounces_of_a_folder_are_read_once(shell: Shell, tmp_path: Path, post_office: Any) -> None:
    shell.asked("send", "note", "c1", "--key", "k1")
    message = post_office.mails()[0]["X-Tsuide-Message"]
    bounce = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        f"Content-Type: text/rfc822-headers\n\nX-Tsuide-Message: {message}\n\n--b--\n"
    )
    for name in ("new", "cur"):
        (tmp_path / "maildir" / name).mkdir(parents=True)
    (tmp_path / "maildir" / "new" / "1").write_text(bounce, encoding="utf-8")
    (tmp_path / "maildir" / "new" / "2").write_text("Subject: I am away\n\nuntil Monday", encoding="utf-8")
    assert shell.asked("bounces", str(tmp_path / "maildir")) == {"bounce": 1, "no_report": 1}
    assert shell.asked("bounces", str(tmp_path / "maildir")) == {}
    assert shell.asked("bounces", str(tmp_path / "nowhere"), code=1)["error"] == "bad-file"
    assert shell.asked("bounces", code=1)["error"] == "bad-setting"
    held = shell.asked("send", "note", "c1", "--key", "k2")
    assert held["code"] == "undeliverable"
