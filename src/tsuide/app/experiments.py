"""Experiments of a shop: created, started, stopped; and what they say of each request."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tsuide.app.policies import policy_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, UnknownCustomer
from tsuide.offers.decide import arm_of
from tsuide.offers.plain import build
from tsuide.offers.plain import plain as as_record
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.trial import UNTRIED
from tsuide.proof.experiment import Drawn, Experiment, checked, drawn, placed

_NONE: Final = Drawn({}, UNTRIED)
_SET_BY_US: Final = frozenset({"start", "created_at", "started_at", "stopped_at", "state", "shares"})


def read_experiment(value: Mapping[str, Any]) -> Experiment:
    """An experiment as a person writes it: plain JSON with the fields of `proof.experiment`.

    Raises:
        BadValue: names the field by its path.

    >>> read_experiment({"id": "free_tea", "hypothesis": "More tea, less silence.", "arms": [
    ...     {"name": "silence", "share": 500000, "silent": True}, {"name": "offers", "share": 500000}]}).unit
    'customer'
    """
    ours = sorted(set(value) & _SET_BY_US)
    if ours:
        raise BadValue("is set by Tsuide", key=ours[0], way_out="leave it out")
    return checked(build(Experiment, dict(value)))


def create_experiment(shop: Shop, experiment: Experiment, now: datetime) -> Experiment:
    """Keep a draft, new or changed.

    Raises:
        BadValue: it makes no sense, or names a policy that was never kept.
        Conflict: one of this id was started: it is locked.
        NotFound: a policy that was never kept.
    """
    for arm in checked(experiment).arms:
        if arm.policy is not None:
            kept_policy(shop, arm.policy)
    made = replace(experiment, created_at=now, start=None, started_at=None, stopped_at=None)
    shop.store.experiments.draft(made.id, _text(made), now)
    return made


def drop_experiment(shop: Shop, experiment_id: str) -> Experiment:
    """Throw a draft away; it as it was.

    Raises:
        NotFound: no such experiment.
        Conflict: it was started: it stays on record.
    """
    return _read(shop.store.experiments.drop(experiment_id)["record"])


def start_experiment(shop: Shop, experiment_id: str, now: datetime) -> Experiment:
    """Start a draft: from now on it is locked, and servers take it up within a second.

    Raises:
        NotFound: no such experiment.
        Conflict: it was started before, or its layer has no room.
    """

    def start(record: str, running: Any) -> str:  # noqa: ANN401 - records
        return _text(placed(_read(record), [_read(each) for each in running], now))

    return _read(shop.store.experiments.change(experiment_id, "running", start, now))


def stop_experiment(shop: Shop, experiment_id: str, now: datetime) -> Experiment:
    """Stop a running experiment; it can still be read.

    Raises:
        NotFound: no such experiment.
        Conflict: it does not run.
    """

    def stop(record: str, _running: object) -> str:
        found = _read(record)
        if found.state != "running":
            raise Conflict(f"it is {found.state}", key="experiment", value=found.id)
        return _text(replace(found, stopped_at=now))

    return _read(shop.store.experiments.change(experiment_id, "stopped", stop, now))


def experiment_of(shop: Shop, experiment_id: str) -> Experiment:
    """One experiment.

    Raises:
        NotFound: no such experiment.
    """
    return _read(shop.store.experiments.get(experiment_id)["record"])


def experiments(shop: Shop, state: str | None = None) -> list[Experiment]:
    """Every experiment (in one state), by id."""
    return [_read(row["record"]) for row in shop.store.experiments.all(state)]


def kept_policy(shop: Shop, named: str) -> Policy:
    """The policy NAME@VERSION.

    Raises:
        BadValue: not so written.
        NotFound: it was never kept.
    """
    name, _, version = named.rpartition("@")
    if not name:
        raise BadValue("not NAME@VERSION", key="policy", value=named, way_out="tsuide policy list")
    return policy_of(shop, name, version)


class Trials:
    """What running experiments say of each request; `refresh` takes up what was started or stopped.

    Args:
        shop: whose.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._now: tuple[tuple[Experiment, ...], Mapping[str, Policy]] = ((), {})  # swapped whole, between decisions

    @property
    def running(self) -> tuple[Experiment, ...]:
        """Those that run now."""
        return self._now[0]

    def refresh(self) -> bool:
        """Look for started and stopped experiments; whether there were any."""
        now = tuple(experiments(self._shop, "running"))
        if now == self.running:
            return False
        named = {arm.policy for each in now for arm in each.arms if arm.policy is not None}
        self._now = (now, {name: kept_policy(self._shop, name) for name in sorted(named)})
        return True

    def of(self, request: OfferRequest, policy: Policy) -> tuple[Drawn, Policy]:
        """Arms of a request and the policy to decide with; the standing holdout is in no experiment."""
        running, policies = self._now
        if not running or arm_of(request.unit, policy) == "holdout":
            return _NONE, policy
        found = drawn(running, request, self._account)
        return found, policy if found.policy is None else policies[found.policy]

    def _account(self, customer_id: str) -> str:
        try:
            parent = self._shop.store.facts.customer(customer_id)["parent_id"]
        except UnknownCustomer:
            return customer_id
        return str(parent) if parent else customer_id


def _text(experiment: Experiment) -> str:
    return json.dumps(as_record(experiment), ensure_ascii=False, sort_keys=True)


def _read(record: str) -> Experiment:
    return build(Experiment, json.loads(record))
