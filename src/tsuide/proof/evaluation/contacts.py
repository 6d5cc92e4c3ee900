"""Whether shrinking pays: when and through which channel customers react, foretold where the truth is known.

Customers of a few segments have weekly hours and channels of their own, near those of their segment. Each is contacted
some times at random; then further contacts are foretold three ways: from the customer's own contacts alone, from
everybody's alone, and by the shrinking estimators of `mining`. Scored by log loss (lower is better).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float64, Int64
from tsuide.mining.contact_channel import ContactChannel
from tsuide.mining.contact_time import HOURS, SLOTS, ContactTime, lend

_MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
_CHANNELS: Final = ("email", "line", "sms")
_DAYTIME: Final = (8, 21)


@dataclass(frozen=True, slots=True)
class Losses:
    """Mean log loss of held-out contacts, in nats: of three ways to foretell them, and of the truth itself."""

    own: float
    everybody: float
    shrunk: float
    truth: float


@dataclass(frozen=True, slots=True, eq=False)
class _Contacts:
    """Customer, what (an hour of the week, or a channel) and reaction; int64, int64, bool (contacts,)."""

    who: Int64
    what: Int64
    reacted: np.ndarray


def hours_losses(seed: int, customers: int = 240, contacts: int = 40) -> Losses:
    """How well hours of the week are foretold.

    Args:
        seed: of the world and of chance in it.
        customers: in four segments.
        contacts: of each, to learn from; as many again are held out.
    """
    rng = np.random.default_rng(seed)
    segment = np.arange(customers) % 4
    favourite = rng.uniform(9, 20, (4, 2))[segment] + rng.normal(0, 1.5, (customers, 2))  # work days, weekends
    level = rng.normal(-1.4, 0.4, customers)
    day, hour = np.divmod(np.arange(SLOTS), HOURS)
    away = np.abs(hour[None, :] - np.where(day < 5, favourite[:, :1], favourite[:, 1:]))  # noqa: PLR2004 - Saturday
    truth = 1 / (1 + np.exp(-(level[:, None] + 2.2 * np.exp(-((away / 2) ** 2)))))  # (customers, 168)
    allowed = np.flatnonzero((hour >= _DAYTIME[0]) & (hour < _DAYTIME[1]))
    seen, held = (_drawn(rng, truth, allowed, contacts) for _ in range(2))
    at = pl.Series([_MONDAY + timedelta(hours=int(each)) for each in seen.what], dtype=pl.Datetime("us", "UTC"))
    names = [f"c{each}" for each in seen.who]
    table = pl.DataFrame({"customer": names, "channel": "email", "at": at, "reacted": seen.reacted})
    segments = pl.DataFrame({
        "customer": [f"c{n}" for n in range(customers)], "segment": [f"s{each}" for each in segment],
    })  # fmt: skip
    fitted = ContactTime(zone="UTC").fit(table, segments)
    shrunk = np.array([[each.probability for each in fitted.week(f"c{n}", "email")] for n in range(customers)])
    n, hits = np.zeros((customers, SLOTS)), np.zeros((customers, SLOTS))
    np.add.at(n, (seen.who, seen.what), 1.0)
    np.add.at(hits, (seen.who, seen.what), seen.reacted)
    own = (lend(hits) + 1.0) / (lend(n) + 2.0)
    everybody = np.repeat(fitted.by_channel, customers, axis=0)
    return Losses(*(_loss(each, held) for each in (own, everybody, shrunk, truth)))


def channels_losses(seed: int, customers: int = 400, contacts: int = 15) -> Losses:
    """How well channels are foretold; arguments as of `hours_losses`."""
    rng = np.random.default_rng(seed)
    segment = np.arange(customers) % 4
    truth = 1 / (1 + np.exp(-(rng.normal(-1, 1, (4, 3))[segment] + rng.normal(0, 0.7, (customers, 3)))))
    seen, held = (_drawn(rng, truth, np.arange(3), contacts) for _ in range(2))
    table = pl.DataFrame({
        "customer": [f"c{each}" for each in seen.who], "channel": [_CHANNELS[each] for each in seen.what],
        "reacted": seen.reacted,
    })  # fmt: skip
    segments = pl.DataFrame({
        "customer": [f"c{n}" for n in range(customers)], "segment": [f"s{each}" for each in segment],
    })  # fmt: skip
    fitted = ContactChannel().fit(table, segments)
    shrunk = np.zeros((customers, len(_CHANNELS)))
    for n in range(customers):
        for each in fitted.rates(f"c{n}", f"s{segment[n]}"):
            shrunk[n, _CHANNELS.index(each.channel)] = each.probability
    n_own, hits = np.zeros(truth.shape), np.zeros(truth.shape)
    np.add.at(n_own, (seen.who, seen.what), 1.0)
    np.add.at(hits, (seen.who, seen.what), seen.reacted)
    own = (hits + 1.0) / (n_own + 2.0)
    everybody = np.repeat(fitted.everybody[None, :], customers, axis=0)
    return Losses(*(_loss(each, held) for each in (own, everybody, shrunk, truth)))


def _drawn(rng: np.random.Generator, truth: Float64, allowed: Int64, contacts: int) -> _Contacts:
    """So many contacts of each customer, at random places."""
    who = np.repeat(np.arange(len(truth)), contacts)
    what = rng.choice(allowed, len(who))
    return _Contacts(who, what, rng.random(len(who)) < truth[who, what])


def _loss(foretold: Float64, held: _Contacts) -> float:
    chance = foretold[held.who, held.what]
    return float(-np.log(np.where(held.reacted, chance, 1.0 - chance)).mean())
