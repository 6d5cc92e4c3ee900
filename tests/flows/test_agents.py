"""The tools for agents, spoken to by the real MCP client: a process over stdio, a server over HTTP."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import httpx2
import polars as pl
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from tsuide.app.customer_tokens import customer_secret, customer_token
from tsuide.app.deal_quotes import set_seller
from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.tasks import add_task
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.decision import Decision
from tsuide.outreach.sales.quotes import Seller

SALES = {
    "list_worklist", "answer_worklist", "show_customer", "list_tasks", "change_task", "list_deals", "show_deal",
    "propose_for_deal", "answer_deal_line", "list_deal_promotions", "give_in_deal", "note_customer", "begin_deal",
    "change_deal", "put_deal_line", "price_deal_set", "take_back_in_deal", "quote_deal", "lose_deal", "reopen_deal",
    "show_deal_history", "send_deal_quote", "report_deals", "list_duplicates",
}  # fmt: skip
LEADING = {"show_results", "list_merges", "merge_customers", "undo_merge", "win_deal_by_order_form"}
TOOLS = {
    "recommend_complements",
    "recommend_upgrades",
    "recommend_cheaper",
    "fill_threshold",
    "get_bundle",
    "explain_offer",
    "record_outcome",
}
SCOPES = ("storefront", "agent", "rep", "admin")
Talk = Callable[[Client], Awaitable[None]]


def stdio(home: Path, *options: str, language: str = "en", **env: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "tsuide", "mcp", "--home", str(home), *options],
        env={"TSUIDE_LANGUAGE": language, "PYTHONPATH": str(Path(__file__).parents[2] / "src"), **env},
    )


def talk(server: Any, told: Talk) -> None:
    async def conversation() -> None:
        async with Client(server) as client:
            await told(client)

    run(conversation())


def run(conversation: Coroutine[Any, Any, None]) -> None:
    """Run it; what fails inside the client's task groups is told by itself."""
    try:
        asyncio.run(conversation)
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, said(result)
    assert result.structured_content is not None
    return dict(result.structured_content)


def said(result: CallToolResult) -> str:
    return "\n".join(each.text for each in result.content if isinstance(each, TextContent))


def recorded(home: Path, decision: str) -> Decision:
    shop = open_shop(Settings(home=home))
    try:
        return Decision.from_json(shop.store.decisions.get(decision)["record"])
    finally:
        shop.close()


def outcomes(home: Path, decision: str) -> list[tuple[str, str | None]]:
    shop = open_shop(Settings(home=home))
    try:
        return [(row["outcome"], row["reason"]) for row in shop.store.outcomes.of_decision(decision)]
    finally:
        shop.close()


@pytest.fixture(scope="module")
def agents(taught_home: Path, start_server: Any) -> Iterator[Any]:
    """`tsuide serve --agents`, and keys of each scope."""
    shop = open_shop(Settings(home=taught_home))
    keys = {scope: create_key(shop, scope, [scope], datetime.now(UTC))[0] for scope in SCOPES}
    shop.close()
    running = start_server(taught_home, "--agents")
    running.keys = keys
    yield running
    running.process.terminate()
    running.process.wait(60)


def over_http(agents: Any, key: str, told: Talk) -> None:
    async def conversation() -> None:
        async with (
            httpx2.AsyncClient(headers={"X-Api-Key": agents.keys[key]}) as sender,
            Client(streamable_http_client(f"{agents.url}/mcp", http_client=sender)) as client,
        ):
            await told(client)

    run(conversation())


