"""`tsuide offer`: one decision from the command line, recorded like any other."""

import asyncio
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.deciding import Decider, Served
from tsuide.app.wiring import Shop, held_settings, opened
from tsuide.config import load_settings
from tsuide.errors import BadSetting
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.money import Money
from tsuide.offers.offer import HESITATIONS, KINDS, PLACEMENTS, Offer
from tsuide.offers.pitch import PHRASES as PITCH
from tsuide.offers.pitch import quote_of, standing_of
from tsuide.offers.request import CartLine, OfferRequest


def offer(
    product: Annotated[str | None, typer.Argument(help="The product that is looked at.")] = None,
    placement: Annotated[str | None, typer.Option(help=f"One of {', '.join(PLACEMENTS)}.")] = None,
    customer: Annotated[str | None, typer.Option(help="Who asks; one whom nobody knows is new.")] = None,
    cart: Annotated[list[str] | None, typer.Option(help="PRODUCT or PRODUCT=QUANTITY; repeat it.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help=f"Only {', '.join(KINDS)}; repeat it.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Never this product; repeat it.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only products of this category; repeat it.")] = None,
    budget: Annotated[int | None, typer.Option(min=0, help="The most to spend, minor units.")] = None,
    hesitation: Annotated[list[str] | None, typer.Option(help=f"{', '.join(HESITATIONS)}; repeat it.")] = None,
    goal: Annotated[str | None, typer.Option(help="What the customer wants to reach.")] = None,
    segment: Annotated[list[str] | None, typer.Option(help="A segment that they are in; repeat it.")] = None,
    shown: Annotated[list[str] | None, typer.Option(help="Proposed in this visit already; repeat it.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="At most so many.")] = 3,
    language: Annotated[str | None, typer.Option(help="ja or en.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Decide what to propose, and say why. The decision is recorded; `tsuide explain` tells it in full."""
    with errors_shown(as_json=as_json):
        settings = held_settings(load_settings(home=home, database_url=database_url))
        chosen = _one_of("--language", language or settings.language, ("ja", "en"))
        request = OfferRequest(
            placement=_one_of("--placement", placement or _usual(product, cart), PLACEMENTS),  # type: ignore[arg-type]  # checked against the literals
            n=n,
            customer_id=customer,
            cart=tuple(_line(each) for each in cart or []),
            product_id=product,
            kinds=tuple(_one_of("--kind", each, KINDS) for each in kind or []),  # type: ignore[misc]  # as above
            exclude=tuple(exclude or ()),
            categories=tuple(category or ()),
            budget=budget,
            hesitation=tuple(_one_of("--hesitation", each, HESITATIONS) for each in hesitation or []),  # type: ignore[misc]  # as above
            goal=goal,
            segments=tuple(segment or ()),
            shown=tuple(shown or ()),
            language=chosen,
        )
        with opened(settings) as shop:
            served = asyncio.run(_decide(shop, request))
        result = as_dict(served, chosen)
        emit(result, lambda: _table(result, chosen), as_json=as_json)


async def _decide(shop: Shop, request: OfferRequest) -> Served:
    journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    try:
        decider = Decider(shop, journal, now, entropy)
        await asyncio.to_thread(decider.refresh)
        return await decider.decide(request)
    finally:
        await journal.close()


def _usual(product: str | None, cart: list[str] | None) -> str:
    return "product" if product else "cart" if cart else "home"


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise BadSetting("not one of the choices", key=option, value=value, way_out=f"use {', '.join(choices)}")
    return value


def _line(text: str) -> CartLine:
    product, _, quantity = text.rpartition("=")
    if not product:
        return CartLine(text)
    if not (quantity.isascii() and quantity.isdigit()):
        raise BadSetting("not a quantity", key="--cart", value=text, way_out="write PRODUCT=2")
    return CartLine(product, int(quantity))


def as_dict(served: Served, language: str) -> dict[str, Any]:
    """What `--json` prints."""
    decision = served.decision
    return {
        "decision": decision.id,
        "placement": decision.request.placement,
        "arm": decision.arm,
        "offers": [_offer(each, served, language) for each in decision.offers],
        "refused": dict(decision.refused),
        "notes": list(decision.notes),
        "warnings": list(served.warnings),
    }


def _offer(offer: Offer, served: Served, language: str) -> dict[str, Any]:
    standing = standing_of(offer, served.state)
    return {
        "product": offer.product_id,
        "title": served.product(offer.product_id).title,
        "kind": offer.kind,
        "price": offer.price,
        "currency": offer.currency,
        "reasons": served.reasons_told(offer, language),
        "rating": None if standing is None else round(standing.rating, 2),
        "reviews": 0 if standing is None else standing.count,
        "quote": quote_of(offer, language, served.state) or None,
    }


def _table(result: dict[str, Any], language: str) -> Table:
    table = Table(title=f"{result['placement']}, {result['arm']}", title_justify="left", caption_justify="left")
    for name in ("offer", "kind", "price", "rated", "why"):
        table.add_column(name, overflow="fold")
    for each in result["offers"]:
        price = "" if each["price"] is None else Money(each["price"], each["currency"]).text(language)
        quoted = [PITCH.text("quote", language, quote=each["quote"])] if each["quote"] else []
        why = escape("\n".join([*each["reasons"], *quoted]))
        rated = f"{each['rating']:.1f} ({each['reviews']:,})" if each["reviews"] else ""
        table.add_row(escape(each["title"]), each["kind"].replace("_", "-"), price, rated, why)
    said = [*result["warnings"], *([] if result["offers"] else ["nothing to propose: silence is a decision too"])]
    table.caption = "\n".join([*map(escape, said), f"tsuide explain {result['decision']}"])
    return table
