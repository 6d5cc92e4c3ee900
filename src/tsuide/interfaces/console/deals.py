"""Deals: a board and a list, one deal with its lines and quotes, and which combinations win."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, Final, NamedTuple

import altair as alt
from starlette.responses import Response

from tsuide.app import deal_quotes
from tsuide.app import deals as desk
from tsuide.app.accepting import link
from tsuide.app.changes import Change
from tsuide.app.deal_accounts import account_of, credit_of
from tsuide.app.deal_back import as_it_is
from tsuide.app.deal_offers import ByDecision, answer_line, propose, tell
from tsuide.app.deal_prices import floor_of
from tsuide.app.deal_promotions import give_promotion, promotions_for, take_back_promotion
from tsuide.app.deal_report import GROUPS, deal_report
from tsuide.app.deal_sending import put_before_customer
from tsuide.app.line_reasons import offer_reasons
from tsuide.app.silence import silence_text, why_silent
from tsuide.errors import BadValue, Refused, TsuideError, WrongKey
from tsuide.interfaces.console.charts import Chart, chart_of
from tsuide.interfaces.console.frame import HEADERS, page
from tsuide.interfaces.console.own import entered, refuse_others, refuse_others_customer, rep_of
from tsuide.interfaces.console.phrases.deals import DEALS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.tasks import people_of, teams_of
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.clock import zone
from tsuide.kit.money import parse_amount
from tsuide.offers.offer import NO_REASONS
from tsuide.outreach.sales.deals import LOSSES, OPEN_STAGES, STAGES, Deal
from tsuide.outreach.sales.quotes import Buyer, Seller, html_of

_PAGE: Final = 100
_MOST: Final = 10_000
_BARS: Final = 12
_FOR_GOOD: Final = frozenset({"deals.quote", "deals.withdraw"})  # a quote's number is never given twice
_MANAGING: Final = frozenset({"owner", "sales_manager"})
_SHOWN_AS_ITSELF: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
Doing = Callable[[Visit, str], "str | None"]


def _managing(visit: Visit) -> bool:
    return visit.user.role in _MANAGING


def _answers_for(visit: Visit, it: Deal) -> bool:
    """Whether the visitor answers for a deal that somebody else sells: only then may they hold the customer's link."""
    return _managing(visit) and visit.user.rep != it.owner


# --- the board and the list ---------------------------------------------------------------------------------------


def deals(visit: Visit) -> Response:
    """All deals that are the visitor's to see."""
    return _listed(visit)


def _listed(visit: Visit, problem: TsuideError | None = None) -> Response:
    owner = rep_of(visit) or visit.asked("owner") or None
    customer = visit.asked("customer") or None
    board = visit.asked("view") != "list"
    stage = visit.asked("stage") if visit.asked("stage") in {"all", *STAGES} else "open"
    rows = desk.deals_told(visit.shop, "open" if board else stage, owner=owner, n=_PAGE)
    names = visit.shop.store.finding.names(row["customer_id"] for row in rows if row["customer_id"])
    people = dict(people_of(visit.shop))
    told = [_row(row, names, people) for row in rows]

    def everything() -> list[dict[str, Any]]:
        every = desk.deals_told(visit.shop, stage, owner=owner, n=_MOST)
        found = visit.shop.store.finding.names(row["customer_id"] for row in every if row["customer_id"])
        return [_row(row, found, people) | {"lacks": row["flags"]} for row in every]

    columns = [
        Column("title", label="deal", href=lambda row: visit.url(f"/deals/{row['id']}")), Column("account"),
        *([] if visit.user.own_only else [Column("rep")]), Column("stage_", label="stage", kind="mark"),
        Column("total", kind="money", help="total_help"), Column("lacks", kind="lines", help="lacks_help"),
        Column("changed_at", kind="day"),
    ]  # fmt: skip
    for row in told:
        row["lacks"] = [DEALS.text(f"flag_{each}", visit.language) for each in row["flags"]]
    sums = {each: [row for row in told if row["stage"] == each] for each in OPEN_STAGES}
    table = Table("deals", columns, told, empty="no_deals", everything=everything)
    return page(
        visit, "deals.html", "room.deals", DEALS, tables=[table],
        problem=problem, board=board, stage=stage, stages=STAGES, columns=sums, owner=owner or "",
        people=list(people.items()), customer_id=customer or "", entered=entered(visit), next_of=_NEXT,
        stage_names=[(each, DEALS.text(f"stage_{each}", visit.language)) for each in STAGES],
        customer_name="" if customer is None else visit.shop.store.finding.names([customer]).get(customer, customer),
        seller=deal_quotes.seller_of(visit.shop), managing=_managing(visit),
    )  # fmt: skip


