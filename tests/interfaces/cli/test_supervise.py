"""`tsuide supervise`: empty states, findings in both languages, and a step that is none."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tsuide.interfaces.cli import command_line
from tsuide.interfaces.cli.supervise import findings_table
from tsuide.interfaces.cli.terminal import out
from tsuide.proof.supervision.phrases import SUPERVISION


def tsuide(*arguments: str) -> Result:
    return CliRunner().invoke(command_line("supervise"), ["supervise", *arguments])


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    return ["--home", str(tmp_path / "home")]


def test_a_shop_without_reps_is_told_so(home: list[str]) -> None:
    assert "Fewer than five" in tsuide("report", "--language", "en", *home).stdout
    assert json.loads(tsuide("report", "--json", *home).stdout)["findings"] == []
    assert json.loads(tsuide("audit", "--json", *home).stdout)["found"]["message_without_consent"] == 0
    assert "No cases" in tsuide("cases", "--language", "en", *home).stdout


def test_what_is_no_step_is_refused_by_name(home: list[str]) -> None:
    result = tsuide("step", "k", "revenge", "--by", "Sato", "--json", *home)
    assert (result.exit_code, json.loads(result.stdout)["key"]) == (1, "kind")
    gone = tsuide("step", "k", "refund", "--by", "Sato", "--json", *home)
    assert json.loads(gone.stdout)["error"] == "not-found"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_top_seller_is_shown_without_rows_and_a_gamer_with_them(language: str) -> None:
    one: dict[str, Any] = {"hits": 9, "trials": 10, "share": 0.9, "usual": 0.2, "q": 0.001}
    findings = [
        {"rep_id": "g", "pattern": "quota_gaming", "accuses": True}
        | {"beyond_chance": [one | {"sign": "quick_cancel", "rows": ["sale-1"]}]},
        {"rep_id": "t", "pattern": "top_seller", "accuses": False}
        | {"beyond_chance": [one | {"sign": "attach_rate", "rows": ["c1@2026"]}]},
    ]
    with out.capture() as captured:
        out.print(findings_table({"findings": findings, "reps": 9}, language))
    text = captured.get()
    assert "sale-1" in text
    assert "c1@2026" not in text
    assert SUPERVISION.text("label", language)[:6] in text
