"""The structured records that rules and kernels read: a candidate, the customer, the request.

Units, once for all: money in minor units, rates and ratios in basis points (10,000 = 1), days whole.
-1 says "not known" or "never" in every number where it cannot be a value.
"""

from typing import Final, Protocol

import numpy as np


class Record(Protocol):
    """One record, its fields as numbers: numba's inside a kernel, a `PlainRecord` outside."""

    def __getattr__(self, name: str) -> int: ...


MOST_MONEY: Final = 10**12  # times a ratio in basis points still fits 64 bits
LONG: Final = 1 << 30  # days: longer than anything

CANDIDATE: Final = np.dtype(
    [
        # what it is
        ("item", np.int32),
        ("anchor", np.int32),  # the product it goes with or stands above; -1 = none
        ("kind", np.int8),
        ("source", np.int8),
        ("quantity", np.int32),
        ("need", np.int32),
        ("category", np.int32),
        ("parent", np.int32),  # variants of one product share it
        ("promotion", np.int32),  # place in the state's table of deals; -1 = none
        ("group", np.int32),  # place in the state's groups of customers, of a filler among its tiers; -1 = none
        ("set", np.int32),  # place in the state's sets; -1 = none
        ("second", np.int32),  # a second product offered with it; -1 = none
        # money
        ("price", np.int64),  # as shown, after discount; -1 = asked for
        ("list_price", np.int64),
        ("discount", np.int64),
        ("anchor_price", np.int64),
        ("nearest_price", np.int64),  # of what may stand for a sold-out anchor, the nearest to its price; -1 = none
        ("net_price", np.int64),  # ex tax, after discount
        ("margin", np.int64),  # ex tax, after discount, one unit (of the set)
        ("margin_basis", np.int8),
        ("currency", np.int16),
        ("premium", np.int64),  # value of what is free with it
        ("crossed_out", np.bool_),  # claims an earlier price
        ("price_history", np.bool_),  # the earlier price is on record
        # the product
        ("stock", np.int64),  # -1 = not tracked
        ("status", np.int8),
        ("product_kind", np.int8),
        ("durable", np.int8),  # 1 owned, 0 used up, -1 not known
        ("rating", np.float64),  # 1 … 5
        ("reviews", np.int64),
        ("min_age", np.int32),
        ("regions", np.int64),  # bits of regions it may go to; 0 = everywhere
        ("shipping", np.int8),  # class: what ships in one parcel shares it
        ("qualified", np.bool_),  # the rep may advise on it, or nobody needs to be
        ("has_terms", np.bool_),  # term and cancellation are written down
        ("returns", np.int64),  # share of bought units that came back
        # evidence
        ("count", np.int64),  # baskets (or customers) with both
        ("base", np.int64),  # baskets (or customers) with the anchor
        ("lift", np.float64),
        ("lift_low", np.float64),  # lower end of the 95 % interval
        ("chance", np.float64),  # P(product | anchor) as mined
        ("propensity", np.float64),  # P of acceptance
        ("prior", np.float64),  # P before outcomes taught otherwise; -1 = P is the prior itself
        ("opens", np.int32),  # days after the anchor's purchase
        ("closes", np.int32),
        ("since_anchor", np.int32),  # days since the anchor was bought; 0 = it is being bought now
        ("personal", np.bool_),  # rests on what is known of the person
        ("declared", np.bool_),  # a person declared it
        ("required_part", np.bool_),
        ("reaches_gap", np.bool_),  # a filler that closes the gap
        # what stands between
        ("in_cart", np.bool_),
        ("variant_in_cart", np.bool_),
        ("owned_days", np.int32),  # since the last purchase
        ("kin_days", np.int32),  # since the last purchase of another variant of it, of what is not used up
        ("main_product", np.bool_),  # what lies there is declared to be an accessory or a part of it
        ("interval", np.int32),  # usual days between purchases
        ("never_with", np.bool_),
        ("excluded", np.bool_),
        ("outside_filter", np.bool_),
        ("shown_before", np.bool_),  # by an earlier page of this visit
        ("said_have_it", np.bool_),
        ("said_not_for_me", np.int32),  # days ago, of this product or its category
        ("said_not_now", np.int32),  # days ago
        ("said_too_dear", np.int32),  # days ago, of something of this need
        ("too_dear_price", np.int64),  # the lowest price that was too dear
        ("suppressed", np.int16),  # row of the policy's suppression, from 1; 0 = none
        ("mandatory", np.bool_),
        ("pinned", np.bool_),  # people put it first among its like
        ("lesson", np.int8),  # why content does not suit them now: bits of codes.LESSON_…
        # scores
        ("worth", np.int64),  # V, minor units; meaningless where margin_basis is unknown
        ("context", np.float64),
        ("levers", np.float64),
        ("influence", np.float64),
        ("priority", np.float64),
        ("place", np.int32),  # on its slot, once chosen
    ],
    align=True,
)

CUSTOMER: Final = np.dtype(
    [
        ("known", np.bool_),
        ("personalisation", np.bool_),  # consent
        ("marketing", np.bool_),  # consent for the channel of this request
        ("company", np.bool_),
        ("won", np.bool_),
        ("age", np.int64),
        ("region", np.int64),  # its bit; 0 = not known
        ("band_low", np.int64),
        ("band_middle", np.int64),
        ("band_high", np.int64),
        ("returns", np.int64),
        ("bought_units", np.int64),
        ("payment_default", np.bool_),
        ("open_complaint", np.bool_),
        ("last_score", np.int64),
        ("cost_to_serve", np.int64),
        ("margin", np.int64),
        ("moved", np.int64),  # what offers change in their group over what they change in all; 10,000 = as much
        ("offered_before", np.bool_),  # something other than a down-sell was proposed lately
    ],
    align=True,
)

REQUEST: Final = np.dtype(
    [
        ("placement", np.int64),
        ("channel", np.int64),
        ("outbound", np.bool_),
        ("transactional", np.bool_),
        ("kinds", np.int64),  # bits of wanted kinds
        ("cart_value", np.int64),
        ("cart_dearest", np.int64),
        ("cart_lines", np.int64),
        ("cart_shipping", np.int64),  # class of the cart; -1 = empty or mixed
        ("currency", np.int64),  # of the cart; -1 = none
        ("yen", np.bool_),
        ("budget", np.int64),
        ("hesitation", np.int64),  # bits
        ("local_minute", np.int64),  # minutes after midnight, by the customer's clock, else the shop's
        ("rep", np.bool_),
        ("needs_recorded", np.bool_),
        ("gap", np.int64),  # to free shipping, or to a discount tier that is nearer; -1 = none
        ("remote", np.bool_),  # the parcel goes where some classes do not
        ("contacts_left", np.int64),  # on the request's channel
        ("sender_named", np.bool_),  # the policy names sender and opt-out
    ],
    align=True,
)


class PlainRecord:
    """A record as plain Python numbers: what the predicates read in explain and as the oracle of the kernel.

    >>> row = np.zeros(1, CUSTOMER)[0]
    >>> PlainRecord(row).age
    0
    """

    __slots__ = ("_fields",)

    def __init__(self, row: np.void) -> None:
        self._fields: dict[str, int] = dict(zip(row.dtype.names or (), row.item(), strict=True))

    def __getattr__(self, name: str) -> int:
        try:
            return self._fields[name]
        except KeyError as exc:
            raise AttributeError(name) from exc
