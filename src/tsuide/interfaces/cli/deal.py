"""`tsuide deal …`: what may be sold to accounts: lines, what goes with them, quotes, and the customer's yes."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table

from tsuide.app import deal_quotes, deals
from tsuide.app.deal_accounts import import_prices, read_prices
from tsuide.app.deal_offers import ByDecision, Proposed, answer_line, propose, tell
from tsuide.app.deal_prices import goods_of
from tsuide.app.deal_promotions import give_promotion, promotions_for, take_back_promotion
from tsuide.app.deal_report import BACK, GROUPS, deal_report
from tsuide.app.deciding import Decider
from tsuide.app.ledger import Ledger
from tsuide.app.silence import why_silent
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.errors import BadValue
from tsuide.interfaces.cli.deal_words import PHRASES, reason_told
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.promotion import read_rows
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local
from tsuide.kit.clock import zone
from tsuide.kit.money import Money, parse_amount
from tsuide.offers.offer import NO_REASONS
from tsuide.offers.plain import build, plain
from tsuide.outreach.sales.deals import LOSSES, OPEN_STAGES, Deal, LineState
from tsuide.outreach.sales.quotes import Seller, html_of, text_of

deal = typer.Typer(no_args_is_help=True, help="Deals: what may be sold to an account, quoted, won or lost.")
Id = Annotated[str, typer.Argument(help="The deal's id: `tsuide deal list`.")]
Place = Annotated[int, typer.Argument(help="The line's number: `tsuide deal show DEAL`.")]
By = Annotated[str | None, typer.Option("--by", help="Who does this, for the history.")]
For = Annotated[str | None, typer.Option("--for", help="The rep.")]
Customer = Annotated[str | None, typer.Option("--customer", help="The account.")]
Needs = Annotated[list[str] | None, typer.Option("--need", help="A need that the customer named; repeat it.")]
Note = Annotated[str | None, typer.Option("--note", help="More of it.")]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="How long the quote holds.")]


@deal.command("list")
def listed(
    stage: Annotated[str, typer.Option("--stage", help=f"open, all, {', '.join(OPEN_STAGES)}, won, lost.")] = "open",
    whose: For = None,
    customer: Customer = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Deals, the last changed first."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = deals.deals_told(shop, stage, owner=whose, customer_id=customer)
        emit({"deals": rows}, lambda: _list(shop, rows), as_json=as_json)


@deal.command("show")
def show(deal_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """One deal: its lines, what it comes to, its quotes, and what is lacking."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _show(shop, deal_id, as_json=as_json)


@deal.command("add")
def add(
    title: Annotated[str, typer.Argument(help="What it is about.")],
    customer: Customer = None,
    whose: Annotated[str | None, typer.Option("--for", help="The rep. [default: the account's owner]")] = None,
    needs: Needs = None,
    note: Note = None,
    deal_id: Annotated[str | None, typer.Option("--id", help="Yours; the same id makes no second deal.")] = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Begin a deal; one without an account is kept, and says so."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        made = deals.add_deal(
            shop, title, now(), entropy(), customer_id=customer, owner=whose, needs=needs or (), note=note, who=by,
            deal_id=deal_id,
        )  # fmt: skip
        _show(shop, made.id, as_json=as_json)


@deal.command("change")
def change(
    deal_id: Id,
    title: Annotated[str | None, typer.Option("--title", help="What it is about.")] = None,
    customer: Customer = None,
    whose: For = None,
    stage: Annotated[str | None, typer.Option("--stage", help=f"One of {', '.join(OPEN_STAGES)}.")] = None,
    needs: Needs = None,
    note: Note = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Change what a deal is about, or how far it is."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        given = {
            "title": title, "customer_id": customer, "owner": whose, "stage": stage, "note": note,
            "needs": None if needs is None else tuple(needs),
        }  # fmt: skip
        values = {name: value for name, value in given.items() if value is not None}
        if not values:
            raise BadValue("says nothing", key="options", way_out="--title, --customer, --for, --stage, --need, --note")
        deals.change_deal(shop, deal_id, now(), by, **values)
        _show(shop, deal_id, as_json=as_json)


