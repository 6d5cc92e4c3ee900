"""Initiatives (施策): a campaign, a bundle, a change of policy or a journey, from its hypothesis to what was learned.

Written beforehand: what is expected and why, for how long, and the one metric that decides. Read afterwards: the
verdict with its interval, computed, never typed in. Said by a person: what was learned, and the next step. A
hypothesis that was written after the start is kept and marked: it foretold nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args

from tsuide.errors import BadValue, Conflict
from tsuide.offers.offer import Placement
from tsuide.proof.experiment import LONGEST_NAME, Metric

Sort: TypeAlias = Literal["campaign", "bundle", "policy", "journey"]
Stage: TypeAlias = Literal["planned", "running", "waiting", "due", "concluded"]
Outcome: TypeAlias = Literal["gain", "loss", "not_certain", "not_readable"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
_SET_BY_US: Final = ("created_at", "conclusion")
_FREE: Final = ("subject", "review_at")  # what may still be changed once it has begun


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How it came out.

    Args:
        at: when it was read, UTC.
        verdict: of the primary metric and the guardrails; `not_readable` where no honest figure could be given.
        metric: that decided.
        value, low, high: difference per customer with its 95 % interval; None where it was not readable.
        why: the reason why it was not readable.
        learned: what a person says was learned.
        next_step: what follows: roll it out, change it, stop it, ask again.
    """

    at: datetime
    verdict: Outcome
    metric: str
    learned: str
    next_step: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Initiative:
    """What is tried, and what is expected of it.

    Args:
        id: stable name.
        sort: campaign, bundle, policy or journey.
        hypothesis: what is expected, and why.
        starts_at, ends_at: its period, UTC.
        subject: what it is about in the shop: a promotion, a bundle's key, NAME@VERSION of a policy, a journey.
        metric: the primary metric, fixed beforehand.
        window: days per customer in which the metric is summed.
        experiment: the experiment that measures it; None = the standing holdout does.
        arm: of the experiment, compared with its first; None = the only other one.
        placements: only decisions there count; empty = all. An experiment has its own.
        review_at: when it is due for review; None = when the last window is over.
        created_at: UTC.
        conclusion: None until it is concluded.
    """

    id: str
    sort: Sort
    hypothesis: str
    starts_at: datetime
    ends_at: datetime
    subject: str | None = None
    metric: Metric = "margin"
    window: int = 30
    experiment: str | None = None
    arm: str | None = None
    placements: tuple[Placement, ...] = ()
    review_at: datetime | None = None
    created_at: datetime | None = None
    conclusion: Conclusion | None = None

    @property
    def due_at(self) -> datetime:
        """When it is due for review."""
        return self.review_at or self.ends_at + timedelta(days=self.window)

    @property
    def foretold(self) -> bool:
        """Whether the hypothesis was written before the start."""
        return self.created_at is not None and self.created_at <= self.starts_at


def stage(found: Initiative, now: datetime) -> Stage:
    """Where it stands.

    >>> from datetime import UTC
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> tea = Initiative("tea", "campaign", "Tea sells cups.", day, day + timedelta(days=7))
    >>> [stage(tea, day + timedelta(days=days)) for days in (-1, 1, 10, 40)]
    ['planned', 'running', 'waiting', 'due']
    """
    if found.conclusion is not None:
        return "concluded"
    if now < found.starts_at:
        return "planned"
    if now >= found.due_at:
        return "due"
    return "running" if now < found.ends_at else "waiting"


def checked(found: Initiative) -> Initiative:
    """The initiative itself, if it makes sense.

    Raises:
        BadValue: names the field.
    """
    if not 0 < len(found.id) <= LONGEST_NAME or not found.id.isprintable():
        raise BadValue(f"must be 1 … {LONGEST_NAME} printable characters", key="id", value=found.id)
    if not found.hypothesis.strip():
        raise BadValue("is missing", key="hypothesis", way_out="say what you expect, and why, before you look")
    if found.ends_at <= found.starts_at:
        raise BadValue("must be after starts_at", key="ends_at", value=found.ends_at.isoformat())
    if found.window < 1:
        raise BadValue("must be a day or more", key="window", value=found.window)
    if found.review_at is not None and found.review_at < found.starts_at:
        raise BadValue("must not be before starts_at", key="review_at", value=found.review_at.isoformat())
    if found.experiment is None and found.arm is not None:
        raise BadValue("only an experiment has arms", key="arm", value=found.arm, way_out="name the experiment too")
    return found


def amended(before: Initiative | None, wanted: Initiative, now: datetime) -> Initiative:
    """What is kept when somebody writes `wanted` over `before`.

    Raises:
        Conflict: it has begun, and the hypothesis, the period, or the measure would change; or it is concluded.
    """
    if before is None:
        return replace(wanted, created_at=now, conclusion=None)
    if before.conclusion is not None:
        raise Conflict("it is concluded", key="initiative", value=before.id, way_out="write a new one: the next step")
    kept = replace(wanted, created_at=before.created_at, conclusion=None)
    if now >= before.starts_at:
        fixed = [name for name in Initiative.__dataclass_fields__ if name not in (*_FREE, *_SET_BY_US)]
        changed = [name for name in fixed if getattr(before, name) != getattr(kept, name)]
        if changed:
            raise Conflict("is fixed since it began", key=changed[0], value=str(getattr(kept, changed[0])),
                           way_out="conclude this one and write another")  # fmt: skip
    return kept


def set_by_us(value: Mapping[str, Any]) -> str | None:
    """A key that a person must leave out, if one is there."""
    return next((name for name in _SET_BY_US if name in value), None)


def without_hypothesis(
    things: Iterable[Mapping[str, Any]], initiatives: Sequence[Initiative]
) -> list[Mapping[str, Any]]:
    """Of what is in force in the shop, what no initiative is about.

    Args:
        things: each with sort and subject.
        initiatives: all.

    >>> without_hypothesis([{"sort": "policy", "subject": "gentle@1"}], [])
    [{'sort': 'policy', 'subject': 'gentle@1'}]
    """
    told = {(each.sort, each.subject) for each in initiatives}
    return [each for each in things if (each["sort"], each["subject"]) not in told]