_NEXT: Final[Mapping[str, str]] = dict(pairwise(OPEN_STAGES))


def _row(row: dict[str, Any], names: Mapping[str, str], people: Mapping[str, str]) -> dict[str, Any]:
    who, sums = row["customer_id"], row["totals"]
    return row | {
        "account": None if who is None else names.get(who, who), "rep": people.get(row["owner"], row["owner"]),
        "stage_": f"stage_{row['stage']}", "total": sums[0]["total"] if sums else None,
        "currency": sums[0]["currency"] if sums else None,
    }  # fmt: skip


def add(visit: Visit) -> Response:
    """Begin a deal."""
    try:
        customer_id = visit.given("customer_id") or None
        if customer_id is not None:
            refuse_others_customer(visit, customer_id)
        owner = visit.user.rep if visit.user.own_only else visit.given("owner") or None
        made = desk.add_deal(
            visit.shop, visit.must("title"), visit.now, visit.serving.entropy(), customer_id=customer_id, owner=owner,
            needs=_words(visit.given("needs")), note=visit.given("note") or None, who=visit.user.name,
        )  # fmt: skip
    except WrongKey:
        raise
    except TsuideError as error:
        return _listed(visit, error)
    undo = {"deal": made.id, "added": True}
    entry = visit.record(Change("deals.add", made.id, None, made.title, undo, customer_id=customer_id))
    return visit.done(f"/deals/{made.id}", entry)


def _words(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.replace("、", ",").split(",") if each.strip())


# --- one deal -----------------------------------------------------------------------------------------------------


def deal(visit: Visit) -> Response:
    """One deal."""
    return _one(visit, visit.request.path_params["deal"])


def _one(visit: Visit, deal_id: str, problem: TsuideError | None = None) -> Response:
    shop, language = visit.shop, visit.language
    it = shop.store.deals.get(deal_id)
    refuse_others(visit, "deal", deal_id, it.owner)
    told = desk.deal_told(shop, deal_id)
    names = shop.store.finding.names([it.customer_id] if it.customer_id else [])
    account = account_of(shop, it.customer_id)
    people = dict(people_of(shop))
    reasons = offer_reasons(shop, visit.serving.decider, {line.offer_id or "" for line in it.lines} - {""}, language)
    history = [
        {**row, "deed": f"deed_{row['deed']}", "stage": f"stage_{row['stage']}",
         "reason": None if row["reason"] is None else f"why_{row['reason']}",
         "detail": DEALS.text("was_undone", language) if (row["content"] or {}).get("undone") else None}
        for row in desk.deal_history(shop, deal_id)[::-1]
    ]  # fmt: skip
    columns = [Column("at", kind="moment"), Column("deed", kind="mark"), Column("who"), Column("stage", kind="mark"),
               Column("reason", kind="mark"), Column("detail")]  # fmt: skip
    for quote in told["quotes"]:
        quote["link"] = _link(visit, it, quote)
    found = _products(visit, visit.asked("find"))
    givable = promotions_for(shop, deal_id, visit.now) if it.is_open and it.lines else []
    return page(
        visit, "deal.html", f"={it.title}", DEALS, problem=problem, deal=told, open=it.is_open,
        tables=[Table("history", columns, history, caption="history")], reasons=reasons, found=found,
        find=visit.asked("find"), account_name=names.get(it.customer_id or "", it.customer_id or ""), account=account,
        rep=people.get(it.owner, it.owner), people=list(people.items()), stages=OPEN_STAGES,
        no_reasons=NO_REASONS, floor=floor_of(shop, visit.now) / 10_000, givable=givable, entered=entered(visit),
        credit=None if account is None or not it.wanted else credit_of(shop, account, it, visit.now),
        managing=_managing(visit), answering=_answers_for(visit, it), seller=deal_quotes.seller_of(shop),
        titles={line.product_id: line.title for line in it.lines},
        loss_names=[(each, DEALS.text(f"why_{each}", language)) for each in LOSSES],
        email="" if account is None else account.email or "",
        silent=silence_text(visit.asked("silent"), language),
    )  # fmt: skip


