"""One pure function: who asks what, what is known, what is allowed → what to propose, or silence."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from itertools import compress
from operator import attrgetter, itemgetter
from typing import Any, Final

import numpy as np

from tsuide.errors import BadValue, ReplayRefused
from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.kit.clock import to_micros
from tsuide.kit.hashing import bucket
from tsuide.kit.ids import time_id
from tsuide.kit.maker import maker
from tsuide.offers import slate
from tsuide.offers.candidates import cart, pool
from tsuide.offers.code_version import code_version
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import ERASED, Decision
from tsuide.offers.ground import ground_of
from tsuide.offers.kernels import COUNTED, kernels
from tsuide.offers.offer import Arm, Offer
from tsuide.offers.policy import chain
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import NO_LIKED, NO_LIST, Prepared, Question, prepare_customer, prepare_request
from tsuide.offers.records import CANDIDATE
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State
from tsuide.offers.trial import RANKINGS, eligibility_only
from tsuide.offers.write import REAL, WHOLE, write_offers

HOLDOUT: Final = "holdout"
FEW_OWNED: Final = 32  # so many purchases are recorded whole


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Every candidate of one decision with its verdict.

    Args:
        pool: CANDIDATE; rows 0 … count are candidates.
        verdict: place of the first rule in the chain that refuses, -1 = none; int32 (≥ count,).
        refused: how many each rule refused, in their order.
        cleared: how many no rule refused.
        picks: slate.PICK, in the order of choice.
        told, told_shares: what is told of each of them (`write.Told`); int64 (picks, whole numbers), float64 (picks,
            shares).
        kept: places of the purchases that a record keeps, ascending; None = not worked out.
    """

    question: Question
    pool: np.ndarray
    count: int
    verdict: np.ndarray
    refused: Sequence[int]
    cleared: int
    picks: np.ndarray
    told: Int64
    told_shares: Float64
    kept: Int32 | None


def decide(
    request: OfferRequest,
    state: State,
    customer: CustomerView | Prepared,
    policy: Policy,
    *,
    now: datetime,
    seed: int,
) -> Decision:
    """What to propose now.

    Pure: equal arguments give an equal decision, bit for bit, on every machine.

    Args:
        request: where, for whom, with what in the cart.
        state: what was learned, and the catalogue.
        customer: what is known of the person; prepared beforehand where many requests follow.
        policy: the rules.
        now: UTC.
        seed: 64 bits, drawn by the caller.

    Raises:
        BadValue: a request whose numbers make no sense.
    """
    if not 0 <= seed < 1 << 64:
        raise BadValue("must be 64 bits, not negative", key="seed", value=seed)
    request.checked()
    prepared = customer if isinstance(customer, Prepared) else prepare_customer(customer, state)
    judged = _judged(request, state, prepared, policy, now, seed, _here.pool, _here.verdict, whole=False)
    decision_id = time_id("dec", now, seed)
    slate_ = write_offers(decision_id, judged.told, judged.told_shares, judged.picks, request, state, policy)
    return _make_decision(
        id=decision_id,
        at=now,
        request=request,
        customer=what_counted(prepared, judged, state),
        snapshot_id=state.snapshot_id,
        sequence=state.sequence,
        policy=policy.name,
        policy_version=policy.version,
        seed=seed,
        arm="holdout" if prepared.view.trial.silent else arm_of(request.unit, policy),
        unit=_unit(request),
        slate=slate_,
        considered=judged.count,
        refused=_counts(judged.refused),
        cleared=judged.cleared,
        notes=_notes(judged, prepared, slate_),
        withdrawn=state.withdrawn,
        code=code_version(),
        question="what_need" if judged.refused[_NEED_RECORDED()] else None,
    )


