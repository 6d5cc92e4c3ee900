"""A merchandiser's outfit or room: one picture of several products that belong together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import polars as pl

from tsuide.errors import BadValue
from tsuide.facts.catalogue import RELATIONS

LONGEST_ID: Final = 200
MOST_PIECES: Final = 12


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Args:
        names: what customers read, by language (ja and en).
        image: address of the picture that shows it whole; None = there is none yet.
        items: product ids of its pieces; a page lets each be added by itself, in its own size.
    """

    id: str
    names: Mapping[str, str]
    items: tuple[str, ...]
    image: str | None = None


def checked(look: Look) -> Look:
    """The look itself, if it makes sense.

    Raises:
        BadValue: a name missing in a language, fewer than two pieces or too many, one twice, a strange id or address.

    >>> checked(Look("desk", {"ja": "机まわり", "en": "A desk"}, ("lamp", "chair"))).items
    ('lamp', 'chair')
    """
    wrong = {
        "id": not 0 < len(look.id) <= LONGEST_ID or not look.id.isprintable(),
        "names": not all(look.names.get(language) for language in ("ja", "en")),
        "items": not 1 < len(look.items) <= MOST_PIECES or len(set(look.items)) < len(look.items),
        "image": look.image is not None and not look.image.startswith(("https://", "http://", "/")),
    }
    for key, is_wrong in wrong.items():
        if is_wrong:
            raise BadValue(f"look {look.id}: not usable", key=key, value=getattr(look, key), way_out=_WAYS[key])
    return look


_WAYS: Final = {
    "id": f"1 … {LONGEST_ID} characters",
    "names": "name it in ja and en",
    "items": f"2 … {MOST_PIECES} different products",
    "image": "an address that begins with https:// or /",
}


def relations_of(looks: Iterable[Look]) -> pl.DataFrame:
    """What looks declare, as RELATIONS: each piece is part of a set with every other one."""
    pairs = {pair for look in looks for pair in permutations(look.items, 2)}
    rows = [(one, other, "part_of_set") for one, other in sorted(pairs)]
    return pl.DataFrame(rows, schema=RELATIONS, orient="row")