def _products(visit: Visit, text: str) -> list[Any]:
    if not text or visit.serving.decider.loaded_or_none is None:
        return []
    return list(visit.serving.decider.catalogue.search(text, 1, 8).products)


def _link(visit: Visit, it: Deal, quote: Mapping[str, Any]) -> str | None:
    """Where the customer says yes: for a manager who does not sell this themselves; a rep never holds it."""
    if quote["state"] != "waiting" or not _answers_for(visit, it):
        return None
    answer = link(visit.shop, quote["acceptance"], visit.now)
    return None if answer.token is None else f"{visit.shop.settings.public_url or ''}/m/quote/{answer.token}"


def quote_page(visit: Visit) -> Response:
    """A quote as it was written, as a page to print or to save."""
    row = visit.shop.store.deals.quote_of(visit.request.path_params["quote"])
    it = visit.shop.store.deals.get(row["deal_id"])
    refuse_others(visit, "deal", it.id, it.owner)
    account = account_of(visit.shop, it.customer_id)
    kind = "company" if account is None else account.buyer.kind
    buyer = Buyer(row["buyer"] or "", kind)
    html = html_of(deal_quotes.read_quote(row["content"]), buyer, visit.language, zone(visit.shop.settings.time_zone))
    headers = HEADERS | {"Content-Security-Policy": _SHOWN_AS_ITSELF}
    if visit.asked("save"):
        headers["Content-Disposition"] = 'attachment; filename="quote.html"'
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


# --- what is done with a deal -------------------------------------------------------------------------------------


def _mine(visit: Visit) -> str:
    deal_id = visit.must("deal")
    refuse_others(visit, "deal", deal_id, visit.shop.store.deals.get(deal_id).owner)
    return deal_id


def _does(action: str, doing: Doing) -> Callable[[Visit], Response]:
    """A change of a deal that is the visitor's own; undoing puts the deal back as it was."""

    def handler(visit: Visit) -> Response:
        deal_id = _mine(visit)
        before = as_it_is(visit.shop, deal_id)
        try:
            said = doing(visit, deal_id)
        except WrongKey:
            raise
        except TsuideError as error:
            return _one(visit, deal_id, error)
        entry = _noted(visit, action, deal_id, before, said)
        return visit.done(f"/deals/{deal_id}", entry)

    return handler


def _noted(
    visit: Visit, action: str, deal_id: str, before: Mapping[str, Any], said: str | None, told: ByDecision | None = None
) -> int:
    outcomes = [f"{each.offer_id}:{each.outcome}" for some in (told or {}).values() for each in some]
    undo = None if action in _FOR_GOOD else {"deal": deal_id, "before": before, "outcomes": outcomes}
    return visit.record(Change(action, deal_id, None, said, undo, customer_id=before.get("customer_id")))


def _about(visit: Visit, deal_id: str) -> str | None:
    values: dict[str, Any] = {"title": visit.must("title"), "needs": _words(visit.given("needs")),
                              "note": visit.given("note") or None}  # fmt: skip
    if "customer_id" in visit.form:
        values["customer_id"] = visit.given("customer_id") or None
        if values["customer_id"] is not None:
            refuse_others_customer(visit, values["customer_id"])
        if values["customer_id"] == visit.shop.store.deals.get(deal_id).customer_id:
            values.pop("customer_id")
    if _managing(visit) and visit.given("owner"):
        values["owner"] = visit.given("owner")
    desk.change_deal(visit.shop, deal_id, visit.now, visit.user.name, **values)
    return str(values["title"])


def _stage(visit: Visit, deal_id: str) -> str | None:
    stage = visit.must("stage")
    if visit.shop.store.deals.get(deal_id).stage == "lost":
        desk.reopen_deal(visit.shop, deal_id, visit.now, visit.user.name)
    desk.change_deal(visit.shop, deal_id, visit.now, visit.user.name, stage=stage)
    return stage


def _whole(visit: Visit, name: str, default: str | None = None) -> int:
    text = visit.given(name) or default or visit.must(name)
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - digits
        raise BadValue("must be a whole number", key=name, value=text)
    return int(text)


def _amount(visit: Visit, name: str) -> int:
    currency = visit.given("currency") or visit.shop.settings.currency
    return parse_amount(visit.must(name), currency)