def judge(
    request: OfferRequest,
    state: State,
    prepared: Prepared,
    policy: Policy,
    *,
    now: datetime,
    seed: int,
    whole: bool = True,
) -> Judged:
    """Gather, ask every rule, choose: `decide` before it is written down, with every candidate still there.

    `whole`: what was refused gets its priority too, for who looks at it.
    """
    rows, verdict = np.empty(pool.MOST, CANDIDATE), np.empty(pool.MOST, np.int32)
    return _judged(request, state, prepared, policy, now, seed, rows, verdict, whole=whole)


class _Room(threading.local):
    """Where a thread's decisions are worked out, one after the other; nothing in it outlives its decision."""

    def __init__(self) -> None:
        self.pool = np.empty(pool.MOST, CANDIDATE)
        self.verdict = np.empty(pool.MOST, np.int32)


_here: Final = _Room()


def _judged(
    request: OfferRequest,
    state: State,
    prepared: Prepared,
    policy: Policy,
    now: datetime,
    seed: int,
    candidates: np.ndarray,
    verdict: np.ndarray,
    *,
    whole: bool,
) -> Judged:
    """`judge`, into `candidates`, CANDIDATE (pool.MOST,), and `verdict`, int32 as long; whatever stands there."""
    asked = prepared.view.trial.ranking
    if asked == "eligibility_only":
        policy = eligibility_only(policy)
    ground = ground_of(state, policy)
    question = prepare_request(request, state, prepared, policy, ground.bound, now)
    view, personal = prepared.view, question.personal
    owned, owned_at, kin = prepared.owned, prepared.owned_at, prepared.kin
    if not personal or view.id is None:
        owned, owned_at, kin = owned[:0], owned_at[:0], kin[:0]
    kept = np.empty(len(owned) if len(owned) > FEW_OWNED else 0, np.int32)
    n = sum(slot.n for slot in request.slots) if request.slots else request.n
    counted = np.zeros(len(COUNTED) + len(chain.ORDER), np.int64)
    picks, told, told_shares = np.empty(n, slate.PICK), np.empty((n, len(WHOLE)), np.int64), np.empty((n, len(REAL)))
    chosen = kernels().decided(
        ground.block,
        candidates,
        verdict,
        counted,
        picks,
        told,
        told_shares,
        question.customer,
        question.request,
        question.slots,
        question.cart,
        question.looked_at,
        question.free_at,
        question.goal.tier,
        question.goal.fillers,
        owned,
        owned_at,
        kin,
        prepared.due if personal else NO_LIST,
        prepared.expected if personal else NO_LIST,
        prepared.session,
        prepared.liked if personal else NO_LIKED,
        question.wanted,
        question.tastes,
        prepared.touches,
        question.excluded,
        question.shown,
        question.categories,
        question.mandatory,
        question.mandatory_kind,
        question.unfit,
        question.weights,
        question.economics,
        question.qualified,
        ground.segment_bits(view.segments),
        kept,
        to_micros(now),
        np.uint64(seed),
        RANKINGS.index(asked),
        whole,
    )
    count, n_kept, cleared, *refused = counted.tolist()
    return _make_judged(
        question,
        candidates,
        count,
        verdict,
        refused,
        cleared,
        picks[:chosen],
        told[:chosen],
        told_shares[:chosen],
        kept[:n_kept] if len(kept) else None,
    )


def what_counted(prepared: Prepared, judged: Judged, state: State) -> CustomerView:
    """The view with only those purchases that the decision could look at: candidates, and the newest ones.

    The newest are all kept, since anchors are found by their place among them. A household's year is a thousand
    products; the record of a decision need not carry them all, and decides the same without the rest.
    """
    view = prepared.view
    if len(view.owned) <= FEW_OWNED:
        return view
    kept = judged.kept.tolist() if judged.kept is not None else _kept(prepared, judged, state)
    owned = view.owned
    # by place: `replace` takes longer than a hundred candidates take to judge
    made: CustomerView = _make_view(*_BEFORE_OWNED(view), itemgetter(*kept)(owned), *_AFTER_OWNED(view))
    return made


