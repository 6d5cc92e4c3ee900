"""Experiments: who is in which arm. A hash decides, so that the same customer has the same arm for ever.

- A *layer* holds experiments that must not touch: each takes a slice of its customers, and slices never overlap.
- Within its slice an experiment splits by a salt of its own. The standing holdout stays outside every experiment.
- Once started, nothing of an experiment changes: another split, metric or segment is another experiment.

Assumes: ids that do not change; an id that is handed on takes its arm with it.
Source: Tang et al., "Overlapping experiment infrastructure", KDD 2010.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from tsuide.errors import BadValue, Conflict
from tsuide.kit.hashing import BUCKETS, assign, bucket
from tsuide.offers.offer import Kind, Placement
from tsuide.offers.request import OfferRequest
from tsuide.offers.trial import Ranking, Trial

Unit: TypeAlias = Literal["customer", "session", "account"]
Metric: TypeAlias = Literal[
    "margin", "revenue", "orders", "units", "attached", "repeated", "returned", "unsubscribed", "complained"
]
DEFAULT_LAYER: Final = "default"
LONGEST_NAME: Final = 80
FEWEST_ARMS: Final = 2


@dataclass(frozen=True, slots=True)
class Treatment:
    """One arm.

    Args:
        name: of the arm.
        share: of the experiment's customers, millionths.
        silent: nothing is shown (of `kinds` of the experiment, where it names some).
        ranking: how candidates are ranked.
        policy: NAME@VERSION of a kept policy to decide with; None = the one in force.
    """

    name: str
    share: int
    silent: bool = False
    ranking: Ranking = "usual"
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question, and how it is asked.

    Args:
        id: stable name.
        hypothesis: what is expected, and why.
        arms: the first is the control that others are compared with.
        unit: who is assigned.
        layer: experiments of one layer never share a customer.
        share: of the layer that it takes, millionths.
        kinds: a silent arm withholds only these kinds; empty = all.
        placements: only decisions at these count and are treated; empty = all.
        metric: the primary metric, fixed beforehand.
        window: days per customer in which the metric is summed, from their first decision on.
        segments: for which it will be read apart, declared beforehand.
        days: how long it is meant to run; None = not planned.
        start: where its slice of the layer begins, millionths; None until it is started.
        created_at, started_at, stopped_at: UTC.
    """

    id: str
    hypothesis: str
    arms: tuple[Treatment, ...]
    unit: Unit = "customer"
    layer: str = DEFAULT_LAYER
    share: int = BUCKETS
    kinds: tuple[Kind, ...] = ()
    placements: tuple[Placement, ...] = ()
    metric: Metric = "margin"
    window: int = 90
    segments: tuple[str, ...] = ()
    days: int | None = None
    start: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def state(self) -> Literal["draft", "running", "stopped"]:
        """Where it stands."""
        return "draft" if self.started_at is None else "running" if self.stopped_at is None else "stopped"

    @property
    def shares(self) -> dict[str, float]:
        """Arm → part of its customers, for the sample-ratio check."""
        return {arm.name: arm.share / BUCKETS for arm in self.arms}

    @property
    def steers(self) -> bool:
        """Whether an arm changes how offers are chosen: two such experiments would spoil each other."""
        return any(arm.policy is not None or arm.ranking != "usual" for arm in self.arms)


def checked(experiment: Experiment) -> Experiment:
    """The experiment itself, if it makes sense.

    Raises:
        BadValue: names the field.
    """
    names = [arm.name for arm in experiment.arms]
    for key, text in (("id", experiment.id), ("layer", experiment.layer), *(("arms.name", name) for name in names)):
        if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
            raise BadValue(f"must be 1 … {LONGEST_NAME} printable characters", key=key, value=text)
    if not experiment.hypothesis.strip():
        raise BadValue("is missing", key="hypothesis", way_out="say what you expect, and why, before you look")
    if len(names) < FEWEST_ARMS or len(set(names)) < len(names):
        raise BadValue("needs two arms or more, each with a name of its own", key="arms", value=names)
    if sum(arm.share for arm in experiment.arms) != BUCKETS or min(arm.share for arm in experiment.arms) <= 0:
        raise BadValue("shares must be above 0 and sum to 1,000,000", key="arms",
                       value={arm.name: arm.share for arm in experiment.arms})  # fmt: skip
    if not 0 < experiment.share <= BUCKETS:
        raise BadValue("must be above 0, at most 1,000,000", key="share", value=experiment.share)
    if experiment.kinds and not any(arm.silent for arm in experiment.arms):
        raise BadValue("only a silent arm withholds kinds", key="kinds", value=list(experiment.kinds))
    if experiment.window < 1 or (experiment.days is not None and experiment.days < 1):
        raise BadValue("must be a day or more", key="window", value=experiment.window)
    return experiment


