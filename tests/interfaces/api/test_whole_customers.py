"""One customer or account whole, over HTTP and from the command line."""

import json
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


def whole(served: Any, who: str, key: str | None = None, **params: str) -> Any:
    answer = served.client.get(f"/v1/customers/{who}/whole", params=params, headers={"X-Api-Key": key or served.rep})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def account(served: Any) -> Any:
    """c01 and c02 buy for an account without orders of its own."""
    people = [
        {"id": "head", "kind": "company", "name": "青葉 (株)", "email": "info@aoba.jp"}
        | {"attributes": {"needs": "storage"}},
        {"id": "c01", "parent_id": "head", "email": "mina@aoba.jp"},
        {"id": "c02", "parent_id": "head"},
    ]  # fmt: skip
    headers = {"X-Api-Key": served.admin}
    answer = served.client.post("/v1/customers", json={"customers": people}, headers=headers)
    assert answer.status_code == 200, answer.text
    body = {"customer_id": "c02", "kind": "complaint", "text": "late again", "id": "whole-1"}
    served.client.post("/v1/feedback", json=body, headers=headers)
    return served


def test_an_account_without_orders_is_told_by_its_tree(account: Any) -> None:
    told = whole(account, "head", language="en")
    assert [(each["id"], each["depth"], each["orders"]) for each in told["tree"]["members"]] == [
        ("head", 0, 0), ("c01", 1, 10), ("c02", 1, 10),
    ]  # fmt: skip
    (yen,) = told["sums"]
    assert (yen["currency"], yen["orders"], yen["own"]["orders"]) == ("JPY", 20, 0)
    assert yen["amount"] == sum(whole(account, each)["sums"][0]["amount"] for each in ("c01", "c02"))
    assert told["open_complaints"] == ["c02"]
    assert told["feedback"][0]["text"] == "late again"
    assert told["stated"] == [{"customer_id": "head", "needs": ["storage"], "goals": [], "tastes": []}]


def test_what_to_offer_is_a_recorded_decision_with_what_was_refused_and_why(account: Any) -> None:
    now = whole(account, "c01", language="ja")["offers"]
    told = account.client.get(f"/v1/decisions/{now['decision']}/explain", headers={"X-Api-Key": account.rep}).json()
    assert told["replayed"]
    assert [each["product"] for each in told["trace"]["offers"]] == [each["product"] for each in now["offers"]]
    assert all(each["pitch"] for each in now["offers"])
    silent = whole(account, "c02", language="en")["offers"]
    assert (silent["offers"], silent["risks"]["open_complaint"]) == ([], True)
    assert silent["refused_by_rule"] or silent["notes"]


def test_contact_data_is_the_administrators_and_nobody_is_a_404(account: Any) -> None:
    assert whole(account, "head")["customer"]["email"] is None
    assert whole(account, "head", account.admin)["customer"]["email"] == "info@aoba.jp"
    answer = account.client.get("/v1/customers/nobody/whole", headers={"X-Api-Key": account.rep})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-customer")


def test_the_command_line_shows_it_in_the_readers_language(account: Any) -> None:
    def said(*words: str) -> str:
        home = str(account.settings.home)
        result = CliRunner().invoke(
            command_line("customer"), ["customer", "show", *words, "--home", home], env={"COLUMNS": "200"}
        )
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    text = said("head", "--language", "en")
    for each in ("青葉 (株)", "3 in the tree", "open complaint", "20 orders", "stated by head: storage"):
        assert each in text
    assert "拠点・担当者 3 件" in said("head", "--language", "ja")
    assert json.loads(said("c01", "--json"))["tree"]["above"][0]["name"] == "青葉 (株)"


def test_before_anything_was_learned_the_rest_is_told(tmp_path: Path) -> None:
    shop = open_shop(Settings(home=tmp_path))
    shop.store.facts.write_customers(conform(pl.DataFrame({"id": ["c1"]}), CUSTOMERS))
    shop.close()
    result = CliRunner().invoke(
        command_line("customer"), ["customer", "show", "c1", "--home", str(tmp_path), "--language", "en"]
    )
    assert "No orders yet." in result.stdout
    assert "tsuide learn" in result.stdout
