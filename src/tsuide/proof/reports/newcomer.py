"""The newcomer's report as figures: a frozen record of plain data, with no word of any language in it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Int32, Int64
from tsuide.kit.money import RATE_UNIT, Money
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.proof.reports.attach import Attachment, attach
from tsuide.proof.reports.evidence import orders_needed
from tsuide.proof.reports.ladders import Ladders, ladders
from tsuide.proof.reports.material import Material, Reject
from tsuide.proof.reports.overview import Check, Overview, health, overview
from tsuide.proof.reports.sequence import Sequence, sequence
from tsuide.proof.reports.together import Pair, Together, together
from tsuide.proof.reports.worth import ASSUMED_YES, Worth

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A product as the report shows it."""

    id: str
    name: str
    price: Money | None


@dataclass(frozen=True, slots=True)
class Action:
    """What to do first.

    Args:
        kind: pair, group_pair, step, group_step, ladder, refill, quiet, collect.
        place: which entry of that section; for `collect` the orders that are needed.
    """

    kind: str
    place: int


@dataclass(frozen=True, slots=True)
class Groups:
    """The same questions asked of categories: they can be answered with fewer orders.

    Args:
        items: dense category → its name; without prices.
    """

    items: dict[int, Item]
    together: Together
    sequence: Sequence


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the page says.

    Args:
        items: dense item → product, for every item that is mentioned.
        groups: pairs and next purchases of categories, None where no categories are known.
        worth_measured: whether `worth.fits` and `worth.amount` come from the file's own pairs.
        needed: orders from which pairs could be told, 0 where they can be told already.
    """

    made_at: datetime
    zone: str
    seen: Overview
    checks: tuple[Check, ...]
    rejects: tuple[Reject, ...]
    n_rejects: int
    mapping: tuple[tuple[str, str], ...]
    items: dict[int, Item]
    together: Together
    ladders: Ladders
    sequence: Sequence
    groups: Groups | None
    attachment: Attachment
    worth: Worth
    worth_measured: bool
    needed: int
    actions: tuple[Action, ...]


def figures(
    material: Material,
    *,
    now: datetime,
    top: int = 30,
    progress: Progress = lambda _: None,
) -> Figures:
    """Learn from the orders and put together everything that the page says.

    Args:
        material: the orders.
        now: when the report is made, UTC.
        top: at most so many rows in each table.
        progress: called with the name of each step: read, pairs, ladders, next, alone.
    """
    progress("read")
    seen = overview(material)
    baskets = material.baskets
    progress("pairs")
    pairs = _pairs(baskets, top, material.prices, material.kinds)
    progress("ladders")
    steps = ladders(material, top)
    progress("next")
    following = sequence(baskets, top, material.kinds)
    groups = _groups(material, top)
    progress("alone")
    company = attach(baskets)
    company = _cut(company, top)
    grouped = groups.together.pairs if groups else ()
    worth, measured = _worth(seen, pairs.pairs, grouped, material)
    needed = 0 if pairs.pairs or pairs.siblings else _needed(seen, pairs)
    return Figures(
        made_at=now,
        zone=material.zone,
        seen=seen,
        checks=health(material, seen),
        rejects=material.rejects[:_REJECTS],
        n_rejects=material.n_rejects,
        mapping=material.mapping,
        items=_items(material, pairs, steps, following, company),
        together=pairs,
        ladders=steps,
        sequence=following,
        groups=groups,
        attachment=company,
        worth=worth,
        worth_measured=measured,
        needed=needed,
        actions=_actions(pairs, groups, steps, following, company, needed),
    )


def _cut(company: Attachment, top: int) -> Attachment:
    """At most `top` pairs, and of each kind of product half as many."""
    kinds = [company.of_kind(kind)[: max(top // 2, 1)] for kind in ("never", "seldom", "always")]
    return Attachment(company.usual, tuple(itertools.chain(*kinds)), company.avoidances[:top])


_REJECTS: Final = 50
_FEWEST_ORDERS: Final = 30  # below: not even a common pair could stand out
_TYPICAL_SHARE: Final = 0.1  # the example pair behind "how many orders": each product in 10 % of the orders,
_TYPICAL_LIFT: Final = 3.0  # three times as often together as chance


def _needed(seen: Overview, pairs: Together) -> int:
    """Orders from which a pair could be told: of the strongest one seen, else of a typical strong pair."""
    if pairs.needed:
        return pairs.needed
    orders = 1_000.0
    each = _TYPICAL_SHARE * orders
    tests = max(pairs.tested, seen.products * (seen.products - 1) // 2, 1)
    both = _TYPICAL_LIFT * each * each / orders
    return max(orders_needed(both, each, each, orders, tests), seen.orders + 1, _FEWEST_ORDERS)


def _worth(seen: Overview, pairs: tuple[Pair, ...], groups: tuple[Pair, ...], material: Material) -> tuple[Worth, bool]:
    """The estimate's defaults: measured where the file allows, and whether they are."""
    fits, amounts = _fitting(material, pairs, groups)
    if amounts:
        share = round(RATE_UNIT * int(fits.sum()) / material.baskets.n_baskets)
        amount = int(np.median(np.array(amounts)))
        return Worth(seen.per_month, share, ASSUMED_YES, Money(amount, seen.currency)), True
    known = sorted(material.prices.values())
    amount = known[len(known) // 2] if known else 0
    return Worth(seen.per_month, RATE_UNIT, ASSUMED_YES, Money(amount, seen.currency)), False


def _fitting(material: Material, pairs: tuple[Pair, ...], groups: tuple[Pair, ...]) -> tuple[Bool, list[int]]:
    """Orders that hold a pair's first product (or category) without its second, and for each the second's price.

    An order counts once, for the best pair that fits it; pairs of products go before pairs of categories.
    """
    baskets = material.baskets
    fits = np.zeros(baskets.n_baskets, dtype=np.bool_)
    amounts: list[int] = []
    asked = [(baskets, pair, material.prices) for pair in pairs]
    if material.categories is not None:
        asked += [(material.categories, pair, material.category_prices) for pair in groups]
    for of, pair, prices in asked:
        price = prices.get(of.item_ids[pair.second])
        if price is None:
            continue
        # category baskets leave out orders without a category: their rows are found again by id
        rows = _rows(baskets, of)
        holds = np.zeros(baskets.n_baskets, dtype=np.bool_)
        holds[rows[of.item == pair.first]] = True
        holds[rows[of.item == pair.second]] = False
        holds &= ~fits
        fits |= holds
        amounts += [price] * int(holds.sum())
    return fits, amounts


def _rows(all_orders: Baskets, of: Baskets) -> Int32:
    """For each entry of `of` the row of its order in `all_orders`; int32 (entries,)."""
    if of is all_orders:
        return of.basket_of_entry()
    known = all_orders.basket_ids.positions(of.basket_ids.ids)
    return known[of.basket_of_entry()]


def _items(
    material: Material, pairs: Together, steps: Ladders, following: Sequence, company: Attachment
) -> dict[int, Item]:
    mentioned = {
        item for pair in (*pairs.pairs, *pairs.siblings, *pairs.open_pairs) for item in (pair.first, pair.second)
    }
    mentioned |= {rung.item for ladder in steps.ladders for rung in ladder.rungs}
    mentioned |= {item for step in following.steps for item in (step.first, step.then)}
    mentioned |= {refill.item for refill in following.refills}
    mentioned |= {one.item for one in company.companies}
    mentioned |= {item for pair in company.avoidances for item in (pair.first, pair.second)}
    ids = material.baskets.item_ids
    return {item: Item(ids[item], material.name(ids[item]), material.price(ids[item])) for item in sorted(mentioned)}


def _actions(
    pairs: Together,
    groups: Groups | None,
    steps: Ladders,
    following: Sequence,
    company: Attachment,
    needed: int,
) -> tuple[Action, ...]:
    found = []
    if pairs.pairs:
        found.append(Action("pair", 0))
    if groups and groups.together.pairs and len(pairs.pairs) < _FEW_PAIRS:
        found.append(Action("group_pair", 0))
    if not found and needed:
        found.append(Action("collect", needed))
    if following.steps:
        found.append(Action("step", 0))
    elif groups and groups.sequence.steps:
        found.append(Action("group_step", 0))
    if steps.ladders:
        found.append(Action("ladder", 0))
    if following.refills:
        found.append(Action("refill", 0))
    quiet = [place for place, one in enumerate(company.companies) if one.high < company.usual / 2]
    if quiet:
        found.append(Action("quiet", max(quiet, key=lambda place: company.companies[place].orders)))
    return tuple(found)


_FEW_PAIRS: Final = 3  # below: the summary also names a pair of categories


def _groups(material: Material, top: int) -> Groups | None:
    baskets = material.categories
    if baskets is None:
        return None
    names = baskets.item_ids.ids
    items = {place: Item(name, name, None) for place, name in enumerate(names)}
    return Groups(items, _pairs(baskets, top, material.category_prices, None), sequence(baskets, top))


def _pairs(baskets: Baskets, top: int, prices: dict[str, int], kinds: Int64 | None) -> Together:
    fewest = _FEW_TOGETHER if baskets.n_baskets < _SMALL else _FEW_TOGETHER + 1
    fitted = Complements(top=20, min_count=fewest).fit(baskets, tune=False)
    # every pair of products that could have been seen together often enough counts as tested: stricter than
    # counting only those that were
    sold = int((baskets.count_of_item() >= fewest).sum())
    return together(fitted.frame(), baskets, max(sold * (sold - 1) // 2, 1), top, prices=prices, kinds=kinds)


_SMALL: Final = 2_000  # orders below which two common orders are already worth a hint
_FEW_TOGETHER: Final = 2
