"""Who may be mailed a quote, and by whom: a rep's goes to the account's own address and to nobody else.

Whoever may choose the address could choose their own, and say yes with the customer's link. So a choice of addresses,
and passing the credit limit, are for somebody who answers for the reps and does not sell the deal themselves.
"""

from collections.abc import Sequence
from datetime import datetime

from tsuide.app.deal_accounts import account_of
from tsuide.app.deal_quotes import Sent, send_quote
from tsuide.app.mailing import ADDRESS
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Refused


def put_before_customer(
    shop: Shop,
    deal_id: str,
    now: datetime,
    entropy: int,
    *,
    free: bool,
    to: Sequence[str] | None = None,
    days: int = 30,
    language: str | None = None,
    approved_by: str | None = None,
    who: str | None = None,
) -> Sent:
    """Put the deal's quote before the customer for their yes, as far as the sender may.

    Args:
        shop: whose.
        deal_id: of which.
        now: UTC.
        entropy: 64 random bits.
        free: whether the sender may choose addresses and pass the credit limit.
        to: addresses; None = the account's own; none at all (free only) = nobody is mailed.
        days: a new quote holds.
        language: of the mail and of what is confirmed; None = the account's, else the shop's.
        approved_by: who lets the account pass its credit limit.
        who: sends it.

    Raises:
        Refused: the sender may not say that, the account has no address, or as `send_quote`.
        BadValue: something is no address, or as `send_quote`.
        NotFound, NotReady, BadSetting, Unavailable, Conflict: as `send_quote`.
    """
    account = account_of(shop, shop.store.deals.get(deal_id).customer_id)
    own = [] if account is None or account.email is None else [account.email]
    chosen = own if to is None else to
    for each in to or ():
        if ADDRESS.fullmatch(each) is None:
            raise BadValue("not an address", key="to", value=each, way_out="write name@example.com")
    if not free:
        _refuse_choices(own, chosen, approved_by)
        chosen = own
    elif to is None and not shop.settings.smtp.get_secret_value():
        chosen = ()  # nobody can be mailed: the link goes another way
    return send_quote(
        shop, deal_id, now, entropy, to=chosen, days=days, language=language, approved_by=approved_by, who=who
    )


def _refuse_choices(own: Sequence[str], to: Sequence[str], approved_by: str | None) -> None:
    stranger = next((each for each in to if each not in own), None)
    if stranger is not None or approved_by is not None:
        key, value = ("approved_by", approved_by) if stranger is None else ("to", stranger)
        raise Refused(
            "a rep may not say that", key=key, value=value, way_out="a manager, or a key with the scope admin"
        )
    if not own:
        raise Refused("the account has no address", key="to", way_out="write it down in the customer's profile")
