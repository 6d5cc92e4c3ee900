"""What is a rep's own: they see their accounts, deals and tasks, and nobody else's."""

from datetime import datetime, time, timedelta
from typing import Any

from tsuide.errors import BadValue, WrongKey
from tsuide.interfaces.console.visit import Visit, plain_form
from tsuide.kit.clock import zone


def rep_of(visit: Visit) -> str | None:
    """Under which name a rep's things stand; None for who sees everybody's."""
    return visit.user.rep if visit.user.own_only else None


def refuse_others(visit: Visit, what: str, value: str, *owners: str) -> None:
    """Refuse a rep what is another's.

    Args:
        visit: whose.
        what: kind of thing.
        value: its id.
        owners: whose it is.

    Raises:
        WrongKey: it is not theirs.
    """
    rep = rep_of(visit)
    if rep is not None and rep not in owners:
        raise WrongKey("this is a colleague's", key=what, value=value, way_out="ask your sales manager")


def refuse_others_customer(visit: Visit, customer_id: str) -> None:
    """Refuse a rep a customer whom neither they nor anybody above in the tree entrusted to them.

    Raises:
        WrongKey: another looks after them.
    """
    if rep_of(visit) is not None:
        refuse_others(visit, "customer", customer_id, *visit.shop.store.finding.owners_above(customer_id))


def moment_of(visit: Visit, name: str) -> datetime:
    """A moment of the form, as a reader of the shop's zone writes it: a day (its morning) or a day with a time.

    Raises:
        BadValue: it is missing, or none.
    """
    text = visit.must(name)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue("not a moment", key=name, value=text, way_out="2026-12-01T10:00") from None
    if len(text) == len("2026-12-01"):
        at = datetime.combine(at.date(), time(10))
    return at.replace(tzinfo=zone(visit.shop.settings.time_zone)) if at.tzinfo is None else at


def in_days(visit: Visit, days: int, hour: int = 10) -> datetime:
    """So many days from now, at a full hour of the shop's zone."""
    local = visit.now.astimezone(zone(visit.shop.settings.time_zone)) + timedelta(days=days)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


class Entered(dict[str, Any]):
    """What was sent, to be shown again; "" for what was not."""

    def __missing__(self, _key: str) -> str:
        return ""


def entered(visit: Visit) -> Entered:
    """What was sent with this request."""
    return Entered(plain_form(visit.form))
