import json
import shutil
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


@pytest.fixture
def home(learned: Any, tmp_path: Path) -> Path:
    """The learned small shop with an account of rep sato."""
    shutil.copytree(learned.home, tmp_path / "home")
    shop = open_shop(Settings(home=tmp_path / "home", language="en"))
    row = {"id": "acme", "kind": "company", "name": "Acme", "attributes": '{"owner": "sato"}'}
    shop.store.facts.write_customers(conform(pl.DataFrame([row]), CUSTOMERS))
    shop.close()
    return tmp_path / "home"


def run(home: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(command_line("worklist"), ["worklist", *words, "--home", str(home)])
    assert done.exit_code == code, done.output
    return done.output


def test_a_rep_s_list_is_shown_and_answered(home: Path) -> None:
    assert "acme" in run(home, "sato", "--language", "en")
    assert "お客様" in run(home, "sato", "--language", "ja")
    found = json.loads(run(home, "sato", "--json"))
    (entry,) = found["groups"][0]["entries"]
    offer = entry["offer"]["id"]
    put_off = json.loads(run(home, "snooze", offer, "--days", "3", "--json"))
    assert (put_off["state"], put_off["new"]) == ("snoozed", True)
    assert json.loads(run(home, "dismiss", offer, "--reason", "have_it", "--json"))["state"] == "dismissed"
    assert "settled" in run(home, "accept", offer, code=1)
    assert json.loads(run(home, "reps", "--json")) == {"reps": {"sato": 1}}


def test_an_empty_list_says_what_to_do_and_thresholds_and_notes_are_kept(home: Path) -> None:
    assert "owner" in run(home, "nobody", "--language", "en")
    assert json.loads(run(home, "thresholds", "--pace", "2", "--json"))["thresholds"]["pace"] == 2.0
    assert json.loads(run(home, "thresholds", "--json"))["thresholds"]["pace"] == 2.0
    assert "1.5" in run(home, "thresholds", "--room", "1.5", code=1)
    note = json.loads(run(home, "note", "card", "Fits every camera.", "--by", "ito", "--json"))
    assert note["note"]["rep"] == "ito"
