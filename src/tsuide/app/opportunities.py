"""What could be proposed with what, with the evidence and what it could earn: for people who look it over.

Five kinds: pairs (what goes with a product), steps (what stands above or in its place), sets, next purchases (when the
other is bought later) and fillers. What people decided about each (`app.curation`) stands beside it; it takes nothing
out of this list, so that a ban can be taken back.

What it could earn is a picture, not an effect: every order of the last 30 days' pace that holds the first product and
not the other is shown it, and takes it as often as those before who had the first (Wilson's 95 % interval), at today's
margin. A step up is taken as often as people took it to whom it was shown, beginning from what the policy believes
(`share_taken`). A set is looked at from its rarest member: who bought that took all of it so often. What a filler
could earn is said of a hundred orders that are shown it: how many miss a threshold is not known here. What offers
really added stands on the first page, against the holdout.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
import polars as pl
from scipy.special import betaincinv

from tsuide.app.curation import Judgement, judgements
from tsuide.app.loading import Loaded
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.schema import TEXT, WHOLE, Schema, conform
from tsuide.kit.arrays import Float64, Int64
from tsuide.kit.remembered import remembered
from tsuide.kit.text import fold
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.bundles import FittedBundles
from tsuide.mining.complements import FittedComplements
from tsuide.mining.fillers import FittedFillers
from tsuide.mining.fitted import Fitted
from tsuide.mining.timing import FittedTiming
from tsuide.offers import codes
from tsuide.offers.bind import bind
from tsuide.offers.curated import About
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import judge as judge_offers
from tsuide.offers.offer import Kind as OfferKind
from tsuide.offers.policy import chain
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
from tsuide.offers.propensity import FittedPropensity
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State

Kind: TypeAlias = Literal["pairs", "steps", "sets", "next", "fillers"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
ABOUT: Final[dict[Kind, About]] = {
    "pairs": "beside",
    "steps": "instead",
    "sets": "set",
    "next": "beside",
    "fillers": "filler",
}
"""What a judgement of each kind is called; a next purchase is the pair, later."""
STATES: Final = ("open", "approved", "pinned", "banned", "worded")
ORDERS: Final = ("gain", "lift", "count")
_PART: Final[dict[Kind, str]] = {
    "pairs": "complements",
    "steps": "alternatives",
    "sets": "bundles",
    "next": "timing",
    "fillers": "fillers",
}
_DAYS: Final = 30.0
_SHOWN: Final = 100  # orders that are shown a filler
_LEAST_BELIEVED: Final = 1e-4  # of a policy that believes that nobody, or everybody, takes a step
_SURE: Final = 1.959963984540054
_MOST_STEPS: Final = 5  # of each product, either way
_SEPARATOR: Final = "\x1f"
_REAL: Final = pl.Float64()
_COLUMNS: Final[Schema] = {
    "product_id": TEXT, "others": pl.List(pl.String()), "count": WHOLE, "base": WHOLE, "lift": _REAL,
    "lift_low": _REAL, "lift_high": _REAL, "share": _REAL, "share_low": _REAL, "share_high": _REAL,
    "rarest": WHOLE, "gain": _REAL, "gain_low": _REAL,
    "gain_high": _REAL, "worth": WHOLE, "apart": WHOLE, "opens": _REAL, "peak": _REAL,
    "closes": _REAL, "rank": _REAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One of them.

    Args:
        kind: which.
        product_id: what it goes with; of a filler "".
        others: what is proposed, ascending.
        count, base: orders with all of it, of so many with the first (of a next purchase: purchases that followed, and
            how many the other's own pace would have given).
        lift, lift_low, lift_high: how many times more often than by chance, 95 %.
        share, share_low, share_high: of the first's orders that hold all; of a set: of its rarest member's, with
            Wilson's 95 % interval; of a filler: of orders of two and more, those in which it came along, with the
            same interval (in what was learned before this was counted: how readily, without one); of a step: of the
            people to whom it is offered, those who take it, with the 95 % interval of `share_taken`.
        rarest: of a set, orders with its rarest member.
        gain, gain_low, gain_high: what it could earn in 30 days, of a filler with a hundred orders that are shown it,
            minor units; None where a margin, or how often it is taken, is not known.
        worth: margin of one, minor units, ex tax; None where a cost is not known.
        apart: what it costs more (of steps), minor units.
        opens, peak, closes: days after the first (of next purchases).
        judgement: what people decided; None = nothing yet.
        learned: whether orders say so; a pair that only a person put there has no evidence.
    """

    kind: Kind
    product_id: str
    others: tuple[str, ...]
    count: int | None = None
    base: int | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    rarest: int | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    worth: int | None = None
    apart: int | None = None
    opens: float | None = None
    peak: float | None = None
    closes: float | None = None
    judgement: Judgement | None = None
    learned: bool = True

    @property
    def about(self) -> About:
        """What a judgement of it is called."""
        return ABOUT[self.kind]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of them is looked for.

    Args:
        words: each must stand in the title, brand or category of one of its products, in any writing.
        category: a name on the category path of its first product (of a filler: of itself); "" = all.
        state: one of STATES; "" = all.
        order: one of ORDERS, the most first.
        product: only what goes with this product; "" = all.
    """

    words: str = ""
    category: str = ""
    state: str = ""
    order: str = "gain"
    product: str = ""


def opportunities(
    shop: Shop, loaded: Loaded, policy: Policy, kind: Kind, wanted: Wanted, *, first: int = 0, n: int = 24
) -> tuple[list[Opportunity], int]:
    """Some of them, best first, and how many there are.

    Args:
        shop: its judgements.
        loaded: the state.
        policy: its assumed margins.
        kind: which.
        wanted: what is looked for.
        first: how many are passed over.
        n: how many are wanted.

    Raises:
        BadValue: no such kind, state or order.
    """
    chosen = (("kind", kind, KINDS), ("state", wanted.state, ("", *STATES)), ("order", wanted.order, ORDERS))
    for key, value, known in chosen:
        if value not in known:
            raise BadValue("no such choice", key=key, value=value, way_out=f"one of {', '.join(filter(None, known))}")
    judged = {
        _key(each.mark.product_id, each.mark.other_ids): each
        for each in judgements(shop)
        if each.mark.about == ABOUT[kind]
    }
    frame = _with_declared(_frame(kind, loaded, policy, wanted.order), judged.keys(), kind)
    frame = _narrowed(frame, loaded, wanted, judged)
    rows = frame.slice(first, n).iter_rows(named=True)
    return [_made(row, kind, judged.get(row["key"])) for row in rows], len(frame)


def one_of(
    shop: Shop, loaded: Loaded, policy: Policy, kind: Kind, product_id: str, others: Sequence[str]
) -> Opportunity:
    """One of them; without evidence where nothing was learned of it."""
    key = _key(product_id, sorted(others))
    judged = {_key(each.mark.product_id, each.mark.other_ids): each for each in judgements(shop)
              if each.mark.about == ABOUT[kind]}  # fmt: skip
    rows = _frame(kind, loaded, policy).filter(pl.col("key") == key).head(1).rows(named=True)
    if rows:
        return _made(rows[0], kind, judged.get(key))
    return Opportunity(kind, product_id, tuple(sorted(others)), judgement=judged.get(key), learned=False)


def counted(loaded: Loaded, policy: Policy) -> dict[Kind, int]:
    """How many there are of each kind."""
    return {kind: len(_frame(kind, loaded, policy)) for kind in KINDS}


def refusal(found: Opportunity, loaded: Loaded, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Which rule refuses it now, on the first product's own page to somebody who is not known; () = none, or not asked.

    Next purchases and fillers depend on what a customer bought and has in the cart: they are not asked here.
    """
    kinds: dict[Kind, OfferKind] = {"pairs": "cross_sell", "steps": "up_sell", "sets": "bundle"}
    if found.kind not in kinds:
        return ()
    state = loaded.state
    request = OfferRequest("product", product_id=found.product_id, kinds=(kinds[found.kind],), n=1)
    judged = judge_offers(request, state, prepare_customer(CustomerView(), state), policy, now=now, seed=0)
    for row in range(judged.count):
        candidate, verdict = judged.pool[row], int(judged.verdict[row])
        members = [int(candidate["item"]), int(candidate["second"])]
        if candidate["set"] >= 0:
            members += state.sets["items"][int(candidate["set"])][2:].tolist()
        if tuple(sorted(state.ids.ids[each] for each in members if each >= 0)) == found.others:
            return () if verdict < 0 else (chain.ORDER[verdict],)
    return ()


