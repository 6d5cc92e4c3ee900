"""A replayed decision, told: what was offered and why, what was cleared and not chosen, which rule refused the rest."""

import math
from dataclasses import dataclass
from typing import Any, Final

from tsuide.app.replaying import Replayed
from tsuide.offers.decision import Decision
from tsuide.offers.explain import NOTES, Traced, offer_text, trace

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


def tell(replayed: Replayed, language: str) -> Told:
    """The explanation of a replayed decision, its sentences in `language`."""
    decision = replayed.recorded
    found = trace(decision, replayed.state, replayed.policy).candidates
    reasons = {each.product_id: offer_text(each, language, replayed.state) for each in decision.slate}
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
        "offers": [_told(each) | {"why": reasons.get(each.product_id, "")} for each in found if each.place >= 0],
        "cleared": [_told(each) for each in found if each.place < 0 and not each.refused_by],
        "refused": [_told(each) | {"why_not": each.why_not(language)} for each in found if each.refused_by],
    }
    return Told(decision, replayed.same, told)


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
    }


def _short(number: float) -> float | None:
    return round(number, _DIGITS) if math.isfinite(number) else None
