"""Deals of a shop: kept with their lines, priced within the margin floor, moved on, won or lost; told as plain JSON.

Whatever changes the lines of a deal takes back the quote that is out: a customer never says yes to what has changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import orjson

from tsuide.app.deal_accounts import Account, account_of, price_for
from tsuide.app.deal_benefits import with_kept
from tsuide.app.deal_prices import case_of, earned, earned_of, floor_of, goods_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, Refused, UnknownProduct
from tsuide.facts.catalogue import Product
from tsuide.kit.clock import from_micros
from tsuide.kit.ids import time_id
from tsuide.outreach.sales.deals import (
    LOSSES,
    MOST_LINES,
    OPEN_STAGES,
    STAGES,
    Deal,
    Line,
    Role,
    broken_sets,
    dissolved,
    flags,
    refuse_below_floor,
    refuse_closed,
    refuse_split_case,
    totals,
    with_set_price,
)
from tsuide.store.deals import Deed
from tsuide.store.rows import Found

_MOST: Final = 1_000
_LONGEST: Final = 500
Change = Callable[[Deal], tuple[Deal, Deed]]


def add_deal(
    shop: Shop,
    title: str,
    now: datetime,
    entropy: int,
    *,
    customer_id: str | None = None,
    owner: str | None = None,
    needs: Sequence[str] = (),
    note: str | None = None,
    who: str | None = None,
    deal_id: str | None = None,
) -> Deal:
    """Begin a deal. One without an account, or with one that nobody knows, is kept and says so.

    Args:
        shop: whose.
        title: what it is about.
        now: UTC.
        entropy: 64 random bits.
        customer_id: the account.
        owner: the rep; None = the account's.
        needs: of the customer, in their words or the shop's.
        note: more of it.
        who: begins it, for the history.
        deal_id: yours; a deal of this id that is there already is given back.

    Raises:
        BadValue: no title, or too long a one.
    """
    if not 0 < len(title.strip()) <= _LONGEST:
        raise BadValue(f"1 to {_LONGEST} characters", key="title", value=title)
    account = account_of(shop, customer_id)
    customer_id = customer_id if account is None else account.id
    of_account = "" if account is None else account.attributes.get("owner", "")
    made = Deal(
        deal_id or time_id("deal", now, entropy), title.strip(), customer_id, of_account if owner is None else owner,
        "lead", now, now, tuple(needs), note=note,
    )  # fmt: skip
    shop.store.deals.add(made, Deed("made", who))
    return shop.store.deals.get(made.id)


def change_deal(shop: Shop, deal_id: str, now: datetime, who: str | None = None, **values: Any) -> Deal:  # noqa: ANN401 - a deal's own fields
    """Change what a deal is about: title, customer_id, owner, needs, note, stage; it as it was.

    Raises:
        NotFound: there is none of this id.
        BadValue: a stage that is none, or that only `win` and `lose` lead to.
        Refused: it is won or lost.
    """
    stage = values.get("stage")
    if stage is not None and stage not in OPEN_STAGES:
        raise BadValue("not a stage of an open deal", key="stage", value=stage, way_out=", ".join(OPEN_STAGES))

    def make(deal: Deal) -> tuple[Deal, Deed]:
        refuse_closed(deal)
        return replace(deal, **values), Deed("changed" if stage is None else "stage", who, None, values)

    if (account := account_of(shop, values.get("customer_id"))) is not None:
        values["customer_id"] = account.id
    if "customer_id" in values:
        withdraw(shop, deal_id, now)  # another account's yes is another yes
    return shop.store.deals.change(deal_id, make, now)


def lose_deal(
    shop: Shop, deal_id: str, reason: str, now: datetime, *, note: str | None = None, who: str | None = None
) -> Deal:
    """It came to nothing, and why; it as it was.

    Raises:
        NotFound: there is none of this id.
        BadValue: a reason that is none.
        Refused: it is won or lost already.
    """
    if reason not in LOSSES:
        raise BadValue("not a reason", key="reason", value=reason, way_out=", ".join(LOSSES))

    def make(deal: Deal) -> tuple[Deal, Deed]:
        refuse_closed(deal)
        after = replace(deal, stage="lost", closed_at=now, reason=reason, note=note or deal.note)
        return after, Deed("lost", who, reason, {"note": note} if note else None)

    withdraw(shop, deal_id, now)
    return shop.store.deals.change(deal_id, make, now)


def reopen_deal(shop: Shop, deal_id: str, now: datetime, who: str | None = None) -> Deal:
    """A lost deal goes on; it as it was.

    Raises:
        NotFound: there is none of this id.
        Refused: it is open, or won.
    """

    def make(deal: Deal) -> tuple[Deal, Deed]:
        if deal.stage != "lost":
            raise Refused(f"this deal is {deal.stage}", key="deal", value=deal.id)
        return replace(deal, stage="negotiation", closed_at=None, reason=None), Deed("reopened", who)

    return shop.store.deals.change(deal_id, make, now)


# --- lines ------------------------------------------------------------------------------------------------


def put_line(
    shop: Shop,
    deal_id: str,
    product_id: str,
    quantity: int,
    now: datetime,
    *,
    price: int | None = None,
    with_id: str | None = None,
    who: str | None = None,
) -> Deal:
    """Put a product into a deal, or change how many of it; the deal as it is then.

    Args:
        shop: whose.
        deal_id: of which.
        product_id: what.
        quantity: units, whole cases; 0 = take it out.
        now: UTC.
        price: of one unit, a rep's own; None = the account's price list, else the catalogue's.
        with_id: the main product that a rep attaches it to; None = it is a main line.
        who: does it.

    Raises:
        NotFound, UnknownProduct: no such deal, no such product.
        BadValue: not whole cases, or no units.
        Refused: not for sale, below the margin floor, or the deal is closed.
        Conflict: a price that an offer made for another number.
    """
    product = _product(shop, product_id)
    if quantity:
        _refuse_unsold(product, quantity)
    account = account_of(shop, shop.store.deals.get(deal_id).customer_id)

    def make(deal: Deal) -> tuple[Deal, Deed]:
        deed = Deed("line", who, None, {"product_id": product_id, "quantity": quantity, "price": price})
        before = next((line for line in deal.lines if _is_own(line, product_id)), None)
        if not quantity:
            kept = tuple(line for line in deal.lines if line is not before)
            return replace(deal, lines=dissolved(kept)), deed
        of_offer = before is not None and before.promotion_id is None and before.discount > 0
        if before is not None and before.offer_id is not None and (of_offer or price is not None):
            raise Conflict("its price is an offer's", key="product", value=product_id, way_out="take it out first")
        line = _line(shop, account, product, quantity, price)
        if before is None:
            if len(deal.lines) >= MOST_LINES:
                raise Refused(f"a deal has {MOST_LINES} lines at most", key="deal", value=deal.id)
            role: Role = "main" if with_id is None else "attached"
            line = replace(line, place=_next(deal.lines), role=role, with_id=with_id)
            lines = dissolved((*deal.lines, line))
        else:
            fresh = {name: getattr(line, name) for name in ("quantity", "unit_price", "price_from")}
            if before.offer_id is not None:
                fresh = {"quantity": quantity}
            line = replace(before, **fresh, discount=0 if before.price_from == "set" else before.discount)
            lines = dissolved(line if each is before else each for each in deal.lines)
        if price is not None:
            refuse_below_floor([earned_of(shop, line, product, now)], floor_of(shop, now))
        return replace(deal, lines=lines), deed

    return _changed(shop, deal_id, make, now)


def price_line(shop: Shop, deal_id: str, place: int, price: int, now: datetime, who: str | None = None) -> Deal:
    """Give one line a unit price of the rep's own; the deal as it is then.

    Raises:
        NotFound: no such deal, or line.
        BadValue: a price below zero.
        Refused: below the margin floor, or the deal is closed.
    """
    if price < 0:
        raise BadValue("must not be negative", key="price", value=price)

    def make(deal: Deal) -> tuple[Deal, Deed]:
        line = replace(deal.line(place), unit_price=price, discount=0, price_from="rep")
        refuse_below_floor([earned_of(shop, line, _product(shop, line.product_id), now)], floor_of(shop, now))
        lines = dissolved(line if each.place == place else each for each in deal.lines)
        return replace(deal, lines=lines), Deed("priced", who, None, {"line": place, "price": price})

    return _changed(shop, deal_id, make, now)


def price_set(
    shop: Shop, deal_id: str, places: Sequence[int], price: int, now: datetime, who: str | None = None
) -> Deal:
    """Give several lines one price together; the deal as it is then. It holds while the whole set is wanted.

    Raises:
        NotFound: no such deal, or lines.
        BadValue: fewer than two, or a price above their sum.
        Refused: below the margin floor, or the deal is closed.
    """

    def make(deal: Deal) -> tuple[Deal, Deed]:
        after = replace(deal, lines=with_set_price(deal, places, price))
        refuse_below_floor([each for each in earned(shop, after.lines, now) if each.line.price_from == "set"],
                           floor_of(shop, now))  # fmt: skip
        return after, Deed("priced", who, None, {"lines": list(places), "price": price})

    return _changed(shop, deal_id, make, now)


def _line(shop: Shop, account: Account | None, product: Product, quantity: int, price: int | None) -> Line:
    asked, listed = price_for(shop, account, product, quantity)
    if price is not None and price < 0:
        raise BadValue("must not be negative", key="price", value=price)
    return Line(
        1, product.id, product.title, quantity, asked if price is None else price, product.currency,
        tax_rate=product.tax_rate, tax_included=product.tax_included,
        price_from="rep" if price is not None else "list" if listed else "catalogue",
    )  # fmt: skip


def _is_own(line: Line, product_id: str) -> bool:
    """Whether it is the wanted line of a product; what comes free is another."""
    return line.product_id == product_id and line.state == "accepted" and line.price_from != "gift"


def _next(lines: Sequence[Line]) -> int:
    return max((line.place for line in lines), default=0) + 1


def _product(shop: Shop, product_id: str) -> Product:
    product = goods_of(shop, [product_id]).product(product_id)
    if product is None:
        raise UnknownProduct("no such product", key="product", value=product_id)
    return product


def _refuse_unsold(product: Product, quantity: int) -> None:
    if product.status != "active":
        raise Refused("not for sale", key="product", value=product.id)
    refuse_split_case(product.id, quantity, case_of(product))


def _changed(shop: Shop, deal_id: str, make: Change, now: datetime, own: str | None = None) -> Deal:
    """Change lines of an open deal, after whatever is out for a yes was taken back; its promotions follow."""

    def checked(deal: Deal) -> tuple[Deal, Deed]:
        refuse_closed(deal)
        after, deed = make(deal)
        return with_kept(shop, deal, replace(after, lines=broken_sets(deal, after)), deed, now, own)

    checked(shop.store.deals.get(deal_id))  # what would be refused takes nothing back
    withdraw(shop, deal_id, now)
    shop.store.deals.change(deal_id, checked, now)
    return shop.store.deals.get(deal_id)


def change_lines(shop: Shop, deal_id: str, make: Change, now: datetime, *, own: str | None = None) -> Deal:
    """Change lines of an open deal; what is out for a yes is taken back. The deal as it is then.

    `own`: a promotion that the change itself is about; the others are worked out anew where their lines change.

    Raises:
        NotFound: no such deal.
        Refused: it is closed.
        Conflict: the customer has just said yes.
    """
    return _changed(shop, deal_id, make, now, own)


def withdraw(shop: Shop, deal_id: str, now: datetime) -> list[str]:
    """Take back what waits for the customer's yes; which quotes.

    Raises:
        Conflict: they have said yes meanwhile.
    """
    gone = []
    for row in shop.store.deals.quotes(deal_id):
        acceptance_id = row["acceptance_id"]
        if acceptance_id is None:
            continue
        state = shop.store.acceptances.get(acceptance_id)["state"]
        if state in {"accepted", "used"}:
            raise Conflict("the customer has said yes", key="quote", value=row["id"], way_out="tsuide deal show DEAL")
        if state == "waiting":
            shop.store.acceptances.move(acceptance_id, ("waiting", "expired"), now)
            gone.append(str(row["id"]))
    return gone


# --- told -------------------------------------------------------------------------------------------------


def deals_told(
    shop: Shop,
    stage: str | None = "open",
    *,
    owner: str | None = None,
    team: str | None = None,
    customer_id: str | None = None,
    n: int = 200,
) -> list[dict[str, Any]]:
    """Deals, the last changed first; of a team, those of its reps.

    Raises:
        BadValue: there is no such stage.
    """
    if stage not in {"open", "all", None, *STAGES}:
        raise BadValue("not a stage", key="stage", value=stage, way_out=", ".join(("open", "all", *STAGES)))
    stages = OPEN_STAGES if stage == "open" else None if stage in {"all", None} else (str(stage),)
    of = None if team is None else [*shop.store.worklist.owners(team)]
    rows = shop.store.deals.listed(stages, owner=owner, owners=of, customer_id=customer_id, n=n)
    known = shop.store.finding.known(deal.customer_id for deal in rows if deal.customer_id is not None)
    return [told(deal, known=deal.customer_id in known) for deal in rows]


def deal_told(shop: Shop, deal_id: str) -> dict[str, Any]:
    """One deal with its quotes.

    Raises:
        NotFound: there is none of this id.
    """
    deal = shop.store.deals.get(deal_id)
    known = account_of(shop, deal.customer_id) is not None
    return {**told(deal, known=known), "quotes": [quote_told(shop, row) for row in shop.store.deals.quotes(deal_id)]}


def told(deal: Deal, *, known: bool = True) -> dict[str, Any]:
    """A deal as plain JSON."""
    return {
        "id": deal.id, "title": deal.title, "customer_id": deal.customer_id, "owner": deal.owner, "stage": deal.stage,
        "needs": list(deal.needs), "note": deal.note, "reason": deal.reason, "order_id": deal.order_id,
        "made_at": deal.made_at.isoformat(), "changed_at": deal.changed_at.isoformat(),
        "closed_at": None if deal.closed_at is None else deal.closed_at.isoformat(),
        "lines": [{**asdict(line), "requires": list(line.requires), "amount": line.amount} for line in deal.lines],
        "totals": [
            {
                "currency": each.currency, "subtotal": each.subtotal, "total": each.total, "unpriced": each.unpriced,
                "taxes": [{"rate": rate, "net": net, "tax": tax} for rate, (net, tax) in each.by_rate.items()],
            }
            for each in totals(deal.wanted)
        ],
        "flags": list(flags(deal, known=known)),
    }  # fmt: skip


def quote_told(shop: Shop, row: Found) -> dict[str, Any]:
    """A quote as plain JSON: its number, what it comes to, and where it stands."""
    content = orjson.loads(row["content"])
    acceptance_id = row["acceptance_id"]
    state = "written" if acceptance_id is None else str(shop.store.acceptances.get(acceptance_id)["state"])
    return {
        "id": row["id"], "number": content["number"], "at": from_micros(row["at"]).isoformat(),
        "expires_at": from_micros(row["expires_at"]).isoformat(), "currency": content["currency"],
        "total": content["total"], "state": state, "acceptance": acceptance_id,
    }  # fmt: skip


def deal_history(shop: Shop, deal_id: str) -> list[dict[str, Any]]:
    """What was done with a deal, in its order.

    Raises:
        NotFound: there is none of this id.
    """
    shop.store.deals.get(deal_id)
    return [deed_told(row) for row in shop.store.deals.events(deal_id=deal_id, n=_MOST)]


def deed_told(row: Found) -> dict[str, Any]:
    """Something that was done with a deal, as plain JSON."""
    return {
        "seq": row["seq"], "deal_id": row["deal_id"], "at": from_micros(row["at"]).isoformat(), "deed": row["deed"],
        "who": row["who"], "reason": row["reason"], "stage": row["stage"],
        "content": None if row["content"] is None else orjson.loads(row["content"]),
    }  # fmt: skip
