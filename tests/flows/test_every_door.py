"""No door lets through what a rule refuses: page, slots, batch, widget, shop page, command line, agent and export.

Every decision that the doors recorded is judged again by the rules in plain Python, one candidate at a time; what a
door answered must be what was recorded, and nothing more.
"""

import asyncio
import json
import random
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from typer.testing import CliRunner

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.loading import load
from tsuide.app.policies import active_policy, policy_of, put_in_force
from tsuide.app.related import related
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.interfaces.cli import command_line
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import judge
from tsuide.offers.decision import Decision
from tsuide.offers.offer import HESITATIONS, KINDS, PLACEMENTS
from tsuide.offers.policy import chain
from tsuide.offers.policy.fuse import all_refusals
from tsuide.offers.policy.load import ready_text
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
from tsuide.offers.records import PlainRecord
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State

pytestmark = pytest.mark.browser

PRODUCTS = ("cam-a", "cam-b", "cam-c", "card", "bag", "tripod", "tea", "tea-fine", "cup", "pot", "cake", "rice", "gone")
WIDGET = """([base, key, product]) => new Promise((done) => {
  const script = Object.assign(document.createElement('script'), { src: `${base}/widget/tsuide.js` })
  script.dataset.key = key
  script.onload = () => {
    const made = document.createElement('tsuide-offers')
    made.setAttribute('product', product)
    made.setAttribute('eager', '')
    made.addEventListener('tsuide:filled', () => done(made.decision))
    document.body.append(made)
  }
  document.head.append(script)
})"""


def some(rng: random.Random, **more: Any) -> dict[str, Any]:
    """A question as any page might put it."""
    options: dict[str, Any] = {
        "product_id": rng.choice(PRODUCTS),
        "cart": [{"product_id": each, "quantity": rng.randint(1, 3)} for each in rng.sample(PRODUCTS, 2)],
        "kinds": rng.sample(KINDS, 3),
        "exclude": rng.sample(PRODUCTS, 2),
        "budget": rng.choice([1_000, 50_000]),
        "hesitation": [rng.choice(HESITATIONS)],
        "shown": [rng.choice(PRODUCTS)],
        "free_shipping_at": rng.choice([5_000, 60_000]),
    }
    chosen = {key: each for key, each in options.items() if rng.random() < 0.4}
    return {"placement": rng.choice(PLACEMENTS), "n": rng.randint(1, 8), **chosen, **more}


@pytest.fixture(scope="module")
def doors(
    tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None], start_server: Callable[..., Any]
) -> Iterator[Any]:
    """A server with every door open and nobody held out, so that silence is a rule's doing."""
    home, now = tmp_path_factory.mktemp("doors"), datetime.now(UTC)
    with opened(Settings(home=home, language="en")) as shop:
        fill_shop(shop)
        sender = "\nsender: {name: A, address: B, opt_out: C}\n"
        put_in_force(shop, ready_text("standard").replace("holdout: 5%", "holdout: 0%") + sender, now)
        learn(shop, now=now, seed=0)
        keys = {scope: create_key(shop, scope, [scope], now)[0] for scope in ("storefront", "rep", "agent")}
    running = start_server(home, "--demo-shop", "--agents")
    running.keys = keys
    yield running
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