def placed(experiment: Experiment, running: Iterable[Experiment], now: datetime) -> Experiment:
    """The experiment started: with the first free slice of its layer.

    Args:
        experiment: a draft.
        running: all that run now.
        now: UTC.

    Raises:
        Conflict: it was started before, its layer has no room, or another experiment steers offers already.
    """
    if experiment.state != "draft":
        raise Conflict(f"it is {experiment.state}: a started experiment is locked", key="experiment",
                       value=experiment.id, way_out="create another one")  # fmt: skip
    others = [each for each in running if each.id != experiment.id]
    steering = next((each for each in others if each.steers and each.layer != experiment.layer), None)
    if experiment.steers and steering is not None:
        raise Conflict("another layer has an experiment that chooses offers otherwise", key="experiment",
                       value=steering.id, way_out=f"put this one into the layer {steering.layer}")  # fmt: skip
    taken = sorted((each.start or 0, each.share) for each in others if each.layer == experiment.layer)
    start = 0
    for begins, share in taken:
        if start + experiment.share <= begins:
            break
        start = max(start, begins + share)
    if start + experiment.share > BUCKETS:
        raise Conflict(
            f"the layer has no slice of {experiment.share / BUCKETS:.1%} left", key="layer", value=experiment.layer,
            way_out="stop an experiment of this layer, ask for a smaller share, or take another layer",
        )  # fmt: skip
    return replace(experiment, start=start, started_at=now)


def arm_of(experiment: Experiment, unit: str) -> Treatment | None:
    """The arm of a unit; None outside the experiment's slice.

    >>> half = (Treatment("control", 500_000), Treatment("other", 500_000))
    >>> found = {arm_of(Experiment("x", "why", half, start=0), f"c{n}").name for n in range(20)}
    >>> sorted(found)
    ['control', 'other']
    >>> arm_of(Experiment("x", "why", half, start=0, share=1), "c1") is None
    True
    """
    begins = experiment.start or 0
    if not unit or not begins <= bucket(unit, f"layer:{experiment.layer}") < begins + experiment.share:
        return None
    name = assign(unit, f"experiment:{experiment.id}", [(arm.name, arm.share) for arm in experiment.arms])
    return next(arm for arm in experiment.arms if arm.name == name)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What running experiments say of one request.

    Args:
        arms: experiment → arm: goes into the prepared customer.
        trial: what the arms do: goes there too.
        policy: NAME@VERSION to decide with; None = the one in force.
    """

    arms: Mapping[str, str]
    trial: Trial
    policy: str | None = None


def drawn(running: Sequence[Experiment], request: OfferRequest, account: Callable[[str], str]) -> Drawn:
    """Arms of a request that is not in the standing holdout.

    Args:
        running: experiments that run now.
        request: who asks, and where.
        account: customer id → the id of their account; asked only where an experiment is by account.
    """
    arms: dict[str, str] = {}
    silent, withheld, policy = False, list[Kind](), None
    ranking: Ranking = "usual"
    for each in running:
        if each.placements and request.placement not in each.placements:
            continue
        arm = arm_of(each, _unit(each, request, account))
        if arm is None:
            continue
        arms[each.id] = arm.name
        if arm.silent:
            silent = silent or not each.kinds
            withheld.extend(each.kinds)
        ranking = arm.ranking if arm.ranking != "usual" else ranking
        policy = arm.policy or policy
    return Drawn(arms, Trial(silent=silent, withheld=tuple(dict.fromkeys(withheld)), ranking=ranking), policy)


def _unit(experiment: Experiment, request: OfferRequest, account: Callable[[str], str]) -> str:
    if experiment.unit == "session":
        return request.session_id or ""
    if experiment.unit == "account" and request.customer_id:
        return account(request.customer_id)
    return request.customer_id or request.anonymous_id or ""


def controls(experiment_id: str = "always_on_controls", share: int = 20_000) -> Experiment:
    """The field's always-on control groups as one experiment: each takes `share` of the customers.

    >>> [arm.ranking for arm in controls().arms][1:]
    ['random', 'propensity_only', 'no_levers', 'eligibility_only', 'random_propensity']
    """
    rankings: tuple[Ranking, ...] = (
        "random", "propensity_only", "no_levers", "eligibility_only", "random_propensity",
    )  # fmt: skip
    arms = (Treatment("as_usual", BUCKETS - share * len(rankings)),)
    return Experiment(
        id=experiment_id,
        hypothesis="What each part of the engine adds: ranking, margin, levers, rules of suitability, propensity.",
        arms=(*arms, *(Treatment(each, share, ranking=each) for each in rankings)),
    )


def plain(experiment: Experiment) -> dict[str, Any]:
    """As JSON, with where it stands and its arms' shares."""
    from tsuide.offers.plain import plain as as_record

    return {**as_record(experiment), "state": experiment.state, "shares": experiment.shares}
