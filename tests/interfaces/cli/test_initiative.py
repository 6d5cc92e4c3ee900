"""`tsuide initiative`: an initiative from its file to what was learned, in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tsuide.interfaces.cli import command_line
from tsuide.interfaces.cli.initiative import read_out
from tsuide.interfaces.cli.terminal import out

SPRING = """
id: spring
sort: campaign
hypothesis: 春のキャンペーンで粗利が増える
starts_at: 2026-05-01
ends_at: 2026-05-20
"""


def tsuide(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(arguments[0]), ["initiative", *arguments[1:]])


def told(*arguments: str) -> dict[str, Any]:
    result = tsuide("initiative", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    return ["--home", str(tmp_path / "home")]


def test_costs_are_recorded_and_taken_back(home: list[str], tmp_path: Path) -> None:
    assert "initiative create" in tsuide("initiative", "list", "--language", "en", *home).stdout
    file = tmp_path / "spring.yaml"
    file.write_text(SPRING, encoding="utf-8")
    made = told("create", str(file), *home)["initiatives"][0]
    assert (made["starts_at"], made["foretold"]) == ("2026-04-30T15:00:00+00:00", False)
    assert told("cost", "spring", "12,000", "--id", "e1", "--at", "2026-05-02", *home) == {"entry": "e1", "new": True}
    assert told("lead", "spring", "--customer", "c1", *home)["new"]
    assert told("undo", "e1", *home)["entry"]["amount"] == 12_000
    shown = told("show", "spring", *home)["entries"]
    assert [(each["kind"], each["undone_at"] is None) for each in shown] == [("cost", False), ("lead", True)]
    future = tsuide("initiative", "cost", "spring", "1", "--at", "2999-01-01", *home)
    assert (future.exit_code, "future" in future.stderr) == (1, True)
    assert told("conclude", "spring", "--learned", "a", "--next", "b", *home)["initiative"]["stage"] == "concluded"
    for language, word in (("ja", "わかったこと"), ("en", "What was learned")):
        assert word in tsuide("initiative", "list", "--language", language, *home).stdout


@pytest.mark.parametrize(
    ("language", "words"), [("ja", ("増分", "効果ではない")), ("en", ("incremental", "attributed"))]
)
def test_incremental_and_attributed_stand_in_columns_of_their_own(language: str, words: tuple[str, str]) -> None:
    one = {"value": 1.0, "error": 1.0, "low": 0.5, "high": 1.5, "p": 0.001}
    metric = {"treated": 2.0, "control": 1.0, "difference": one, "always_valid": one, "relative_lift": one}
    found = {
        "customers": {"treated": 9, "control": 5}, "primary": "margin", "verdict": "gain", "windows_passed": 1.0,
        "metrics": {"margin": {**metric, "incremental_total": 9.0}}, "currency": "JPY", "costs": {"JPY": 400},
        "initiative": {"hypothesis": "x"}, "leads": {"recorded": 3, "customers": 2, "cost_each": 133.33},
        "incremental": dict.fromkeys(("margin", "revenue", "return_on_cost", "share_of_sales", "leads"), one)
        | {"cost_per_lead": None},
        "attributed": {"label": {"ja": "帰属", "en": "Attributed"}, "amounts": {"JPY": {"total": 900}},
                       "sales_per_cost": 2.25, "share_of_sales": 0.1},
    }  # fmt: skip
    with out.capture() as captured:
        out.print(read_out(found, language))
    text = captured.get().replace("\n", "")
    assert all(word in text for word in words)
    assert "2.25" in text