def by_http(doors: Any, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Page, slots and batch."""
    with httpx.Client(base_url=doors.url, timeout=30) as client:

        def answer(path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
            got = client.post(path, json=body, headers={"X-Api-Key": doors.keys[key]})
            assert got.status_code == 200, (body, got.text)
            return dict(got.json())

        for number in range(40):
            yield answer("/v1/offers", "storefront", some(rng, anonymous_id=f"v{number}"))
            slots = {"a": {"n": 2}, "b": {"n": 3, "kinds": ["up_sell", "cross_sell"]}}
            yield answer("/v1/offers", "rep", some(rng, customer_id=f"c{number % 40:02}", slots=slots))
        many = [some(rng, customer_id=f"c{number:02}") for number in range(40)]
        yield from answer("/v1/offers/batch", "rep", {"requests": many})["answers"]


def by_agent(doors: Any) -> Iterator[dict[str, Any]]:
    """The tools that agents call."""

    async def told() -> list[dict[str, Any]]:
        found = []
        async with (
            httpx2.AsyncClient(headers={"X-Api-Key": doors.keys["agent"]}) as sender,
            Client(streamable_http_client(f"{doors.url}/mcp", http_client=sender)) as client,
        ):
            for tool in ("recommend_complements", "recommend_upgrades", "get_bundle"):
                for product in ("cam-a", "cam-b", "tea"):
                    result = await client.call_tool(tool, {"product_id": product})
                    if not result.is_error and result.structured_content is not None:
                        found.append(dict(result.structured_content))
        return found

    for each in asyncio.run(told()):
        if each.get("decision_id"):
            yield {"decision": each["decision_id"], "offers": [{"id": one["offer_id"]} for one in each["offers"]]}


def by_command(home: Path) -> Iterator[str]:
    """`tsuide offer`: the ids of its decisions, and that it names no other product than they do."""
    for arguments in (["cam-a"], ["--cart", "tea=2"], ["cam-b", "--kind", "up_sell"], ["tea", "--customer", "c03"]):
        result = CliRunner().invoke(command_line("offer"), ["offer", *arguments, "--home", str(home), "--json"])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        with opened(Settings(home=home)) as shop:
            recorded = Decision.from_json(shop.store.decisions.get(told["decision"])["record"])
        assert [each["product"] for each in told["offers"]] == [each.product_id for each in recorded.offers]
        yield told["decision"]


def by_page(doors: Any, browser: Any) -> Iterator[str]:
    """The shop's own page, and the widget in it: the ids of their decisions."""
    page = browser.new_page()
    page.set_default_timeout(20_000)
    for product in ("cam-a", "tea"):
        page.goto(f"{doors.url}/shop/p/{product}?lang=en")
        page.locator(".slots .offer").first.wait_for()
        yield str(page.locator(".slots .offer").first.get_attribute("data-decision"))
        yield str(page.evaluate(WIDGET, [doors.url, doors.keys["storefront"], product]))
    page.close()


def refusals(request: OfferRequest, view: CustomerView, state: State, policy: Policy, now: datetime, seed: int) -> Any:
    """The candidates of a question, what was picked of them, and a plain-Python judge of any one."""
    judged = judge(request, state, prepare_customer(view, state), policy, now=now, seed=seed)
    rest = (PlainRecord(judged.question.customer[0]), PlainRecord(judged.question.request[0]))

    def of(row: int) -> list[str]:
        return all_refusals(chain.rules(), (PlainRecord(judged.pool[row]), *rest, PlainRecord(policy.row[0])))

    return judged, of


def judged_again(doors: Any, begun: datetime) -> dict[str, Decision]:
    """What the doors recorded since `begun`, once every rule was asked of everything that was picked."""
    with opened(Settings(home=doors.home)) as shop:
        rows = shop.store.decisions.between(begun - timedelta(seconds=5), datetime.now(UTC) + timedelta(seconds=5))
        recorded = {row["id"]: Decision.from_json(row["record"]) for row in rows}
        states: dict[tuple[str, int], State] = {}
        for each in recorded.values():
            at = (each.snapshot_id, each.sequence)
            state = states[at] if at in states else states.setdefault(at, load(shop, *at).state)
            policy = policy_of(shop, each.policy, each.policy_version)
            judged, of = refusals(each.request, each.customer, state, policy, each.at, each.seed)
            assert [of(pick["row"]) for pick in judged.picks] == [[]] * len(each.slate)
            assert {offer.id for offer in each.offers} <= {offer.id for offer in each.slate}
    return recorded


def test_no_door_lets_through_what_a_rule_refuses(doors: Any) -> None:
    begun, rng = datetime.now(UTC), random.Random(7)  # noqa: S311 - a test's dice
    answers = {"http": [*by_http(doors, rng)], "agent": [*by_agent(doors)]}
    commands = [*by_command(doors.home)]
    recorded = judged_again(doors, begun)
    for door, told in answers.items():
        for answer in told:
            assert [one["id"] for one in answer["offers"]] == [one.id for one in recorded[answer["decision"]].offers]
        assert sum(len(answer["offers"]) for answer in told) > 5, door
    assert sum(len(recorded[each].offers) for each in commands) > 3


def test_neither_the_shops_page_nor_the_widget_shows_what_a_rule_refuses(doors: Any, browser: Any) -> None:
    begun = datetime.now(UTC)
    shown = [*by_page(doors, browser)]
    recorded = judged_again(doors, begun)
    assert all(recorded[each].offers for each in shown)


def test_an_exported_pair_is_one_that_the_rules_let_through(doors: Any) -> None:
    now = datetime.now(UTC)
    with opened(Settings(home=doors.home)) as shop:
        loaded = load(shop)
        policy = active_policy(shop, now)
        pairs = 0
        for product, found in related(loaded, policy, now):
            allowed: set[str] = set()
            hesitating = {"kinds": ("down_sell",), "hesitation": ("price_objection",)}
            for more in ({}, hesitating):
                request = OfferRequest("product", product_id=product.id, n=1, **more)  # type: ignore[arg-type]
                judged, of = refusals(request, CustomerView(), loaded.state, policy, now, 0)
                for row in range(judged.count):
                    if set(of(row)) <= {"required_part"}:
                        one = judged.pool[row]
                        sets = loaded.state.sets["items"][int(one["set"])].tolist() if one["set"] >= 0 else []
                        places = [int(one["item"]), int(one["second"]), *sets]
                        allowed |= {loaded.state.ids.ids[place] for place in places if place >= 0}
            assert {pair.other.id for pair in found} <= allowed, product.id
            pairs += len(found)
    assert pairs > 5
