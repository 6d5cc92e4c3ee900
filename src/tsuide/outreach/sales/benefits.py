"""Promotions that a rep gives in a deal: what they make of its lines, never below the policy's margin floor. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from tsuide.errors import Refused
from tsuide.facts.catalogue import Product
from tsuide.facts.promotions import REP, Promotion
from tsuide.offers.promotions import Basket, Given, Unused, apply_promotions, targeted
from tsuide.offers.promotions import Line as BasketLine
from tsuide.outreach.sales.deals import MOST_LINES, Deal, Earned, Line, least_of

WHY_NOT: Final[Mapping[Unused, str]] = {
    "not_now": "it does not run now",
    "not_targeted": "it is for other products, places or customers",
    "below_least": "the lines come to less than it asks for",
    "below_floor": "its amount is more than the lines come to",
    "premium_limit": "what comes free would be worth more than the law allows",
    "nothing_to_give": "it gives nothing here",
    "other_is_better": "another gives more",
}


def with_promotion(
    deal: Deal,
    promotion: Promotion,
    products: Mapping[str, Product],
    earn: Callable[[Line], Earned],
    floor: int,
    now: datetime,
    *,
    places: Sequence[int] = (),
    segments: Sequence[str] = (),
) -> tuple[Line, ...]:
    """The deal's lines with a promotion given on some of them; given again it is worked out anew.

    A line has one promotion, and none where its price is an offer's or a set's. A percentage holds the margin floor
    line by line, everything else over all the lines that it is for, with what comes free.

    Args:
        deal: which.
        promotion: which.
        products: of the deal's lines and of what may come free, by id.
        earn: a line with what is known of its cost.
        floor: least margin of the price ex tax, basis points.
        now: UTC.
        places: of the lines that it is given on; none = on every wanted line that it is for.
        segments: of the account.

    Raises:
        NotFound: no such line.
        Refused: names the promotion and what stands against it: its own conditions, the margin floor, or a line whose
            price somebody has made already.
    """
    before = without(deal.lines, promotion.id)
    bare = replace(deal, lines=before)
    for place in places:
        if (why := _taken(bare.line(place), promotion)) is not None:
            raise Refused(f"line {place}: {why}", key="promotion", value=promotion.id, way_out="leave that line out")
    able = [each for each in before if each.state != "declined" and _taken(each, promotion) is None]
    chosen = [each for each in able if (each.place in places if places else each.state == "accepted")]
    basket = _basket(chosen, promotion, products, segments)
    aimed = targeted(promotion.targets, basket)
    if places and len(aimed) < len(chosen):
        other = next(line.place for at, line in enumerate(chosen) if at not in aimed)
        raise Refused(f"line {other} is not what it is for", key="promotion", value=promotion.id,
                      way_out="leave that line out")  # fmt: skip
    made = _made(promotion, basket, now)
    cut = {
        line.place: replace(line, discount=off, promotion_id=promotion.id)
        for at, (line, off) in enumerate(zip(chosen, made.cuts, strict=True))
        if off or (promotion.benefit.kind == "free_item" and at in aimed)
    }
    gifts = _gifts(made.items, promotion, products, next(iter(cut.values())), max(each.place for each in before))
    if len(before) + len(gifts) > MOST_LINES:
        raise Refused(f"a deal has {MOST_LINES} lines at most", key="deal", value=deal.id)
    _hold_floor(promotion, [earn(line) for line in cut.values()], [earn(line) for line in gifts], floor)
    return (*(cut.get(line.place, line) for line in before), *gifts)


def _taken(line: Line, promotion: Promotion) -> str | None:
    """Why a line takes no promotion; None = it does."""
    if line.state == "declined":
        return "it is declined"
    if line.unit_price is None:
        return "it has no price yet"
    if line.currency != promotion.currency:
        return f"it is in {line.currency}"
    if line.price_from == "gift" or line.promotion_id is not None:
        return f"it has the promotion {line.promotion_id}"
    if line.price_from == "set":
        return "it has a set's price"
    return "its price is an offer's" if line.discount else None


def _basket(
    lines: Sequence[Line], promotion: Promotion, products: Mapping[str, Product], segments: Sequence[str]
) -> Basket:
    free = [products[name] for name in (*promotion.benefit.items, *promotion.benefit.extra) if name in products]
    return Basket(
        tuple(
            BasketLine(
                line.product_id, line.quantity, line.unit_price or 0, 0,
                products[line.product_id].category if line.product_id in products else (), line.kind or "",
            )
            for line in lines
        ),
        promotion.currency,
        placement=REP,
        segments=tuple(segments),
        shelf={
            each.id: (each.price, each.price if each.cost is None else each.cost)
            for each in free
            if each.price is not None and each.status == "active" and each.stock != 0
        },
    )  # fmt: skip


def _made(promotion: Promotion, basket: Basket, now: datetime) -> Given:
    priced = apply_promotions([promotion], basket, now)
    if not priced.given:
        why = WHY_NOT[(priced.unused or {})[promotion.id]]
        raise Refused(why, key="promotion", value=promotion.id, way_out="tsuide deal promotions DEAL")
    made = priced.given[0]
    if made.points or made.shipping:
        raise Refused("a deal has neither points nor shipping", key="promotion", value=promotion.id,
                      way_out="one that takes something off, or gives something")  # fmt: skip
    return made


def _gifts(
    items: Sequence[str], promotion: Promotion, products: Mapping[str, Product], beside: Line, last: int
) -> list[Line]:
    """What comes free, as lines that cost nothing."""
    made = []
    for place, (name, units) in enumerate(Counter(items).items(), last + 1):
        product = products[name]
        made.append(
            Line(
                place, name, product.title, units, product.price, product.currency, "attached",
                discount=(product.price or 0) * units, tax_rate=product.tax_rate, tax_included=product.tax_included,
                with_id=beside.product_id, price_from="gift", promotion_id=promotion.id,
            )
        )  # fmt: skip
    return made


def _hold_floor(promotion: Promotion, lines: Sequence[Earned], gifts: Sequence[Earned], floor: int) -> None:
    """Refuse a promotion that would earn less than the floor, by its name."""
    by_line = promotion.benefit.kind == "percent"
    for group in [[each] for each in lines] if by_line else [[*lines, *gifts]]:
        short = least_of(group, floor)
        if short is not None:
            which = f"line {group[0].line.place}" if by_line else "the lines it is for"
            raise Refused(
                f"{which} would earn less than the margin floor of {floor / 100:g}%", key="promotion",
                value=promotion.id, way_out=f"nothing below {short[1]}: leave it out, or give less",
            )  # fmt: skip


def without(lines: Iterable[Line], promotion_id: str) -> tuple[Line, ...]:
    """The lines without what a promotion gave: at their own prices again, and nothing free with them."""
    return tuple(
        replace(line, discount=line.discount if line.price_from == "set" else 0, promotion_id=None)
        if line.promotion_id == promotion_id
        else line
        for line in lines
        if (line.promotion_id, line.price_from) != (promotion_id, "gift")
    )


def kept(
    before: Deal, after: Deal, give: Callable[[Deal, str, Sequence[int]], tuple[Line, ...]], own: str | None = None
) -> tuple[Deal, tuple[str, ...]]:
    """A changed deal with its promotions worked out anew where their lines have changed, and those that are over.

    Args:
        before: the change: as it was.
        after: as it shall be.
        give: `with_promotion` of a deal, a promotion and lines.
        own: a promotion that the change itself was about.
    """
    gone = []
    for name in dict.fromkeys(line.promotion_id for line in before.lines):
        if name is None or name == own or _held(before, name) == _held(after, name):
            continue
        places = [line.place for line in after.lines if line.promotion_id == name and _still(line)]
        after = replace(after, lines=without(after.lines, name))
        try:
            lines = give(after, name, places) if places else None
        except Refused:
            lines = None
        if lines is None:
            gone.append(name)
        else:
            after = replace(after, lines=lines)
    return after, tuple(gone)


def _still(line: Line) -> bool:
    return line.state != "declined" and line.price_from not in {"gift", "set"}


def _held(deal: Deal, promotion_id: str) -> frozenset[tuple[int, int, int | None, str]]:
    return frozenset(
        (line.place, line.quantity, line.unit_price, line.price_from)
        for line in deal.lines
        if line.promotion_id == promotion_id and line.state != "declined"
    )