def _narrowed(frame: pl.DataFrame, loaded: Loaded, wanted: Wanted, judged: dict[str, Judgement]) -> pl.DataFrame:
    words = loaded.catalogue.words
    if wanted.product:
        here = (pl.col("product_id") == wanted.product) | pl.col("others").list.contains(wanted.product)
        frame = frame.filter(here)
    for word in fold(wanted.words).split()[:8]:
        found = words.filter(pl.col("folded").str.contains(word, literal=True))["id"]
        found = pl.concat([found, pl.Series("id", [wanted.words.strip()], pl.String)])
        mentioned = pl.col("product_id").is_in(found.implode())
        if frame["others"].list.len().max() == 1:
            mentioned |= pl.col("others").list.first().is_in(found.implode())
        else:
            mentioned |= pl.col("others").list.set_intersection(found.implode()).list.len() > 0
        frame = frame.filter(mentioned)
    if wanted.category:
        within = words.filter(pl.col("category").list.contains(wanted.category))["id"]
        of = pl.when(pl.col("product_id") == "").then(pl.col("others").list.first()).otherwise(pl.col("product_id"))
        frame = frame.filter(of.is_in(within.implode()))
    if wanted.state:
        keys = [key for key, each in judged.items() if _STATE[wanted.state](each)]
        listed = pl.col("key").is_in(keys)
        frame = frame.filter(~listed if wanted.state == "open" else listed)
    return frame


