"""The doctor finds each fault that is really made, says what to do, and is content where nothing is amiss."""

import os
import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from pydantic import SecretStr

from tsuide.app.doctor import Finding, examine, told
from tsuide.app.doctor.finding import found_again
from tsuide.app.doctor.words import WORDS
from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.kit.phrases import LANGUAGES
from tsuide.store.engines import writing
from tsuide.store.upgrade import config, head


def now() -> datetime:
    return datetime.now(UTC)


def taught(home: Path, url: str | None, fill_shop: Callable[[Shop], None]) -> Shop:
    opened = open_shop(Settings(home=home, database_url=url, language="en"))
    fill_shop(opened)
    learn(opened, now=now(), seed=0)
    create_key(opened, "till", ["rep"], now())
    return opened


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Path:
    """The home of a small shop that has been learned."""
    home = tmp_path_factory.mktemp("learned")
    taught(home, None, fill_shop).close()
    return home


@pytest.fixture
def shop(tmp_path: Path, learned: Path) -> Iterator[Shop]:
    """A copy of it."""
    shutil.copytree(learned, tmp_path / "home")
    opened = open_shop(Settings(home=tmp_path / "home", language="en"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, fill_shop: Callable[[Shop], None], tmp_path: Path) -> Iterator[Shop]:
    """The same on each engine."""
    if request.param == "sqlite":
        yield request.getfixturevalue("shop")
        return
    opened = taught(tmp_path / "home", request.getfixturevalue("postgres_url"), fill_shop)
    yield opened
    opened.close()


def ill(settings: Settings, at: datetime | None = None) -> dict[str, Finding]:
    """Code → what is not good; whatever is told, is told in both languages."""
    found = examine(settings, at or now())
    for each in found:
        for language in LANGUAGES:
            said = told(each, language)
            assert said.found
            assert bool(said.do) == (each.grade != "good") or each.code == "error", each
    return {each.code: each for each in found if each.grade != "good"}


def does(settings: Settings, code: str, at: datetime | None = None) -> str:
    return told(ill(settings, at)[code], "en").do


def run(shop: Shop, statement: str) -> None:
    """By hand, as somebody would at the database's own prompt."""
    shop.store.close()
    url = shop.store.url
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database), isolation_level=None)) as raw:
            raw.execute(statement)
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as there:
        there.execute(statement.encode())


def test_a_shop_in_order_has_nothing_amiss(either: Shop) -> None:
    assert ill(either.settings) == {}
    names = {each.name for each in examine(either.settings, now())}
    assert {"clock", "disk", "store", "schema", "indexes", "orders", "snapshot", "policy", "keys"} <= names
    assert ("postgresql" in names) == (either.store.record.dialect.name == "postgresql")


def test_an_index_that_is_gone_is_told_with_the_statement_that_brings_it_back(either: Shop) -> None:
    run(either, "DROP INDEX ix_outcome_customer_id_at")
    run(either, "DROP INDEX ix_event_joined_customer")
    for _ in range(2):
        run(either, does(either.settings, "index_lacking").rstrip(";"))
    assert ill(either.settings) == {}


def test_a_schema_that_somebody_changed_by_hand_is_told_by_what_differs(either: Shop) -> None:
    run(either, "ALTER TABLE policy ADD COLUMN mood TEXT")
    assert "policy.mood" in told(ill(either.settings)["schema_drift"], "en").found
    run(either, "ALTER TABLE policy DROP COLUMN mood")
    run(either, "CREATE TABLE of_somebody_else (id INTEGER)")
    assert ill(either.settings) == {}


