"""A replayed decision, told: what was offered and why, what was cleared and not chosen, which rule refused the rest."""

import math
from dataclasses import dataclass
from typing import Any, Final

from tsuide.app.ledger import offer_of
from tsuide.app.replaying import Replayed
from tsuide.app.wiring import Shop
from tsuide.kit.money import Money
from tsuide.offers.decision import Decision
from tsuide.offers.explain import NOTES, Traced, offer_text, trace
from tsuide.offers.offer import Offer
from tsuide.offers.policy.policy import Policy
from tsuide.offers.state import State

_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation.

    Args:
        same: the replay equals the record, bit for bit.
        trace: plain JSON: `offers`, `cleared` and `refused` candidates, each with its scores and reasons.
    """

    decision: Decision
    same: bool
    trace: dict[str, Any]


def recorded_offer(shop: Shop, offer_id: str) -> tuple[Decision, Offer]:
    """An offer as it was made, with its decision.

    Raises:
        UnknownDecision: no decision made it.
        NotFound: its decision made no such offer.
    """
    decision = Decision.from_json(shop.store.decisions.get(offer_id.rpartition(".")[0])["record"])
    return decision, offer_of(decision, offer_id)


def tell(replayed: Replayed, language: str) -> Told:
    """The explanation of a replayed decision, its sentences in `language`."""
    decision = replayed.recorded
    request = decision.request
    told = {
        "placement": request.placement,
        "customer": request.customer_id or request.anonymous_id or request.session_id,
        "product": request.product_id,
        "cart": [line.product_id for line in request.cart],
        "arm": decision.arm,
        "snapshot": decision.snapshot_id,
        "sequence": decision.sequence,
        "policy": f"{decision.policy} {decision.policy_version}",
        "code": decision.code,
        "other_code": replayed.other_code,
        "seed": str(decision.seed),  # 64 bits: more than every JSON reader keeps exact
        "notes": [NOTES.text(note, language) for note in decision.notes],
        "considered": decision.considered,
        "refused_by_rule": dict(decision.refused),
        **candidates_told(decision, replayed.state, replayed.policy, language),
    }
    return Told(decision, replayed.same, told)


def candidates_told(decision: Decision, state: State, policy: Policy, language: str) -> dict[str, list[dict[str, Any]]]:
    """Every candidate's fate, by `offers`, `cleared` (allowed, not chosen) and `refused`.

    Args:
        decision: made with `state` and `policy`.
        state: as then.
        policy: as then.
        language: of the sentences.
    """
    found = trace(decision, state, policy).candidates
    made = {
        (each.product_id, each.kind): {"why": offer_text(each, language, state)} | _earned(each, language)
        for each in decision.slate
    }
    return {
        "offers": [_told(each) | made.get((each.product_id, each.kind), {}) for each in found if each.place >= 0],
        "cleared": [_told(each) for each in found if each.place < 0 and not each.refused_by],
        "refused": [_told(each) | {"why_not": each.why_not(language)} for each in found if each.refused_by],
    }


def _earned(offer: Offer, language: str) -> dict[str, Any]:
    """What P is, how surely it is known, and P × V as the range that it leaves: no single sum stands for a prior."""
    scores = offer.scores
    low, high = scores.propensity_low, scores.propensity_high
    basis = "prior" if scores.prior is None else "learned"
    told: dict[str, Any] = {"propensity_is": basis, "propensity_range": None, "earns": None}
    if low is None or high is None:
        return told
    told["propensity_range"] = [_short(low), _short(high)]
    if scores.worth is not None and offer.kind != "content":
        ends = [round(scores.worth * share) for share in (low, high)]
        texts = [Money(each, offer.currency).text(language) for each in ends]
        told["earns"] = dict(zip(("low", "high"), ends, strict=True)) | {
            "currency": offer.currency,
            "text": " … ".join(dict.fromkeys(texts)),
        }
    return told


def _told(each: Traced) -> dict[str, Any]:
    return {
        "product": each.product_id,
        "title": each.title,
        "kind": each.kind,
        "source": each.source,
        "anchor": each.anchor_id,
        "price": each.price,
        "propensity": _short(each.propensity),
        "worth": each.worth,
        "margin_basis": each.margin_basis,
        "context": _short(each.context),
        "levers": _short(each.levers),
        "influence": _short(each.influence),
        "priority": _short(each.priority),
        "shown_probability": None if each.shown_probability is None else _short(each.shown_probability),
        "refused_by": list(each.refused_by),
        "evidence": _evidence(each),
    }


def _evidence(each: Traced) -> dict[str, float | int] | None:
    """In how many baskets it lay beside what it goes with, of how many, and how much more often than by chance."""
    if each.fields["count"] <= 0:
        return None
    found: dict[str, float | int] = {name: int(each.fields[name]) for name in ("count", "base")}
    for name in ("lift", "lift_low"):
        value = _short(float(each.fields[name]))
        if value is not None and value > 0:
            found[name] = value
    return found


def _short(number: float) -> float | None:
    return round(number, _DIGITS) if math.isfinite(number) else None