def _line(visit: Visit, deal_id: str) -> str | None:
    product, quantity = visit.must("product"), _whole(visit, "quantity", "1")
    price = _amount(visit, "price") if visit.given("price") else None
    desk.put_line(visit.shop, deal_id, product, quantity, visit.now, price=price, with_id=visit.given("with") or None,
                  who=visit.user.name)  # fmt: skip
    return f"{product} × {quantity}"


def _price(visit: Visit, deal_id: str) -> str | None:
    place, price = _whole(visit, "place"), _amount(visit, "price")
    desk.price_line(visit.shop, deal_id, place, price, visit.now, visit.user.name)
    return f"{place}: {price}"


def _set(visit: Visit, deal_id: str) -> str | None:
    places = [int(str(each)) for each in visit.form.getlist("places") if str(each).isdigit()]
    desk.price_set(visit.shop, deal_id, places, _amount(visit, "price"), visit.now, visit.user.name)
    return f"{places}: {visit.given('price')}"


def _give(visit: Visit, deal_id: str) -> str | None:
    promotion = visit.must("promotion")
    give_promotion(visit.shop, deal_id, promotion, visit.now, who=visit.user.name)
    return promotion


def _take(visit: Visit, deal_id: str) -> str | None:
    promotion = visit.must("promotion")
    take_back_promotion(visit.shop, deal_id, promotion, visit.now, who=visit.user.name)
    return promotion


def _lose(visit: Visit, deal_id: str) -> str | None:
    reason = visit.must("reason")
    desk.lose_deal(visit.shop, deal_id, reason, visit.now, note=visit.given("note") or None, who=visit.user.name)
    return reason


def _write(visit: Visit, deal_id: str) -> str | None:
    days = _whole(visit, "days", "30")
    made = deal_quotes.write_quote(visit.shop, deal_id, visit.now, visit.serving.entropy(), days=days,
                                   who=visit.user.name)  # fmt: skip
    return made.quote.number


def _withdraw(visit: Visit, deal_id: str) -> str | None:
    gone = desk.withdraw(visit.shop, deal_id, visit.now)
    if not gone:
        raise Refused("no quote waits for a yes", key="deal", value=deal_id)
    return ", ".join(gone)


class _Heard(NamedTuple):
    """What was done, what the ledger must hear of, and why nothing is proposed (a code) where that is so."""

    said: str | None
    told: ByDecision
    silent: str | None = None


def _does_and_tells(
    action: str, doing: Callable[[Visit, str], Awaitable[_Heard]]
) -> Callable[[Visit], Awaitable[Response]]:
    """The same for what the ledger must hear of."""

    async def handler(visit: Visit) -> Response:
        deal_id = await asyncio.to_thread(_mine, visit)
        before = await asyncio.to_thread(as_it_is, visit.shop, deal_id)
        try:
            heard = await doing(visit, deal_id)
            new = await asyncio.to_thread(_unheard, visit, heard.told)
            await tell(visit.serving.ledger, heard.told)
        except WrongKey:
            raise
        except TsuideError as error:
            return await asyncio.to_thread(_one, visit, deal_id, error)
        entry = await asyncio.to_thread(_noted, visit, action, deal_id, before, heard.said, new)
        return visit.done(f"/deals/{deal_id}", entry, silent=heard.silent)

    return handler


def _unheard(visit: Visit, told: ByDecision) -> ByDecision:
    """What the ledger has not heard before: only that must it forget again."""
    known = {row["id"] for decision in told for row in visit.shop.store.outcomes.of_decision(decision)}
    return {
        decision: [each for each in some if f"{each.offer_id}:{each.outcome}" not in known]
        for decision, some in told.items()
    }


async def _propose(visit: Visit, deal_id: str) -> _Heard:
    found = await propose(visit.shop, visit.serving.decider.decide, deal_id, visit.now, language=visit.language,
                          who=visit.user.name)  # fmt: skip
    decision = found.served.decision
    silent = None if decision.offers else why_silent(decision, visit.language)["code"]
    return _Heard(", ".join(map(str, found.places)), {}, silent)


async def _answer(visit: Visit, deal_id: str) -> _Heard:
    place, state = _whole(visit, "place"), visit.must("state")
    if state not in {"accepted", "declined", "proposed"}:
        raise BadValue("not an answer", key="state", value=state)
    reason = visit.given("reason") or None if state == "declined" else None
    doing = partial(answer_line, visit.shop, deal_id, place, state, visit.now, reason=reason, who=visit.user.name)  # type: ignore[arg-type]  # one of them
    _, told = await asyncio.to_thread(doing)
    return _Heard(f"{place}: {state}", told)