def test_a_conversation_over_stdio(taught_home: Path) -> None:
    async def told(client: Client) -> None:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        assert all(each.output_schema and each.description and each.title for each in tools.values())
        assert client.instructions is not None
        assert "Never buy" in client.instructions
        agent = {"discovered": "search: camera for travel", "why": "small and light"}
        who = {"visitor_id": "talk-2"}
        found = await call(client, "recommend_complements", product_id="cam-a", agent=agent, who=who)
        assert "card" in {each["product_id"] for each in found["offers"]}
        first = found["offers"][0]
        assert first["title"] in found["text"]
        assert first["reasons"][0]["figures"]
        request = recorded(taught_home, found["decision_id"]).request
        assert request.placement == "agent"
        assert request.agent is not None
        assert (request.agent.discovered, request.agent.why) == (agent["discovered"], agent["why"])
        assert (request.agent.name or "").startswith("mcp")
        why = await call(client, "explain_offer", offer_id=first["offer_id"])
        assert why["product_id"] == first["product_id"]
        assert why["replayed"] is None
        assert why["policy"].startswith("standard ")
        shown = await call(client, "record_outcome", offer_id=first["offer_id"], outcome="shown")
        assert shown["recorded"] is True
        again = await call(client, "record_outcome", offer_id=first["offer_id"], outcome="shown")
        assert again["recorded"] is False
        no = await call(client, "record_outcome", offer_id=first["offer_id"], outcome="declined", reason="product_fit")
        assert no["next_move"] == "alternative"
        assert outcomes(taught_home, found["decision_id"]) == [("shown", None), ("declined", "not_for_me")]
        after = await call(client, "recommend_complements", product_id="cam-a", who=who)
        assert first["product_id"] not in {each["product_id"] for each in after["offers"]}

    talk(stdio(taught_home), told)


def test_a_conversation_in_the_holdout_is_silent(agents: Any) -> None:
    async def told(client: Client) -> None:
        found = await call(
            client, "recommend_complements", product_id="cam-a", language="en", who={"visitor_id": "quiet-3"}
        )
        assert (found["arm"], found["offers"]) == ("holdout", [])
        assert found["text"] == "There is nothing to propose now."

    over_http(agents, "agent", told)


def test_a_reason_to_hold_back_becomes_its_move(agents: Any, taught_home: Path) -> None:
    async def told(client: Client) -> None:
        up = await call(client, "recommend_upgrades", product_id="cam-a", who={"visitor_id": "talk-6"})
        assert [each["product_id"] for each in up["offers"]] == ["cam-b"]
        assert up["offers"][0]["difference"] == 12_000
        held = up["offers"][0]["offer_id"]
        cheaper = await call(
            client, "recommend_cheaper", product_id="cam-b", max_price=45_000, instead_of=held, who={"visitor_id": "t3"}
        )
        assert (cheaper["move"], cheaper["recorded"]) == ("down_sell", "declined")
        assert [each["product_id"] for each in cheaper["offers"]] == ["cam-a"]
        assert recorded(taught_home, cheaper["decision_id"]).request.hesitation == ("price_objection",)
        assert outcomes(taught_home, up["decision_id"]) == [("declined", "too_dear")]
        other = await call(client, "recommend_cheaper", product_id="cam-b", reason="product_fit")
        assert {each["kind"] for each in other["offers"]} <= {"alternative", "down_sell"}
        later = await call(client, "recommend_upgrades", product_id="cam-a", who={"visitor_id": "talk-4"})
        held = later["offers"][0]["offer_id"]
        put_off = await call(client, "recommend_cheaper", product_id="cam-b", reason="timing_deferred", instead_of=held)
        assert (put_off["move"], put_off["recorded"], put_off["offers"]) == ("later", "later", [])
        assert outcomes(taught_home, later["decision_id"]) == [("later", "not_now")]

    over_http(agents, "agent", told)


def test_the_threshold_and_the_set(agents: Any) -> None:
    async def told(client: Client) -> None:
        far = await call(client, "fill_threshold", cart=[{"product_id": "tea"}], free_shipping_at=2_000, language="en")
        assert (far["cart_value"], far["gap"]) == (800, 1_200)
        assert "1,200" in far["text"]
        assert all(each["kind"] == "filler" for each in far["offers"])
        reached = await call(
            client, "fill_threshold", cart=[{"product_id": "cam-a"}], free_shipping_at=2_000, language="ja"
        )
        assert (reached["gap"], reached["text"]) == (0, "送料無料です。")
        filled = await call(
            client, "recommend_cheaper", product_id="tea", reason="shipping_cost", cart=[{"product_id": "tea"}]
        )
        assert filled["move"] == "filler"
        bundle = await call(client, "get_bundle", product_id="cam-a")
        assert {each["kind"] for each in bundle["offers"]} <= {"bundle"}

    over_http(agents, "agent", told)


