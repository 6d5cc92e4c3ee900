"""What people change of a customer by hand: who they are, what they agreed to, what was noted; and back again."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.consent import CHANNELS, CONSENTS, PURPOSES, Consent
from tsuide.facts.customers import CUSTOMER_KINDS, CUSTOMERS
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.kit.phrases import LANGUAGES
from tsuide.kit.text import must_be_said, must_be_short

OWN: Final = ("name", "kind", "email", "phone", "language", "parent_id")
ATTRIBUTES: Final = ("owner", "prefecture", "industry", "size", "needs", "goals", "tastes", "contract_end")


def change_customer(shop: Shop, customer_id: str, given: Mapping[str, str | None]) -> dict[str, str | None]:
    """Change what is known of a customer; an empty value takes it out, what is not given stays.

    Args:
        shop: whose.
        customer_id: of whom.
        given: of OWN and ATTRIBUTES.

    Returns:
        What was changed, as it was: giving that again undoes this.

    Raises:
        UnknownCustomer: nobody has this id.
        BadValue: a field that is none, or a value that will not do.
    """
    row = shop.store.facts.customer(customer_id)
    attributes: dict[str, Any] = json.loads(str(row["attributes"] or "{}"))
    before: dict[str, str | None] = {}
    for name, value in given.items():
        text = (value or "").strip() or None
        if name not in {*OWN, *ATTRIBUTES}:
            raise BadValue("not a field", key=name, way_out=", ".join((*OWN, *ATTRIBUTES)))
        must_be_short(name, text)
        was = row[name] if name in OWN else attributes.get(name)
        if text == (None if was is None else str(was)):
            continue
        _must_fit(shop, customer_id, name, text)
        before[name] = None if was is None else str(was)
        if name in OWN:
            row[name] = text
        elif text is None:
            attributes.pop(name)
        else:
            attributes[name] = text
    if before:
        row["attributes"] = json.dumps(attributes, ensure_ascii=False, sort_keys=True) if attributes else None
        shop.store.facts.write_customers(conform(pl.DataFrame([row], infer_schema_length=None), CUSTOMERS))
    return before


def _must_fit(shop: Shop, customer_id: str, name: str, text: str | None) -> None:
    if name == "kind" and text not in CUSTOMER_KINDS:
        raise BadValue("not a kind", key=name, value=text, way_out=", ".join(CUSTOMER_KINDS))
    if name == "language" and text is not None and text not in LANGUAGES:
        raise BadValue("not a language", key=name, value=text, way_out=", ".join(LANGUAGES))
    if name == "email" and text is not None and "@" not in text:
        raise BadValue("not an address", key=name, value=text, way_out="write name@example.com")
    if name == "parent_id" and text is not None:
        shop.store.facts.customer(text)
        if text == customer_id:
            raise BadValue("cannot stand below themselves", key=name, value=text)


def say_consent(
    shop: Shop, customer_id: str, purpose: str, channel: str, now: datetime, *, granted: bool, evidence: str, who: str
) -> bool | None:
    """Write down what a customer agreed to or withdrew, with what proves it; what held before (None = nothing).

    Raises:
        UnknownCustomer: nobody has this id.
        BadValue: not a purpose or channel, or no evidence.
    """
    shop.store.facts.customer(customer_id)
    if purpose not in PURPOSES:
        raise BadValue("not a purpose", key="purpose", value=purpose, way_out=", ".join(PURPOSES))
    if channel not in CHANNELS:
        raise BadValue("not a channel", key="channel", value=channel, way_out=", ".join(CHANNELS))
    must_be_said("evidence", evidence)
    known = shop.store.facts.consents_of(customer_id).sort("at").iter_rows(named=True)
    before = {(row["purpose"], row["channel"]): bool(row["granted"]) for row in known}
    said = Consent(customer_id, purpose, channel, granted, now, f"console: {who}", evidence.strip())  # type: ignore[arg-type]  # checked above
    shop.store.facts.write_consents(frame_of([said], CONSENTS))
    return before.get((purpose, channel))


def take_back_note(shop: Shop, interaction_id: str) -> None:
    """Remove what was written down by mistake."""
    shop.store.facts.remove_interaction(interaction_id)


def take_back_win(shop: Shop, win_id: str, customer_id: str, won: str | None) -> None:
    """Remove a win that was written down by mistake; `won`: what the customer's attribute said before."""
    shop.store.facts.remove_win(win_id)
    row = shop.store.facts.customer(customer_id)
    attributes = json.loads(str(row["attributes"] or "{}"))
    attributes.pop("won", None)
    if won is not None:
        attributes["won"] = won
    row["attributes"] = json.dumps(attributes, ensure_ascii=False, sort_keys=True) if attributes else None
    shop.store.facts.write_customers(conform(pl.DataFrame([row], infer_schema_length=None), CUSTOMERS))