@pytest.mark.postgres
def test_a_check_that_was_dropped_is_told(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    shop = open_shop(settings)
    with shop.store.record.connect() as connection:
        names = [each["name"] for each in sa.inspect(connection).get_check_constraints("acceptance")]
    run(shop, f"ALTER TABLE acceptance DROP CONSTRAINT {names[0]}")
    assert str(names[0]) in ill(settings)["schema_drift"].blanks["what"]


def test_a_store_of_an_earlier_schema_is_told_and_left_as_it_is(either: Shop) -> None:
    with writing(either.store.record) as connection:
        command.downgrade(config(connection), "0031")
    either.store.close()
    for _ in range(2):
        found = ill(either.settings)["schema_behind"]
        assert found.blanks == {"revision": "0031", "head": head()}


@pytest.mark.postgres
def test_settings_of_postgresql_that_break_a_promise_are_told(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    shop = open_shop(settings)
    name = shop.store.url.database
    for each in (
        "synchronous_commit = off",
        "statement_timeout = '90s'",
        "default_transaction_isolation = 'serializable'",
    ):
        run(shop, f"ALTER DATABASE {name} SET {each}")
    run(shop, f"ALTER DATABASE {name} CONNECTION LIMIT 20")
    found = ill(settings)
    assert found["postgresql_unsafe"].blanks == {"setting": "synchronous_commit", "value": "off"}
    assert found["postgresql_connections"].blanks["most"] == "20"
    for code in ("postgresql_timeout", "postgresql_isolation"):
        run(shop, "ALTER DATABASE" + does(settings, code).partition("ALTER DATABASE")[2])
    run(shop, f"ALTER DATABASE {name} RESET synchronous_commit")
    run(shop, f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    assert not [code for code in ill(settings) if code.startswith("postgresql")]


@pytest.mark.postgres
def test_an_index_that_was_begun_and_never_finished_is_told_with_its_mending(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    shop = open_shop(settings)
    run(shop, "INSERT INTO product_number (no, id) VALUES (1, 'a'), (2, 'b')")
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
        run(shop, "CREATE INDEX CONCURRENTLY half_made ON product_number ((1 / (no - 1)))")
    assert does(settings, "index_broken") == "REINDEX INDEX CONCURRENTLY half_made;"


def test_a_clock_that_stands_still_runs_ahead_or_was_set_back_is_told(shop: Shop) -> None:
    assert "clock_early" in ill(shop.settings, datetime(1970, 1, 1, tzinfo=UTC))
    assert "clock_files" in ill(shop.settings, now() - timedelta(hours=1))
    os.utime(shop.snapshots / "current", (2_000_000_000, 2_000_000_000))
    assert ill(shop.settings)["clock_back"].blanks["what"] == "current"


@pytest.mark.postgres
def test_a_clock_apart_from_the_databases_is_told_by_how_much(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    open_shop(settings).close()
    found = [each for each in examine(settings, now() - timedelta(hours=1)) if each.code == "clock_database"]
    assert abs(int(found[0].blanks["seconds"]) - 3_600) < 10


def test_decisions_of_tomorrow_are_told(shop: Shop, decided: Callable[..., list[Any]]) -> None:
    decided(shop, now() + timedelta(days=1), range(1))
    assert ill(shop.settings)["clock_back"].blanks["what"] == "decision"


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", small], check=False).returncode != 0:
        pytest.skip("only root may make a small disk")
    try:
        assert "MB" in ill(Settings(home=small))["disk_full"].blanks["free"]
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", locked], check=False).returncode != 0:
        pytest.skip("only root may make a disk that cannot be written")
    try:
        assert "disk_readonly" in ill(Settings(home=locked))
    finally:
        subprocess.run(["umount", locked], check=True)


def test_a_store_that_was_damaged_is_told_and_nothing_else_ends_the_examination(
    sqlite_url: str, tmp_path: Path, fill_shop: Callable[[Shop], None]
) -> None:
    settings = Settings(home=tmp_path / "home", database_url=sqlite_url)
    shop = open_shop(settings)
    fill_shop(shop)
    run(shop, "PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(str(shop.store.url.database))
    with file.open("r+b") as raw:
        raw.seek(file.stat().st_size // 2)
        raw.write(b"\x07" * 40_960)
    assert "restore" in does(settings, "store_damaged")


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    found = examine(Settings(home=tmp_path, database_url="postgresql://me:word@127.0.0.1:1/shop"), now())
    assert [(each.name, each.grade) for each in found if each.code == "error"] == [("store", "bad")]


def test_a_snapshot_that_is_missing_damaged_or_old_is_told(shop: Shop) -> None:
    manifest = min((shop.snapshots / "manifests").iterdir())
    learn(shop, now=now(), seed=1)
    newest = shop.snapshots / "manifests" / f"{(shop.snapshots / 'current').read_text().strip()}.json"
    assert manifest != newest
    newest.write_bytes(newest.read_bytes()[:-40])
    assert does(shop.settings, "snapshot_damaged").startswith("tsuide learn")
    assert ill(shop.settings, now() + timedelta(days=31))["snapshot_old"].blanks["days"] in {"30", "31"}
    for each in (shop.snapshots / "manifests").iterdir():
        each.unlink()
    (shop.snapshots / "current").unlink()
    assert does(shop.settings, "snapshot_none") == "tsuide learn"


def test_orders_since_make_a_snapshot_of_last_week_old(shop: Shop, buy: Callable[..., None]) -> None:
    later = now() + timedelta(days=8)
    assert "snapshot_old" not in ill(shop.settings, later)
    buy(shop, ["x1", "x2"], now())
    assert ill(shop.settings, later)["snapshot_old"].blanks["orders"] == "2"


def test_keys_that_may_too_much_are_unused_or_old_are_told(shop: Shop) -> None:
    create_key(shop, "web", ["storefront", "admin"], now())
    found = ill(shop.settings)["key_broad"]
    assert found.grade == "bad"
    assert found.blanks["scopes"] == "admin"
    assert f"tsuide keys revoke {found.blanks['id']}" in told(found, "en").do
    assert ill(shop.settings, now() + timedelta(days=181))["key_unused"].blanks["days"] in {"180", "181"}
    live = [each.id for each in shop.store.keys.all()]
    shop.store.keys.saw(live, now() + timedelta(days=800))
    assert "key_old" in ill(shop.settings, now() + timedelta(days=801))


def test_a_secret_that_is_an_examples_or_short_is_told_by_its_variable_and_never_by_its_value(tmp_path: Path) -> None:
    for word in ("changeme", "secret-secret-secret", "aaaaaaaaaaaaaaaaaaaaaaaa", "kT9x"):
        found = ill(Settings(home=tmp_path, carrier_secret=SecretStr(word)))["secret_weak"]
        assert found.blanks == {"variable": "TSUIDE_CARRIER_SECRET"}
    strong = Settings(home=tmp_path, carrier_secret=SecretStr("vP2r0Hq8mZ5xL1tY7cN4bK6w"))
    assert "secret_weak" not in ill(strong)
    away = Settings(home=tmp_path, database_url="postgresql://tsuide:tsuide@10.255.255.1:1/shop?connect_timeout=1")
    assert "database_password" in {each.code for each in examine(away, now())}


def test_a_mail_server_that_answers_hangs_or_is_away_is_told(shop: Shop, post_office: Any) -> None:
    def graded(address: str) -> list[tuple[str, str]]:
        settings = shop.settings.model_copy(update={"smtp": SecretStr(address)})
        return [(each.code, each.grade) for each in examine(settings, now()) if each.name == "smtp"]

    assert graded("") == []
    assert graded(post_office.url) == [("smtp", "good")]
    assert graded("smtp://127.0.0.1:9") == [("smtp_away", "bad")]
    assert graded("nonsense") == [("smtp_away", "bad")]
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def refuse() -> None:
            line, _ = rude.accept()
            line.sendall(b"554 not you\r\n")
            line.close()

        threading.Thread(target=refuse, daemon=True).start()
        assert graded(f"smtp://127.0.0.1:{rude.getsockname()[1]}") == [("smtp_away", "bad")]


def test_what_was_kept_is_told_again_and_what_an_older_version_kept_is_left_out() -> None:
    kept = {"name": "disk", "grade": "good", "code": "disk", "blanks": {"free": "3.0 GB"}}
    older = {"name": "disk", "grade": "good", "found": "3.0 GB free", "do": ""}
    assert [told(each, "ja").found for each in found_again([kept, older])] == ["3.0 GBの空き"]


def test_whatever_is_not_good_says_what_to_do_in_both_languages() -> None:
    good = {"python", "packages", "secrets", "clock", "disk", "store", "schema", "indexes", "postgresql", "orders",
            "products", "snapshot", "policy", "keys", "smtp", "mail", "segments", "journeys"}  # fmt: skip
    for language in LANGUAGES:
        words = WORDS.all(language)
        silent = {key.removesuffix(".do") for key, text in words.items() if key.endswith(".do") and not text}
        assert silent == good
