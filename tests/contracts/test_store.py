"""What every store must do, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tsuide.errors import BadColumns, BadSetting, BadValue, StoreOutdated, Unavailable, UnknownCustomer
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import PRODUCTS, RELATIONS
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.reviews import REVIEWS
from tsuide.facts.schema import Schema, conform
from tsuide.store import schema
from tsuide.store.database import Store, open_store
from tsuide.store.engines import reading, writing
from tsuide.store.upgrade import config, head
from tsuide.store.written import Written

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def frame(shape: Schema, *rows: dict[str, object]) -> pl.DataFrame:
    return conform(pl.DataFrame(list(rows), infer_schema_length=None), shape)


def product(name: str, **more: object) -> dict[str, object]:
    return {"id": name, "title": name.upper(), "currency": "JPY", "status": "active", "kind": "physical", **more}


def order(name: str, **more: object) -> dict[str, object]:
    head = {"id": name, "customer_id": "c1", "placed_at": DAY, "currency": "JPY"}
    return {**head, "status": "placed", "origin": "import", **more}


def line(name: str, number: int, product_id: str, **more: object) -> dict[str, object]:
    row = {"order_id": name, "line": number, "product_id": product_id, "quantity": 1, "unit_price": 100}
    return {**row, "amount": 100, "discount": 0, "role": "main", "gift": False, "returned": 0, **more}


# --- opening ----------------------------------------------------------------------------------------------


def test_an_opened_store_is_empty_and_opens_again(new_store_url: str) -> None:
    store = open_store(new_store_url)
    assert set(store.facts.counts().values()) == {0}
    store.facts.write_products(frame(PRODUCTS, product("p1")))
    again = open_store(new_store_url)
    assert again.facts.products()["id"].to_list() == ["p1"]
    again.close()
    store.close()


def test_the_migrated_schema_is_the_metadata(store: Store) -> None:
    with store.record.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_downgrade_and_upgrade_again(store: Store, store_url: str) -> None:
    with writing(store.record) as connection:
        command.downgrade(config(connection), "base")
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    again = open_store(store_url)
    assert again.facts.sequence() == 0
    again.close()


def test_a_store_from_newer_code_is_refused_by_name(store: Store, store_url: str) -> None:
    with writing(store.record) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreOutdated, match="9999"):
        open_store(store_url)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_wrong_url_is_a_bad_setting(url: str) -> None:
    with pytest.raises(BadSetting, match="postgresql://"):
        open_store(url)


def test_a_server_that_is_not_there_is_unavailable_and_its_password_is_not_shown() -> None:
    with pytest.raises(Unavailable) as raised:
        open_store("postgresql://me:secret@127.0.0.1:1/shop")
    assert "secret" not in str(raised.value)


# --- facts ------------------------------------------------------------------------------------------------

LITTLE: dict[str, tuple[Schema, dict[str, object]]] = {
    "products": (PRODUCTS, product("p1", category=["家電", "カメラ"], tax_included=True, title="鉛筆 ✏️")),
    "relations": (RELATIONS, {"product_id": "p1", "other_id": "p2", "relation": "accessory"}),
    "customers": (CUSTOMERS, {"id": "c1", "kind": "person", "name": "山田", "created_at": DAY}),
    "consents": (
        CONSENTS,
        {
            "customer_id": "c1",
            "purpose": "marketing",
            "channel": "email",
            "granted": True,
            "at": DAY,
            "source": "form",
        },
    ),
    "events": (EVENTS, {"id": "e1", "kind": "view", "at": DAY, "properties": '{"a":"b"}'}),
    "reviews": (REVIEWS, {"id": "r1", "product_id": "p1", "rating": 5, "at": DAY, "text": '🎉, "quoted"\n\t\\N'}),
}


@pytest.mark.parametrize("kind", sorted(LITTLE))
def test_writing_twice_is_writing_once_and_what_is_read_is_what_was_written(store: Store, kind: str) -> None:
    shape, row = LITTLE[kind]
    rows = frame(shape, row)
    write = getattr(store.facts, f"write_{kind}")
    assert write(rows) == Written(1, 0, 0)
    assert write(rows) == Written(0, 0, 1)
    assert getattr(store.facts, kind)().to_dicts() == rows.to_dicts()
    assert store.facts.counts()[kind] == 1


def test_orders_and_lines_round_trip_and_count_changes(store: Store) -> None:
    heads = frame(ORDERS, order("o1"), order("注文2", customer_id=None, status="cancelled"))
    lines = frame(ORDER_LINES, line("o1", 1, "p1", cost=7), line("o1", 2, "p2"), line("注文2", 1, "p1"))
    assert store.facts.write_orders(heads, lines) == Written(2, 0, 0, Written(3, 0, 0))
    assert store.facts.write_orders(heads, lines) == Written(0, 0, 2, Written(0, 0, 3))
    assert store.facts.orders().sort("id").to_dicts() == heads.sort("id").to_dicts()
    assert store.facts.order_lines().to_dicts() == lines.sort("order_id", "line").to_dicts()
    returned = frame(ORDER_LINES, line("o1", 2, "p2", returned=1), line("o1", 3, "p3"))
    written = store.facts.write_orders(heads.filter(pl.col("id") == "o1"), returned)
    assert written == Written(0, 1, 0, Written(1, 1, 0))
    assert store.facts.sequence() == 3


def test_purchases_leave_out_cancelled_orders_and_those_not_before(store: Store) -> None:
    heads = frame(ORDERS, order("o1"), order("o2", status="cancelled"), order("o3", placed_at=DAY + timedelta(1)))
    lines = frame(ORDER_LINES, *(line(name, 1, "p1", gift=name == "o3") for name in ("o1", "o2", "o3")))
    store.facts.write_orders(heads, lines)
    assert sorted(store.facts.purchases()["order_id"]) == ["o1", "o3"]
    early = store.facts.purchases(before=DAY + timedelta(1))
    assert early.to_dicts() == [
        {
            "order_id": "o1",
            "line": 1,
            "customer_id": "c1",
            "placed_at": DAY,
            "product_id": "p1",
            "quantity": 1,
            "unit_price": 100,
            "amount": 100,
            "discount": 0,
            "cost": None,
            "currency": "JPY",
            "gift": False,
            "returned": 0,
        }
    ]


def test_owned_is_net_of_returns_gifts_and_cancelled_orders(store: Store) -> None:
    later = DAY + timedelta(days=3)
    heads = frame(ORDERS, order("o1"), order("o2", placed_at=later), order("o3", status="cancelled"))
    lines = frame(
        ORDER_LINES,
        line("o1", 1, "p1", quantity=2, returned=1),
        line("o2", 1, "p1"),
        line("o2", 2, "p2", gift=True),
        line("o2", 3, "p3", returned=1),
        line("o3", 1, "p4"),
    )
    store.facts.write_orders(heads, lines)
    assert store.facts.owned("c1").to_dicts() == [
        {"product_id": "p1", "quantity": 2, "first_at": DAY, "last_at": later}
    ]


def test_the_latest_consent_of_a_purpose_and_channel_holds(store: Store) -> None:
    _, given_row = LITTLE["consents"]
    withdrawn = {**given_row, "granted": False, "at": DAY + timedelta(1)}
    store.facts.write_consents(frame(CONSENTS, given_row, withdrawn))
    assert store.facts.consents_of("c1")["granted"].to_list() == [False]
    assert store.facts.consents_of("nobody").is_empty()


def test_an_unknown_customer_is_named(store: Store) -> None:
    with pytest.raises(UnknownCustomer, match="nobody"):
        store.facts.customer("nobody")


def test_the_catalogue_of_every_past_sequence_comes_back(store: Store) -> None:
    store.facts.write_products(frame(PRODUCTS, product("a", price=1), product("b", price=1)))
    store.facts.write_products(frame(PRODUCTS, product("a", price=2)))
    store.facts.write_products(frame(PRODUCTS, product("a", price=3), product("c", price=1)))
    seen = [
        dict(store.facts.products_at(sequence).select("id", "price").rows())
        for sequence in range(store.facts.sequence() + 1)
    ]
    assert seen == [
        {},
        {"a": 1},
        {"a": 1, "b": 1},
        {"a": 2, "b": 1},
        {"a": 2, "b": 1, "c": 1},
        {"a": 3, "b": 1, "c": 1},
    ]
    assert store.facts.products_since(3)["id"].to_list() == ["a", "c"]


# --- bad input --------------------------------------------------------------------------------------------


def test_a_line_without_its_order_is_refused_and_nothing_is_written(store: Store) -> None:
    with pytest.raises(BadValue, match="o9"):
        store.facts.write_orders(frame(ORDERS, order("o1")), frame(ORDER_LINES, line("o9", 1, "p1")))
    assert store.facts.counts()["orders"] == 0
    assert store.facts.sequence() == 0


def test_a_row_without_id_is_refused_by_its_number(store: Store) -> None:
    with pytest.raises(BadColumns, match="row 1"):
        store.facts.write_products(frame(PRODUCTS, product("a"), {"title": "no id"}))


def test_a_word_outside_the_vocabulary_is_refused_and_the_rest_of_the_frame_with_it(store: Store) -> None:
    with pytest.raises(BadValue, match="ck_product_status"):
        store.facts.write_products(frame(PRODUCTS, product("a"), product("b", status="sold")))
    assert store.facts.counts()["products"] == 0


def test_a_basket_of_five_thousand_lines(store: Store) -> None:
    lines = frame(ORDER_LINES, *(line("o1", i, f"p{i}") for i in range(1, 5001)))
    store.facts.write_orders(frame(ORDERS, order("o1")), lines)
    assert store.facts.write_orders(frame(ORDERS, order("o1")), lines).lines == Written(0, 0, 5000)
    assert len(store.facts.purchases()) == 5000


# --- nothing sold without a yes ---------------------------------------------------------------------------


def own_order(offer_id: str | None = "offer-1") -> tuple[pl.DataFrame, pl.DataFrame]:
    lines = frame(ORDER_LINES, line("t1", 1, "p1", offer_id=offer_id, role="attached"))
    return frame(ORDERS, order("t1", origin="tsuide")), lines


@pytest.mark.parametrize("offer_id", ["offer-1", None])
def test_an_order_of_ours_needs_a_given_acceptance(store: Store, offer_id: str | None) -> None:
    with pytest.raises(BadValue, match=r"(?i)constraint"):
        store.facts.write_orders(*own_order(offer_id))
    assert store.facts.counts()["orders"] == 0


def test_a_waiting_acceptance_is_not_yet_a_yes(store: Store) -> None:
    store.acceptances.add("a1", "offer-1", DAY, ("rep", "r1"), state="waiting")
    with pytest.raises(BadValue, match=r"(?i)foreign key"):
        store.facts.write_orders(*own_order())
    store.acceptances.move("a1", ("waiting", "accepted"), DAY)
    assert store.facts.write_orders(*own_order()).lines == Written(1)
    assert store.facts.write_orders(*own_order()).lines == Written(0, 0, 1)
    with pytest.raises(BadValue, match=r"(?i)foreign key"):
        store.acceptances.move("a1", ("accepted", "declined"), DAY)


def test_the_database_itself_refuses_a_line_slipped_past_the_port(store: Store) -> None:
    store.acceptances.add("a1", "offer-1", DAY, ("click", "t1"))
    store.facts.write_orders(*own_order())
    for change in ("offer_id = 'offer-2'", "accepted = NULL", "offer_id = NULL"):
        with pytest.raises(BadValue, match=r"(?i)constraint"), writing(store.record) as connection:
            connection.execute(sa.text(f"UPDATE order_line SET {change}"))
    with pytest.raises(BadValue, match=r"(?i)constraint"), writing(store.record) as connection:
        connection.execute(sa.text("UPDATE orders SET origin = 'import'"))


def test_orders_made_elsewhere_keep_their_origin_and_need_no_yes(store: Store) -> None:
    lines = frame(ORDER_LINES, line("o1", 1, "p1", offer_id="offer-1"))
    store.facts.write_orders(frame(ORDERS, order("o1", origin="shopify")), lines)
    assert store.facts.orders()["origin"].to_list() == ["shopify"]
    assert store.facts.order_lines()["offer_id"].to_list() == ["offer-1"]
    with pytest.raises(BadValue, match=r"(?i)constraint"):
        store.facts.write_orders(frame(ORDERS, order("o1", origin="tsuide")), lines)


# --- any rows at all --------------------------------------------------------------------------------------

# every character but what no UTF-8 text or PostgreSQL text can hold
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
WHOLES = st.integers(-(2**63), 2**63 - 1)


@st.composite
def reviews(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "id": TEXTS,
                    "product_id": TEXTS,
                    "rating": WHOLES,
                    "text": st.none() | TEXTS,
                    "at": st.none() | st.datetimes(timezones=st.just(UTC)),
                    "helpful": st.none() | WHOLES,
                }
            ),
            max_size=6,
        )
    )
    return conform(pl.DataFrame(rows, infer_schema_length=None), REVIEWS) if rows else pl.DataFrame(schema=REVIEWS)


def clear(store: Store, *tables: str) -> None:
    with writing(store.record) as connection:
        for table in tables:
            connection.execute(sa.text(f"DELETE FROM {table}"))


SHARED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SHARED
@given(first=reviews(), second=reviews())
def test_any_frame_round_trips_and_twice_is_once(store: Store, first: pl.DataFrame, second: pl.DataFrame) -> None:
    clear(store, "review")
    store.facts.write_reviews(first)
    store.facts.write_reviews(second)
    expected = pl.concat([first, second]).unique("id", keep="last").sort("id").to_dicts()
    assert store.facts.reviews().sort("id").to_dicts() == expected
    again = store.facts.write_reviews(second)
    assert (again.inserted, again.updated) == (0, 0)
    assert store.facts.reviews().sort("id").to_dicts() == expected


ORDER_ROWS = st.lists(
    st.tuples(st.sampled_from(["o1", "o2", "注,文"]), st.integers(1, 3), TEXTS, st.none() | st.integers(0, 9)),
    min_size=1,
    max_size=8,
)


@SHARED
@given(rows=ORDER_ROWS)
def test_any_order_lines_round_trip(store: Store, rows: list[tuple[str, int, str, int | None]]) -> None:
    clear(store, "order_line", "orders", "product_number")
    lines = frame(ORDER_LINES, *(line(o, n, p, cost=c) for o, n, p, c in rows))
    heads = frame(ORDERS, *(order(name) for name in {row[0] for row in rows}))
    store.facts.write_orders(heads, lines)
    expected = lines.unique(["order_id", "line"], keep="last").sort("order_id", "line")
    assert store.facts.order_lines().to_dicts() == expected.to_dicts()
    assert len(store.facts.purchases()) == len(expected)
    assert not store.facts.write_orders(heads, lines).changed


def test_a_reader_sees_one_moment_while_another_writes(store: Store) -> None:
    store.facts.write_products(frame(PRODUCTS, product("a")))
    with reading(store.record) as connection:
        count = sa.select(sa.func.count()).select_from(schema.product)
        assert connection.execute(count).scalar_one() == 1
        store.facts.write_products(frame(PRODUCTS, product("b")))
    assert store.facts.counts()["products"] == 2


def test_the_newest_migration_by_its_files_name_is_the_only_head_of_the_line() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [head()]
