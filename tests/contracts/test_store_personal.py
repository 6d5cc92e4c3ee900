"""Every table says what it holds of people; what it says is what is shown, erased and let go, on both engines."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tsuide.app.privacy.phrases import TABLES
from tsuide.kit.clock import to_micros
from tsuide.outreach.sales.deals import LINE_STATES, OPEN_STAGES, ROLES
from tsuide.store.database import Store, open_store
from tsuide.store.personal import CUSTOMERS, HELD, NOBODYS, Held
from tsuide.store.schema import metadata

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=36_000)
WHO, BROWSER = "hanako-7", "browser-hanako-7"
NAMED = json.dumps({"customer": {"id": WHO}, "note": "hanako"})
BY_TABLE: dict[str, dict[str, Any]] = {
    "acceptance": {"id": "a", "state": "waiting", "offer_id": "o"},
    "orders": {"no": 1, "status": "placed", "origin": "import", "id": "o1"},
    "order_line": {"order_no": 1, "role": "main", "gift": 0, "offer_id": None, "accepted": None},
    "confirmation": {"acceptance_id": "a", "content": NAMED},
    "promotion_use": {"promotion_id": "p", "acceptance_id": "a"},
    "message": {"state": "quarantined", "body": NAMED},
    "decision": {"record": NAMED},
    "outcome": {"outcome": "shown"},
    "outbound": {"id": "m", "state": "sent", "purpose": "marketing", "lease_until": None, "address_mark": "mark"},
    "outbound_event": {"kind": "open", "message_id": "m"},
    "outbound_verdict": {"message_id": "m"},
    "blocked_address": {"mark": "mark", "reason": "bounce"},
    "enrolment": {"id": "e", "state": "active", "key": WHO},
    "enrolment_mark": {"enrolment_id": "e"},
    "task": {"id": "t", "state": "open"},
    "task_event": {"task_id": "t"},
    "deal": {"id": "d", "stage": OPEN_STAGES[0]},
    "deal_line": {"deal_id": "d", "role": ROLES[0], "state": LINE_STATES[0]},
    "deal_event": {"deal_id": "d"},
    "deal_quote": {"deal_id": "d"},
    "worklist_answer": {"state": "accepted"},
    "review": {"rating": 5},
    "segment_sheet": {"no": 1, "subject": f"c{WHO}", "texts": None, "numbers": None},
    "segment_member": {"no": 1},
    "segment_act": {"no": 1},
    "customer": {"id": WHO, "kind": "person", "email": "hanako-7@example.com", "parent_id": None},
    "customer_alias": {"merged_id": "hanako-old", "kept_id": WHO},
    "customer_merge": {"kept_id": WHO, "merged_id": "hanako-old"},
    "kept_answer": {"body": NAMED},
    "interaction": {"kind": "call"},
    "initiative_entry": {"kind": "cost", "initiative_id": "i"},
    "feedback": {"kind": "complaint", "score": None},
    "job": {"state": "done", "wanted": "{}", "result": NAMED},
    "survey_answer": {"score": None},
}


def stained(held: Held, at: datetime) -> dict[str, Any]:
    """A row that says something of the person wherever its table's declaration says that it may."""
    row: dict[str, Any] = {}
    for column in held.table.columns:
        if column.computed is not None or (column.primary_key and column.autoincrement is True):
            continue
        moments = column.name == "at" or column.name.endswith("_at")
        if column.name == "customer_id":
            row[column.name] = WHO
        elif column.name == "anonymous_id":
            row[column.name] = BROWSER
        elif column.name in held.nobody and isinstance(column.type, sa.Text):
            row[column.name] = json.dumps({"word": "花子 hanako"}, ensure_ascii=False)
        elif isinstance(column.type, sa.Text):
            row[column.name] = "x"
        else:
            row[column.name] = to_micros(at) if moments else 1
    return row | BY_TABLE.get(held.table.name, {})


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def fill(store: Store, at: datetime = NOW) -> None:
    with store.record.begin() as connection:
        promotion = {"id": "p", "record": "{}", "spent": 0, "uses": 0, "changed_at": 0}
        connection.execute(sa.insert(metadata.tables["promotion"]).values(promotion))
        initiative = {"id": "i", "record": "{}", "changed_at": 0}
        connection.execute(sa.insert(metadata.tables["initiative"]).values(initiative))
        for held in reversed(CUSTOMERS):
            connection.execute(sa.insert(held.table).values(stained(held, at)))


