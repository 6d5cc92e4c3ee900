"""What a customer wants next, reckoned in groups of like products first and in products second.

Where a product was sold a few times, who will take it can hardly be told from its own sales; what can is how often
this customer buys of its group, how long ago they last did, what else lies in the cart, and which of the group's
products they like. Each of the four is shrunk towards what is known of everybody (empirical Bayes):

1. how often: purchases of a group are Poisson in the customer's ready orders, rates Gamma around the group's mean
   (Gamma–Poisson); the shape is the one that best foretold which groups later orders held;
2. how ready: 1 − exp(−(days / θ)²) after the last purchase; each group's pace θ is a mixture of a few, weighed by how
   the group's buyers came back, with weights of all groups as the prior;
3. what the cart says: log lifts of group pairs, small counts shrunk to 0;
4. which product: the customer's own choices within the group beside everybody's, those beside an even spread
   (Dirichlet–multinomial, both concentrations the likeliest: `wants_shares`), and by the attribute in which customers
   differ most (`wants_traits`), so that who bought for one system is not offered what fits the other.

A logistic regression on orders of the second half of the time sets 1 to 3 right, and little where there are few: alone,
beside one product, and beside a cart. The chance that a product is bought is its group's times its share; that an offer
of it is taken is told by how it does against nothing, not against all of its group (`wants_shares`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from scipy.special import gammaln

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.index import Index
from tsuide.mining.logistic import fit_logistic
from tsuide.mining.parameters import must_be_groups
from tsuide.mining.wants_kernel import exposures, paces
from tsuide.mining.wants_model import FEATURES, PACES, PLACES, FittedWants, context_of, ready_of
from tsuide.mining.wants_shares import likeliest_own, same_of, shares_of, taken_of
from tsuide.mining.wants_traits import Trait, likeliest_trait

MOST_GROUPS: Final = 1_000  # of the deepest level of categories that has no more
LEAST_ORDERS: Final = 30
SAMPLE: Final = 500  # orders that chances are learned on
_SHAPES: Final = (0.1, 0.2, 0.35, 0.5, 0.8, 1.2, 2.0, 4.0, 10.0, 100.0)
_PAIR_PRIOR: Final = 2.0  # baskets that a pair of groups starts with, as by chance
_BUYERS_AGAIN: Final = 5.0  # who bought once buys so many times as often, before it is known
_TOP: Final = 4  # products of a group that are weighed beside the customer's own
_OF_VALUE: Final = 2  # and of each value of the trait
_HALF: Final = 0.5  # of an order is said to lie in the cart already
_LEAST: Final = 1e-9
_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Wants:
    """How wants are learned.

    >>> day = 86_400_000_000
    >>> rows = [(f"{c}-{k}", f"c{c}", item, (14 * k + c % 7) * day)
    ...         for c in range(20) for k in range(8) for item in (("tea", "cup") if c % 2 else ("pen", "ink"))]
    >>> import polars as pl
    >>> from tsuide.kit.clock import from_micros
    >>> frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    >>> baskets = Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")
    >>> groups = {each: each for each in ("tea", "cup", "pen", "ink")}
    >>> fitted = Wants().fit(baskets, groups)
    >>> fitted.likely("c1", 2, now=from_micros(120 * day)).items
    ['cup', 'tea']
    >>> fitted.likely("c0", 1, now=from_micros(120 * day), cart=["pen"]).items
    ['ink']
    """

    def fit(
        self,
        baskets: Baskets,
        groups: Mapping[str, str],
        *,
        worth: Mapping[str, float] | None = None,
        attributes: Mapping[str, Mapping[str, str]] | None = None,
        seed: int = 0,
    ) -> FittedWants:
        """Learn rates, paces, lifts and choices.

        Args:
            baskets: with customers and times.
            groups: item id → category path, levels joined by U+001F; items without one are set aside. Where there are
                more than 1,000 paths their last level is left away.
            worth: item id → what one brings; unknown ones count as the mean of the known.
            attributes: item id → attribute → value, of which the one that tells most of who buys what is used.
            seed: of the sample that chances are learned on.

        Raises:
            TooFewData: fewer than 30 orders of known customers with a time, or of one group only.
        """
        must_be_baskets(baskets)
        must_be_groups(groups)
        told = _told(baskets, groups)
        line = _line_of(baskets, told)
        paces_of = _paces(line)
        half = int(np.median(baskets.time[line.order]))
        dice = np.random.default_rng(seed)
        later = np.sort(line.order[baskets.time[line.order] >= half])
        sample, again = _some(later, dice), _some(np.setdiff1d(later, _first_orders(line)), dice)
        stood = _exposed(line, paces_of, np.union1d(sample, again))
        shape = _likeliest_shape(line, paces_of, stood, again)
        share = shares_of(_sold(baskets, told), told.group_of, len(line.mean))
        own = likeliest_own(share, line.own_item, line.own_count, stood.count[stood.count > 0])
        value = _worth(told.item_ids, worth)
        taken = taken_of(share, told.group_of, same_of(share, told.group_of, len(line.mean)))
        trait = likeliest_trait(attributes or {}, told.item_ids, line.own_of, line.own_item)
        made = FittedWants(
            item_ids=told.item_ids,
            customer_ids=baskets.customer_ids,
            group_of=frozen(told.group_of),
            top=_top(told.group_of, taken * value, len(line.mean), trait),
            trait_of=trait.of,
            usual=trait.usual,
            of_value=frozen(_of_value(told.group_of, share, len(line.mean), trait)),
            share=share,
            worth=frozen(value),
            mean=frozen(line.mean),
            lift=frozen(_lifts(line)),
            paces=frozen(paces_of),
            orders=frozen(np.diff(line.order_of).astype(np.float64)),
            pair_of=frozen(line.pair_of),
            pair_group=frozen(line.pair_group),
            pair_count=frozen(stood.count),
            pair_exposure=frozen(stood.exposure),
            pair_last=frozen(stood.last),
            own_of=frozen(line.own_of),
            own_item=frozen(line.own_item),
            own_count=frozen(line.own_count),
            weights=frozen(np.zeros((len(PLACES), FEATURES))),
            shape=shape,
            own=own,
            strength=trait.strength,
            end=int(baskets.time[line.order].max()),
        )
        return replace(made, weights=frozen(_weights(made, line, stood, sample, dice)))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Products with a group: dense anew; `place` of each item of the baskets, -1 = none."""

    item_ids: Index
    group_of: Int32
    place: Int32


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Customers' orders in groups: as the kernels take them."""

    order_of: Int64
    order: Int64
    time: Int64
    groups_of: Int64
    group: Int32
    mean: Float64
    pair_of: Int64
    pair_group: Int32
    own_of: Int64
    own_item: Int32
    own_count: Float64


