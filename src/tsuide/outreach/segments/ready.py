"""Ready-made segments: taken with the shop's own borders and what the taker names, from there on a segment like any.

The borders are written into the condition as plain numbers: what a person reads is what holds, and it does not move
by itself. Taking it again draws them anew, as a new version.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from tsuide.errors import BadValue, NotFound
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.kit.phrases import LANGUAGES
from tsuide.outreach.segments.definition import Segment, segment_from

Quantile = Callable[[str, float], "int | float | None"]
"""(column of the sheet, share) → the value below which that share of buyers lies; None where there are none."""
_THIRDS: Final = (1 / 3, 2 / 3)
_RECENCY: Final = {"r1": _THIRDS[1], "r2": _THIRDS[0]}
_AMOUNTS: Final = {
    "f2": ("order_count", _THIRDS[0]),
    "f3": ("order_count", _THIRDS[1]),
    "m2": ("spent", _THIRDS[0]),
    "m3": ("spent", _THIRDS[1]),
    "top": ("spent", 0.9),
}
_CELL: Final = {
    "r": {
        "3": "days_since_last_order <= {r1}",
        "2": "days_since_last_order > {r1} and days_since_last_order <= {r2}",
        "1": "days_since_last_order > {r2}",
    },
    "f": {
        "3": "order_count >= {f3}",
        "2": "order_count >= {f2} and order_count < {f3}",
        "1": "order_count < {f2}",
    },
    "m": {"3": "spent >= {m3}", "2": "spent >= {m2} and spent < {m3}", "1": "spent < {m2}"},
}
"""One of 27 cells is one of each; together they hold every buyer once."""
_BLANK: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Ready:
    """One of them.

    Args:
        id: its name here; a segment made of it is called the same, with what the taker named.
        names: with blanks.
        about: what it holds.
        condition: with blanks.
        who: among whom.
        needs: what the taker must name.
    """

    id: str
    names: Mapping[str, str]
    about: Mapping[str, str]
    condition: str
    who: str
    needs: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ready": self.id,
            "names": dict(self.names),
            "about": dict(self.about),
            "condition": self.condition,
            "who": self.who,
            "needs": list(self.needs),
        }


@cache
def ready_made() -> Mapping[str, Ready]:
    """Every ready-made segment, by its name.

    >>> ready_made()["vip"].names["ja"]
    '上得意のお客様'
    """
    text = (resources.files("tsuide.outreach.segments") / "ready.yaml").read_text(encoding="utf-8")
    found = {}
    for id_, each in yaml.safe_load(text).items():
        assert all(set(each[key]) == set(LANGUAGES) for key in ("names", "about")), id_  # noqa: S101 - our own file
        condition, who = " ".join(each["condition"].split()), each.get("who", "customers")
        found[id_] = Ready(id_, each["names"], each["about"], condition, who, tuple(each.get("needs", ())))
    return found


def take_ready(ready_id: str, given: Mapping[str, str], quantile: Quantile, now: int) -> Segment:
    """A segment made of a ready-made one.

    Args:
        ready_id: which.
        given: what it needs: a category, a product, the cell.
        quantile: of the shop's buyers.
        now: microseconds; borders of recency are days before it.

    Raises:
        NotFound: there is no such one.
        BadValue: something that it needs is missing, or something was given that it does not need.

    >>> taken = take_ready("bought-category", {"category": "tea"}, lambda column, share: None, 0)
    >>> taken.id, taken.condition, taken.names["en"]
    ('bought-category-tea', "bought('tea', within => 180)", 'Bought tea')
    """
    ready = ready_made().get(ready_id)
    if ready is None:
        raise NotFound(
            "no such ready-made segment", key="ready", value=ready_id, way_out="tsuide segment ready lists them"
        )
    way_out = f"{ready_id} needs {', '.join(ready.needs) or 'nothing'}"
    for key in (*ready.needs, *given):
        if key not in ready.needs:
            raise BadValue("is not needed here", key=key, way_out=way_out)
        if not given.get(key, "").strip():
            raise BadValue("must be given", key=key, way_out=way_out)
    for key, cells in _CELL.items():
        if key in given and given[key] not in cells:
            raise BadValue("must be 1, 2 or 3", key=key, value=given[key])
    cell = " and ".join(cells[given[key]] for key, cells in _CELL.items() if key in given)
    quoted = {key: value.replace("'", "''") for key, value in given.items()}
    borders = _Borders(quantile, now)
    made = _BLANK.sub(lambda found: quoted[found[1]] if found[1] in quoted else borders[found[1]],
                      ready.condition.replace("{cell}", cell))  # fmt: skip
    names = {language: _BLANK.sub(lambda found: given.get(found[1], found[0]), ready.names[language])
             for language in LANGUAGES}  # fmt: skip
    id_ = "-".join([ready_id, *(given[key].replace("/", ".") for key in ready.needs)])
    return segment_from(
        {"id": id_, "names": names, "condition": made, "who": ready.who, "ready": {"ready": ready_id, **given}}
    )


class _Borders:
    """Where the thirds (and the best tenth) of a shop's buyers divide."""

    def __init__(self, quantile: Quantile, now: int) -> None:
        self._quantile = quantile
        self._now = now

    def __getitem__(self, name: str) -> str:
        if name in _RECENCY:
            return self._days(_RECENCY[name])
        column, share = _AMOUNTS[name]
        return self._value(column, share)

    def _days(self, share: float) -> str:
        at = self._quantile("last_order_at", share)
        return "90" if at is None else str(max(int(self._now - at) // MICROS_PER_DAY, 0))

    def _value(self, column: str, share: float) -> str:
        found = self._quantile(column, share)
        return str(1 if found is None else int(found))
