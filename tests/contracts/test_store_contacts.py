"""Whom the contact ledger counts as one person, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from tsuide.errors import BadValue
from tsuide.kit.clock import to_micros
from tsuide.store.database import open_store
from tsuide.store.outcomes import outcome_row

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def test_contacts_of_a_customer_a_visitor_and_both_as_one_person(store_url: str) -> None:
    store = open_store(store_url)
    journal = store.journal()
    rows = [("o1", "c1", None, 0), ("o2", "c1", "v1", 1), ("o3", None, "v1", 2), ("o4", None, "v2", 3)]
    journal.write(
        "trace",
        *(
            outcome_row(
                {
                    "id": name,
                    "outcome": "shown",
                    "at": to_micros(DAY + timedelta(days=day)),
                    "customer_id": customer,
                    "anonymous_id": visitor,
                }
            )
            for name, customer, visitor, day in rows
        ),
    )
    journal.close_now()

    def ids(since: int, **who: str) -> list[str]:
        return [row.id for row in store.contacts.of(DAY + timedelta(days=since), **who)]

    assert ids(0, customer_id="c1") == ["o1", "o2"]
    assert ids(0, anonymous_id="v1") == ["o2", "o3"]
    assert ids(0, customer_id="c1", anonymous_id="v1") == ["o1", "o2", "o3"]
    assert ids(1, customer_id="c1", anonymous_id="v1") == ["o2", "o3"]
    assert ids(0, customer_id="nobody") == []
    with pytest.raises(BadValue, match="whose contacts"):
        store.contacts.of(DAY)
    store.close()
