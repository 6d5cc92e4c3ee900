"""Reports that are made by themselves: once each, mailed through a real server, tried again when that is away."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from tsuide.app.mailing import send
from tsuide.app.results import results, rows_behind, write_results
from tsuide.app.scheduling import put_schedule, read_schedule, remove_schedule, run_due, schedules
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadSetting, NotFound, Unavailable
from tsuide.store.outcomes import outcome_row

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)  # 09:00 in Tokyo
SUNDAY = MONDAY - timedelta(days=1)


class Postbox:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        found = message_from_bytes(envelope.content, policy=default)
        assert isinstance(found, EmailMessage)
        self.got.append(found)
        return "250 kept"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def shop(new_home: Path, fill_shop: Callable[[Shop], None], postbox: tuple[Postbox, int]) -> Iterator[Shop]:
    smtp = SecretStr(f"smtp://127.0.0.1:{postbox[1]}")
    opened = open_shop(Settings(home=new_home, language="en", smtp=smtp, mail_from="tsuide@example.com"))
    fill_shop(opened)
    journal = opened.store.journal()
    row = {"decision_id": "d", "offer_id": "d.0", "product_id": "card", "category": "cards", "kind": "cross_sell"}
    at = int((SUNDAY - timedelta(days=2)).timestamp() * 1_000_000)
    more: dict[str, Any] = {"placement": "cart", "customer_id": "c01", "outcome": "shown", "at": at}
    journal.write("trace", outcome_row({"id": "t1", **row, **more}))
    journal.close_now()
    yield opened
    opened.close()


def test_a_due_report_is_mailed_once_with_its_files(shop: Shop, postbox: tuple[Postbox, int]) -> None:
    put_schedule(shop, read_schedule({"id": "weekly", "to": ["boss@example.com"], "language": "ja"}), SUNDAY)
    assert run_due(shop, SUNDAY) == []
    (ran,) = run_due(shop, MONDAY)
    assert ran == {
        "schedule": "weekly",
        "for": "2026-05-31T23:00:00+00:00",
        "files": [],
        "mailed": ["boss@example.com"],
    }
    assert run_due(shop, MONDAY + timedelta(days=1)) == []
    (mail,) = postbox[0].got
    assert (mail["To"], mail["From"]) == ("boss@example.com", "tsuide@example.com")
    assert "提案の成果" in mail["Subject"]
    names = [each.get_filename() for each in mail.iter_attachments()]
    assert names == ["results.html", "results.csv", "effect.csv", "rows.csv"]
    body = mail.get_body(("html",))
    assert body is not None
    assert "cart" in body.get_content()


def test_what_fails_is_tried_again_and_keeps_nobody_waiting(shop: Shop, tmp_path: Path) -> None:
    put_schedule(shop, read_schedule({"id": "a", "to": ["boss@example.com"]}), SUNDAY)
    put_schedule(shop, read_schedule({"id": "b", "folder": str(tmp_path / "out")}), SUNDAY)

    def away(_message: EmailMessage) -> None:
        raise Unavailable("the mail server is away")

    failed, written = run_due(shop, MONDAY, away)
    assert "away" in failed["error"]
    assert [Path(each).name for each in written["files"]] == ["results.html", "results.csv", "effect.csv", "rows.csv"]
    assert "away" in schedules(shop)[0]["error"]
    assert run_due(shop, MONDAY + timedelta(minutes=9), away) == []
    (again,) = run_due(shop, MONDAY + timedelta(minutes=10))
    assert (again["schedule"], again["mailed"]) == ("a", ["boss@example.com"])
    assert schedules(shop)[0]["error"] is None


def test_a_schedule_is_taken_away_and_named_when_it_is_not_there(shop: Shop) -> None:
    put_schedule(shop, read_schedule({"id": "weekly", "folder": "x"}), SUNDAY)
    assert remove_schedule(shop, "weekly")["folder"] == "x"
    assert schedules(shop) == []
    with pytest.raises(NotFound, match="weekly"):
        remove_schedule(shop, "weekly")


def test_a_mail_server_must_be_named_and_must_answer(shop: Shop, postbox: tuple[Postbox, int]) -> None:
    message = EmailMessage()
    message["From"] = message["To"] = "a@example.com"
    with pytest.raises(BadSetting, match="TSUIDE_SMTP"):
        send(shop.settings.model_copy(update={"smtp": SecretStr("")}), message)
    with pytest.raises(Unavailable, match="does not take it"):
        send(shop.settings.model_copy(update={"smtp": SecretStr("smtp://127.0.0.1:1")}), message)
    assert postbox[0].got == []


def test_figures_and_the_rows_behind_them_agree(shop: Shop, tmp_path: Path) -> None:
    start, end = SUNDAY - timedelta(days=30), MONDAY
    found = results(shop, start, end)
    cart = [row for row in found.offers.to_dicts() if (row["sort"], row["name"]) == ("placement", "cart")]
    assert [row["shown"] for row in cart] == [1]
    assert rows_behind(shop, start, end, "placement", "cart")["offer_id"].to_list() == ["d.0"]
    assert rows_behind(shop, start, end, "placement", "home").is_empty()
    written = write_results(shop, tmp_path / "out", start, end, "en")
    assert all(Path(each).exists() for each in written["files"])
    assert found.effect == {
        "why": found.effect["why"],
        "because": "too_few",
    }  # nobody was decided for: no effect, and why
