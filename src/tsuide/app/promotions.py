"""Promotions of a shop: set, list, pause; and what they make of a basket."""

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

import polars as pl

from tsuide.app.curation import curated
from tsuide.app.locks import in_turn
from tsuide.app.looks import looks_of
from tsuide.app.signing import sale_terms
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NothingLearned, SnapshotDamaged
from tsuide.facts.looks import relations_of
from tsuide.facts.pricing import PricePoint
from tsuide.facts.promotions import Promotion
from tsuide.kit.clock import to_micros
from tsuide.kit.money import minor_digits
from tsuide.mining.fitted import Fitted
from tsuide.mining.snapshot import amend_snapshot, current_snapshot
from tsuide.mining.stated import StatedRelations
from tsuide.offers.deal_table import Deals, asked_prices
from tsuide.offers.deals import make_deals, reached
from tsuide.offers.plain import build, plain
from tsuide.offers.promotions import checked
from tsuide.offers.tiers import make_tiers
from tsuide.store.promotions import Limits

Timed: TypeAlias = Callable[[str, Callable[[], Any]], Any]
"""Makes something by its name, and may take the time."""

_LONGEST_ID: Final = 200
_FEW: Final = 500  # products whose prices are asked for by name


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


def take_back(shop: Shop, promotion_id: str, before: Mapping[str, Any] | None, now: datetime) -> None:
    """Set a promotion as it was; one that was new is gone, or paused where somebody has drawn on it already.

    Args:
        shop: whose.
        promotion_id: its id.
        before: as `written` said it; None = there was none.
        now: UTC.
    """
    if before is not None:
        put_promotion(shop, read_promotion(before), now)
    elif not shop.store.promotions.remove_unused(promotion_id):
        pause_promotion(shop, promotion_id, now)


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


def _current_deals(shop: Shop, promotions: Sequence[Promotion], products: pl.DataFrame, now: datetime) -> Deals:
    """What running and coming promotions make of single products, for the learned state."""
    history: dict[str, list[PricePoint]] = {}
    ids = reached(promotions, products)["id"].to_list() if promotions else []
    prices = shop.store.prices
    for row in (prices.of(ids) if len(ids) <= _FEW else prices.all()).iter_rows() if ids else ():
        history.setdefault(row[0], []).append(PricePoint(*row))
    return make_deals(promotions, products, history, now, shipping=sale_terms(shop).shipping)


def publish_deals(shop: Shop, now: datetime, products: pl.DataFrame | None = None) -> str | None:
    """Put promotions (and relations) into the learned state without learning anew; servers take it up by themselves.

    A learner at work meanwhile does not hold it up, and does not undo it: it looks at promotions last (`publishing`).

    Args:
        shop: its promotions, relations and snapshots.
        now: UTC.
        products: frame of PRODUCTS, where it is at hand; None = read.

    Returns:
        The new current snapshot; None while nothing has been learned: `tsuide learn` will publish them.

    Raises:
        SnapshotDamaged: the current snapshot's manifest is.
    """
    if current_snapshot(shop.snapshots) is None:
        return None
    with publishing(shop):
        known = shop.store.facts.products() if products is None else products
        return amend_snapshot(shop.snapshots, published_parts(shop, known, now))


def publish_changed(shop: Shop, now: datetime, products: pl.DataFrame | None = None) -> None:
    """As `publish_deals`, of what is kept in any case: where it cannot be published now, the next learning does."""
    with contextlib.suppress(SnapshotDamaged, NothingLearned):
        publish_deals(shop, now, products)


def publishing(shop: Shop) -> AbstractContextManager[None]:
    """Held from reading promotions until the state with them is saved, so that none is lost between two who do so."""
    return in_turn(shop.settings.home / "publish.lock")


def published_parts(
    shop: Shop, products: pl.DataFrame, now: datetime, timed: Timed = lambda _name, make: make()
) -> dict[str, Fitted]:
    """What of a snapshot people publish: deals and tiers, declared relations (those of looks too), and curation.

    Args:
        shop: its promotions, relations and looks.
        products: frame of PRODUCTS.
        now: UTC.
        timed: makes each part by its name, for who takes the time.
    """
    declared = pl.concat([shop.store.facts.relations(), relations_of(looks_of(shop))]).unique(maintain_order=True)
    promotions = [each.promotion for each in standings(shop) if not each.exhausted()]
    shipping = sale_terms(shop).shipping
    return {
        "curated": timed("curated", lambda: curated(shop)),
        "relations": timed("relations", lambda: StatedRelations.of(declared)),
        "deals": timed("deals", lambda: _current_deals(shop, promotions, products, now)),
        "tiers": timed("tiers", lambda: make_tiers(promotions, products, shipping=shipping)),
    }


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
