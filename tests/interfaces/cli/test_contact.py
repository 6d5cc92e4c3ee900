"""`tsuide contact`: a table in the shop's language, and the same as JSON."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from tsuide.app.wiring import open_shop
from tsuide.config import Settings
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.interfaces.cli import command_line
from tsuide.kit.clock import to_micros
from tsuide.store.outcomes import outcome_row


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shop = open_shop(Settings(home=tmp_path / "home"))
    shop.store.facts.write_customers(conform(pl.DataFrame({"id": ["c1", "c2"]}), CUSTOMERS))
    journal, week = shop.store.journal(), datetime.now(UTC) - timedelta(days=7)
    for n in range(4):
        told: dict[str, Any] = {"decision_id": f"d{n}", "customer_id": "c1", "channel": "line", "at": to_micros(week)}
        journal.write("trace", outcome_row({"id": f"s{n}", "outcome": "shown", **told}))
    journal.close_now()
    shop.close()
    return tmp_path / "home"


def said(home: Path, *words: str, language: str = "en") -> str:
    result = CliRunner().invoke(
        command_line("contact"),
        ["contact", *words, "--home", str(home)],
        env={"TSUIDE_LANGUAGE": language, "COLUMNS": "200"},
    )
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_channels_and_hours_are_shown_with_their_intervals(home: Path) -> None:
    text = said(home, "c1")
    for each in ("line", "0/4", "Mon", "Sun", "95 % interval", "shrunk to: everybody", "now it would go by: –"):
        assert each in text
    assert "曜日ごとの最良の時間" in said(home, "c1", language="ja")
    told = json.loads(said(home, "c2", "--json"))
    assert [(each["channel"], each["contacts"], len(each["hours"])) for each in told["channels"]] == [("line", 0, 7)]


def test_where_nobody_was_contacted_it_says_what_to_do(tmp_path: Path) -> None:
    shop = open_shop(Settings(home=tmp_path))
    shop.store.facts.write_customers(conform(pl.DataFrame({"id": ["c1"]}), CUSTOMERS))
    shop.close()
    assert "Nobody was contacted yet" in said(tmp_path, "c1")
