"""The vocabularies of offers as the integers that kernels read: a word's code is its place in its tuple."""

from typing import Final

from tsuide.facts.catalogue import PRODUCT_KINDS, PRODUCT_STATUSES
from tsuide.facts.consent import CHANNELS, Channel
from tsuide.offers.offer import HESITATIONS, KINDS, MARGIN_BASES, NO_REASONS, OUTCOMES, PLACEMENTS, SOURCES, Placement

CROSS_SELL: Final = KINDS.index("cross_sell")
UP_SELL: Final = KINDS.index("up_sell")
DOWN_SELL: Final = KINDS.index("down_sell")
ALTERNATIVE: Final = KINDS.index("alternative")
BUNDLE: Final = KINDS.index("bundle")
FILLER: Final = KINDS.index("filler")
REPLENISH: Final = KINDS.index("replenish")
CONTENT: Final = KINDS.index("content")

COMPLEMENTS: Final = SOURCES.index("complements")
DECLARED: Final = SOURCES.index("declared")
LADDER: Final = SOURCES.index("ladder")
ALTERNATIVES: Final = SOURCES.index("alternatives")
REPLENISHMENT: Final = SOURCES.index("replenishment")
PERSONAL: Final = SOURCES.index("personal")
TASTE: Final = SOURCES.index("taste")
SESSION: Final = SOURCES.index("session")
BUNDLES: Final = SOURCES.index("bundles")
LOOK: Final = SOURCES.index("look")
FILLERS: Final = SOURCES.index("fillers")
PROMOTION: Final = SOURCES.index("promotion")
GOAL: Final = SOURCES.index("goal")
LESSON: Final = SOURCES.index("content")
LESSON_OVER: Final = 1  # why content does not suit somebody now: bits
LESSON_JOINED: Final = 2
LESSON_AUDIENCE: Final = 4
LESSON_PREREQUISITE: Final = 8
CATEGORY: Final = SOURCES.index("category")
COMBINED: Final = SOURCES.index("combined")
ALIKE: Final = SOURCES.index("alike")
BORROWED: Final = SOURCES.index("borrowed")
BORROWED_LINK: Final = -2  # in place of a relation: a partner that a product has from its like

REP: Final = PLACEMENTS.index("rep")

ACTIVE: Final = PRODUCT_STATUSES.index("active")
SUBSCRIPTION: Final = PRODUCT_KINDS.index("subscription")
CONTENT_PRODUCT: Final = PRODUCT_KINDS.index("content")
PHYSICAL_PRODUCT: Final = PRODUCT_KINDS.index("physical")
PHYSICAL: Final = PRODUCT_KINDS.index("physical")

SHOWN: Final = OUTCOMES.index("shown")
DECLINED: Final = OUTCOMES.index("declined")
LATER: Final = OUTCOMES.index("later")

HAVE_IT: Final = NO_REASONS.index("have_it")
TOO_DEAR: Final = NO_REASONS.index("too_dear")
NOT_NOW: Final = NO_REASONS.index("not_now")
NOT_FOR_ME: Final = NO_REASONS.index("not_for_me")

REPEATED_VIEWS_BIT: Final = 1 << HESITATIONS.index("repeated_views")
STOCK_OUT_BIT: Final = 1 << HESITATIONS.index("stock_out")

# how each placement reaches the customer, and whether we go to them (outbound) or they are here
_OWN_CHANNEL: Final[dict[Placement, Channel]] = {
    "app": "app",
    "email": "email",
    "line": "line",
    "rep": "rep",
    "till": "till",
    "agent": "agent",
}
CHANNEL_OF_PLACEMENT: Final[dict[Placement, Channel]] = {
    placement: _OWN_CHANNEL.get(placement, "site") for placement in PLACEMENTS
}
OUTBOUND: Final[frozenset[Placement]] = frozenset({"email", "line"})
CHANNEL_CODE: Final = {channel: code for code, channel in enumerate(CHANNELS)}
UNKNOWN_MARGIN: Final = MARGIN_BASES.index("unknown")
MARGIN_FROM_COST: Final = MARGIN_BASES.index("cost")
MARGIN_FROM_RATE: Final = MARGIN_BASES.index("rate")