_STATE: Final[dict[str, Callable[[Judgement], bool]]] = {
    "open": lambda each: each.approved_at is not None or each.mark.verdict is not None,
    "approved": lambda each: each.approved_at is not None,
    "pinned": lambda each: each.mark.verdict == "pinned",
    "banned": lambda each: each.mark.verdict == "banned",
    "worded": lambda each: bool(each.mark.texts),
}


def _made(row: dict[str, Any], kind: Kind, judgement: Judgement | None) -> Opportunity:
    kept = {name: row[name] for name in _COLUMNS if name not in {"others", "rank"}}
    return Opportunity(
        kind=kind, others=tuple(row["others"]), judgement=judgement, learned=row["rank"] is not None, **kept
    )


def _with_declared(frame: pl.DataFrame, keys: Iterable[str], kind: Kind) -> pl.DataFrame:
    """With the pairs of which only people speak."""
    judged = pl.Series("key", list(keys), pl.String)
    if kind == "next" or judged.is_empty():
        return frame  # a million pairs are not looked through for nothing
    known = frame.filter(pl.col("key").is_in(judged.implode()))["key"]
    missing = judged.filter(~judged.is_in(known.implode()))
    rows = [{"key": key, "product_id": (parts := key.split(_SEPARATOR))[0], "others": parts[1:]} for key in missing]
    return pl.concat([frame, pl.DataFrame(rows, schema={**_COLUMNS, "key": TEXT})]) if rows else frame


def _key(product_id: str, others: Iterable[str]) -> str:
    return _SEPARATOR.join([product_id, *others])


# --- what was learned, as one frame per kind ----------------------------------------------------------------


class _Learned:
    """A part over a catalogue as the key of a cache: what people publish in between does not change it."""

    __slots__ = ("loaded", "part")

    def __init__(self, loaded: Loaded, part: Fitted) -> None:
        self.loaded, self.part = loaded, part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Learned) and other.part is self.part and other.loaded.products is self.loaded.products

    def __hash__(self) -> int:
        return id(self.part)


class _Part:
    """A part as the key of a cache."""

    __slots__ = ("part",)

    def __init__(self, part: Fitted) -> None:
        self.part = part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Part) and other.part is self.part

    def __hash__(self) -> int:
        return id(self.part)


def make_ready(loaded: Loaded, policy: Policy) -> None:
    """Read everything that was learned once, so that the first page that asks for it need not."""
    counted(loaded, policy)


def _frame(kind: Kind, loaded: Loaded, policy: Policy, order: str = "gain") -> pl.DataFrame:
    """All of a kind, the most of `order` first."""
    part = loaded.snapshot.parts.get(_PART[kind])
    if part is None:
        return pl.DataFrame(schema={**_COLUMNS, "key": TEXT})
    return _in_order(_Learned(loaded, part), policy, order)


