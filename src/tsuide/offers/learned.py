"""What learning foresees for one customer or visit, written into their view before deciding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from tsuide.facts.consent import Channel
from tsuide.kit.clock import to_micros
from tsuide.kit.money import RATE_UNIT
from tsuide.mining.completion import FittedCompletion
from tsuide.mining.next_basket_model import FittedNextBasket
from tsuide.mining.ranked import Ranked
from tsuide.mining.replenishment import FittedReplenishment
from tsuide.mining.sessions import FittedSessions
from tsuide.mining.value import FittedLifetimeValue
from tsuide.mining.wants_model import FittedWants
from tsuide.offers.calibration import Steps
from tsuide.offers.customer import CustomerView, Due, Expected
from tsuide.offers.foretold import UNTOLD, FittedForetold
from tsuide.offers.state import State

MOST: Final = 20
MOST_WANTED: Final = 40
MOST_DUE: Final = 12
AHEAD_DAYS: Final = 14  # within which a refill is foretold
TOP_CHANCE: Final = 0.05  # believed of the first of a list where orders do not tell what its scores mean
_SUREST: Final = 0.95
_DIGITS: Final = 6  # of a probability: records stay short, and decide the same when read back
_OWNED_FOR_GOOD: Final = 1
_UNKNOWN: Final = -1
_YEAR_DAYS: Final = 365
_COST_DAYS: Final = 28  # that `FittedLifetimeValue.contact_cost` is for


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """On how many days a customer bought each product.

    Args:
        places: product → number.
        days: of those that they bought, by number.
    """

    places: Mapping[str, int]
    days: Mapping[int, int]

    def of(self, product: str, other: int = 0) -> int:
        """Days; `other` where the customer never bought it.

        >>> Times({"tea": 0, "cup": 1}, {0: 3}).of("tea"), Times({"tea": 0, "cup": 1}, {0: 3}).of("cup")
        (3, 0)
        """
        return self.days.get(self.places.get(product, -1), other)


NEVER: Final = Times({}, {})


def foreseen(
    view: CustomerView,
    state: State,
    *,
    now: datetime,
    cart: Sequence[str] = (),
    channel: Channel = "site",
) -> CustomerView:
    """The view with `due` (refills), `expected` (next basket, or what completes the cart) and `session` filled.

    Lists that the caller filled stay. Without consent to personalisation nothing is foreseen from history.

    Args:
        view: with `owned` and `session_products`.
        state: what was learned.
        now: UTC.
        cart: product ids in the cart.
        channel: of the request's placement: consent for it suffices.
    """
    due, expected, session = view.due, view.expected, view.session
    if view.id is not None and (view.allows("personalisation", "site") or view.allows("personalisation", channel)):
        bought = bought_at(view)
        habits = habits_of(view.id, bought, state)
        times = times_bought(habits)
        due = due or refills_due(habits, state, now)
        expected = expected or (likely_beside(view.id, cart, times, state, now, bought=bought) if cart else ())
        expected = expected or likely_next(view.id, times, state, now, bought=bought)
    if not session and view.session_products:
        session = likely_views(view.session_products, state)
    return replace(view, due=due, expected=expected, session=session)


def habits_of(customer: str, bought: Mapping[str, int], state: State) -> FittedReplenishment | None:
    """The customer's own repurchases as they stand now; what was given away or came back is not among them.

    Args:
        customer: whose.
        bought: as `bought_at`.
        state: what was learned.
    """
    learned = state.parts.get("replenishment")
    if not isinstance(learned, FittedReplenishment):
        return None
    return learned.of_customer(customer, bought)


def refills_due(habits: FittedReplenishment | None, state: State, now: datetime) -> tuple[Due, ...]:
    """What the customer bought at least twice and is by their own pace about to run out of, the surest first.

    Nothing that is owned for good; of what is not known to be used up only what customers of the shop come back for.
    """
    if habits is None or not habits.count.any():
        return ()
    again = np.flatnonzero(habits.count > 0)
    ids = habits.item_ids.ids
    place = state.ids.positions([ids[item] for item in habits.item[again].tolist()])
    durable = np.where(place >= 0, state.items["durable"][place], _OWNED_FOR_GOOD)
    used_up = (durable == 0) | ((durable == _UNKNOWN) & ~np.isnan(habits.usual[habits.item[again]]))
    wanted = again[used_up]
    found = habits.outlook(wanted, now, AHEAD_DAYS)
    kept = np.flatnonzero(found.due)
    kept = kept[np.argsort(-found.chance[kept], kind="stable")][:MOST_DUE]
    return tuple(
        Due(
            product_id=ids[int(habits.item[wanted[row]])],
            probability=round(float(found.chance[row]), _DIGITS),
            days=int(found.since_days[row]),
            interval=max(round(float(found.typical_days[row])), 1),
        )
        for row in kept.tolist()
    )


def bought_at(view: CustomerView) -> Mapping[str, int]:
    """Product → when the customer last bought it, microseconds."""
    return {each.product_id: to_micros(each.at) for each in view.owned}


def likely_next(
    customer: str,
    times: Times,
    state: State,
    now: datetime,
    *,
    bought: Mapping[str, int] | None = None,
) -> tuple[Expected, ...]:
    """What the customer most likely buys next, whatever they hold now.

    Args:
        customer: whose.
        times: as `times_bought`.
        state: what was learned.
        now: UTC.
        bought: as `bought_at`.
    """
    if wanted := _wanted("next", customer, times, state, now, bought):
        return wanted
    learned = state.parts.get("next_basket")
    if not isinstance(learned, FittedNextBasket) or customer not in learned.customer_ids:
        return ()
    return _expected(learned.recommend([customer], MOST, now=now), times=times, curve=_curves(state).next)


def likely_beside(
    customer: str,
    cart: Sequence[str],
    times: Times,
    state: State,
    now: datetime,
    *,
    looked_at: str | None = None,
    bought: Mapping[str, int] | None = None,
) -> tuple[Expected, ...]:
    """What most likely completes this cart of this customer, or goes with what they look at; as `likely_next`.

    Nothing where neither customer nor cart is known.
    """
    if wanted := _wanted("beside", customer, times, state, now, bought, cart, looked_at):
        return wanted
    if not cart:
        return ()
    learned = state.parts.get("completion")
    if not isinstance(learned, FittedCompletion) or customer not in learned.customer_ids:
        return ()
    found = learned.recommend([list(cart)], [customer], MOST, now=now)
    return _expected(found, times=times, curve=_curves(state).beside)


def heeds_looks(state: State) -> bool:
    """Whether `likely_beside` tells something else for another product that is looked at."""
    return isinstance(state.parts.get("wants"), FittedWants) and _curves(state).wanted("beside")


def _wanted(
    name: str,
    customer: str,
    times: Times,
    state: State,
    now: datetime,
    bought: Mapping[str, int] | None,
    cart: Sequence[str] = (),
    looked_at: str | None = None,
) -> tuple[Expected, ...]:
    """The same by `mining.wants`, where that foretells it at least as well; else nothing."""
    learned, told = state.parts.get("wants"), _curves(state)
    if not isinstance(learned, FittedWants) or not told.wanted(name):
        return ()
    found = learned.likely(customer, MOST_WANTED, now=now, cart=cart, looked_at=looked_at, owned=bought, offered=True)
    kept = told.scale[name]
    return tuple(
        Expected(item, round(min(chance / kept, _SUREST), _DIGITS), times.of(item, own))
        for item, chance, own in zip(found.items, found.chance, found.times, strict=True)
    )


def likely_views(session_products: Sequence[str], state: State) -> tuple[Expected, ...]:
    """What visitors with this visit's views look at next."""
    learned = state.parts.get("sessions")
    if not isinstance(learned, FittedSessions):
        return ()
    last = next((each for each in reversed(session_products) if each in learned.item_ids), None)
    return _expected(learned.recommend(session_products, MOST), because=last)


