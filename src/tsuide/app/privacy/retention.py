"""How long what is kept of people stays: by kind, as the shop says, carried out by the worker."""

from datetime import datetime, timedelta
from typing import Final

from tsuide.app.erasing import as_nobodys
from tsuide.app.wiring import Shop
from tsuide.errors import BadSetting
from tsuide.store.personal import HELD

_RAN: Final = "privacy.retention_ran"
EVERY: Final = timedelta(hours=24)
_MOST_DAYS: Final = 36_500


def retention_of(text: str) -> dict[str, int]:
    """Table → days, the usual ones with what a shop says laid over them; 0 = as long as the customer is one.

    Args:
        text: ``event=365,decision=0``.

    Raises:
        BadSetting: no such table, one whose rows do not go by age, or no number of days.

    >>> retention_of("event=90")["event"], retention_of("")["event"], retention_of("")["orders"]
    (90, 1095, 0)
    """
    known = {name: held.ages.days for name, held in HELD.items() if held.ages is not None}
    found = dict(known)
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, days = part.partition("=")
        if name not in known or not days.isascii() or not days.isdigit() or int(days) > _MOST_DAYS:
            way_out = f"write event=365,decision=0; there are {', '.join(sorted(known))}"
            raise BadSetting("not a retention", key="TSUIDE_RETENTION", value=part, way_out=way_out)
        found[name] = int(days)
    return found


def too_old(shop: Shop, now: datetime) -> dict[str, int]:
    """How many rows of each table are kept longer than they may be; nothing is changed."""
    return shop.store.erasure.too_old(retention_of(shop.settings.retention), now)


def forget_old(shop: Shop, now: datetime) -> dict[str, int]:
    """Delete, or make nobody's, what is kept longer than it may be; rows by table."""
    done = shop.store.erasure.forget_old(retention_of(shop.settings.retention), now, as_nobodys)
    shop.store.settings.put(_RAN, now.isoformat(), now)
    return done


def forget_old_once_a_day(shop: Shop, now: datetime) -> dict[str, int]:
    """As `forget_old`, if nobody did within a day."""
    ran = shop.store.settings.get(_RAN)
    if ran is not None and now - datetime.fromisoformat(ran) < EVERY:
        return {}
    return forget_old(shop, now)
