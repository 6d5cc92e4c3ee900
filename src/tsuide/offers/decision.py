"""What was decided: the offers, and everything needed to decide the same again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson

from tsuide.errors import BadValue
from tsuide.offers.customer import CustomerView, Due, Expected
from tsuide.offers.offer import OWN, Arm, Offer, shared
from tsuide.offers.plain import build, plain, with_moments, write_lists_of
from tsuide.offers.request import OfferRequest

FORMAT: Final = 1
ERASED: Final = "erased"
"""Stands for the unit where the person asked to be forgotten: what was offered is kept, nobody knows to whom."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of `decide`, replayable.

    Args:
        id: from `at` and `seed`; nothing of the person is in it.
        at: the `now` that decide was given.
        snapshot_id: which learned state.
        sequence: up to which fact the catalogue and the folded-in orders reach.
        policy: the policy's name.
        policy_version: hash of the policy's text.
        seed: 64 bits.
        arm: "holdout": the slate is what would have been shown, and nothing is.
        unit: by whom the arm was assigned: customer, anonymous, session or nobody; or erased.
        slate: the chosen offers in order.
        considered: candidates in all.
        refused: rule → how many candidates it refused (the first rule that refuses a candidate counts).
        cleared: candidates that no rule refused.
        notes: codes of what the reader should know (no consent, ranked without V, the policy refuses all …).
        withdrawn: promotions that gave nothing more, although the learned state still names them.
        question: for a rep who has recorded no need: the code of what to ask.
        code: which code decided (`code_version`); other code may decide otherwise.
        format: of this record.
    """

    id: str
    at: datetime
    request: OfferRequest
    customer: CustomerView
    snapshot_id: str
    sequence: int
    policy: str
    policy_version: str
    seed: int
    arm: Arm
    unit: str
    slate: tuple[Offer, ...] = ()
    considered: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    cleared: int = 0
    notes: tuple[str, ...] = ()
    question: str | None = None
    withdrawn: tuple[str, ...] = ()
    code: str = ""
    format: int = FORMAT

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What may be shown: the slate, or nothing in the holdout; never a kind that an experiment withholds."""
        withheld = self.customer.trial.withheld
        if self.arm == "holdout" or not withheld:
            return () if self.arm == "holdout" else self.slate
        return tuple(each for each in self.slate if each.kind not in withheld)

    def to_json(self) -> str:
        """The whole decision as one JSON object; floats keep every bit."""
        try:
            written = with_moments(self)
            written["format"] = self.format
            return orjson.dumps(written).decode()
        except TypeError:  # half a surrogate pair in somebody's text
            slowly = plain(self) | {"format": self.format}
            return json.dumps(slowly, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def same_as(self, again: "Decision") -> bool:
        """Whether both were decided alike, bit for bit, whichever code decided."""
        return self.to_json() == replace(again, code=self.code).to_json()

    @classmethod
    def from_json(cls, text: str) -> "Decision":
        """The decision that `to_json` wrote.

        Raises:
            BadValue: not such a record, or written by a newer format.
        """
        try:
            value = json.loads(text)
        except ValueError as exc:
            raise BadValue("not a decision's record", key="decision", value=text[:80]) from exc
        if isinstance(value, dict) and value.get("format", FORMAT) != FORMAT:
            raise BadValue(f"written in another format than {FORMAT}", key="format", value=value.get("format"))
        return build(cls, value)


_MOST_KEPT: Final = 8_192
_AFTER_SLOT: Final = (
    "anchor_id",
    "price",
    "list_price",
    "difference",
    "discount",
    "promotion_id",
    "gains",
    "margin_basis",
)
_LAST: Final = ("reasons", "expires_at", "act")
_drafts: dict[int, tuple[tuple[Any, ...], tuple[bytes, bytes, bytes]]] = {}
_lists: dict[int, tuple[Any, orjson.Fragment]] = {}


def _slate(offers: Sequence[Offer]) -> list[orjson.Fragment]:
    """Offers as JSON; those of one draft (`write_offers`) share their scores, and all else but four fields."""
    return [_offer(each) for each in offers]


def _offer(offer: Offer) -> orjson.Fragment:
    kept, of = _drafts.get(id(offer.scores)), shared(offer)
    if kept is None or kept[0] != of:
        if len(_drafts) >= _MOST_KEPT:
            _drafts.clear()
        kept = _drafts[id(offer.scores)] = (of, _parts(with_moments(offer)))
    first, then, last = kept[1]
    own = orjson.dumps({"id": offer.id, "place": offer.place})[:-1]
    slot = b',"slot":' + orjson.dumps(offer.slot) if offer.slot else b""
    shown = offer.shown_probability
    drawn = b',"shown_probability":' + orjson.dumps(shown) if shown != 1.0 else b""
    return orjson.Fragment(b"%s%s%s%s%s%s}" % (own, first, slot, then, drawn, last))


def _parts(told: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
    """The fields before the slot, between it and the probability, and after it, each with a comma before."""
    then = {name: told[name] for name in _AFTER_SLOT if name in told}
    last = {name: told[name] for name in _LAST if name in told}
    first = {name: value for name, value in told.items() if name not in OWN and name not in then and name not in last}
    return _with_comma(first), _with_comma(then), _with_comma(last)


def _with_comma(told: Mapping[str, Any]) -> bytes:
    return b"," + orjson.dumps(told)[1:-1] if told else b""


def _foreseen(told: Sequence[Expected | Due]) -> orjson.Fragment:
    """A list that learning foresees for an hour, as JSON; written once for all decisions of that hour."""
    kept = _lists.get(id(told))
    if kept is None or kept[0] is not told:
        if len(_lists) >= _MOST_KEPT:
            _lists.clear()
        kept = _lists[id(told)] = (told, orjson.Fragment(orjson.dumps([with_moments(each) for each in told])))
    return kept[1]


write_lists_of(Offer, _slate)
write_lists_of(Expected, _foreseen)
write_lists_of(Due, _foreseen)
