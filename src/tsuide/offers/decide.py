"""One pure function: who asks what, what is known, what is allowed → what to propose, or silence."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache, lru_cache
from itertools import compress
from operator import attrgetter, itemgetter
from types import ModuleType
from typing import Any, Final

import numpy as np

from tsuide.errors import BadValue, ReplayRefused
from tsuide.facts import catalogue
from tsuide.kit.arrays import Int32, frozen
from tsuide.kit.clock import to_micros
from tsuide.kit.hashing import bucket
from tsuide.kit.ids import time_id
from tsuide.kit.maker import maker
from tsuide.offers import ahead, codes, columns, compiled, offer, records, slate
from tsuide.offers.bind import Bound, bind
from tsuide.offers.candidates import (
    alike,
    bestsellers,
    bundles,
    cart,
    chances,
    combined,
    complements,
    contacts,
    content,
    declared,
    fill,
    fillers,
    gather,
    ladder,
    listed,
    members,
    pool,
    promoted,
)
from tsuide.offers.chances import Chances, chances_of
from tsuide.offers.code_version import code_version
from tsuide.offers.customer import CustomerView
from tsuide.offers.deals import apply_deals
from tsuide.offers.decision import ERASED, Decision
from tsuide.offers.offer import Arm, Offer
from tsuide.offers.policy import chain
from tsuide.offers.policy.fuse import fused
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import NO_LIKED, NO_LIST, Prepared, Question, prepare_customer, prepare_request
from tsuide.offers.records import CANDIDATE
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State
from tsuide.offers.write import write_offers

HOLDOUT: Final = "holdout"
FEW_OWNED: Final = 32  # so many purchases are recorded whole
_MADE_OF: Final[tuple[ModuleType, ...]] = (
    ahead, alike, bestsellers, bundles, cart, catalogue, chances, codes, columns,
    combined, complements, contacts, content, declared, fill,
    fillers, gather, ladder, listed, members, offer, pool, promoted, records, slate,
)  # fmt: skip
_KERNELS: Final = '''"""Generated; not to be edited, safe to delete."""
from tsuide.offers.candidates import gather as _gather
from tsuide.offers.compiled import outermost
from tsuide.offers import slate as _slate

from tsuide.offers.candidates import chances as _chances

_g = _gather.gather
_c = _slate.choose
_p = _chances.correct


@outermost
def gather({gather}):
    return _g({gather})


@outermost
def correct({correct}):
    return _p({correct})


@outermost
def choose({choose}):
    return _c({choose})
'''


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Every candidate of one decision with its verdict.

    Args:
        pool: CANDIDATE; rows 0 … count are candidates.
        verdict: place of the first rule in the chain that refuses, -1 = none; int32 (≥ count,).
        refused: how many each rule refused; int32 (rules,).
        cleared: how many no rule refused.
        picks: slate.PICK, in the order of choice.
        kept: places of the purchases that a record keeps, ascending; None = not worked out.
    """

    question: Question
    pool: np.ndarray
    count: int
    verdict: np.ndarray
    refused: np.ndarray
    cleared: int
    picks: np.ndarray
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
    slate_ = write_offers(decision_id, judged.pool, judged.picks, request, state, policy)
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
        arm=arm_of(request.unit, policy),
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
    bound = bind(policy, state)
    question = prepare_request(request, state, prepared, policy, bound, now)
    at = to_micros(now)
    count, kept = _gathered(candidates, question, state, prepared, policy, bound, at)
    apply_deals(
        candidates,
        count,
        int(question.request["placement"][0]),
        state,
        at,
        savings=bound.savings,
        segments=prepared.view.segments,
        lift=policy.promotion_lift,
    )
    learned = chances_of(state)
    if learned is not None:
        _correct(candidates, count, question, state, learned)
    refused = np.zeros(len(chain.ORDER), np.int32)
    cleared = fused()(candidates, count, question.customer, question.request, policy.row, verdict, refused)
    picks = np.empty(sum(slot.n for slot in request.slots) if request.slots else request.n, slate.PICK)
    chosen = kernels().choose(
        candidates,
        count,
        verdict,
        state.items,
        state.sets,
        question.slots,
        *bound.choice,
        np.uint64(seed),
        policy.priors,
        picks,
        whole,
    )
    return _make_judged(question, candidates, count, verdict, refused, cleared, picks[:chosen], kept)


