"""What long jobs of proof do, by kind: experiments and initiatives read out, reports made."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.app.earning import would_have_earned
from tsuide.app.effect import read_experiment_effect
from tsuide.app.experiments import kept_policy
from tsuide.app.initiative_effect import conclude, initiative_effect
from tsuide.app.initiatives import plain
from tsuide.app.jobs import Tell, Work
from tsuide.app.journey_map import journey_map
from tsuide.app.reporting import report_path, shop_orders, write_report
from tsuide.app.results import days_between, results
from tsuide.app.supervising import audit_shop, supervise
from tsuide.app.wiring import Shop


def _experiment(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    return read_experiment_effect(shop, str(wanted["id"]), now)


def _initiative(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    return initiative_effect(shop, str(wanted["id"]), now)


def _conclude(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    found = conclude(shop, str(wanted["id"]), str(wanted["learned"]), str(wanted["next_step"]), now)
    return plain(found, now)


def _supervise(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 2)
    found = supervise(shop, now, back=int(wanted["back"]))
    tell("read", 1, 2)
    return found | {"audit": audit_shop(shop, now, back=int(wanted["back"]))}


def _results(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    """From the day `since` to the day `until`, both whole, as the shop's zone has them."""
    tell("read", 0, 0)
    start, end = days_between(shop, str(wanted["since"]), str(wanted["until"]))
    return results(shop, start, min(end, now)).plain()


def _newcomer(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    """The page on the shop's own orders, in a file of the shop's folder."""
    steps = iter(range(1, 20))
    path = report_path(shop, str(wanted["language"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    done = write_report(
        shop_orders(shop), path, language=str(wanted["language"]), now=now,
        progress=lambda step: tell(step, next(steps), 6),
    )  # fmt: skip
    return done.to_json()


def _what_if(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    policy = kept_policy(shop, str(wanted["policy"])) if wanted.get("policy") else None
    start = now - timedelta(days=int(wanted["days"]))
    return would_have_earned(shop, start, now, policy=policy, snapshot_id=wanted.get("snapshot") or None)


def _map(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    asked = {name: str(wanted[name]) for name in ("segment", "category") if wanted.get(name)}
    numbers = {name: int(wanted[name]) for name in ("back", "window") if wanted.get(name)}
    return journey_map(shop, now, **numbers, **asked)  # type: ignore[arg-type]  # by name


PROOF_WORKS: Final[Mapping[str, Work]] = {
    "experiment": _experiment,
    "initiative": _initiative,
    "conclude": _conclude,
    "supervise": _supervise,
    "results": _results,
    "newcomer": _newcomer,
    "what_if": _what_if,
    "map": _map,
}