@lru_cache(maxsize=len(_PART))  # of one learning: the next one's take their places
def _told(part: _Part) -> pl.DataFrame:
    """What a part says, as far as it is shown: a change of products does not change it."""
    match part.part:
        case FittedComplements() as pairs:
            return pairs.frame().filter("significant")
        case FittedAlternatives() as steps:
            found = steps.frame().filter(pl.col("step") > 0)
            return found.filter(pl.int_range(pl.len()).over("anchor") < _MOST_STEPS)
        case FittedTiming() as later:
            return later.frame().filter(pl.col("opens").is_not_null())
        case FittedBundles() as sets:
            return sets.frame()
        case _:
            return pl.DataFrame()


@remembered(16)
def _in_order(learned: _Learned, policy: Policy, order: str) -> pl.DataFrame:
    return _made_frame(learned, policy).sort(order, "rank", "key", descending=[True, True, False], nulls_last=True)


@remembered(8)
def _made_frame(learned: _Learned, policy: Policy) -> pl.DataFrame:
    part, loaded = learned.part, learned.loaded
    margin = _margins(loaded.state, policy)
    pace = _pace(loaded)
    match part:
        case FittedComplements():
            found = _pairs(part, margin, pace)
        case FittedAlternatives():
            learned_of = loaded.snapshot.parts.get("propensity")
            tried = learned_of.facts.get("steps_up", {}) if isinstance(learned_of, FittedPropensity) else {}
            found = _steps(part, loaded.state, policy, margin, pace, tried)
        case FittedBundles():
            found = sets_of(part, margin, pace)
        case FittedTiming():
            found = _next(part, margin, pace)
        case FittedFillers():
            things = loaded.state.items["kind"] == codes.PHYSICAL_PRODUCT  # no plan or service closes a gap
            found = fillers_of(part, margin.filter(pl.Series(things)))
        case _:
            found = pl.DataFrame(schema=_COLUMNS)
    known = loaded.products["id"]
    found = conform(found, _COLUMNS)
    here = (pl.col("product_id") == "") | pl.col("product_id").is_in(known.implode())
    found = found.filter(here)
    return found.with_columns(
        key=pl.concat_str([pl.col("product_id"), pl.col("others").list.join(_SEPARATOR)], separator=_SEPARATOR)
    )


def _margins(state: State, policy: Policy) -> pl.DataFrame:
    """id, margin of one unit (null where not known), price."""
    bound = bind(policy, state).items
    margin = pl.Series(bound["margin"].astype(np.int64))
    known = pl.Series(bound["basis"] != codes.UNKNOWN_MARGIN)
    price = pl.Series(state.items["price"].astype(np.int64))
    frame = pl.DataFrame({"id": state.ids.ids, "margin": margin, "known": known, "price": price})
    return frame.select(
        "id",
        margin=pl.when("known").then("margin"),
        price=pl.when(pl.col("price") >= 0).then("price"),
    )


def _pace(loaded: Loaded) -> float:
    """30 days over the days that orders were learned from."""
    meta = loaded.snapshot.meta
    first, last = meta.get("first_order"), meta.get("last_order")
    if not isinstance(first, str) or not isinstance(last, str):
        return 1.0
    days = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() / 86_400
    return _DAYS / max(days, _DAYS)


def _pairs(part: FittedComplements, margin: pl.DataFrame, pace: float) -> pl.DataFrame:
    degree = pl.DataFrame({"anchor": part.item_ids.ids, "base": part.degree.astype(np.int64)})
    found = _told(_Part(part)).join(degree, on="anchor", how="left")
    found = found.join(margin.rename({"id": "item"}), on="item", how="left")
    return _earning(found, pace).select(
        "count", "base", "lift", "lift_low", "lift_high", "gain", "gain_low", "gain_high",
        product_id="anchor", others=pl.concat_list("item"), share="confidence", worth="margin", rank="score",
    )  # fmt: skip


def _earning(found: pl.DataFrame, pace: float) -> pl.DataFrame:
    """With what it could earn: from count, base and margin."""
    count, base = found["count"].to_numpy().astype(np.float64), found["base"].to_numpy().astype(np.float64)
    low, middle, high = _wilson(count, base)
    room = np.maximum(base - count, 0.0) * pace
    taken = {"gain": middle, "gain_low": low, "gain_high": high}
    return found.with_columns(
        **{name: pl.col("margin") * pl.Series(name, room * share) for name, share in taken.items()}
    )


