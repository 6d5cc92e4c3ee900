"""What long jobs do, by kind: each the function of `app` that the command line calls too."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.app.customer_files import import_upload
from tsuide.app.data_works import DATA_WORKS
from tsuide.app.effect import standing_effect
from tsuide.app.explaining import tell as explain
from tsuide.app.jobs import Tell, Work
from tsuide.app.learn import learn
from tsuide.app.outreach_works import OUTREACH_WORKS
from tsuide.app.past import policy_what_if
from tsuide.app.proof_works import PROOF_WORKS
from tsuide.app.replaying import replay_decision
from tsuide.app.thresholds import threshold_what_if
from tsuide.app.wiring import Shop
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.policy.load import load_policy
from tsuide.offers.what_if import as_plain


def _learn(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    learned = learn(shop, now=now, seed=int(wanted.get("seed", 0)), tune=bool(wanted.get("tune")), progress=tell)
    return {"snapshot": learned.snapshot_id, "orders": learned.orders, "pairs": learned.complement_pairs}


def _effect(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    return standing_effect(shop, now, **{name: int(wanted[name]) for name in ("back", "window") if name in wanted})


def _replay(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:  # noqa: ARG001 - every work takes the same
    """A decision made again from its state, told in both languages."""
    tell("read", 0, 0)
    replayed = replay_decision(shop, str(wanted["decision"]))
    told = {language: explain(replayed, language).trace for language in LANGUAGES}
    return {"decision": replayed.recorded.id, "same": replayed.same, "other_code": replayed.other_code, "trace": told}


def _policy(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    """What the policy `text` would have done with the decisions of the last `days`."""
    other = load_policy(str(wanted["text"]))
    found = policy_what_if(shop, other, now - timedelta(days=int(wanted["days"])), now, tell)
    return {"name": other.name, "version": other.version, **as_plain(found)}


def _threshold(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    """What another order threshold would have met."""
    numbers = {name: int(wanted[name]) for name in ("old", "new", "shipping", "days")}
    return threshold_what_if(shop, **numbers, now=now, tell=tell)


WORKS: Final[Mapping[str, Work]] = {
    "learn": _learn,
    "effect": _effect,
    "policy": _policy,
    "import_customers": import_upload,
    "replay": _replay,
    "threshold": _threshold,
    **DATA_WORKS,
    **PROOF_WORKS,
    **OUTREACH_WORKS,
}