@deal.command("line")
def line(
    deal_id: Id,
    product: Annotated[str, typer.Argument(help="PRODUCT or PRODUCT=UNITS; 0 takes it out.")],
    price: Annotated[str | None, typer.Option("--price", help="Of one unit, a price of your own.")] = None,
    with_: Annotated[str | None, typer.Option("--with", help="The main product that you attach it to.")] = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put a product into a deal, or change how many; by the account's price list unless you name a price."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        product_id, units = _units(product)
        own = None if price is None else parse_amount(price, _currency(shop, product_id))
        deals.put_line(shop, deal_id, product_id, units, now(), price=own, with_id=with_, who=by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("price")
def price(
    deal_id: Id,
    place: Place,
    price: Annotated[str, typer.Argument(help="Of one unit.")],
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Give a line a price of your own, within the policy's margin floor."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        currency = shop.store.deals.get(deal_id).line(place).currency
        deals.price_line(shop, deal_id, place, parse_amount(price, currency), now(), by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("set")
def price_set(
    deal_id: Id,
    price: Annotated[str, typer.Argument(help="Of the lines together.")],
    places: Annotated[list[int], typer.Argument(help="Their numbers, two or more.")],
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Give lines one price together, within the margin floor; it holds while the whole set is wanted."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        currency = shop.store.deals.get(deal_id).line(places[0]).currency
        deals.price_set(shop, deal_id, places, parse_amount(price, currency), now(), by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("promotions")
def promotions(deal_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """What you may give in a deal, and what each would take off; what only a rep may give stands here too."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = promotions_for(shop, deal_id, now())
        emit({"promotions": rows}, lambda: _promotions(shop, rows), as_json=as_json)


Promotion = Annotated[str, typer.Argument(help="Its id: `tsuide deal promotions DEAL`.")]


@deal.command("give")
def give(
    deal_id: Id,
    promotion_id: Promotion,
    places: Annotated[
        list[int] | None, typer.Option("--line", help="Only on this line; repeat it. [default: all it is for]")
    ] = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Give a promotion in a deal, within the policy's margin floor; its budget pays at the customer's yes."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        give_promotion(shop, deal_id, promotion_id, now(), places=places or (), who=by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("take-back")
def take_back(
    deal_id: Id,
    promotion_id: Promotion,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Take a promotion out of a deal: its lines cost what they did."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        take_back_promotion(shop, deal_id, promotion_id, now(), who=by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("propose")
def ask(
    deal_id: Id,
    n: Annotated[int, typer.Option("-n", min=1, max=20, help="At most so many.")] = 3,
    qualified: Annotated[list[str] | None, typer.Option("--qualified", help="What the rep may advise on.")] = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Ask what goes with the deal's lines; it is kept as proposed lines, each with its reasons."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = asyncio.run(_propose(shop, deal_id, n, qualified or (), by))
        language, offers = shop.settings.language, {each.id: each for each in found.served.decision.offers}
        rows = [
            {
                "line": place, "product_id": each.product_id, "title": each.title, "kind": each.kind,
                "with": each.with_id, "offer_id": each.offer_id,
                "reasons": found.served.reasons_told(offers[str(each.offer_id)], language),
            }
            for place in found.places
            for each in (found.deal.line(place),)
        ]  # fmt: skip
        decision = found.served.decision
        result = {"decision": decision.id, "arm": decision.arm, "proposed": rows, "handed_over": found.handed_over,
                  "refused": dict(decision.refused), "notes": list(decision.notes),
                  "why_none": None if decision.offers else why_silent(decision, language)}  # fmt: skip
        emit(result, lambda: _proposed(shop, result), as_json=as_json)


@deal.command("accept")
def accept(
    deal_id: Id, place: Place, by: By = None, home: Home = None, database_url: Database = None, as_json: Json = False
) -> None:
    """The customer wants a proposed line, as you heard it; ordered it is when they confirm the quote."""
    _answer(deal_id, place, "accepted", None, by, home, database_url, as_json=as_json)


@deal.command("decline")
def decline(
    deal_id: Id,
    place: Place,
    reason: Annotated[str | None, typer.Option("--reason", help=f"One of {', '.join(NO_REASONS)}.")] = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """The customer does not want a line, and why: it changes what is proposed next."""
    _answer(deal_id, place, "declined", reason, by, home, database_url, as_json=as_json)


@deal.command("quote")
def quote(
    deal_id: Id,
    file: Annotated[Path | None, typer.Option("--file", help="Write it there, as a page to print or mail.")] = None,
    days: Days = 30,
    language: Language = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write the quote (見積書) of a deal as it stands."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        written = deal_quotes.write_quote(shop, deal_id, now(), entropy(), days=days, who=by)
        told, local = language or shop.settings.language, zone(shop.settings.time_zone)
        text = text_of(written.quote, written.buyer, told, local)
        if file is not None:
            file.write_text(html_of(written.quote, written.buyer, told, local), encoding="utf-8")
        result = {"quote": plain(written.quote), "buyer": plain(written.buyer), "text": text}
        emit(result, lambda: escape(text) if file is None else str(file), as_json=as_json)


@deal.command("send")
def send(
    deal_id: Id,
    to: Annotated[list[str] | None, typer.Option("--to", help="Mail it there; repeat it. [default: print it]")] = None,
    days: Days = 30,
    language: Language = None,
    approved_by: Annotated[
        str | None, typer.Option("--approved-by", help="Who lets the account pass its credit limit.")
    ] = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put the quote before the customer for their yes: by mail, or by the link that is printed."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        sent = deal_quotes.send_quote(
            shop, deal_id, now(), entropy(), to=to or (), days=days, language=language, approved_by=approved_by, who=by
        )  # fmt: skip
        _tell(shop, sent.told)
        made, at = sent.written.quote, sent.link or f"/m/quote/{sent.token}"
        result = {"quote": made.id, "number": made.number, "total": made.total, "currency": made.currency,
                  "acceptance": sent.acceptance_id, "link": at, "mailed": list(sent.mailed)}  # fmt: skip
        words = PHRASES.text("sent", shop.settings.language, number=made.number, to=", ".join(sent.mailed) or at)
        emit(result, lambda: escape(words), as_json=as_json)


@deal.command("win")
def win(
    deal_id: Id,
    number: Annotated[str, typer.Option("--purchase-order", help="The number of the customer's order form (発注書).")],
    person: Annotated[str, typer.Option("--person", help="At the customer, who ordered.")],
    filed: Annotated[str, typer.Option("--filed", help="Where the order form can be looked up.")],
    by: Annotated[str, typer.Option("--by", help="Who takes it in; not the deal's own rep.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """The customer's yes on paper. By its link they give it themselves: `tsuide deal send`."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        at = now()
        answer = deal_quotes.win_by_order_form(shop, deal_id, number, person, filed, at, who=by)
        _tell(shop, deal_quotes.settle(shop, answer.acceptance_id, at))
        _show(shop, deal_id, as_json=as_json)


@deal.command("lose")
def lose(
    deal_id: Id,
    reason: Annotated[str, typer.Argument(help=f"One of {', '.join(LOSSES)}.")],
    note: Note = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """It came to nothing, and why."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        deals.lose_deal(shop, deal_id, reason, now(), note=note, who=by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("reopen")
def reopen(deal_id: Id, by: By = None, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """A lost deal goes on."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        deals.reopen_deal(shop, deal_id, now(), by)
        _show(shop, deal_id, as_json=as_json)


@deal.command("settle")
def settle(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Write the orders of quotes that customers confirmed while a server was cut off; usually there are none."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        count, told = deal_quotes.settle_all(shop, now())
        _tell(shop, told)
        words = PHRASES.text("settled", shop.settings.language, count=count)
        emit({"settled": count}, lambda: words, as_json=as_json)


@deal.command("history")
def history(deal_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """What was done with it, by whom."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = deals.deal_history(shop, deal_id)
        table = Table(
            *(PHRASES.text(each, shop.settings.language) for each in ("at", "deed", "who", "stage", "reason"))
        )
        for row in rows:
            at = local(row["at"], shop.settings.time_zone)
            words = (PHRASES.text(f"{of}_{row[of]}", shop.settings.language) for of in ("deed", "stage"))
            cells = (
                at,
                next(words),
                row["who"] or "–",
                next(words),
                reason_told(row["reason"], shop.settings.language),
            )
            table.add_row(*(escape(str(each)) for each in cells))
        emit({"history": rows}, lambda: table, as_json=as_json)


@deal.command("report")
def report(
    group: Annotated[str, typer.Option("--by", help=f"{' or '.join(GROUPS)}.")] = "line",
    each_rep: Annotated[bool, typer.Option("--each-rep", help="Combinations of each rep by themselves.")] = False,
    whose: For = None,
    team: Annotated[str | None, typer.Option("--team", help="Only of the reps of this team.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=36_500, help="Deals changed within so many days.")] = BACK,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Which combinations win, by product line and rep; only what customers have confirmed counts."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        made = deal_report(shop, now(), back=days, group=group, each_rep=each_rep, owner=whose, team=team)
        emit(made, lambda: _report(shop, made), as_json=as_json)


@deal.command("seller")
def seller(
    file: Annotated[
        Path | None, typer.Argument(help="name and address in ja and en, registration (T…), as YAML.")
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Say (or show) who quotes: name, address, 登録番号."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if file is not None:
            deal_quotes.set_seller(shop, build(Seller, read_rows(file)[0]), now())
        kept = deal_quotes.seller_of(shop)
        language = shop.settings.language
        words = (
            PHRASES.text("no_seller", language)
            if kept is None
            else "\n".join(filter(None, (kept.name[language], kept.address[language], kept.registration)))
        )
        emit({"seller": None if kept is None else plain(kept)}, lambda: escape(words), as_json=as_json)


@deal.command("prices")
def prices(
    name: Annotated[str | None, typer.Argument(help="Of the list, as the accounts' attribute price_list says.")] = None,
    file: Annotated[Path | None, typer.Argument(help="CSV with product, price, least, currency.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Take in a price list (whole), show one, or list them."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        language = shop.settings.language
        if name is not None and file is not None:
            kept, wrong = import_prices(shop, name, read_prices(str(file)))
            words = PHRASES.text("prices_kept", language, kept=kept, wrong=len(wrong))
            emit({"list": name, "kept": kept, "rejected": wrong}, lambda: "\n".join([words, *map(escape, wrong)]),
                 as_json=as_json)  # fmt: skip
            return
        if name is None:
            lists = shop.store.deals.price_lists()
            told = "\n".join(f"{each}: {count}" for each, count in lists.items()) or PHRASES.text("no_lists", language)
            emit({"lists": lists}, lambda: escape(told), as_json=as_json)
            return
        rows = shop.store.deals.prices(name)
        table = Table(*(PHRASES.text(each, language) for each in ("product", "least", "unit_price")))
        for row in rows:
            table.add_row(escape(row.product_id), str(row.least), Money(row.price, row.currency).text(language))
        emit({"list": name, "prices": [plain(row) for row in rows]}, lambda: table, as_json=as_json)


# --- done and told ----------------------------------------------------------------------------------------


def _answer(
    deal_id: str,
    place: int,
    state: LineState,
    reason: str | None,
    by: str | None,
    home: Path | None,
    database_url: str | None,
    *,
    as_json: bool,
) -> None:
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _, told = answer_line(shop, deal_id, place, state, now(), reason=reason, who=by)
        _tell(shop, told)
        _show(shop, deal_id, as_json=as_json)


async def _propose(shop: Shop, deal_id: str, n: int, qualified: Sequence[str], by: str | None) -> Proposed:
    journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    try:
        decider = Decider(shop, journal, now, entropy)
        await asyncio.to_thread(decider.refresh)
        return await propose(shop, decider.decide, deal_id, now(), n=n, qualifications=qualified, who=by)
    finally:
        await journal.close()


def _tell(shop: Shop, told: ByDecision) -> None:
    def leaf_of(product_id: str) -> str | None:
        found = goods_of(shop, [product_id]).product(product_id)
        return found.category[-1] if found is not None and found.category else None

    async def record() -> None:
        journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
        try:
            await tell(Ledger(shop.store, journal, now, leaf_of), told)
        finally:
            await journal.close()

    if told:
        asyncio.run(record())


def _units(text: str) -> tuple[str, int]:
    product, _, units = text.rpartition("=")
    if not product:
        return text, 1
    if not (units.isascii() and units.isdigit() and len(units) < 10):  # noqa: PLR2004 - digits
        raise BadValue("not a number of units", key="product", value=text, way_out="write PRODUCT=12")
    return product, int(units)


def _currency(shop: Shop, product_id: str) -> str:
    found = goods_of(shop, [product_id]).product(product_id)
    return shop.settings.currency if found is None else found.currency


def _show(shop: Shop, deal_id: str, *, as_json: bool) -> None:
    told = deals.deal_told(shop, deal_id)
    emit(told, lambda: _told(shop, told, shop.store.deals.get(deal_id)), as_json=as_json)


def _told(shop: Shop, told: Mapping[str, Any], made: Deal) -> RenderableType:
    language = shop.settings.language

    def money(amount: int | None, currency: str) -> str:
        return "–" if amount is None else Money(amount, currency).text(language)

    stage = PHRASES.text(f"stage_{made.stage}", language)
    head = f"{made.id}  {made.title}\n{made.customer_id or '–'} · {made.owner or '–'} · {stage}"
    names = ("line", "product", "role", "state", "quantity", "unit_price", "discount", "amount")
    table = Table(*(PHRASES.text(each, language) for each in names))
    for line in made.lines:
        state = PHRASES.text(f"state_{line.state}", language) + (
            f" ({reason_told(line.reason, language)})" if line.reason else ""
        )
        table.add_row(
            str(line.place), escape(f"{line.product_id} {line.title}"), PHRASES.text(line.role, language),
            escape(state), f"{line.quantity:,}", money(line.unit_price, line.currency),
            money(-line.discount, line.currency) if line.discount else "", money(line.amount, line.currency),
        )  # fmt: skip
    sums = [
        f"{PHRASES.text('total', language)}: {money(each['total'], each['currency'])}"
        + "".join(
            f", {PHRASES.text('tax', language, rate=tax['rate'] / 100)} {money(tax['tax'], each['currency'])}"
            for tax in each["taxes"]
        )
        for each in told["totals"]
    ]
    lacking = [PHRASES.text(f"flag_{each}", language) for each in told["flags"]]
    quotes = [
        f"{each['number']}: {PHRASES.text('quote_' + state, language)}, {money(each['total'], each['currency'])}"
        for each in told["quotes"]
        for state in (each["state"],)
    ]
    parts: list[RenderableType] = [escape(head), *([table] if made.lines else [])]
    return Group(*parts, *map(escape, (*sums, *lacking, *quotes)))


def _promotions(shop: Shop, rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    language = shop.settings.language
    if not rows:
        return PHRASES.text("no_promotions", language)
    table = Table(*(PHRASES.text(each, language) for each in ("promotion", "title", "rep_only", "discount", "lines",
                                                              "lacks")))  # fmt: skip
    for row in rows:
        saving = "–" if row["saving"] is None else Money(row["saving"], row["currency"]).text(language)
        marks = ("✓" if row["rep_only"] else "", saving, ", ".join(map(str, row["lines"])), row["refused"] or "")
        table.add_row(*(escape(each) for each in (row["promotion"], row["names"][language], *marks)))
    return table


def _list(shop: Shop, rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    language = shop.settings.language
    if not rows:
        return PHRASES.text("none", language)
    whole = Column(PHRASES.text("id", language), no_wrap=True)  # it is copied into the next command
    table = Table(
        whole, *(PHRASES.text(each, language) for each in ("title", "account", "rep", "stage", "total", "lacks"))
    )
    for row in rows:
        sums = ", ".join(Money(each["total"], each["currency"]).text(language) for each in row["totals"])
        lacks = ", ".join(PHRASES.text(f"flag_{each}", language) for each in row["flags"])
        stage = PHRASES.text(f"stage_{row['stage']}", language)
        cells = (row["id"], row["title"], row["customer_id"] or "–", row["owner"] or "–", stage, sums, lacks)
        table.add_row(*(escape(str(each)) for each in cells))
    return table


def _proposed(shop: Shop, result: Mapping[str, Any]) -> RenderableType:
    language = shop.settings.language
    if not result["proposed"]:
        handed = ", ".join(result["handed_over"])
        why = result["why_none"]
        words = [PHRASES.text("silence", language)]
        words += [each for each in (why["text"], why["question"]) if each] if why else []
        words += [PHRASES.text("handed_over", language, products=handed)] if handed else []
        return escape("\n".join([*words, f"tsuide explain {result['decision']}"]))
    table = Table(*(PHRASES.text(each, language) for each in ("line", "product", "with", "kind", "why")))
    for row in result["proposed"]:
        cells = (row["line"], f"{row['product_id']} {row['title']}", row["with"] or "–", row["kind"])
        table.add_row(*(escape(str(each)) for each in cells), escape("\n".join(row["reasons"])))
    return table


def _report(shop: Shop, made: Mapping[str, Any]) -> RenderableType:
    language = shop.settings.language
    if not made["deals"]:
        return PHRASES.text("none", language)

    def share(triple: Sequence[float] | None) -> str:
        return "–" if triple is None else f"{triple[0]:.0%} ({triple[1]:.0%} … {triple[2]:.0%})"

    names = ("main", "attached", "rep", "lines_proposed", "answered", "won", "share", "amount")
    combined = Table(*(PHRASES.text(each, language) for each in names))
    for row in made["combinations"]:
        known = None if row["share"] is None else (row["share"], *row["interval"])
        combined.add_row(
            escape(row["main"] or "–"), escape(row["attached"]), escape(row["rep"] or "–"), str(row["proposed"]),
            str(row["answered"]), str(row["won"]), share(known), Money(row["amount"], row["currency"]).text(language),
        )  # fmt: skip
    reps = Table(*(PHRASES.text(each, language) for each in ("rep", "open", "won", "lost", "win_rate", "attach_rate",
                                                             "confirmed", "hoped")))  # fmt: skip
    for row in made["reps"]:
        reps.add_row(
            escape(row["rep"] or "–"), str(row["open"]), str(row["won"]), str(row["lost"]), share(row["win_rate"]),
            share(row["attach_rate"]), Money(row["confirmed"], row["currency"]).text(language),
            Money(row["hoped"], row["currency"]).text(language),
        )  # fmt: skip
    lost = ", ".join(f"{reason_told(name, language)} {count}" for name, count in made["losses"].items())
    return Group(*([combined] if made["combinations"] else []), reps, *([escape(lost)] if lost else []))
