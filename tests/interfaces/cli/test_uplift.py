"""`tsuide uplift`: why there is nothing yet, and the table in both languages."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tsuide.interfaces.cli import command_line
from tsuide.interfaces.cli.terminal import out
from tsuide.interfaces.cli.uplift import uplift_table
from tsuide.proof.uplift.phrases import UPLIFT


def test_without_anything_learned_it_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(command_line("uplift"), ["uplift", "--home", str(tmp_path / "home"), "--json"])
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (1, "nothing-learned")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_groups_stand_with_their_tested_effects(language: str) -> None:
    one = {"value": -0.0312, "error": 0.01, "low": -0.05, "high": -0.01, "p": 0.001}
    none = {"customers": 0, "effect": None, "factor": 1.0, "supported": False}
    found = {
        "treated": 950, "holdout": 50, "window_days": 30, "learned_at": "2026-06-01T00:00:00+00:00", "learner": "t",
        "qini": {"t": {"value": 0.12, "deviation": 0.03}}, "qini_of_response_model": 0.01, "uplift_at": {"0.1": None},
        "definition": {"ja": "定義", "en": "definition"},
        "groups": {
            "persuadable": none,
            "do_not_disturb": {"customers": 7, "effect": one, "factor": 0.0, "supported": True},
        },
    }  # fmt: skip
    with out.capture() as captured:
        out.print(uplift_table(found, language))
    text = captured.get()
    assert UPLIFT.text("do_not_disturb", language) in text
    assert "-3.12%" in text
    assert "0.120 ± 0.030" in text.replace("\n", "")
