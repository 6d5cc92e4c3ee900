"""What goes with a deal: asked from `decide` as any other door asks, kept as proposed lines, answered by the customer.

A rep who hears a yes says so on the line; the offer counts as clicked, not as accepted: accepted it is when the
customer has confirmed the quote. A no counts at once, with its reason.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tsuide.app.accepting import discounts_of
from tsuide.app.deal_accounts import Account, account_of, price_for
from tsuide.app.deal_benefits import given
from tsuide.app.deal_prices import case_of, goods_of
from tsuide.app.deals import change_lines
from tsuide.app.deciding import Served
from tsuide.app.ledger import Ledger, Told, offer_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound, Refused
from tsuide.facts.catalogue import Product
from tsuide.offers.decision import Decision
from tsuide.offers.offer import NO_REASONS, Offer
from tsuide.offers.request import CartLine, OfferRequest, Rep
from tsuide.outreach.sales.deals import MOST_LINES, REPLACED, Deal, Line, LineState, answered, refuse_closed
from tsuide.store.deals import Deed

ByDecision = Mapping[str, Sequence[Told]]
_UNSAID: Final = {REPLACED}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What `decide` found for a deal.

    Args:
        deal: as it is then.
        places: of the new lines.
        handed_over: products that the rep may not advise on: a qualified colleague is to propose them.
    """

    deal: Deal
    served: Served
    places: tuple[int, ...]
    handed_over: tuple[str, ...]


async def propose(
    shop: Shop,
    decide: Callable[[OfferRequest], Awaitable[Served]],
    deal_id: str,
    now: datetime,
    *,
    n: int = 3,
    qualifications: Sequence[str] = (),
    language: str | None = None,
    who: str | None = None,
) -> Proposed:
    """Ask what goes with the deal's lines, under the same policy as every door, and keep it as proposed lines.

    Of a set each product is a line, at its share of the set's price, and so is each of two fillers: answered together.

    Args:
        shop: whose.
        decide: records the decision before it comes back (`Decider.decide`).
        deal_id: of which.
        now: UTC.
        n: at most so many.
        qualifications: what the rep may advise on.
        language: of the decision's texts; None = the account's, else the shop's.
        who: does it.

    Raises:
        NotFound: no such deal.
        Refused: it is closed, or has no lines yet.
        NothingLearned: nothing has been learned yet.
    """
    deal = shop.store.deals.get(deal_id)
    refuse_closed(deal)
    if not deal.wanted:
        raise Refused("nothing to go with yet", key="lines", way_out=f"tsuide deal line {deal_id} PRODUCT")
    account = account_of(shop, deal.customer_id)
    request = OfferRequest(
        "rep",
        n=n,
        customer_id=deal.customer_id,
        cart=tuple(CartLine(line.product_id, line.quantity, line.unit_price) for line in deal.wanted),
        exclude=tuple(dict.fromkeys(line.product_id for line in deal.lines if line.state != "accepted")),
        free_shipping_at=0,  # a quote has no shipping; a filler reaches a discount tier
        rep=Rep(deal.owner or who or "-", tuple(qualifications), deal.needs),
        language=language or (account.language if account and account.language in {"ja", "en"} else None)
        or shop.settings.language,
    )  # fmt: skip
    served = await decide(request)
    offers = [offer for offer in served.decision.offers if offer.act == "offer"]
    handed = tuple(offer.product_id for offer in served.decision.offers if offer.act == "hand_over")
    if not offers:
        return Proposed(deal, served, (), handed)
    goods = goods_of(shop, [item.product_id for offer in offers for item in offer.items])
    new: list[int] = []

    def make(before: Deal) -> tuple[Deal, Deed]:
        lines = list(before.lines)
        new.clear()
        for offer in offers:
            products = {each.product_id: goods.product(each.product_id) for each in offer.items}
            made = _lines(shop, account, offer, served.decision.id, products)
            if len(lines) + len(made) > MOST_LINES:
                continue  # a set goes in whole or not at all
            for line in made:
                place = max((each.place for each in lines), default=0) + 1
                lines.append(replace(line, place=place))
                new.append(place)
        content = {"decision": served.decision.id, "lines": list(new), "handed_over": list(handed)}
        return replace(before, lines=tuple(lines)), Deed("proposed", who, None, content)

    after = change_lines(shop, deal_id, make, now)
    return Proposed(after, served, tuple(new), handed)


