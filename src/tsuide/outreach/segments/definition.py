"""A segment as a person defines it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tsuide.errors import BadValue
from tsuide.kit.phrases import LANGUAGES
from tsuide.outreach.segments.vocabulary import WHO, Who

_LONGEST_ID: Final = 100
_LONGEST_NAME: Final = 200
_KEYS: Final = frozenset({"id", "names", "condition", "who", "ready"})
_ROUTES: Final = frozenset({"vocabulary", "ready", "preview", "overlap", "events"})
_TAKEN: Final = "uplift."


@dataclass(frozen=True, slots=True)
class Segment:
    """A named set: everybody of whom the condition is true.

    Args:
        id: policies and promotions name it so.
        names: what people read, ja and en.
        condition: as it was written.
        who: among whom: customers, anonymous visitors, or everyone.
        ready: of which ready-made segment it was made, with what, as JSON.
    """

    id: str
    names: Mapping[str, str]
    condition: str
    who: Who = "customers"
    ready: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As `segment_from` takes it."""
        told: dict[str, Any] = {"id": self.id, "names": dict(self.names), "condition": self.condition, "who": self.who}
        return told | ({"ready": dict(self.ready)} if self.ready else {})


def segment_from(value: Mapping[str, Any]) -> Segment:  # noqa: C901 - one field after the other
    """A segment from plain JSON or YAML; the condition is not read here.

    Raises:
        BadValue: names the field.

    >>> segment_from({"id": "vip", "names": {"ja": "上得意", "en": "VIP"}, "condition": "spent > 100000"}).who
    'customers'
    """
    for key in value:
        if key not in _KEYS:
            raise BadValue("no such field of a segment", key=str(key), way_out=", ".join(sorted(_KEYS)))
    id_, names, condition, who = (value.get(key) for key in ("id", "names", "condition", "who"))
    if not isinstance(id_, str) or not 0 < len(id_) <= _LONGEST_ID or not id_.isprintable() or "/" in id_:
        raise BadValue(f"must be 1 … {_LONGEST_ID} printable characters without /", key="id", value=id_)
    if id_ in _ROUTES:
        raise BadValue("means something else", key="id", value=id_, way_out="choose another name")
    if id_.startswith(_TAKEN):
        raise BadValue("learning alone says who is in these", key="id", value=id_, way_out="choose another name")
    if not isinstance(names, Mapping) or set(names) != set(LANGUAGES):
        raise BadValue("must have ja and en", key="names", value=names)
    for language, name in names.items():
        if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
            raise BadValue(f"must be 1 … {_LONGEST_NAME} characters", key=f"names.{language}", value=name)
    if not isinstance(condition, str):
        raise BadValue("must be a text", key="condition", value=condition)
    chosen = next((each for each in WHO if each == (who or "customers")), None)
    if chosen is None:
        raise BadValue("not a choice", key="who", value=who, way_out=", ".join(WHO))
    ready = value.get("ready") or {}
    if not isinstance(ready, Mapping):
        raise BadValue("must be an object", key="ready", value=ready)
    return Segment(id_, dict(names), condition.strip(), chosen, dict(ready))
