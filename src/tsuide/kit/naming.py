"""Whether a JSON document names a person: by their id where ids of customers stand, by their address anywhere."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

_IDS: Final = frozenset({"customer", "customer_id", "customerid", "customers", "userid", "user_id", "kept_id",
                         "merged_id", "customer_ids"})  # fmt: skip


def names_person(text: str | None, customer_id: str, addresses: Sequence[str] = ()) -> bool:
    """Whether a document names somebody; one that cannot be read does where it holds their id in quotes, or an address.

    Args:
        text: JSON, or anything.
        customer_id: the shop's own id, which may be as short as "7": it counts only where an id of a customer stands.
        addresses: mail, phone: they count wherever they stand.

    >>> names_person('{"customer": {"id": 7}, "quantity": 1}', "7"), names_person('{"quantity": 7}', "7")
    (True, False)
    >>> names_person('{"to": ["Hana@Example.com"]}', "7", ["hana@example.com"])
    True
    """
    if not text:
        return False
    told = {each.casefold() for each in addresses}
    try:
        document = json.loads(text)
    except ValueError:
        folded = text.casefold()
        return f'"{customer_id}"' in text or any(each in folded for each in told)
    return any(
        (at_id and value == customer_id) or value.casefold() in told for at_id, value in _values(document, at_id=False)
    )


def _values(document: Any, *, at_id: bool) -> Iterator[tuple[bool, str]]:  # noqa: ANN401 - any JSON
    """Every plain value as text, and whether an id of a customer stands there."""
    waiting: list[tuple[Any, bool]] = [(document, at_id)]
    while waiting:
        here, within = waiting.pop()
        if isinstance(here, dict):
            for name, value in here.items():
                own = str(name).casefold() in _IDS
                waiting.append((value, own or (within and str(name).casefold() == "id")))
        elif isinstance(here, list):
            waiting.extend((value, within) for value in here)
        elif isinstance(here, str | int) and not isinstance(here, bool):
            yield within, str(here)
