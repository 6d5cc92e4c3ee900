"""What a rep may give in a deal, and gives: promotions, also those that only a rep may give; who gave it is noted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tsuide.app.deal_benefits import given
from tsuide.app.deals import change_lines
from tsuide.app.promotions import standings
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, Refused
from tsuide.facts.promotions import REP
from tsuide.offers.plain import plain
from tsuide.outreach.sales.benefits import without
from tsuide.outreach.sales.deals import Deal, Line
from tsuide.store.deals import Deed


def promotions_for(shop: Shop, deal_id: str, now: datetime) -> list[dict[str, Any]]:
    """What may be given in a deal, as plain JSON: what each takes off, or why it cannot be given; what it saves first.

    Args:
        shop: whose.
        deal_id: of which.
        now: UTC.

    Raises:
        NotFound: no such deal.
    """
    deal = shop.store.deals.get(deal_id)
    there = {line.promotion_id for line in deal.lines}
    rows = []
    for row in standings(shop):
        promotion = row.promotion
        if not promotion.runs(now) or (promotion.placements and REP not in promotion.placements):
            continue
        told: dict[str, Any] = {
            "promotion": promotion.id, "names": dict(promotion.names), "benefit": plain(promotion.benefit),
            "currency": promotion.currency, "rep_only": promotion.rep_only, "given": promotion.id in there,
            "ends_at": None if promotion.ends_at is None else promotion.ends_at.isoformat(),
            "saving": None, "lines": [], "refused": None,
        }  # fmt: skip
        try:
            own = [each for each in given(shop, deal, promotion.id, now, row=row) if each.promotion_id == promotion.id]
            told |= {"saving": sum(each.discount for each in own), "lines": _places(deal, own)}
        except Refused as why:
            told["refused"] = str(why)
        rows.append(told)
    return sorted(rows, key=lambda each: (each["saving"] is None, -(each["saving"] or 0), each["promotion"]))


def give_promotion(
    shop: Shop,
    deal_id: str,
    promotion_id: str,
    now: datetime,
    *,
    places: Sequence[int] = (),
    who: str | None = None,
) -> Deal:
    """Give a promotion on lines of a deal, within the margin floor; the deal as it is then.

    Its budget pays at the customer's yes. Where its lines change it is worked out anew, or ends.

    Args:
        shop: whose.
        deal_id: in which.
        promotion_id: which.
        now: UTC.
        places: of the lines, proposed ones too; none = every wanted line that it is for.
        who: gives it; None = the deal's rep.

    Raises:
        NotFound: no such deal, promotion or line.
        Refused: the deal is closed; or names the promotion and what stands against it: that it does not run, is not for
            these lines, is used up, or would break the margin floor.
        Conflict: the customer has just said yes.
    """

    def make(deal: Deal) -> tuple[Deal, Deed]:
        after = replace(deal, lines=given(shop, deal, promotion_id, now, places))
        off = {line.place: line.discount for line in after.lines if line.promotion_id == promotion_id}
        content = {"promotion": promotion_id, "off": [[place, amount] for place, amount in off.items()]}
        return after, Deed("given", who or deal.owner or None, None, content)

    return change_lines(shop, deal_id, make, now, own=promotion_id)


def take_back_promotion(shop: Shop, deal_id: str, promotion_id: str, now: datetime, *, who: str | None = None) -> Deal:
    """Take a promotion out of a deal; the deal as it is then.

    Raises:
        NotFound: no such deal, or it has no such promotion.
        Refused: the deal is closed.
        Conflict: the customer has just said yes.
    """

    def make(deal: Deal) -> tuple[Deal, Deed]:
        if not any(line.promotion_id == promotion_id for line in deal.lines):
            raise NotFound("not given in this deal", key="promotion", value=promotion_id,
                           way_out=f"tsuide deal promotions {deal_id}")  # fmt: skip
        after = replace(deal, lines=without(deal.lines, promotion_id))
        return after, Deed("taken_back", who or deal.owner or None, None, {"promotion": promotion_id})

    return change_lines(shop, deal_id, make, now, own=promotion_id)


def _places(deal: Deal, own: Sequence[Line]) -> list[int]:
    """Those of a deal's lines that it is given on; what would come free has no number yet."""
    there = {line.place for line in deal.lines}
    return [each.place for each in own if each.place in there and each.price_from != "gift"]