def _lines(
    shop: Shop, account: Account | None, offer: Offer, decision_id: str, products: Mapping[str, Product | None]
) -> list[Line]:
    chosen = [each for each in offer.items if each.role != "required"]  # a set's main product too, where it is new
    required = tuple(each.product_id for each in offer.items if each.role == "required")
    made = []
    for each, discount in zip(chosen, discounts_of(offer, chosen), strict=True):
        product = products[each.product_id]
        if product is None:
            continue
        case = case_of(product)
        quantity = (
            each.quantity if discount else -(-each.quantity // case) * case
        )  # an offer's own price is for its own
        listed, is_list = price_for(shop, account, product, quantity)
        beside = None if offer.anchor_id == product.id else offer.anchor_id
        own = is_list and not discount and listed is not None and (each.price is None or listed < each.price)
        made.append(
            Line(
                1, product.id, product.title, quantity, listed if own else each.price, product.currency, "attached",
                "proposed", discount, product.tax_rate, product.tax_included, None, beside, offer.kind,
                "list" if own else "offer", required, decision_id, offer.id,
            )
        )  # fmt: skip
    return made


def answer_line(
    shop: Shop,
    deal_id: str,
    place: int,
    state: LineState,
    now: datetime,
    *,
    reason: str | None = None,
    who: str | None = None,
) -> tuple[Deal, ByDecision]:
    """What the customer said to a line, as the rep heard it; the deal as it is then, and what the ledger must hear.

    Who takes the filler that reaches a promotion's least purchase gets that promotion, as they were told.

    Args:
        shop: whose.
        deal_id: of which.
        place: the line's number.
        state: accepted, declined, or proposed (nothing said after all).
        now: UTC.
        reason: of a no: one of the words that customers have for it; it changes what is offered next.
        who: heard it.

    Raises:
        NotFound: no such deal, or line.
        BadValue: a reason that is none.
        Refused: the deal is closed.
    """
    if state == "declined" and reason is not None and reason not in NO_REASONS:
        raise BadValue("not a reason", key="reason", value=reason, way_out=", ".join(NO_REASONS))

    def make(deal: Deal) -> tuple[Deal, Deed]:
        after = replace(deal, lines=answered(deal, place, state, reason))
        content = {"line": place, "state": state, "product_id": deal.line(place).product_id}
        promised = _promised(shop, deal.line(place)) if state == "accepted" else None
        if promised is not None and all(line.promotion_id != promised for line in after.lines):
            try:
                after, content["given"] = replace(after, lines=given(shop, after, promised, now)), promised
            except (Refused, NotFound) as why:
                content["not_given"] = str(why)
        return after, Deed("answered", who, reason, content)

    after = change_lines(shop, deal_id, make, now)
    line = after.line(place)
    outcome = {"accepted": "clicked", "declined": "declined"}.get(state)
    if line.offer_id is None or line.decision_id is None or outcome is None:
        return after, {}
    evidence = f"{deal_id}: {who or after.owner or 'rep'}"
    told = [Told(line.offer_id, "shown"), Told(line.offer_id, outcome, line.reason, evidence=evidence)]
    return after, {line.decision_id: told}


def _promised(shop: Shop, line: Line) -> str | None:
    """The promotion that a filler was proposed to reach."""
    if line.kind != "filler" or line.decision_id is None or line.offer_id is None:
        return None
    record = Decision.from_json(shop.store.decisions.get(line.decision_id)["record"])
    for reason in offer_of(record, line.offer_id).reasons:
        if reason.code == "closes_tier" and reason.numbers.get("promotion"):
            return str(reason.numbers["promotion"])
    return None


def shown(lines: Iterable[Line]) -> ByDecision:
    """What the ledger hears of lines that were put before the customer: what they asked for themselves is no offer."""
    found: dict[str, list[Told]] = {}
    for line in lines:
        if line.offer_id is not None and line.decision_id is not None and line.reason not in _UNSAID:
            told = Told(line.offer_id, "shown")
            if told not in found.setdefault(line.decision_id, []):
                found[line.decision_id].append(told)
    return found


async def tell(ledger: Ledger, told: ByDecision) -> None:
    """Record what was told, decision by decision; told twice it counts once."""
    for decision_id, outcomes in told.items():
        await ledger.record(decision_id, outcomes)
