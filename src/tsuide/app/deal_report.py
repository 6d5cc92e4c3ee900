"""The report of deals as plain JSON: which combinations win, by product line and rep, and what was confirmed."""

from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.app.deal_prices import goods_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.outreach.sales.combinations import by_rep, losses, pairs
from tsuide.outreach.sales.deals import Deal

BACK: Final = 365
GROUPS: Final = ("line", "product")
_MOST: Final = 20_000


def deal_report(
    shop: Shop,
    now: datetime,
    *,
    back: int = BACK,
    group: str = "line",
    each_rep: bool = False,
    owner: str | None = None,
    team: str | None = None,
) -> dict[str, Any]:
    """Which attached lines win with which main ones, and what each rep's customers have confirmed.

    Args:
        shop: whose.
        now: UTC.
        back: deals that were changed within so many days.
        group: line = by product line (the first name of the category), product = by product.
        each_rep: combinations of each rep by themselves.
        owner: only this rep's deals.
        team: only those of its reps (who look after accounts with that attribute `team`).

    Raises:
        BadValue: another group.
    """
    if group not in GROUPS:
        raise BadValue("not a group", key="group", value=group, way_out=", ".join(GROUPS))
    since = now - timedelta(days=back)
    of = None if team is None else [*shop.store.worklist.owners(team)]
    listed = shop.store.deals.listed(None, owner=owner, owners=of, n=_MOST)
    deals = [each for each in listed if each.changed_at >= since]
    named = _lines(shop, deals) if group == "line" else {}
    return {
        "since": since.isoformat(),
        "until": now.isoformat(),
        "deals": len(deals),
        "combinations": [
            {
                "currency": row.currency, "main": row.main, "attached": row.attached, "rep": row.rep,
                "proposed": row.proposed, "answered": row.answered, "won": row.won, "declined": row.declined,
                "share": row.share, "interval": None if row.interval is None else list(row.interval),
                "amount": row.amount,
            }
            for row in pairs(deals, named, by_rep=each_rep)
        ],
        "reps": [
            {
                "currency": row.currency, "rep": row.rep, "open": row.open, "won": row.won, "lost": row.lost,
                "attached": row.attached, "confirmed": row.confirmed, "hoped": row.hoped,
                "attach_rate": None if row.attach_rate is None else list(row.attach_rate),
                "win_rate": None if row.win_rate is None else list(row.win_rate),
            }
            for row in by_rep(deals)
        ],
        "losses": losses(deals),
    }  # fmt: skip


def _lines(shop: Shop, deals: list[Deal]) -> dict[str, str]:
    ids = {name for deal in deals for line in deal.lines for name in (line.product_id, line.with_id) if name}
    goods = goods_of(shop, sorted(ids))
    found = {name: goods.product(name) for name in ids}
    return {name: each.category[0] for name, each in found.items() if each is not None and each.category}