async def _send(visit: Visit, deal_id: str) -> _Heard:
    """Put the quote before the customer. Who sells the deal sends to the account's own address, and holds no link."""
    shop = visit.shop
    free = _answers_for(visit, await asyncio.to_thread(shop.store.deals.get, deal_id))
    to = [each for each in (visit.given("to"),) if each] if free else None
    approved = visit.user.name if free and visit.given("approve") == "yes" else None
    sent = await asyncio.to_thread(
        lambda: put_before_customer(
            shop, deal_id, visit.now, visit.serving.entropy(), free=free, to=to, days=_whole(visit, "days", "30"),
            language=visit.given("language") or None, approved_by=approved, who=visit.user.name,
        )
    )  # fmt: skip
    return _Heard(sent.written.quote.number, sent.told)


async def won(visit: Visit) -> Response:
    """Win a deal by the customer's purchase order; it cannot be undone: an order is written."""
    deal_id = await asyncio.to_thread(_mine, visit)
    if not _managing(visit):
        raise WrongKey("a rep confirms no deal", key="role", value=visit.user.role, way_out="the customer's own link")
    own = not _answers_for(visit, await asyncio.to_thread(visit.shop.store.deals.get, deal_id))
    try:
        given = await asyncio.to_thread(
            lambda: deal_quotes.win_by_order_form(
                visit.shop, deal_id, visit.must("number"), visit.must("person"), visit.must("filed"), visit.now,
                who=visit.user.rep if own else visit.user.name,
            )
        )  # fmt: skip
        await tell(
            visit.serving.ledger,
            await asyncio.to_thread(deal_quotes.settle, visit.shop, given.acceptance_id, visit.now),
        )
    except TsuideError as error:
        return await asyncio.to_thread(_one, visit, deal_id, error)
    entry = await asyncio.to_thread(visit.record, Change("deals.win", deal_id, None, visit.given("number")))
    return visit.done(f"/deals/{deal_id}", entry)


# --- who quotes ---------------------------------------------------------------------------------------------------


def seller(visit: Visit) -> Response:
    """Who quotes, in both languages, with the registration number."""
    if not _managing(visit):
        raise WrongKey("a manager says who quotes", key="role", value=visit.user.role)
    before = deal_quotes.seller_of(visit.shop)
    try:
        made = Seller(
            {each: visit.must(f"name.{each}") for each in ("ja", "en")},
            {each: visit.must(f"address.{each}") for each in ("ja", "en")},
            visit.given("registration"), visit.given("phone"), visit.given("email"),
        )  # fmt: skip
        deal_quotes.set_seller(visit.shop, made, visit.now)
    except TsuideError as error:
        return _listed(visit, error)
    kept = None if before is None else _plain_seller(before)
    entry = visit.record(Change("deals.seller", "seller", kept, _plain_seller(made), {"seller": kept}))
    return visit.done("/deals", entry)


def _plain_seller(it: Seller) -> dict[str, Any]:
    return {"name": dict(it.name), "address": dict(it.address), "registration": it.registration, "phone": it.phone,
            "email": it.email}  # fmt: skip


# --- which combinations win ---------------------------------------------------------------------------------------


