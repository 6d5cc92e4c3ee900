import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from tsuide import __version__
from tsuide.app.learn import learn
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.reviews import REVIEWS
from tsuide.facts.schema import conform
from tsuide.interfaces.cli import VERBS, command_line
from tsuide.interfaces.cli.serve import address, listen


def tsuide(*arguments: str) -> Result:
    """Run one verb; stdout and stderr apart."""
    return CliRunner().invoke(command_line(arguments[0]), list(arguments))


def told(*arguments: str) -> dict[str, Any]:
    """A verb's one JSON object."""
    result = tsuide(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _reviews() -> pl.DataFrame:
    """Eight buyers of the memory card, all content."""
    said = {"product_id": "card", "rating": 5, "text": "Fast and never failed me.", "helpful": 3}
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return conform(pl.DataFrame([said | {"id": f"r{n}", "at": at} for n in range(8)]), REVIEWS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> str:
    """A home whose small shop has been learned."""
    folder = tmp_path_factory.mktemp("home")
    shop = open_shop(Settings(home=folder, language="en"))
    fill_shop(shop)
    shop.store.facts.write_reviews(_reviews())
    learn(shop, now=datetime(2026, 6, 1, tzinfo=UTC), seed=0)
    shop.close()
    return str(folder)


def test_every_verb_explains_itself() -> None:
    result = CliRunner().invoke(command_line(), ["--help"])
    assert result.exit_code == 0
    for verb in VERBS:
        assert verb in result.stdout
        assert tsuide(verb, "--help").exit_code == 0


def test_init_makes_an_empty_shop_and_says_what_comes_next(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "home"
    first = told("init", "--home", str(folder))
    assert first["counts"]["orders"] == 0
    assert told("init", "--home", str(folder)) == first
    assert "tsuide import orders" in tsuide("init", "--home", str(folder)).stdout


def test_learn_without_orders_says_what_to_do(tmp_path: Path) -> None:
    result = tsuide("learn", "--home", str(tmp_path), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "nothing-learned"
    assert "tsuide import orders" in result.stderr
    assert "Traceback" not in result.output


def test_learn_prints_its_figures(home: str) -> None:
    learned = told("learn", "--home", home)
    assert (learned["orders"], learned["customers"]) == (400, 40)
    assert set(learned["seconds"]) >= {"read orders", "baskets", "complements", "alternatives", "save"}


def test_offer_then_explain_it(home: str) -> None:
    decided = told("offer", "cam-a", "--home", home, "--language", "en")
    assert decided["arm"] == "treated"  # nobody named: no unit that could be held out
    assert {"card", "bag", "tripod"} & {each["product"] for each in decided["offers"]}
    explained = told("explain", decided["decision"], "--home", home, "--language", "en")
    assert explained["replayed"] is True
    assert [each["product"] for each in explained["offers"]] == [each["product"] for each in decided["offers"]]
    assert told("explain", "--home", home)["decision"] == decided["decision"]
    shown = tsuide("explain", decided["decision"], "--home", home, "--language", "en").stdout
    assert "bit for bit" in shown
    assert "Refused" in shown
    assert "prior" in shown
    assert explained["offers"][0]["earns"]["text"]


def test_offers_tell_what_buyers_say(home: str) -> None:
    asked = ("offer", "cam-a", "--kind", "cross_sell", "-n", "5", "--home", home, "--language", "en")
    offers = {each["product"]: each for each in told(*asked)["offers"]}
    card, other = offers.pop("card"), next(iter(offers.values()))
    assert (card["reviews"], card["quote"]) == (8, "Fast and never failed me.")
    assert 4 < card["rating"] <= 5
    assert (other["reviews"], other["rating"], other["quote"]) == (0, None, None)
    shown = " ".join(tsuide(*asked).stdout.split())
    assert "(8)" in shown
    assert "A customer says" in shown


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--placement", "moon"), "--placement"),
        (("--kind", "gift"), "--kind"),
        (("--language", "fr"), "--language"),
        (("--cart", "tea=many"), "--cart"),
    ],
)
def test_a_wrong_option_is_named(home: str, arguments: tuple[str, str], named: str) -> None:
    result = tsuide("offer", "cam-a", *arguments, "--home", home, "--json")
    assert result.exit_code == 1
    problem = json.loads(result.stdout)
    assert (problem["error"], problem["key"]) == ("bad-setting", named)


def test_a_cart_of_the_unknown_is_set_aside_and_said(home: str) -> None:
    decided = told("offer", "--cart", "tea=2", "--cart", "nothing like it", "--home", home)
    assert decided["warnings"] == ["unknown product set aside: nothing like it"]


def test_explain_of_nothing_is_an_error(home: str, tmp_path: Path) -> None:
    assert tsuide("explain", "dec_none", "--home", home).exit_code == 1
    assert "nothing was decided yet" in tsuide("explain", "--home", str(tmp_path)).stderr


def test_keys_are_made_listed_and_revoked(home: str) -> None:
    made = told("keys", "create", "till", "--scope", "rep", "--home", home)
    assert made["key"].startswith("tsk_")
    listed = {each["id"]: each for each in told("keys", "list", "--home", home)["keys"]}
    assert listed[made["id"]]["scopes"] == ["rep"]
    assert made["key"] not in tsuide("keys", "list", "--home", home).stdout
    told("keys", "revoke", made["id"], "--home", home)
    listed = {each["id"]: each for each in told("keys", "list", "--home", home)["keys"]}
    assert listed[made["id"]]["revoked_at"] is not None
    assert tsuide("keys", "revoke", "nothing", "--home", home).exit_code == 1
    assert tsuide("keys", "create", "x", "--scope", "emperor", "--home", home).exit_code == 1


def test_a_doctor_finds_a_healthy_shop_healthy_and_an_empty_one_not(home: str, tmp_path: Path) -> None:
    found = told("doctor", "--home", home)
    assert found["healthy"] is True
    assert {"python", "store", "orders", "snapshot", "policy", "disk", "clock"} <= {
        each["name"] for each in found["findings"]
    }
    ill = tsuide("doctor", "--home", str(tmp_path), "--json")
    assert ill.exit_code == 1
    bad = {each["name"]: each["do"] for each in json.loads(ill.stdout)["findings"] if each["grade"] == "bad"}
    assert "tsuide learn" in bad["snapshot"]
    assert "tsuide import orders" in bad["orders"]


def test_a_taken_port_is_told_before_anything_else(home: str) -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    for verb in ("serve", "demo"):
        result = tsuide(verb, "--port", str(port), "--home", home)
        assert result.exit_code == 1
        assert f"the port is in use: --port = {port}" in " ".join(result.stderr.split())
    taken.close()


def test_without_a_port_the_next_free_one_is_taken() -> None:
    first = listen("127.0.0.1", None)
    second = listen("127.0.0.1", None)
    assert address(first) != address(second)
    assert isinstance(first, socket.socket)
    first.close()
    second.close()


def test_a_wrong_setting_is_an_error_not_a_traceback(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSUIDE_LANGUAGE", "klingon")
    result = tsuide("doctor", "--home", home, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["key"] == "TSUIDE_LANGUAGE"


def test_export_writes_a_file_and_says_what_is_in_it(home: str, tmp_path: Path) -> None:
    file = tmp_path / "related.tsv"
    found = told("export", "related", "--format", "google", "-o", str(file), "--home", home)
    assert found["pairs"] > 0
    assert sum(found["relationships"].values()) == found["pairs"]
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id\trelated_product"
    assert len(lines) == found["products"] + 1
    shown = tsuide("export", "related", "--format", "woocommerce", "--home", home)
    assert shown.stdout.splitlines()[0] == "ID,SKU,Upsells,Cross-sells"
    wrong = tsuide("export", "related", "--format", "excel", "--home", home)
    assert wrong.exit_code == 1
    assert "google, csv, woocommerce, shopify" in wrong.stderr


def test_the_version_is_told_without_a_verb() -> None:
    assert CliRunner().invoke(command_line("init"), ["--version"]).stdout == f"tsuide {__version__}\n"
