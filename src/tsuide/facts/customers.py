"""People and companies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.schema import MOMENT, TEXT, Schema

CustomerKind: TypeAlias = Literal["person", "company"]
CUSTOMER_KINDS: Final[tuple[str, ...]] = get_args(CustomerKind)


@dataclass(frozen=True, slots=True)
class Customer:
    """A person, or a company with its place in an account tree.

    Args:
        id: the shop's id.
        parent_id: the account above this one.
        attributes: prefecture, industry, age band … as strings.
        created_at: when the shop came to know them.
    """

    id: str
    kind: CustomerKind = "person"
    parent_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None


CUSTOMERS: Final[Schema] = {
    "id": TEXT,
    "kind": TEXT,
    "parent_id": TEXT,
    "name": TEXT,
    "email": TEXT,
    "phone": TEXT,
    "language": TEXT,
    "attributes": TEXT,  # a JSON object of strings
    "created_at": MOMENT,
}