def counts(store: Store) -> dict[str, int]:
    with store.record.connect() as connection:
        return {
            held.table.name: connection.execute(sa.select(sa.func.count()).select_from(held.table)).scalar_one()
            for held in CUSTOMERS
        }


def traces(store: Store) -> set[str]:
    """Columns of any table in which the person still stands."""
    found = set()
    with store.record.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                found |= {f"{table.name}.{name}" for name, value in row.items() if "hanako" in str(value)}
    return found


def undeclared(names: set[str]) -> set[str]:
    return names - HELD.keys() - NOBODYS


def test_every_table_says_what_it_holds_of_people_and_a_new_one_must() -> None:
    assert undeclared(set(metadata.tables)) == set()
    assert undeclared({*metadata.tables, "letters_to_people"}) == {"letters_to_people"}
    assert (HELD.keys() | NOBODYS) - metadata.tables.keys() == set()
    assert HELD.keys() & NOBODYS == set()


def test_a_table_of_nobody_has_no_column_that_names_a_person() -> None:
    naming = {"customer_id", "anonymous_id", "email", "phone", "name_of_customer", "session_id"}
    assert {name for name in NOBODYS if naming & set(metadata.tables[name].c.keys())} == set()


@pytest.mark.parametrize("held", HELD.values(), ids=lambda held: held.table.name)
def test_a_declaration_is_whole(held: Held) -> None:
    assert {TABLES.text(held.table.name, language) for language in ("ja", "en")}
    assert (held.finds is not None or bool(held.naming)) == (held.whose == "customer")
    assert set(held.nobody) | set(held.naming) <= set(held.table.c.keys())
    assert held.ages is None or held.ages.column in held.table.c


def test_everything_is_shown_and_after_erasing_no_table_names_the_person(store: Store) -> None:
    fill(store)
    before = counts(store)
    shown = store.erasure.everything_of(WHO)
    assert {name for name, rows in shown.items() if not rows} == set()
    done = store.erasure.erase(WHO, lambda _: "{}", lambda _: "{}")
    assert traces(store) == set()
    after = counts(store)
    assert {name for name in after if HELD[name].erased == "deleted" and after[name]} == set()
    assert {name for name in after if HELD[name].erased != "deleted" and after[name] != before[name]} == set()
    assert done["message"] == done["kept_answer"] == done["job"] == 1
    left = {name for name, rows in store.erasure.everything_of(WHO).items() if rows}
    assert left == set()


def test_what_names_another_person_stays_as_it_is(store: Store) -> None:
    fill(store)
    before = traces(store)
    store.erasure.erase("7", lambda _: "{}", lambda _: "{}")  # a part of the other's id, and a number in much JSON
    assert traces(store) == before


def test_what_is_too_old_is_counted_first_and_goes_by_itself(store: Store) -> None:
    fill(store, LONG_AGO)
    with store.record.begin() as connection:
        connection.execute(sa.update(HELD["enrolment"].table).values(state="done"))
        connection.execute(sa.update(HELD["task"].table).values(state="done"))
    days = {name: 30 for name, held in HELD.items() if held.ages is not None}
    counted = store.erasure.too_old(days, NOW)
    assert counted == dict.fromkeys(days, 1)
    assert traces(store) >= {"event.customer_id", "decision.record"}
    assert store.erasure.forget_old(days, NOW, lambda _: "{}") == counted
    assert store.erasure.too_old(days, NOW) == {}
    assert {trace for trace in traces(store) if trace.partition(".")[0] in days} == set()


def test_nothing_goes_that_is_young_or_kept_for_ever_or_under_way(store: Store) -> None:
    fill(store)
    days = {name: 30 for name, held in HELD.items() if held.ages is not None}
    assert store.erasure.too_old(days, NOW + timedelta(days=29)) == {}
    assert store.erasure.too_old(dict.fromkeys(days, 0), NOW + timedelta(days=9_999)) == {}
    assert {"enrolment", "task"} & store.erasure.too_old(days, NOW + timedelta(days=31)).keys() == set()