_make_view: Final[Any] = maker(CustomerView)
_make_decision: Final = maker(Decision)
_make_judged: Final = maker(Judged)
_NAMES: Final = tuple(each.name for each in fields(CustomerView))
_BEFORE_OWNED: Final = attrgetter(*_NAMES[: _NAMES.index("owned")])
_AFTER_OWNED: Final = attrgetter(*_NAMES[_NAMES.index("owned") + 1 :])


def _kept(prepared: Prepared, judged: Judged, state: State) -> list[int]:
    """The places of those purchases, where the kernel was not shown the history (no consent to use it)."""
    looked_at = np.zeros(len(state.items) + 1, dtype=np.bool_)  # the last place: -1, not in the catalogue
    rows = judged.pool[: judged.count]
    looked_at[rows["item"]] = True
    looked_at[rows["second"]] = True  # -1 where there is none: the last place
    looked_at[state.sets["items"][rows["set"][rows["set"] >= 0]].ravel()] = True
    looked_at[-1] = False
    wanted = looked_at[prepared.owned]
    wanted[-cart.LOOKED_BACK :] = True
    places: list[int] = np.flatnonzero(wanted).tolist()
    return places


@cache
def _NEED_RECORDED() -> int:  # noqa: N802 - a constant that needs the chain
    return chain.ORDER.index("need_recorded")


def arm_of(unit: str, policy: Policy) -> Arm:
    """The arm of whom the request is for; nobody in particular is treated."""
    return "holdout" if unit and bucket(unit, HOLDOUT) < policy.holdout * 100 else "treated"


def _unit(request: OfferRequest) -> str:
    if request.customer_id:
        return "customer"
    return "anonymous" if request.anonymous_id else "session" if request.session_id else "nobody"


def _counts(counts: Sequence[int]) -> Mapping[str, int]:
    return dict(zip(compress(chain.ORDER, counts), filter(None, counts), strict=True))


def _notes(judged: Judged, prepared: Prepared, offers: Sequence[Offer]) -> tuple[str, ...]:
    notes = []
    if prepared.view.id is not None and not judged.question.personal:
        notes.append("contextual_only")
    if judged.question.customer[0]["moved"] == 0:
        notes.append("put_off_by_offers")
    if judged.count and not judged.cleared:
        notes.append("all_refused")
    if not judged.count:
        notes.append("no_candidates")
    bases = {each.margin_basis for each in offers}
    if "unknown" in bases:
        notes.append("ranked_without_margin")
    if "rate" in bases:
        notes.append("margin_assumed")
    if any(each.source == "bundles" and each.margin_basis == "unknown" for each in offers):
        notes.append("set_at_sum")
    return tuple(notes)


def replay(decision: Decision, state: State, policy: Policy) -> Decision:
    """The decision made again from its own record.

    Raises:
        ReplayRefused: the state or the policy is not the one it was made with, or its customer was erased.
    """
    if decision.unit == ERASED:
        raise ReplayRefused("the customer was erased: what they were like is not known any more", key="decision",
                            value=decision.id)  # fmt: skip
    for key, had, has in (
        ("snapshot_id", decision.snapshot_id, state.snapshot_id),
        ("sequence", decision.sequence, state.sequence),
        ("policy_version", decision.policy_version, policy.version),
    ):
        if had != has:
            raise ReplayRefused(
                f"the decision was made with another {key}", key=key, value=had, way_out=f"given: {has}"
            )
    state = replace(state, withdrawn=decision.withdrawn)
    return decide(decision.request, state, decision.customer, policy, now=decision.at, seed=decision.seed)


def differences(one: Sequence[Offer], other: Sequence[Offer]) -> list[str]:
    """The fields in which two slates differ, for a failed replay's report."""
    found = [] if len(one) == len(other) else [f"length: {len(one)} ≠ {len(other)}"]
    for a, b in zip(one, other, strict=False):
        found.extend(
            f"{a.id}.{name}: {getattr(a, name)!r} ≠ {getattr(b, name)!r}"
            for name in a.__slots__
            if getattr(a, name) != getattr(b, name)
        )
    return found
