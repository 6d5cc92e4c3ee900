"""`tsuide experiment`, `effect` and `what-if` on a shop without decisions: every step says what comes next."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tsuide.interfaces.cli import command_line
from tsuide.interfaces.cli.effect import effect_table
from tsuide.interfaces.cli.terminal import out
from tsuide.proof.effect_phrases import EFFECT


def tsuide(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(arguments[0]), list(arguments))


def told(*arguments: str) -> dict[str, Any]:
    result = tsuide(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    return ["--home", str(tmp_path / "home")]


def test_an_experiment_is_created_started_stopped_and_shown(home: list[str]) -> None:
    assert "tsuide experiment create" in tsuide("experiment", "list", *home).stdout
    made = told("experiment", "create", "--controls", *home)["experiments"][0]
    assert (made["id"], made["state"], len(made["arms"])) == ("always_on_controls", "draft", 6)
    assert told("experiment", "start", "always_on_controls", *home)["experiments"][0]["state"] == "running"
    again = tsuide("experiment", "start", "always_on_controls", *home)
    assert (again.exit_code, "locked" in again.stderr) == (1, True)
    assert told("experiment", "stop", "always_on_controls", *home)["experiments"][0]["state"] == "stopped"
    assert told("experiment", "show", "always_on_controls", *home)["shares"]["random"] == 0.02
    assert "always_on_controls" in tsuide("experiment", "list", *home).stdout


def test_a_plan_says_customers_and_days() -> None:
    found = told("experiment", "plan", "--share", "0.1", "--effect", "0.02", "--per-day", "100")
    assert (found["control"], found["days"]) == (3_839, 77)
    assert tsuide("experiment", "plan", "--effect", "1").exit_code == 1


def test_without_decisions_effect_and_what_if_say_so(home: list[str]) -> None:
    effect = tsuide("effect", *home, "--json")
    assert json.loads(effect.stdout)["error"] == "too-few-data"
    nothing = tsuide("what-if", *home, "--json")
    assert json.loads(nothing.stdout)["key"] == "policy"
    policy = Path(home[1]).parent / "p.yaml"
    policy.write_text("name: p\n", encoding="utf-8")
    assert json.loads(tsuide("what-if", "--policy", str(policy), *home, "--json").stdout)["error"] == "no-support"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_table_of_effect_in_both_languages(language: str) -> None:
    one = {"value": 12.0, "error": 1.0, "low": 10.0, "high": 14.0, "p": 0.001}
    metric = {"treated": 112.0, "control": 100.0, "difference": one, "always_valid": one, "relative_lift": one}
    found = {
        "customers": {"treated": 950, "control": 50},
        "primary": "margin",
        "verdict": "gain",
        "windows_passed": 0.5,
        "metrics": {"margin": {**metric, "incremental_total": 11_400.0}},
    }
    with out.capture() as captured:
        out.print(effect_table(found, "JPY", language))
    assert EFFECT.text("gain", language) in captured.get().replace("\n", "")
    assert "950" in captured.get()