def report(visit: Visit) -> Response:
    """What wins with what, by product line and rep."""
    group = visit.asked("by") if visit.asked("by") in GROUPS else GROUPS[0]
    owner = rep_of(visit) or visit.asked("owner") or None
    team = None if visit.user.own_only else visit.asked("team") or None
    days = visit.number("days", 365, 1, 3_650)
    each_rep = visit.asked("each") == "yes" and not visit.user.own_only
    told = deal_report(visit.shop, visit.now, back=days, group=group, each_rep=each_rep, owner=owner, team=team)
    people = dict(people_of(visit.shop))
    rows = [
        {**row, "rep": people.get(row["rep"] or "", row["rep"]), "low": None if row["interval"] is None else
         row["interval"][0], "high": None if row["interval"] is None else row["interval"][1],
         "main": row["main"] or DEALS.text("none_named", visit.language)}
        for row in told["combinations"]
    ]  # fmt: skip
    reps = [
        {**row, "rep": people.get(row["rep"], row["rep"]), **_rated("attach", row["attach_rate"]),
         **_rated("win", row["win_rate"])}
        for row in told["reps"]
    ]  # fmt: skip
    losses = [{"reason": f"why_{name}", "n": many} for name, many in told["losses"].items()]
    tables = [
        Table("combinations", [
            Column("main"), Column("attached"), *([Column("rep")] if each_rep else []),
            Column("proposed", label="n_proposed", kind="number", help="proposed_help"),
            Column("answered", label="n_answered", kind="number", help="answered_help"),
            Column("won", label="n_won", kind="number", help="won_help"),
            Column("share", kind="share", help="share_help"),
            Column("low", kind="share", help="interval_help"), Column("high", kind="share", help="interval_help"),
            Column("amount", kind="money", help="amount_help"),
        ], rows, caption="combinations", empty="no_combinations"),
        Table("reps", [
            Column("rep"), Column("open", label="n_open", kind="number", help="of_open_deals"),
            Column("won", label="n_won", kind="number", help="of_won_deals"),
            Column("lost", label="n_lost", kind="number", help="of_lost_deals"),
            Column("win", label="win_rate", kind="share", help="win_help"),
            Column("attach", label="attach_rate", kind="share", help="attach_help"),
            Column("confirmed", kind="money", help="confirmed_help"), Column("hoped", kind="money", help="hoped_help"),
        ], reps, caption="reps", empty="no_deals"),
        Table("losses", [Column("reason", kind="mark"),
                         Column("n", label="n_lost", kind="number", help="of_lost_deals")], losses,
              caption="losses", empty="no_losses"),
    ]  # fmt: skip
    return page(
        visit, "deals_report.html", "report", DEALS, tables=tables, charts=_charts(visit, rows), by=group,
        each=each_rep, owner=owner or "", team=team or "", teams=teams_of(visit), days=days,
        people=[] if visit.user.own_only else list(people.items()),
        deals_n=told["deals"],
    )  # fmt: skip


def _rated(name: str, rate: list[float] | None) -> dict[str, float | None]:
    return {name: None if rate is None else rate[0]}


def _charts(visit: Visit, rows: list[dict[str, Any]]) -> list[Chart]:
    known = [row for row in rows if row["share"] is not None][:_BARS]
    if not known:
        return []
    values = [
        {"pair": f"{row['main']} + {row['attached']}" + (f" ({row['rep']})" if row["rep"] else ""),
         "share": row["share"], "low": row["low"], "high": row["high"]}
        for row in known
    ]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=values)).encode(y=alt.Y("pair:N", sort=None, title=None))
    percent = alt.Axis(format="%", title=None, tickCount=5)
    bars = base.mark_rule(strokeWidth=2, color="#8a938f").encode(x=alt.X("low:Q", axis=percent), x2="high:Q")
    points = base.mark_point(filled=True, size=70, color="#2f8f6b").encode(
        x="share:Q", tooltip=[alt.Tooltip(f"{side}:Q", format=".0%") for side in ("share", "low", "high")]
    )
    title = DEALS.text("chart", visit.language)
    height = max(80, (24 * len(known) + 40) // 20 * 20)
    return [chart_of(alt.layer(bars, points), name="combinations", title=title, height=height, table="combinations")]


ROUTES = [
    see("/deals", "deals", deals),
    see("/deals/report", "deals", report),
    see("/deals/quotes/{quote}", "deals", quote_page),
    see("/deals/{deal}", "deals", deal),
    change("/deals/add", "deals", add),
    change("/deals/seller", "deals", seller),
    change("/deals/change", "deals", _does("deals.change", _about)),
    change("/deals/stage", "deals", _does("deals.stage", _stage)),
    change("/deals/line", "deals", _does("deals.line", _line)),
    change("/deals/price", "deals", _does("deals.price", _price)),
    change("/deals/set", "deals", _does("deals.set", _set)),
    change("/deals/give", "deals", _does("deals.give", _give)),
    change("/deals/take", "deals", _does("deals.take", _take)),
    change("/deals/lose", "deals", _does("deals.lose", _lose)),
    change("/deals/quote", "deals", _does("deals.quote", _write)),
    change("/deals/withdraw", "deals", _does("deals.withdraw", _withdraw)),
    change("/deals/propose", "deals", _does_and_tells("deals.propose", _propose)),
    change("/deals/answer", "deals", _does_and_tells("deals.answer", _answer)),
    change("/deals/send", "deals", _does_and_tells("deals.send", _send)),
    change("/deals/won", "deals", won),
]
