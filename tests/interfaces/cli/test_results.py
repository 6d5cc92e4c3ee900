"""`tsuide results` and `tsuide schedule`: empty states, files, and what makes no sense."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tsuide.interfaces.cli import command_line
from tsuide.interfaces.cli.results import results_table
from tsuide.interfaces.cli.terminal import out
from tsuide.proof.reports.results import OUTCOMES
from tsuide.proof.reports.results_phrases import RESULTS


def tsuide(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(arguments[0]), list(arguments))


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    return ["--home", str(tmp_path / "home")]


def test_a_shop_without_offers_is_told_so_and_its_files_are_written(home: list[str], tmp_path: Path) -> None:
    assert RESULTS.text("nothing", "en") in tsuide("results", "--language", "en", *home).stdout
    told = json.loads(tsuide("results", "-o", str(tmp_path / "out"), "--json", *home).stdout)
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "effect.csv", "results.csv", "results.html", "rows.csv",
    ]  # fmt: skip
    assert told["effect"]["why"]


def test_a_schedule_is_set_listed_run_and_removed(home: list[str], tmp_path: Path) -> None:
    assert "tsuide schedule set" in tsuide("schedule", "list", *home).stdout
    made = tsuide("schedule", "set", "weekly", "--folder", str(tmp_path / "r"), "--json", *home)
    assert json.loads(made.stdout)["schedules"][0]["id"] == "weekly"
    assert json.loads(tsuide("schedule", "run", "--json", *home).stdout) == {"ran": []}
    assert "weekly" in tsuide("schedule", "list", *home).stdout
    assert json.loads(tsuide("schedule", "remove", "weekly", "--json", *home).stdout)["removed"]["id"] == "weekly"
    wrong = tsuide("schedule", "set", "x", "--to", "nobody", "--json", *home)
    assert (wrong.exit_code, json.loads(wrong.stdout)["key"]) == (1, "to")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_offers_and_customers_stand_in_tables(language: str) -> None:
    row: dict[str, Any] = {"sort": "placement", "name": "cart", "accept_rate": 0.25, "attributed": 900}
    customers = {"group": "new", "customers": 2, "orders": 3, "revenue": 4_000, "attributed": 0}
    found = {
        "offers": [row | dict.fromkeys(OUTCOMES, 4)], "customers": [customers], "first_in_category": [],
        "searches": [], "reasons": [], "currency": "JPY", "other_currencies": [],
        "effect": {"why": "too few", "because": "too_few"},
    }  # fmt: skip
    with out.capture() as captured:
        out.print(results_table(found, language))
    text = captured.get()
    assert RESULTS.text("placement", language) in text
    assert RESULTS.text("new", language) in text
