"""The log of decisions: found again, one by one with what came of it, and decided again where its state is at hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

import orjson

from tsuide.app.loading import Loaded
from tsuide.app.past import same_facts
from tsuide.app.policies import policy_of
from tsuide.app.replaying import Replayed
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound
from tsuide.kit.clock import from_micros
from tsuide.offers.codes import CHANNEL_OF_PLACEMENT
from tsuide.offers.decide import replay
from tsuide.offers.decision import ERASED, Decision
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.policy.policy import Policy

Position: TypeAlias = tuple[int, str]
"""Time in microseconds and id of the last decision that was looked at."""
STRIDE: Final = 1_500  # decisions that are looked at in one step at most
WALK: Final = 4_000  # and for one page, as a record may hold many kilobytes
SILENCES: Final = (
    "holdout",
    "put_off_by_offers",
    "question",
    "no_candidates",
    "all_refused",
    "withheld",
    "none_chosen",
)
"""Why nothing was shown."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; None or "" = anything.

    Args:
        customer: id of a customer, or (with `visitor`) of a browser.
        visitor: whether `customer` names a browser.
        product: that was offered.
        placement: where.
        channel: any of its placements.
        kind: of an offer.
        start, end: start ≤ at < end.
        silent: only decisions that showed nothing.
        rep: only those for this rep.
    """

    customer: str = ""
    visitor: bool = False
    product: str = ""
    placement: str = ""
    channel: str = ""
    kind: str = ""
    start: datetime | None = None
    end: datetime | None = None
    silent: bool = False
    rep: str | None = None

    def __post_init__(self) -> None:
        for name, known in (("placement", PLACEMENTS), ("kind", KINDS), ("channel", CHANNELS)):
            value = getattr(self, name)
            if value and value not in known:
                raise BadValue("not one of the choices", key=name, value=value, way_out=", ".join(known))


CHANNELS: Final[Sequence[str]] = tuple(dict.fromkeys(CHANNEL_OF_PLACEMENT.values()))


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the log.

    Args:
        rows: plain values, newest first.
        after: where the next page goes on; None = there is nothing older that could fit.
        until: time of the oldest decision that was looked at; None = all that there are were.
    """

    rows: tuple[dict[str, Any], ...]
    after: Position | None
    until: datetime | None


def look_up(shop: Shop, sought: Sought, n: int, before: Position | None = None) -> Listed:
    """Up to `n` decisions that fit, newest first.

    However many there are, about `WALK` of them are looked at for one page; it then says how far it came.
    """
    placements = _placements(sought)
    if placements == []:
        return Listed((), None, None)
    holds = [f'"product_id":{_text(sought.product)}'] if sought.product else []
    holds += [f'"kind":"{sought.kind}"'] if sought.kind else []
    holds += [f'"id":{_text(sought.rep)}'] if sought.rep else []
    found: list[dict[str, Any]] = []
    looked_at, step = 0, n + 1  # what is common is found at once, what is rare in strides
    while looked_at < WALK:
        looked_at += step
        rows, before = shop.store.decisions.walk(
            step,
            before=before,
            start=sought.start,
            end=sought.end,
            customer_id=None if sought.visitor else sought.customer or None,
            anonymous_id=sought.customer or None if sought.visitor else None,
            placements=placements or (),
            holds=holds,
            silent=sought.silent,
        )
        for row in rows:
            told = row_told(row)
            if _fits(told, sought):
                found.append(told)
            if len(found) == n:
                return Listed(tuple(found), (row["at"], row["id"]), told["at"])
        if before is None:
            return Listed(tuple(found), None, None)
        step = min(step * 8, STRIDE)
    return Listed(tuple(found), before, from_micros(before[0]) if before else None)


