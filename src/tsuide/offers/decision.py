"""What was decided: the offers, and everything needed to decide the same again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import orjson

from tsuide.errors import BadValue
from tsuide.offers.customer import CustomerView
from tsuide.offers.offer import Arm, Offer
from tsuide.offers.plain import build, plain, with_moments
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
        written = with_moments(self)
        written["format"] = self.format
        try:
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