def test_errors_name_key_value_and_way_out(agents: Any) -> None:
    async def told(client: Client) -> None:
        wrong = await client.call_tool("recommend_upgrades", {"product_id": "nothing-like-it"})
        assert wrong.is_error
        assert "unknown-product: no such product: product_id = 'nothing-like-it'. Way out:" in said(wrong)
        named = await client.call_tool("recommend_complements", {"product_id": "cam-a", "who": {"customer_id": "c01"}})
        assert named.is_error
        assert "scope rep" in said(named)
        nothing = await client.call_tool("recommend_complements", {})
        assert "product_id" in said(nothing)
        offer = await client.call_tool("record_outcome", {"offer_id": "dec_none.0", "outcome": "shown"})
        assert "unknown-decision" in said(offer)
        sold = await client.call_tool("record_outcome", {"offer_id": "dec_none.0", "outcome": "purchased"})
        assert sold.is_error
        later = await client.call_tool("recommend_cheaper", {"product_id": "cam-b", "reason": "timing_deferred"})
        assert "instead_of" in said(later)

    over_http(agents, "agent", told)


def test_a_sales_agent_may_name_a_customer(taught_home: Path) -> None:
    async def told(client: Client) -> None:
        found = await call(client, "recommend_complements", product_id="cam-a", who={"customer_id": "new-3"})
        assert recorded(taught_home, found["decision_id"]).request.customer_id == "new-3"
        assert (await call(client, "explain_offer", offer_id=found["offers"][0]["offer_id"]))["replayed"] is True
        assert "「Camera Aoba」" in found["text"]
        assert {each.title for each in (await client.list_tools()).tools} >= {"一緒に使う商品", "提案の理由"}

    talk(stdio(taught_home, "--scope", "rep", language="ja"), told)


def test_a_reps_agent_works_the_list_and_the_tasks_and_a_shopping_agent_sees_none_of_it(
    agents: Any, taught_home: Path
) -> None:
    shop = open_shop(Settings(home=taught_home))
    now = datetime.now(UTC)
    add_task(shop, "Call", now + timedelta(days=1), now, 1, customer_id="c01", assignee="ann", key="agent-task")
    shop.close()

    async def rep(client: Client) -> None:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert set(tools) == TOOLS | SALES
        assert all(each.output_schema and each.description and each.title for each in tools.values())
        (task,) = (await call(client, "list_tasks", assignee="ann"))["tasks"]
        assert (await call(client, "change_task", task_id=task["id"], state="done", who="ann"))["state"] == "open"
        assert (await call(client, "list_tasks", assignee="ann"))["tasks"] == []
        assert (await call(client, "show_customer", customer_id="c01"))["orders"]
        assert "groups" in await call(client, "list_worklist", rep="nobody")
        assert (await call(client, "list_deals"))["deals"] == []
        for tool in ("propose_for_deal", "list_deal_promotions"):
            assert (await client.call_tool(tool, {"deal_id": "x"})).is_error
        assert (await call(client, "note_customer", customer_id="c01", text="asks for a card", kind="call"))["id"]
        missing = await client.call_tool("show_deal", {"deal_id": "x"})
        assert "not-found" in said(missing)
        for tool in LEADING:
            assert (await client.call_tool(tool, {})).is_error

    async def agent(client: Client) -> None:
        assert {each.name for each in (await client.list_tools()).tools} == TOOLS
        assert (await client.call_tool("list_tasks", {})).is_error

    async def admin(client: Client) -> None:
        assert {each.name for each in (await client.list_tools()).tools} == TOOLS | SALES | LEADING
        done = await call(client, "merge_customers", kept="c38", merged="c39")
        assert (await call(client, "undo_merge", merge_id=done["id"]))["undone_at"]

    over_http(agents, "rep", rep)
    over_http(agents, "agent", agent)
    over_http(agents, "admin", admin)
    shop = open_shop(Settings(home=taught_home))
    asked = [row["who"] for row in shop.store.audit.listed(10, room="mcp")]
    named = {f"key {each.id}" for each in shop.store.keys.all() if each.name == "admin"}
    shop.close()
    assert len(asked) == 2
    assert set(asked) <= named