@dataclass(frozen=True, slots=True, eq=False)
class _Stood:
    """By pair at the end, and by group before each order that was asked about; `asked` ascends."""

    count: Float64
    exposure: Float64
    last: Int64
    asked: Int64
    row_count: Float64
    row_exposure: Float64
    row_days: Float64

    def before(self, orders: Int64) -> tuple[Float64, Float64, Float64]:
        """Counts, exposures and days before each of some orders that were asked about; each (orders, groups)."""
        rows = np.searchsorted(self.asked, orders)
        return self.row_count[rows], self.row_exposure[rows], self.row_days[rows]


def _told(baskets: Baskets, groups: Mapping[str, str]) -> _Told:
    paths = {item: path for item, path in groups.items() if path}
    while len(set(paths.values())) > MOST_GROUPS and any(_SEPARATOR in path for path in paths.values()):
        paths = {item: path.rpartition(_SEPARATOR)[0] or path for item, path in paths.items()}
    names = sorted(set(paths.values()))
    code = {name: place for place, name in enumerate(names)}
    ids = Index.of(sorted(paths))
    group_of = np.array([code[paths[item]] for item in ids.ids], np.int32)
    return _Told(ids, group_of, ids.positions(baskets.item_ids.ids))


def _line_of(baskets: Baskets, told: _Told) -> _Line:
    groups = int(told.group_of.max(initial=-1)) + 1
    known = np.flatnonzero(baskets.customer >= 0)
    if len(known) < LEAST_ORDERS or not baskets.has_time or groups <= 1:
        raise TooFewData(
            "too few orders of known customers", key="orders", value=len(known), way_out=f"{LEAST_ORDERS} are needed"
        )
    order = known[np.argsort(baskets.customer[known], kind="stable")]
    order_of = _starts(baskets.customer[order], baskets.n_customers)
    place = told.place[baskets.item]
    basket = baskets.basket_of_entry()
    kept = place >= 0
    in_groups = np.unique(basket[kept].astype(np.int64) * groups + told.group_of[place[kept]])
    entry_basket, group = in_groups // groups, (in_groups % groups).astype(np.int32)
    whose = baskets.customer[basket]
    mine = kept & (whose >= 0)
    keys, times = np.unique(whose[mine].astype(np.int64) * len(told.item_ids) + place[mine], return_counts=True)
    pairs = np.unique(baskets.customer[entry_basket].astype(np.int64) * groups + group)
    pairs = pairs[pairs >= 0]
    held = np.bincount(group, minlength=groups)
    return _Line(
        order_of=order_of,
        order=order,
        time=baskets.time,
        groups_of=_starts(entry_basket, baskets.n_baskets),
        group=group,
        mean=np.asarray((held + 0.3) / (baskets.n_baskets + 1.0), np.float64),
        pair_of=_starts(pairs // groups, baskets.n_customers),
        pair_group=(pairs % groups).astype(np.int32),
        own_of=_starts(keys // len(told.item_ids), baskets.n_customers),
        own_item=(keys % len(told.item_ids)).astype(np.int32),
        own_count=times.astype(np.float64),
    )


def _starts(ascending: Int32 | Int64, n: int) -> Int64:
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(ascending, minlength=n), out=starts[1:])
    return starts


def _paces(line: _Line) -> Float64:
    """Weights of each group's paces: how its buyers came back, with the weights of all groups as the prior."""
    groups = len(line.mean)
    exposure, told = np.zeros((groups, len(PACES))), np.zeros((groups, len(PACES)))
    returns = np.zeros(groups, np.int64)
    paces(line.order_of, line.order, line.time, line.groups_of, line.group, PACES, groups, exposure, told, returns)
    shape = 0.5
    rate = shape / np.maximum(line.mean * _BUYERS_AGAIN, 1e-3)
    likely = gammaln(shape + returns)[:, None] - (shape + returns)[:, None] * np.log(rate[:, None] + exposure) + told
    prior = np.zeros(len(PACES))
    weights = np.full(likely.shape, 1.0 / len(PACES))
    for _ in range(20):
        weights = np.exp(likely + prior - (likely + prior).max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        prior = np.log(weights.sum(axis=0) / groups + 1e-3)
    return np.asarray(weights, np.float64)


def _exposed(line: _Line, paces_of: Float64, asked: Int64) -> _Stood:
    groups, pairs = len(line.mean), len(line.pair_group)
    row_of = np.full(len(line.time), -1, np.int64)
    row_of[asked] = np.arange(len(asked))
    made = _Stood(
        np.zeros(pairs), np.zeros(pairs), np.full(pairs, -1, np.int64), asked,
        np.zeros((len(asked), groups)), np.zeros((len(asked), groups)), np.full((len(asked), groups), -1.0),
    )  # fmt: skip
    exposures(
        line.order_of, line.order, line.time, line.groups_of, line.group, PACES, paces_of, line.pair_of,
        line.pair_group, made.count, made.exposure, made.last, row_of, made.row_count, made.row_exposure,
        made.row_days,
    )  # fmt: skip
    return made


def _some(orders: Int64, dice: np.random.Generator) -> Int64:
    """At most SAMPLE of them, ascending."""
    return np.sort(dice.choice(orders, SAMPLE, replace=False)) if len(orders) > SAMPLE else orders


def _first_orders(line: _Line) -> Int64:
    starts = line.order_of[:-1]
    return line.order[starts[np.diff(line.order_of) > 0]]


def _likeliest_shape(line: _Line, paces_of: Float64, stood: _Stood, again: Int64) -> float:
    """The Gamma shape that best foretold which groups orders of who came back held, each from what was before.

    Asked is of which groups an order was, given that there was one (as Dawid 1984 judges a model by what it foretold).
    Whether all counts together are likely would not do: no order is empty and most hold few things, so that counts of
    those who came once spread less than a Poisson's, and a shop of many of them would hold all customers for alike.

    Args:
        line: all orders.
        paces_of: of groups.
        stood: before those orders, too.
        again: orders to ask about, none of them a customer's first.
    """
    had = stood.before(again)[0].sum(axis=1) > 0
    asked = again[had]
    if not len(asked):
        return _SHAPES[-1]
    count, exposure, waited = stood.before(asked)
    ready = np.array([ready_of(paces_of, days) for days in waited])
    first, last = line.groups_of[asked], line.groups_of[asked + 1]
    row = np.repeat(np.arange(len(asked)), last - first)
    held = np.concatenate([line.group[start:end] for start, end in zip(first.tolist(), last.tolist(), strict=True)])

    def likelihood(shape: float) -> float:
        rate = line.mean * (shape + count) / (shape + line.mean * exposure) * ready + _LEAST
        return float((np.log(rate[row, held]) - np.log(rate.sum(axis=1))[row]).sum())

    return max(_SHAPES, key=likelihood)


def _lifts(line: _Line) -> Float64:
    """Logarithm of how much more often two groups lie in one basket than by chance; 0 on the diagonal."""
    baskets, groups = len(line.groups_of) - 1, len(line.mean)
    held = csr_array((np.ones(len(line.group), np.float32), line.group, line.groups_of), shape=(baskets, groups))
    both = np.asarray((held.T @ held).todense(), np.float64)
    alone = np.diag(both)
    chance = np.outer(alone, alone) / baskets
    lifts = np.log((both + _PAIR_PRIOR) / (chance + _PAIR_PRIOR))
    np.fill_diagonal(lifts, 0.0)
    return np.asarray(lifts, np.float64)


def _sold(baskets: Baskets, told: _Told) -> Float64:
    """Baskets that held each product; (items,)."""
    place = told.place[baskets.item]
    return np.bincount(place[place >= 0], minlength=len(told.item_ids)).astype(np.float64)


def _worth(ids: Index, worth: Mapping[str, float] | None) -> Float64:
    if not worth:
        return np.ones(len(ids))
    found = np.array([worth.get(each, np.nan) for each in ids.ids], np.float64)
    usual = float(np.nanmean(found)) if not np.isnan(found).all() else 1.0
    return np.maximum(np.where(np.isnan(found), usual, found), 0.0)


def _top(group_of: Int32, value: Float64, groups: int, trait: Trait) -> Int32:
    """The four most valuable products of each group, and two of each value of the trait; (groups, some), -1 = none."""
    of_values = [
        _best(group_of, value, groups, _OF_VALUE, np.flatnonzero(trait.of == each)) for each in range(len(trait.usual))
    ]
    of_all = _best(group_of, value, groups, _TOP, np.arange(len(group_of)))
    return frozen(np.concatenate([of_all, *of_values], axis=1))


def _best(group_of: Int32, value: Float64, groups: int, n: int, among: Int64) -> Int32:
    order = among[np.lexsort((-value[among], group_of[among]))]
    starts = _starts(group_of[order], groups)
    rank = np.arange(len(order)) - starts[group_of[order]]
    top = np.full((groups, n), -1, np.int32)
    kept = rank < n
    top[group_of[order][kept], rank[kept]] = order[kept]
    return top


def _of_value(group_of: Int32, share: Float64, groups: int, trait: Trait) -> Float64:
    """Share of each group's purchases that has each value of the trait; (groups, values)."""
    found = np.zeros((groups, len(trait.usual)))
    has = trait.of >= 0
    np.add.at(found, (group_of[has], trait.of[has]), share[has])
    return found


def _weights(fitted: FittedWants, line: _Line, stood: _Stood, sample: Int64, dice: np.random.Generator) -> Float64:
    """Weights of the log odds for each place, on orders of which a part is said to lie there already."""
    found = np.zeros((len(PLACES), FEATURES))
    count, exposure, days = stood.before(sample)
    for place in range(len(PLACES)):
        rows, labels, trials = [], [], []
        for row, basket in enumerate(sample.tolist()):
            held = np.zeros(len(line.mean), np.bool_)
            here = line.group[line.groups_of[basket] : line.groups_of[basket + 1]]
            held[here] = True
            there = _part(here, len(held), place, dice)
            rate = fitted.rate(count[row], exposure[row], days[row])
            bought, not_bought = np.flatnonzero(held & ~there), np.flatnonzero(~held)
            some = dice.choice(not_bought, min(len(not_bought), 60), replace=False)
            rows.append(context_of(fitted, rate, there)[np.r_[bought, some], 1:])
            labels.append(np.r_[np.ones(len(bought)), np.zeros(len(some))])
            trials.append(np.r_[np.ones(len(bought)), np.full(len(some), len(not_bought) / max(len(some), 1))])
        features = np.concatenate(rows)
        right = fit_logistic(
            features, np.concatenate(labels), offset=features[:, 0].copy(), trials=np.concatenate(trials)
        )
        found[place] = right
        found[place, 1] += 1.0  # the rate itself, before anything sets it right
    return found


def _part(here: Int32, groups: int, place: int, dice: np.random.Generator) -> Bool:
    """What of an order is said to lie there: nothing, one group, or about half of it."""
    there = np.zeros(groups, np.bool_)
    if len(here) and place == 1:
        there[dice.choice(here)] = True
    elif len(here) and place > 1:
        kept = here[dice.random(len(here)) < _HALF]
        there[kept if len(kept) else dice.choice(here)] = True
    return there