def _wilson(count: Float64, base: Float64) -> tuple[Float64, Float64, Float64]:
    """Lower end, share and upper end, 95 %."""
    base = np.maximum(base, 1.0)
    share, square = np.minimum(count / base, 1.0), _SURE * _SURE
    middle = share + square / (2 * base)
    half = _SURE * np.sqrt(share * (1 - share) / base + square / (4 * base * base))
    whole = 1 + square / base
    return np.maximum((middle - half) / whole, 0.0), share, np.minimum((middle + half) / whole, 1.0)


def _steps(
    part: FittedAlternatives,
    state: State,
    policy: Policy,
    margin: pl.DataFrame,
    pace: float,
    tried: Mapping[str, Sequence[int]],
) -> pl.DataFrame:
    """Steps up and alternatives: what is taken instead earns the difference of the margins.

    How often a step is taken is not in the orders: the policy's belief stands for it until people were shown it
    (`tried`: better model → how many, and how many took it). What is known of a better model holds for every product
    from which it is a step.
    """
    found = _told(_Part(part))
    bought = pl.DataFrame({"anchor": state.ids.ids, "base": state.items["baskets"].astype(np.int64)})
    found = found.join(bought, on="anchor", how="left").filter(pl.col("base") > 0)
    found = found.join(margin.rename({"id": "item"}), on="item", how="left")
    found = found.join(margin.rename({"id": "anchor"}), on="anchor", how="left", suffix="_own")
    models = found["item"].unique(maintain_order=True)
    counts = np.array([tried.get(each, (0, 0)) for each in models], np.int64).reshape(-1, 2)
    share, low, high = share_taken(float(policy.priors[codes.UP_SELL]) / 10_000.0, counts[:, 0], counts[:, 1])
    found = found.join(
        pl.DataFrame({"item": models, "share": share, "share_low": low, "share_high": high}), on="item", how="left"
    )
    more = pl.col("margin") - pl.col("margin_own")
    each = more * pl.col("base") * pace
    ends = [each * pl.col("share_low"), each * pl.col("share_high")]
    return found.filter(pl.col("price") > pl.col("price_own")).select(
        "base",
        "share",
        "share_low",
        "share_high",
        product_id="anchor",
        others=pl.concat_list("item"),
        worth=more,
        apart=pl.col("price") - pl.col("price_own"),
        gain=each * pl.col("share"),
        gain_low=pl.min_horizontal(ends),  # a better model may earn less
        gain_high=pl.max_horizontal(ends),
        rank=pl.col("score").cast(pl.Float64),
    )


def share_taken(prior: float, shown: Int64, taken: Int64) -> tuple[Float64, Float64, Float64]:
    """Of the people to whom a better model is offered, the share who take it: mean and 95 % bounds, float64 (models,).

    State: the counts of people, each once, and a belief about the share before anybody was asked: a Beta distribution
    whose mean is what the policy says and which weighs as much as one answer of the rarer sort (Beta(1, 1/prior - 1)
    where few are believed to take it). Estimator: the mean of the posterior, to whose sides the counts are added, and
    its equal-tailed interval. Assumptions: people answer independently, and with the same share to come as until now;
    who was shown it is like those who will be. Where nobody was asked the interval says how little the policy's share
    says: from near nothing to some three times as much.

    Args:
        prior: what the policy believes, 0 … 1.
        shown: people to whom it was shown.
        taken: of them those who took it.

    >>> [round(float(each[0]), 3) for each in share_taken(0.03, np.array([0]), np.array([0]))]
    [0.03, 0.001, 0.108]
    >>> [round(float(each[0]), 3) for each in share_taken(0.03, np.array([400]), np.array([60]))]
    [0.141, 0.11, 0.175]
    """
    believed = min(max(prior, _LEAST_BELIEVED), 1.0 - _LEAST_BELIEVED)
    weight = 1.0 / min(believed, 1.0 - believed)
    yes, no = weight * believed + taken, weight * (1.0 - believed) + shown - taken
    low, high = (np.asarray(betaincinv(yes, no, side), np.float64) for side in (0.025, 0.975))
    return yes / (yes + no), low, high