@pytest.fixture(scope="module")
def sales_home(
    tmp_path_factory: pytest.TempPathFactory,
    fill_shop: Callable[[Shop], None],
    rep_sales: Callable[[Shop, datetime], None],
) -> Path:
    """A home with confirmed sales of six reps, a seller, and one company under two names."""
    home = tmp_path_factory.mktemp("sales")
    shop = open_shop(Settings(home=home, language="en"))
    fill_shop(shop)
    twins = [
        {"id": f"twin-{n}", "kind": "company", "name": name, "email": "info@gtx.example" if n else None}
        for n, name in enumerate(("ＧＴＸ Pro 株式会社", "㈱GTXPro"))
    ]
    people = pl.DataFrame([*twins, {"id": "c-suzuki-0", "kind": "person", "attributes": '{"tier": "gold"}'}])
    shop.store.facts.write_customers(conform(people, CUSTOMERS))
    rep_sales(shop, datetime.now(UTC))
    learn(shop, now=datetime.now(UTC), seed=0)
    set_seller(
        shop,
        Seller({"ja": "青葉商店", "en": "Aoba"}, {"ja": "東京", "en": "Tokyo"}, "T1234567890123"),
        datetime.now(UTC),
    )
    shop.close()
    return home


def test_a_reps_agent_begins_fills_quotes_loses_and_reopens_a_deal_and_learns_no_link(sales_home: Path) -> None:
    async def told(client: Client) -> None:
        made = await call(client, "begin_deal", title="Cameras", customer_id="c01", owner="ann", deal_id="d-1")
        assert (made["stage"], made["flags"]) == ("lead", ["no_lines"])
        assert (await call(client, "begin_deal", title="Other", deal_id="d-1"))["title"] == "Cameras"
        nothing = await client.call_tool("quote_deal", {"deal_id": "d-1"})
        assert "nothing is wanted yet" in said(nothing)
        await call(client, "put_deal_line", deal_id="d-1", product_id="cam-a", quantity=2)
        filled = await call(client, "put_deal_line", deal_id="d-1", product_id="card", with_id="cam-a", who="ann")
        assert [(each["product_id"], each["role"]) for each in filled["lines"]] == [
            ("cam-a", "main"),
            ("card", "attached"),
        ]
        no = await call(client, "answer_deal_line", deal_id="d-1", line=2, state="declined", reason="too_dear")
        assert (no["lines"][1]["state"], no["lines"][1]["reason"]) == ("declined", "too_dear")
        yes = await call(client, "answer_deal_line", deal_id="d-1", line=2, state="accepted")
        quote = await call(client, "quote_deal", deal_id="d-1", language="en")
        assert (quote["state"], quote["acceptance"], quote["total"]) == ("written", None, yes["totals"][0]["total"])
        assert "T1234567890123" in quote["text"]
        assert "/m/quote" not in json.dumps(quote)
        assert (await call(client, "quote_deal", deal_id="d-1"))["number"] == quote["number"]
        changed = await call(client, "change_deal", deal_id="d-1", stage="quoted", needs=["photos"])
        assert (changed["stage"], changed["needs"], changed["order_id"]) == ("quoted", ["photos"], None)
        assert (await client.call_tool("change_deal", {"deal_id": "d-1", "stage": "won"})).is_error
        assert "says nothing" in said(await client.call_tool("change_deal", {"deal_id": "d-1"}))
        lost = await call(client, "lose_deal", deal_id="d-1", reason="price", note="cheaper elsewhere", who="ann")
        assert (lost["stage"], lost["reason"]) == ("lost", "price")
        closed = await client.call_tool("put_deal_line", {"deal_id": "d-1", "product_id": "tea"})
        assert "this deal is lost" in said(closed)
        assert (await call(client, "report_deals", owner="ann"))["losses"] == {"price": 1}
        assert (await call(client, "reopen_deal", deal_id="d-1"))["stage"] == "negotiation"
        deeds = [each["deed"] for each in (await call(client, "show_deal_history", deal_id="d-1"))["events"]]
        assert (deeds[0], deeds[-2:]) == ("made", ["lost", "reopened"])
        for tool in LEADING:
            assert (await client.call_tool(tool, {})).is_error

    talk(stdio(sales_home, "--scope", "rep"), told)