def _placements(sought: Sought) -> list[str] | None:
    """The placements that are looked for; None = all."""
    if not sought.placement and not sought.channel:
        return None
    of_channel = [each for each in PLACEMENTS if sought.channel in {"", CHANNEL_OF_PLACEMENT[each]}]
    return [each for each in of_channel if sought.placement in {"", each}]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _fits(told: Mapping[str, Any], sought: Sought) -> bool:
    offers = told["slate"]
    if sought.product and not any(sought.product in each["products"] for each in offers):
        return False
    if sought.kind and not any(each["kind"] == sought.kind for each in offers):
        return False
    if sought.rep and told["rep"] != sought.rep:
        return False
    return not sought.silent or told["silence"] is not None


def row_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A decision's row as plain values, without reading the whole record into records."""
    record = orjson.loads(row["record"])
    request = record["request"]
    slate = [
        {
            "kind": each["kind"],
            "product": each["product_id"],
            "products": [item["product_id"] for item in each["items"] if item.get("role", _OFFERED) == _OFFERED],
        }
        for each in record.get("slate", ())
    ]
    return {
        "id": row["id"],
        "at": from_micros(row["at"]),
        "customer_id": row["customer_id"],
        "anonymous_id": row["anonymous_id"],
        "placement": row["placement"],
        "product": request.get("product_id"),
        "cart": [line["product_id"] for line in request.get("cart", ())],
        "arm": row["arm"],
        "unit": record["unit"],
        "rep": request.get("rep", {}).get("id"),
        "slate": slate,
        "silence": silence_of(record),
    }


_OFFERED: Final = "offered"  # the record leaves out what is as usual


def silence_of(record: Mapping[str, Any]) -> str | None:
    """Why a decision (as its record has it) shows nothing, one of SILENCES; None = it shows something.

    >>> silence_of({"arm": "treated", "notes": ["all_refused"]})
    'all_refused'
    """
    slate, notes = record.get("slate", ()), record.get("notes", ())
    if record["arm"] == "holdout":
        return "holdout"
    withheld = set(record.get("customer", {}).get("trial", {}).get("withheld", ()))
    if slate:
        return "withheld" if all(each["kind"] in withheld for each in slate) else None
    if record.get("question"):
        return "question"
    return next((each for each in SILENCES if each in notes), "none_chosen")


def decision_of(shop: Shop, decision_id: str) -> Decision:
    """A decision as it was made.

    Raises:
        UnknownDecision: there is none with this id.
    """
    return Decision.from_json(shop.store.decisions.get(decision_id)["record"])


def outcomes_of(shop: Shop, decision_id: str) -> list[dict[str, Any]]:
    """What came of a decision's offers, oldest first."""
    rows = shop.store.outcomes.of_decision(decision_id)
    names = ("offer_id", "product_id", "kind", "outcome", "reason", "channel")
    return [{name: row[name] for name in names} | {"at": from_micros(row["at"])} for row in rows]


def message_of(shop: Shop, decision_id: str) -> dict[str, Any] | None:
    """The message in which a decision went out; None = it was for a page, a rep or an agent."""
    row = shop.store.outbox.with_decision(decision_id)
    if row is None:
        return None
    told = {name: row[name] for name in ("id", "channel", "state", "source")}
    return told | {"sent_at": None if row["sent_at"] is None else from_micros(row["sent_at"])}


def replay_at_hand(
    shop: Shop, decision: Decision, loaded: Loaded | None, held: Policy | None = None
) -> Replayed | None:
    """The decision made again from the state that the server holds; None = its state is another one.

    Args:
        shop: whose.
        decision: as recorded.
        loaded: what the server holds.
        held: the policy in force, which need not be read anew where it is the decision's own.

    Raises:
        ReplayRefused: its customer was erased.
    """
    if loaded is None or decision.snapshot_id != loaded.state.snapshot_id:
        return None
    same = decision.sequence == loaded.state.sequence
    if not same and decision.unit != ERASED and not same_facts(shop, decision.sequence, loaded.state.sequence):
        return None
    if held is not None and (held.name, held.version) == (decision.policy, decision.policy_version):
        policy = held
    else:
        try:
            policy = policy_of(shop, decision.policy, decision.policy_version)
        except NotFound:
            return None
    state = loaded.state if same else replace(loaded.state, sequence=decision.sequence)
    return Replayed(decision, replay(decision, state, policy), state, policy)