def times_bought(habits: FittedReplenishment | None) -> Times:
    """How often the customer bought what they come back for."""
    if habits is None:
        return NEVER
    return Times(habits.item_ids.places, dict(zip(habits.item.tolist(), (habits.count + 1).tolist(), strict=True)))


def _curves(state: State) -> FittedForetold:
    learned = state.parts.get("foretold")
    return learned if isinstance(learned, FittedForetold) else UNTOLD


def _expected(
    ranked: Ranked, because: str | None = None, times: Times = NEVER, curve: Steps = UNTOLD.next
) -> tuple[Expected, ...]:
    """The list with its chances: by the curve, else in proportion to the scores."""
    scores: Sequence[float] = ranked.score[0].tolist()
    top = max(scores, default=0.0)
    if top <= 0:
        return ()
    chances: Sequence[float] = [TOP_CHANCE * score / top for score in scores]
    if len(curve.scores):
        chances = curve.of(ranked.score[0]).tolist()
    return tuple(
        Expected(item, round(chance, _DIGITS), times.of(item), because)
        for item, score, chance in zip(ranked.ids(0), scores, chances, strict=False)
        if score > 0
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What learning tells of one customer's risks and worth.

    Args:
        returns_compared: how often they send back compared with all, basis points; None = not known.
        cost_to_serve: of contacts in a year, minor units; None = contacts are not recorded.
        margin: that they will bring in a year, minor units; None = costs are not known.
    """

    returns_compared: int | None = None
    cost_to_serve: int | None = None
    margin: int | None = None


def outlook_of(customer_id: str, state: State, now: datetime, *, margin_asked: bool = False) -> Outlook:
    """The outlook of a customer as learned; nothing of whom no purchase is known.

    Their returns are the shrunk share of their units over that of all: who bought little counts as all do.
    Cost is what contacts cost them per 28 days, for a year. The margin of the year to come stands for that of
    the year gone by: it is worked out only where a cost stands against it, or where it is asked for.
    """
    part = state.parts.get("value")
    place = part.customer_ids.position(customer_id) if isinstance(part, FittedLifetimeValue) else -1
    if not isinstance(part, FittedLifetimeValue) or place < 0 or part.repeats[place] < 0:
        return Outlook()
    returns, compared = part.risks[0], None
    if returns is not None and returns.mean > 0:
        share = returns.of(part.hits[place : place + 1, 0], part.trials[place : place + 1, 0])[0]
        compared = round(float(share) / returns.mean * RATE_UNIT)
    monthly = float(part.contact_cost[place])
    cost = None if np.isnan(monthly) else round(monthly * _YEAR_DAYS / _COST_DAYS)
    margin = part.of(customer_id, now, _YEAR_DAYS).margin if margin_asked or cost is not None else None
    return Outlook(compared, cost, margin)