def test_a_reps_agent_sends_a_quote_to_the_account_alone_and_an_admins_takes_the_purchase_order_in(
    sales_home: Path, post_office: Any
) -> None:
    order = {"deal_id": "d-3", "number": "PO-1", "person": "Ms Mori", "filed": "cabinet 3"}
    posted = {"TSUIDE_SMTP": post_office.url, "TSUIDE_MAIL_FROM": "shop@example.com",
              "TSUIDE_PUBLIC_URL": "https://x.example"}  # fmt: skip

    async def rep(client: Client) -> None:
        await call(client, "begin_deal", title="Cards", customer_id="twin-1", owner="ann", deal_id="d-3")
        await call(client, "put_deal_line", deal_id="d-3", product_id="card")
        for own in ({"to": ["ann@example.com"]}, {"approved_by": "ann"}):
            refused = await client.call_tool("send_deal_quote", {"deal_id": "d-3", **own})
            assert f"a rep may not say that: {next(iter(own))}" in said(refused)
        sent = await call(client, "send_deal_quote", deal_id="d-3", who="ann")
        assert sent["mailed"] == ["info@gtx.example"]
        assert (sent["deal"]["stage"], sent["deal"]["quotes"][0]["state"]) == ("quoted", "waiting")
        assert "/m/quote" not in json.dumps(sent)

    async def admin(client: Client) -> None:
        assert "own deal" in said(await client.call_tool("win_deal_by_order_form", {**order, "who": "ann"}))
        won = await call(client, "win_deal_by_order_form", **order, who="bob")
        assert (won["stage"], won["quotes"][0]["state"], bool(won["order_id"])) == ("won", "used", True)

    talk(stdio(sales_home, "--scope", "rep", **posted), rep)
    (letter,) = post_office.mails()
    assert letter["To"] == "info@gtx.example"
    assert "https://x.example/m/quote/" in letter.get_body(("plain",)).get_content()
    talk(stdio(sales_home, "--scope", "admin"), admin)
    shop = open_shop(Settings(home=sales_home))
    noted = [row["subject"] for row in shop.store.audit.listed(n=20) if row["action"] == "mcp.change"]
    shop.close()
    assert "win_deal_by_order_form d-3" in noted


def test_a_rep_sees_the_margin_floor_hold_and_the_set_price_is_one_price(sales_home: Path) -> None:
    async def told(client: Client) -> None:
        await call(client, "begin_deal", title="Set", customer_id="c02", deal_id="d-2")
        for product in ("cam-a", "card"):
            await call(client, "put_deal_line", deal_id="d-2", product_id=product)
        below = await client.call_tool("put_deal_line", {"deal_id": "d-2", "product_id": "cam-a", "price": 1})
        assert "refused" in said(below)
        whole = (await call(client, "show_deal", deal_id="d-2"))["totals"][0]["subtotal"]
        priced = await call(client, "price_deal_set", deal_id="d-2", lines=[1, 2], price=whole - 100)
        assert priced["totals"][0]["subtotal"] == whole - 100
        none = await client.call_tool("take_back_in_deal", {"deal_id": "d-2", "promotion": "p"})
        assert "not given in this deal" in said(none)

    talk(stdio(sales_home, "--scope", "rep"), told)


def test_an_admins_agent_reads_results_with_what_is_only_attributed_named_so(sales_home: Path) -> None:
    async def told(client: Client) -> None:
        for outcome in ("shown", "accepted"):
            await call(client, "record_outcome", offer_id="suzuki-0.0", outcome=outcome)
        found = await call(client, "show_results")
        rows = {(each["sort"], each["name"]): each for each in found["rows"]}
        assert {sort for sort, _ in rows} == {"rep", "line", "tier"}
        assert [rows[each]["accepted"] for each in (("rep", "suzuki"), ("tier", "gold"))] == [1, 1]
        assert all("effect" in each and "attributed" in each for each in found["rows"])
        assert found["methods"]["attributed"].endswith("Not an effect.")
        day = datetime.now(UTC).date() - timedelta(days=400)
        past = await call(client, "show_results", since=str(day), until=str(day), by=["rep"], language="ja")
        assert (past["rows"], past["methods"]["attributed"].endswith("効果ではありません。")) == ([], True)
        wrong = await client.call_tool("show_results", {"until": str(day)})
        assert "since" in said(wrong)

    talk(stdio(sales_home, "--scope", "admin"), told)


