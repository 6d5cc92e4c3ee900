"""A range of the past: decided again under its own policy, and under one that might have been."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tsuide.app.deciding import Decider
from tsuide.app.learn import learn
from tsuide.app.past import policy_what_if, replay_range
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.interfaces.cli import command_line
from tsuide.offers.policy.load import load_policy, ready_text
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.store.decisions import decision_row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def decided(shop: Shop, moment: datetime, *requests: OfferRequest) -> int:
    """Decide each request at a moment; how many offers that made."""

    async def ask() -> int:
        journal = shop.store.journal()
        decider = Decider(shop, journal, lambda: moment, iter(range(1, 100)).__next__)
        decider.refresh()
        slates = [(await decider.decide(each)).decision.slate for each in requests]
        await journal.close()
        return sum(len(slate) for slate in slates)

    return asyncio.run(ask())


@pytest.fixture
def past(new_home: Path, fill_shop: Callable[[Shop], None]) -> Shop:
    """A shop with two days of decisions, a product sold out between them."""
    shop = open_shop(Settings(home=new_home, language="en"))
    fill_shop(shop)
    learn(shop, now=NOW - 3 * DAY, seed=0)
    camera = OfferRequest("product", product_id="cam-a", anonymous_id="v1")
    cart = OfferRequest("cart", anonymous_id="v2", cart=(CartLine("cam-a"),))
    assert decided(shop, NOW - 2 * DAY, camera, cart) > 0
    sold_out = shop.store.facts.products().filter(id="card").with_columns(stock=pl.lit(0, pl.Int64))
    shop.store.facts.write_products(sold_out)
    decided(shop, NOW - DAY, camera)
    return shop


def test_a_range_comes_out_again_across_changes_of_the_catalogue(past: Shop) -> None:
    found = replay_range(past, NOW - 7 * DAY, NOW)
    assert (found.same, found.differing, found.refused) == (3, (), {})
    assert replay_range(past, NOW - 36 * timedelta(hours=1), NOW).same == 1


def test_a_difference_that_other_code_made_says_so(past: Shop) -> None:
    rows = past.store.decisions.between(NOW - 7 * DAY, NOW)
    other = []
    for at, row in enumerate(rows[:2]):
        record = json.loads(row["record"]) | {"id": f"dec_{at}", "code": "0.0.1+0"}
        if at == 0:
            record["considered"] += 1  # what that code counted
        other.append(decision_row(row | {"id": record["id"], "record": json.dumps(record)}))
    journal = past.store.journal()
    journal.write("trace", *other)
    journal.close_now()
    found = replay_range(past, NOW - 7 * DAY, NOW)
    assert (found.same, found.differing, found.refused) == (3, (), {"other_code": 2})


def test_what_a_stricter_policy_would_have_refused(past: Shop) -> None:
    text = ready_text("standard").replace(
        "price_reach: {of_main: 100%, within_band: 300%, of_band: 200%}", "price_reach: {of_main: 0.01%}"
    )
    found = policy_what_if(past, load_policy(text), NOW - 7 * DAY, NOW)
    assert found.decisions == 3
    assert found.refused["price_reach"].count == found.refused_in_all > 0
    assert found.let_through_in_all == 0
    unchanged = policy_what_if(past, load_policy(ready_text("standard")), NOW - 7 * DAY, NOW)
    assert (unchanged.refused_in_all, unchanged.slates) == (0, 0)


def test_the_verbs_tell_it(past: Shop, tmp_path: Path) -> None:
    home = str(past.settings.home)
    past.close()
    run = CliRunner().invoke(
        command_line("replay"), ["replay", "--from", "2026-05-25", "--to", "2026-06-02", "--home", home, "--json"]
    )
    assert json.loads(run.stdout)["same"] == 3
    file = tmp_path / "mine.yaml"
    file.write_text("rules:\n  in_stok: on\n", encoding="utf-8")
    bad = CliRunner().invoke(command_line("policy"), ["policy", "check", str(file)])
    assert bad.exit_code == 1
    assert "line 2" in bad.stderr
    file.write_text("name: mine\n", encoding="utf-8")
    good = CliRunner().invoke(command_line("policy"), ["policy", "check", str(file), "--json"])
    assert json.loads(good.stdout)["name"] == "mine"
    asked = CliRunner().invoke(
        command_line("policy"), ["policy", "what-if", str(file), "--days", "400", "--home", home, "--json"]
    )
    assert asked.exit_code == 0
    assert set(json.loads(asked.stdout)) >= {"decisions", "offers", "refused", "let_through", "refused_by_rule"}