def _correct(candidates: np.ndarray, count: int, question: Question, state: State, chances_: Chances) -> None:
    learned = chances_.learned
    kernels().correct(
        candidates,
        count,
        state.items,
        int(question.request["placement"][0]),
        learned.weights,
        learned.source,
        learned.kind_placement,
        chances_.pairs,
        len(state.words.categories.words),
        chances_.product,
        learned.curve.scores,
        learned.curve.shares,
        learned.share,
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


def _gathered(
    candidates: np.ndarray,
    question: Question,
    state: State,
    prepared: Prepared,
    policy: Policy,
    bound: Bound,
    now: int,
) -> tuple[int, Int32 | None]:
    personal = question.personal
    owned = prepared.owned if personal and prepared.view.id is not None else prepared.owned[:0]
    kept = np.empty(len(owned) if len(owned) > FEW_OWNED else 0, np.int32)
    kept_size = np.zeros(1, np.int64)
    count = int(
        kernels().gather(
            candidates,
            state.items,
            bound.items,
            state.complements.of,
            state.complements.rows,
            state.substitutes.of,
            _steps(_Kept(state.substitutes.rows)),
            state.beside.of,
            state.beside.rows,
            state.instead.of,
            _steps(_Kept(state.instead.rows)),
            state.never.of,
            state.never.rows,
            state.set_of,
            state.sets,
            state.fillers,
            state.contents,
            state.bestsellers,
            state.baskets,
            question.cart,
            question.looked_at,
            question.free_at,
            question.yen,
            owned,
            prepared.owned_at[: len(owned)],
            prepared.due if personal else NO_LIST,
            prepared.expected if personal else NO_LIST,
            prepared.session,
            prepared.liked if personal else NO_LIKED,
            state.promoted,
            question.wanted,
            question.tastes,
            prepared.touches,
            question.excluded,
            question.shown,
            question.categories,
            question.mandatory,
            question.mandatory_kind,
            policy.suppression,
            policy.limits,
            policy.priors,
            question.weights,
            bound.economics,
            question.qualified,
            question.customer,
            question.request,
            kept,
            kept_size,
            now,
        )
    )
    return count, kept[: kept_size[0]] if len(kept) else None


class _Kept:
    """An array known by identity, and kept as long as what was made of it."""

    __slots__ = ("rows",)

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and other.rows is self.rows

    def __hash__(self) -> int:
        return id(self.rows)


@lru_cache(maxsize=16)
def _steps(links: _Kept) -> np.ndarray:
    """What ladders read of links; made once, since links outlive many catalogues."""
    found = np.empty(len(links.rows), ladder.STEP)
    for name in ladder.STEP.names or ():
        found[name] = links.rows[name]
    return frozen(found)


@cache
def kernels() -> ModuleType:
    """The compiled generators and the slate, one per process."""
    text = _KERNELS.format(
        gather=_arguments(gather.gather), choose=_arguments(slate.choose), correct=_arguments(chances.correct)
    )
    return compiled.generated("tsuide_decide", text, _MADE_OF)


def _arguments(function: object) -> str:
    code = function.py_func.__code__  # type: ignore[attr-defined]  # a numba dispatcher
    return ", ".join(code.co_varnames[: code.co_argcount])


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


def _counts(refused: np.ndarray) -> Mapping[str, int]:
    counts = refused.tolist()
    return dict(zip(compress(chain.ORDER, counts), filter(None, counts), strict=True))


def _notes(judged: Judged, prepared: Prepared, offers: Sequence[Offer]) -> tuple[str, ...]:
    notes = []
    if prepared.view.id is not None and not judged.question.personal:
        notes.append("contextual_only")
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