def test_an_admins_agent_makes_two_customers_one_and_two_again_and_the_log_says_so(sales_home: Path) -> None:
    async def told(client: Client) -> None:
        (pair,) = (await call(client, "list_duplicates", customer_id="twin-0"))["duplicates"]
        assert [each["id"] for each in pair["customers"]] == ["twin-0", "twin-1"]
        done = await call(client, "merge_customers", kept="twin-0", merged="twin-1", who="ann")
        assert (done["kept"], done["who"]) == ("twin-0", "ann")
        assert [each["id"] for each in (await call(client, "list_merges"))["merges"]] == [done["id"]]
        undone = await call(client, "undo_merge", merge_id=done["id"], who="ben")
        assert undone["undone_by"] == "ben"
        assert "conflict" in said(await client.call_tool("undo_merge", {"merge_id": done["id"]}))
        itself = await client.call_tool("merge_customers", {"kept": "twin-0", "merged": "twin-0"})
        assert "bad-value" in said(itself)

    talk(stdio(sales_home, "--scope", "admin"), told)
    shop = open_shop(Settings(home=sales_home))
    rows = [row for row in shop.store.audit.listed(n=10) if row["action"] == "mcp.change"]
    shop.close()
    rows = [row for row in rows if "merge" in row["subject"]]
    assert [row["subject"].split()[0] for row in rows] == ["undo_merge", "merge_customers"]
    assert {row["who"] for row in rows} == {"stdio"}


def test_a_conversation_over_http(agents: Any) -> None:
    async def told(client: Client) -> None:
        assert {each.name for each in (await client.list_tools()).tools} == TOOLS
        found = await call(client, "recommend_complements", product_id="cam-a", language="ja")
        assert found["offers"]
        assert "件" in found["offers"][0]["reasons"][0]["text"]
        refused = await client.call_tool("recommend_complements", {"product_id": "cam-a", "who": {"customer_id": "c1"}})
        assert "scope rep" in said(refused)
        done = await call(client, "record_outcome", offer_id=found["offers"][0]["offer_id"], outcome="shown")
        assert done["recorded"] is True

    over_http(agents, "agent", told)


def test_a_customers_token_lets_any_agent_speak_for_them(agents: Any, taught_home: Path) -> None:
    now = datetime.now(UTC)
    shop = open_shop(Settings(home=taught_home))
    token = customer_token("new-4", customer_secret(shop, now), now + timedelta(hours=1))
    shop.close()

    async def told(client: Client) -> None:
        found = await call(client, "recommend_complements", product_id="cam-a", who={"customer_token": token})
        assert recorded(taught_home, found["decision_id"]).request.customer_id == "new-4"
        offer = found["offers"][0]["offer_id"]
        assert (await call(client, "record_outcome", offer_id=offer, outcome="shown"))["recorded"]
        assert (await client.call_tool("explain_offer", {"offer_id": offer})).is_error
        assert (await call(client, "explain_offer", offer_id=offer, who={"customer_token": token}))["reasons"]
        forged = await client.call_tool(
            "recommend_complements", {"product_id": "cam-a", "who": {"customer_token": f"{token}0"}}
        )
        assert "the signature does not fit" in said(forged)
        other = {"customer_token": token, "customer_id": "new-5"}
        refused = await client.call_tool("recommend_complements", {"product_id": "cam-a", "who": other})
        assert "scope rep" in said(refused)

    over_http(agents, "agent", told)


def test_a_rep_over_http_names_customers_whose_offers_agents_cannot_look_into(agents: Any) -> None:
    offers: list[str] = []

    async def rep(client: Client) -> None:
        for customer in ("new-1", "new-2"):  # one may be in the holdout
            found = await call(client, "recommend_complements", product_id="cam-a", who={"customer_id": customer})
            offers.extend(each["offer_id"] for each in found["offers"])

    async def agent(client: Client) -> None:
        for offer in offers:
            looked = await client.call_tool("explain_offer", {"offer_id": offer})
            assert "unknown-decision" in said(looked)

    over_http(agents, "rep", rep)
    over_http(agents, "agent", agent)
    assert offers


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("tsk_wrong", 401), ("storefront", 403)])
def test_without_the_scope_nothing_is_answered(agents: Any, key: str | None, status: int) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {agents.keys.get(key, key)}"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = httpx.post(f"{agents.url}/mcp", json=body, headers=headers)
    assert answer.status_code == status
    assert json.loads(answer.text)["status"] == status


def test_an_agents_key_opens_nothing_of_the_api(agents: Any) -> None:
    headers = {"X-Api-Key": agents.keys["agent"]}
    assert httpx.post(f"{agents.url}/v1/offers", json={"placement": "home"}, headers=headers).status_code == 403


def test_the_documented_example_runs(taught_home: Path) -> None:
    example = Path(__file__).parents[2] / "docs" / "examples" / "agent.py"
    command = [sys.executable, str(example), str(taught_home), "cam-a"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Camera Aoba" in done.stdout
    assert done.stdout.splitlines()[-1] == "down_sell"
