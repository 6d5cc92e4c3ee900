"""Promotions of a shop: set, list, pause; and what they make of a basket."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from tsuide.app.locks import alone
from tsuide.app.signing import sale_terms
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.pricing import PricePoint
from tsuide.facts.promotions import Promotion
from tsuide.kit.clock import to_micros
from tsuide.kit.money import minor_digits
from tsuide.mining.fitted import Fitted
from tsuide.mining.snapshot import current_snapshot, open_snapshot, save_snapshot
from tsuide.mining.stated import StatedRelations
from tsuide.offers.deal_table import Deals, asked_prices
from tsuide.offers.deals import make_deals
from tsuide.offers.plain import build, plain
from tsuide.offers.promotions import checked
from tsuide.store.promotions import Limits

_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """A promotion and what it gave so far.

    Args:
        spent: minor units.
        uses: acceptances.
    """

    promotion: Promotion
    spent: int
    uses: int

    def exhausted(self) -> bool:
        """Whether its budget or its uses are used up."""
        budget = self.promotion.budget
        no_money = budget.amount is not None and self.spent >= budget.amount
        return no_money or (budget.uses is not None and self.uses >= budget.uses)


def read_promotion(value: Mapping[str, Any]) -> Promotion:
    """A promotion as a person or another system writes it: plain JSON with the fields of `facts.promotions`.

    Raises:
        BadValue: names the field by its path.

    >>> read_promotion({"id": "tea", "names": {"ja": "お茶1割引", "en": "10 % off tea"}, "currency": "JPY",
    ...     "benefit": {"kind": "percent", "value": 1000}, "targets": {"categories": ["tea"]}}).benefit.value
    1000
    """
    promotion = checked(build(Promotion, dict(value)))
    if not 0 < len(promotion.id) <= _LONGEST_ID or not promotion.id.isprintable():
        raise BadValue(f"must be 1 … {_LONGEST_ID} characters", key="id", value=promotion.id)
    minor_digits(promotion.currency)
    return promotion


def written(promotion: Promotion) -> dict[str, Any]:
    """The promotion as `read_promotion` takes it."""
    return plain(promotion)


def put_promotion(shop: Shop, promotion: Promotion, now: datetime) -> Standing:
    """Set a promotion, new or changed; what it gave so far stays.

    Raises:
        BadValue: it makes no sense, or its budget is below what it gave already.
    """
    budget = checked(promotion).budget
    limits = Limits(budget.amount, budget.uses, budget.uses_per_customer)
    record = json.dumps(plain(promotion), ensure_ascii=False, sort_keys=True)
    shop.store.promotions.put(promotion.id, record, limits, now)
    return standing(shop, promotion.id)


def pause_promotion(shop: Shop, promotion_id: str, now: datetime, *, paused: bool = True) -> Standing:
    """Stop a promotion at once, or let it run again.

    Raises:
        NotFound: no such promotion.
    """
    return put_promotion(shop, replace(standing(shop, promotion_id).promotion, paused=paused), now)


def standing(shop: Shop, promotion_id: str) -> Standing:
    """One promotion and what it gave.

    Raises:
        NotFound: no such promotion.
    """
    return _standing(shop.store.promotions.get(promotion_id))


def standings(shop: Shop) -> list[Standing]:
    """Every promotion and what it gave, by id."""
    return [_standing(row) for row in shop.store.promotions.all()]


def _standing(row: Mapping[str, Any]) -> Standing:
    return Standing(build(Promotion, json.loads(row["record"])), row["spent"], row["uses"])


def current_deals(shop: Shop, products: pl.DataFrame, now: datetime) -> Deals:
    """What running and coming promotions make of single products, for the learned state."""
    promotions = [each.promotion for each in standings(shop) if not each.exhausted()]
    history: dict[str, list[PricePoint]] = {}
    for row in shop.store.prices.all().iter_rows() if promotions else ():
        history.setdefault(row[0], []).append(PricePoint(*row))
    return make_deals(promotions, products, history, now, shipping=sale_terms(shop).shipping)


def publish_deals(shop: Shop, now: datetime) -> str | None:
    """Put promotions (and relations) into the learned state without learning anew; servers take it up by themselves.

    Returns:
        The new current snapshot; None while nothing has been learned: `tsuide learn` will publish them.

    Raises:
        Unavailable: a learner is at work; it publishes them itself.
    """
    if current_snapshot(shop.snapshots) is None:
        return None
    with alone(shop.settings.home / "learn.lock", "a learner"):
        before = open_snapshot(shop.snapshots)
        deals = current_deals(shop, shop.store.facts.products(), now)
        stated = StatedRelations.of(shop.store.facts.relations())
        return save_snapshot(shop.snapshots, {**before.parts, "deals": deals, "relations": stated}, before.meta)


def withdrawn(shop: Shop) -> tuple[str, ...]:
    """Promotions that give nothing more (used up, or paused), by id: decisions leave them out at once.

    The learned state may still name them until it is published anew; a decision records what was left out.
    """
    return tuple(each.promotion.id for each in standings(shop) if each.exhausted() or each.promotion.paused)


def note_prices(shop: Shop, deals: Fitted | None, now: datetime) -> int:
    """Write down what every product costs now, promotions that are for everybody counted in; how many changed.

    Args:
        shop: its catalogue and price history.
        deals: the table of deals in force; None = there is none.
        now: UTC.
    """
    asked = asked_prices(deals, withdrawn(shop), to_micros(now)) if isinstance(deals, Deals) else None
    return shop.store.prices.note(now, asked)


def asked_now(shop: Shop, deals: Fitted | None, now: datetime) -> tuple[str, ...]:
    """Which promotions run now, to see that prices changed by the clock alone."""
    if not isinstance(deals, Deals) or not len(deals.product):
        return ()
    named = deals.promotions()
    return tuple(each.id for each in running(standings(shop), now) if each.id in named)


def running(rows: Iterable[Standing], now: datetime) -> list[Promotion]:
    """Those that may be given now: in their time, not paused, with something left to give."""
    return [each.promotion for each in rows if each.promotion.runs(now) and not each.exhausted()]
