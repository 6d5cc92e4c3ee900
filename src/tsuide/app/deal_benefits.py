"""What a promotion makes of a deal's lines: with the shop's products, margin floor, budgets and segments."""

from collections.abc import Sequence
from datetime import datetime

from tsuide.app.customers import segments_of
from tsuide.app.deal_prices import earned_of, floor_of, goods_of
from tsuide.app.promotions import Standing, standing
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, Refused
from tsuide.facts.promotions import Promotion
from tsuide.outreach.sales.benefits import kept, with_promotion
from tsuide.outreach.sales.deals import Deal, Earned, Line
from tsuide.store.deals import Deed


def given(
    shop: Shop, deal: Deal, promotion_id: str, now: datetime, places: Sequence[int] = (), row: Standing | None = None
) -> tuple[Line, ...]:
    """The deal's lines with a promotion given on them.

    Args:
        shop: whose.
        deal: which.
        promotion_id: which.
        now: UTC.
        places: of the lines; none = every wanted line that it is for.
        row: the promotion and what it gave, where it is at hand.

    Raises:
        NotFound: no such promotion, or line.
        Refused: names the promotion and what stands against it.
    """
    row = standing(shop, promotion_id) if row is None else row
    promotion = row.promotion
    refuse_used_up(shop, row, deal.customer_id)
    names = [*(line.product_id for line in deal.lines), *promotion.benefit.items, *promotion.benefit.extra]
    goods, floor = goods_of(shop, names), floor_of(shop, now)
    products = {name: product for name in names if (product := goods.product(name)) is not None}

    def earn(line: Line) -> Earned:
        product = products.get(line.product_id)
        return Earned(line, None) if product is None else earned_of(shop, line, product, now)

    segments = () if deal.customer_id is None else segments_of(shop.store, deal.customer_id, now)
    return with_promotion(deal, promotion, products, earn, floor, now, places=places, segments=segments)


def refuse_used_up(shop: Shop, row: Standing, customer_id: str | None) -> None:
    """Refuse a promotion that has nothing left, for anybody or for this customer.

    Raises:
        Refused: it has not.
    """
    promotion, each = row.promotion, row.promotion.budget.uses_per_customer
    used = row.exhausted()
    if not used and each is not None and customer_id is not None:
        uses = shop.store.promotions.uses_of(promotion.id)
        used = sum(use["customer_id"] == customer_id for use in uses) >= each
    if used:
        raise Refused("it is used up", key="promotion", value=promotion.id, way_out="tsuide promotion list")


def with_kept(shop: Shop, before: Deal, after: Deal, deed: Deed, now: datetime, own: str | None) -> tuple[Deal, Deed]:
    """A changed deal whose promotions hold for it as it is now; what is over stands in the deed (`over`)."""

    def give(deal: Deal, promotion_id: str, places: Sequence[int]) -> tuple[Line, ...]:
        try:
            return given(shop, deal, promotion_id, now, places)
        except NotFound as gone:
            raise Refused("it is gone", key="promotion", value=promotion_id) from gone

    made, over = kept(before, after, give, own)
    if not over:
        return made, deed
    return made, Deed(deed.deed, deed.who, deed.reason, {**(deed.content or {}), "over": list(over)})


def refuse_over(shop: Shop, deal: Deal, now: datetime) -> list[Promotion]:
    """The promotions that a rep gave in a deal, all of which can still be given.

    Raises:
        Refused: one does not run any more, is used up, or would give something else by now.
    """
    found = []
    for name in dict.fromkeys(line.promotion_id for line in deal.wanted if line.promotion_id is not None):
        row = standing(shop, name)
        places = [line.place for line in deal.lines if line.promotion_id == name and line.price_from != "gift"]
        anew = given(shop, deal, name, now, places, row)
        if _off(anew, name) != _off(deal.lines, name):
            raise Refused("it gives something else by now", key="promotion", value=name,
                          way_out=f"tsuide deal give {deal.id} {name}")  # fmt: skip
        found.append(row.promotion)
    return found


def _off(lines: Sequence[Line], promotion_id: str) -> dict[tuple[str, int], int]:
    return {(each.product_id, each.quantity): each.discount for each in lines if each.promotion_id == promotion_id}
