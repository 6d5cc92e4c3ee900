"""A deal as it was before a change: kept with the change, and put back when it is undone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tsuide.app.deals import withdraw
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict
from tsuide.offers.plain import build, plain
from tsuide.outreach.sales.deals import Deal
from tsuide.store.deals import Deed


def as_it_is(shop: Shop, deal_id: str) -> dict[str, Any]:
    """A deal with its lines as plain values, for `put_back`.

    Raises:
        NotFound: there is none of this id.
    """
    return plain(shop.store.deals.get(deal_id))


def put_back(
    shop: Shop, deal_id: str, before: Mapping[str, Any], now: datetime, who: str, *, outcomes: Sequence[str] = ()
) -> None:
    """Make a deal what it was; what waits for the customer's yes is taken back first.

    Args:
        shop: whose.
        deal_id: which.
        before: as `as_it_is` gave it.
        now: UTC.
        who: undoes it.
        outcomes: ids of what the ledger was told and must not have heard.

    Raises:
        NotFound: there is none of this id.
        Conflict: the customer has said yes.
    """
    was = build(Deal, dict(before))

    def make(deal: Deal) -> tuple[Deal, Deed]:
        if deal.order_id is not None:
            raise Conflict("the customer has said yes", key="deal", value=deal_id)
        return was, Deed("changed", who, None, {"undone": True})

    withdraw(shop, deal_id, now)
    shop.store.deals.change(deal_id, make, now)
    shop.store.outcomes.take_back(outcomes)