def sets_of(part: FittedBundles, margin: pl.DataFrame, pace: float) -> pl.DataFrame:
    """Sets: of the rarest member's orders those that hold all, and what the rest earns with those that do not.

    The lift's interval takes the number of orders with the whole set as Poisson, as the search for sets does.

    Args:
        part: what was learned.
        margin: id, margin (minor units; null = not known).
        pace: 30 days over the days that orders were learned from.
    """
    degree = pl.DataFrame({"id": part.item_ids.ids, "baskets": part.degree.astype(np.int64)})
    found = _told(_Part(part)).with_row_index("row").with_columns(
        product_id=pl.col("items").list.first(), others=pl.col("items").list.slice(1).list.sort()
    )  # fmt: skip
    members = found.select("row", "product_id", id="items").explode("id").join(degree, on="id", how="left")
    members = members.join(margin, on="id", how="left").with_columns(first=pl.col("id") == pl.col("product_id"))
    members = members.sort("row", "baskets", "first", "id", descending=[False, False, True, False])
    beside = pl.col("margin").slice(1)  # what is bought beside the rarest
    ends = members.group_by("row").agg(
        rarest=pl.col("baskets").first(),
        base=pl.col("baskets").filter("first").first(),
        margin=pl.when(beside.is_not_null().all()).then(beside.sum()),
        worth=pl.when(pl.col("margin").filter(~pl.col("first")).is_not_null().all())
        .then(pl.col("margin").filter(~pl.col("first")).sum()),
    )  # fmt: skip
    found = found.join(ends, on="row", how="left")
    found = found.sort("strength", descending=True).unique(["product_id", "others"], keep="first", maintain_order=True)
    count, rarest = (found[name].to_numpy().astype(np.float64) for name in ("count", "rarest"))
    low, share, high = _wilson(count, rarest)
    wide = (_SURE / pl.col("count").cast(pl.Float64).sqrt()).exp()
    earning = _earning(found.select("count", "margin", base="rarest"), pace).select("gain", "gain_low", "gain_high")
    return pl.concat([found, earning], how="horizontal").select(
        "product_id", "others", "count", "base", "rarest", "lift", "gain", "gain_low", "gain_high", "worth",
        lift_low=pl.col("lift") / wide, lift_high=pl.col("lift") * wide, rank="strength",
        share=pl.Series(share), share_low=pl.Series(low), share_high=pl.Series(high),
    )  # fmt: skip


def _next(part: FittedTiming, margin: pl.DataFrame, pace: float) -> pl.DataFrame:
    """Purchases that followed beyond the other's own pace, with the interval of a count."""
    found = _told(_Part(part)).join(margin.rename({"id": "item"}), on="item", how="left")
    beyond = pl.col("bought") - pl.col("expected")
    spread = _SURE * pl.col("bought").cast(pl.Float64).sqrt()
    each = pl.col("margin") * pace
    return found.select(
        "opens", "peak", "closes",
        product_id="anchor", others=pl.concat_list("item"), count="bought", base=pl.col("expected").round(),
        lift="ratio", lift_low="ratio_low", worth="margin", rank="ratio_low",
        gain=each * beyond, gain_low=each * (beyond - spread), gain_high=each * (beyond + spread),
    )  # fmt: skip


def fillers_of(part: FittedFillers, margin: pl.DataFrame) -> pl.DataFrame:
    """The most appealing small things; of a hundred orders that are shown one, as many take it as it came along with.

    Args:
        part: what was learned.
        margin: id, margin (minor units; null = not known); what is not in it is no filler.
    """
    order = np.argsort(-part.appeal, kind="stable")[: part.pool]
    order = order[part.appeal[order] > 0]
    appeal, along = part.appeal[order], part.along[order]
    low, share, high = _wilson(np.maximum(along, 0).astype(np.float64), np.full(len(order), float(part.trips)))
    known = along >= 0
    told = pl.Series(known, dtype=pl.Boolean)
    found = pl.DataFrame({
        "id": [part.items.ids[place] for place in order.tolist()], "rank": appeal, "known": told, "count": along,
        "share": np.where(known, share, appeal), "share_low": low, "share_high": high,
    })  # fmt: skip
    each = pl.when("known").then(pl.col("margin") * float(_SHOWN))
    return found.join(margin, on="id", maintain_order="left").select(
        "share", "rank",
        *(pl.when("known").then(pl.col(name)).alias(name) for name in ("count", "share_low", "share_high")),
        product_id=pl.lit(""), others=pl.concat_list("id"), base=pl.when("known").then(pl.lit(part.trips)),
        worth="margin", gain=each * pl.col("share"), gain_low=each * pl.col("share_low"),
        gain_high=each * pl.col("share_high"),
    )  # fmt: skip
