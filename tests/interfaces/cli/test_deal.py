"""`tsuide deal`: every code that a table shows has words, and a deal can be taken from begin to loss by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tsuide.interfaces.cli import command_line
from tsuide.interfaces.cli.deal_words import PHRASES, reason_told
from tsuide.offers.offer import NO_REASONS
from tsuide.outreach.sales.deals import LINE_STATES, LOSSES, REPLACED, ROLES, STAGES

PRODUCTS = "id,title,category,price,cost,currency\ntea,Tea,Drinks,1000,600,JPY\ncup,Cup,Tableware,500,300,JPY\n"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_code_has_words(language: str) -> None:
    codes = [*ROLES, *(f"state_{each}" for each in LINE_STATES), *(f"stage_{each}" for each in STAGES)]
    assert all(PHRASES.text(each, language) for each in codes)
    assert all(reason_told(each, language) for each in (*NO_REASONS, *LOSSES, REPLACED, None))


def test_a_deal_by_hand(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text(PRODUCTS)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(command_line(words[0]), [*words, "--home", str(tmp_path / "home")])
        assert done.exit_code == code, done.output
        return done.output

    def told(*words: str) -> dict[str, Any]:
        return dict(json.loads(run("deal", *words, "--json")))

    run("import", str(tmp_path / "products.csv"))
    assert told("add", "Tea room", "--for", "ann", "--id", "d1")["flags"] == ["no_account", "no_lines"]
    told("line", "d1", "tea=2")
    made = told("line", "d1", "cup", "--with", "tea")
    assert [(line["role"], line["amount"]) for line in made["lines"]] == [("main", 2_000), ("attached", 500)]
    assert told("set", "d1", "2300", "1", "2")["totals"][0]["total"] == 2_300
    assert told("decline", "d1", "2", "--reason", "too_dear")["totals"][0]["total"] == 2_000
    run("deal", "price", "d1", "1", "1", "--json", code=1)
    assert told("lose", "d1", "competitor")["stage"] == "lost"
    assert told("list", "--stage", "lost")["deals"][0]["reason"] == "competitor"
    assert told("report")["losses"] == {"competitor": 1}
    assert told("reopen", "d1")["stage"] == "negotiation"
    for verb in (("show", "d1"), ("history", "d1"), ("list",), ("report",)):
        assert run("deal", *verb)
