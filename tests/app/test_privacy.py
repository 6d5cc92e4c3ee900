"""What a person may ask: all of it in one archive, erasing that is proved and heeded by a restore, old age, parting."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tsuide.app.backup import back_up, forget_again, restore
from tsuide.app.deciding import row_of
from tsuide.app.erasing import as_nobodys, erase_customer, everything_of
from tsuide.app.learn import learn
from tsuide.app.privacy.archive import archive_of
from tsuide.app.privacy.marks import LIST, read_list
from tsuide.app.privacy.proofs import proof_of, proofs
from tsuide.app.privacy.record import record_of, record_text
from tsuide.app.privacy.retention import forget_old_once_a_day, retention_of, too_old
from tsuide.app.uploads import keep_upload
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadSetting, NotFound, UnknownCustomer
from tsuide.facts.consent import CONSENTS, Consent
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.kit.clock import to_micros
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.request import OfferRequest
from tsuide.store.personal import HELD, NOBODYS
from tsuide.store.rows import Row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path, store_url: str, fill_shop: Callable[[Shop], None]) -> Iterator[Shop]:
    opened = open_shop(Settings(home=tmp_path / "home", database_url=store_url, language="en"))
    fill_shop(opened)
    yield opened
    opened.close()


def said(shop: Shop, purpose: Any, *, granted: bool, at: datetime = NOW) -> None:
    shop.store.facts.write_consents(frame_of([Consent("c01", purpose, "site", granted, at, "test", "e")], CONSENTS))


def seen(shop: Shop, customer_id: str | None = "c01", n: int = 0) -> None:
    """The customer looks at a tea in their browser, and is offered something."""
    made = Decision(
        id=f"dec_{n}", at=NOW, request=OfferRequest("home", customer_id=customer_id, anonymous_id="browser-1"),
        customer=CustomerView(id=customer_id), snapshot_id="s", sequence=0, policy="p", policy_version="1", seed=n,
        arm="treated", unit="customer",
    )  # fmt: skip
    act: dict[str, str | int | None] = {"id": f"ev{n}", "kind": "view", "at": to_micros(NOW),
           "customer_id": customer_id, "anonymous_id": "browser-1", "product_id": "tea",
           "raw": '{"anonymousId": "browser-1"}'}  # fmt: skip
    journal = shop.store.journal()
    journal.write("trace", row_of(made), Row("event", act))
    journal.close_now()


def rows_with(shop: Shop, text: str) -> set[str]:
    with shop.store.record.connect() as connection:
        return {
            held.table.name
            for held in HELD.values()
            for row in connection.execute(held.table.select())
            if any(text in str(value) for value in row)
        }


def test_the_archive_holds_every_row_and_says_what_it_is_in_both_languages(shop: Shop) -> None:
    seen(shop)
    keep_upload(shop, "people.csv", io.BytesIO(b"id,name\nc01,Hana\nc02,Taro\n"), "A", NOW, 0)
    archive = zipfile.ZipFile(io.BytesIO(archive_of(shop, "c01", NOW)))
    about = json.loads(archive.read("about.json"))
    kept = {name: rows for name, rows in everything_of(shop, "c01").items() if rows}
    assert {name: each["rows"] for name, each in about["tables"].items()} == {name: len(kept[name]) for name in kept}
    assert {"orders", "order_line", "event", "decision", "customer"} <= kept.keys()
    assert json.loads(archive.read("tables/order_line.json")) == kept["order_line"]
    assert about["tables"]["orders"]["ja"] == "注文"
    assert json.loads(archive.read("files.json")) == {"people.csv": [{"id": "c01", "name": "Hana"}]}
    assert "Taro" not in archive.read("files.json").decode()


def test_of_nobody_there_is_no_archive(shop: Shop) -> None:
    with pytest.raises(UnknownCustomer):
        archive_of(shop, "nobody", NOW)


def test_erasing_is_proved_without_naming_anybody(shop: Shop) -> None:
    seen(shop)
    done = erase_customer(shop, "c01", NOW, "ann")
    proof = proof_of(shop, "c01", NOW)
    assert proof["erased_by"] == "ann"
    assert proof["deleted"] | proof["made_nobodys"] == done
    assert proof["found_afterwards"] == {}
    assert '"c01"' not in json.dumps(proofs(shop, 10))
    assert proof["learned_states"] == "until the next learning"
    with pytest.raises(NotFound):
        proof_of(shop, "c02", NOW)


def test_the_proof_says_when_what_was_learned_is_gone_too(shop: Shop) -> None:
    learn(shop, now=NOW, seed=0)
    erase_customer(shop, "c01", NOW, "ann")
    learn(shop, now=NOW + timedelta(hours=1), seed=1)
    assert proof_of(shop, "c01", NOW)["learned_states"] != "until the next learning"


def test_a_restore_forgets_again_whom_the_shop_forgot_since_and_nobody_else(tmp_path: Path, small_shop: Shop) -> None:
    shop, folder = small_shop, tmp_path / "backups"
    erase_customer(shop, "c05", NOW - timedelta(hours=1))  # before the backup; they have come back since
    shop.store.facts.write_customers(frame_of([Customer("c05", "person")], CUSTOMERS))
    made = back_up(shop, folder, NOW)
    erase_customer(shop, "c01", NOW + timedelta(hours=1))
    assert len(read_list(folder / LIST)) == 2  # the list beside the backup was told at once
    assert "c01" not in (folder / LIST).read_text(encoding="utf-8")
    settings = Settings(home=tmp_path / "elsewhere", language="en")
    restore(made.path, settings)
    assert forget_again(made.path, settings, NOW + timedelta(hours=2)) == 1
    restored = open_shop(settings)
    try:
        known = set(restored.store.facts.customers()["id"])
        assert ("c01" in known, "c05" in known, "c02" in known) == (False, True, True)
        assert rows_with(restored, "c01") == set()
    finally:
        restored.close()


def test_a_list_that_lies_elsewhere_is_heeded_and_a_missing_one_is_said(tmp_path: Path, small_shop: Shop) -> None:
    made = back_up(small_shop, tmp_path / "backups", NOW)
    (tmp_path / "moved").mkdir()
    moved = made.path.rename(tmp_path / "moved" / made.path.name)
    erase_customer(small_shop, "c01", NOW + timedelta(hours=1))
    settings = Settings(home=tmp_path / "elsewhere", language="en")
    restore(moved, settings)
    assert forget_again(moved, settings, NOW) == 0  # nobody told it
    assert forget_again(moved, settings, NOW, small_shop.settings.home / LIST) == 1
    with pytest.raises(NotFound):
        forget_again(moved, settings, NOW, tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize("purpose", ["personalisation", "analytics"])
def test_whoever_withdraws_is_parted_from_their_browser_everywhere(shop: Shop, purpose: str) -> None:
    said(shop, purpose, granted=True, at=NOW - timedelta(days=1))
    shop.store.inbox.join("browser-1", "c01", NOW)
    seen(shop)
    assert rows_with(shop, "browser-1") == {"same_person", "event", "decision"}
    said(shop, purpose, granted=False)
    assert rows_with(shop, "browser-1") == set()
    assert len(everything_of(shop, "c01")["event"]) == 1  # what they did under their name stays theirs
    assert Decision.from_json(shop.store.decisions.get("dec_0")["record"]).request.customer_id == "c01"
    shop.store.inbox.join("browser-1", "c01", NOW)
    assert shop.store.inbox.customer_of("browser-1") is None  # until they agree again
    said(shop, purpose, granted=True, at=NOW + timedelta(days=1))
    shop.store.inbox.join("browser-1", "c01", NOW)
    assert shop.store.inbox.customer_of("browser-1") == "c01"


def test_withdrawing_from_advertising_parts_nobody(shop: Shop) -> None:
    shop.store.inbox.join("browser-1", "c01", NOW)
    said(shop, "marketing", granted=False)
    assert shop.store.inbox.customer_of("browser-1") == "c01"


def test_old_age_is_counted_then_carried_out_once_a_day_and_decisions_stay_as_nobodys(shop: Shop) -> None:
    seen(shop)
    later = NOW + timedelta(days=3 * 365 + 1)
    assert too_old(shop, later) == {"event": 1, "decision": 1}
    assert forget_old_once_a_day(shop, later) == {"event": 1, "decision": 1}
    seen(shop, n=1)
    assert forget_old_once_a_day(shop, later + timedelta(hours=23)) == {}
    assert forget_old_once_a_day(shop, later + timedelta(hours=24)) == {"event": 1, "decision": 1}
    record = Decision.from_json(shop.store.decisions.get("dec_0")["record"])
    assert (record.request.customer_id, record.request.anonymous_id, record.customer.id) == (None, None, None)
    assert as_nobodys(record.to_json()) == record.to_json()


@pytest.mark.parametrize("text", ["event=soon", "nothing=3", "customer=3", "event=-1", "event=99999999", "event"])
def test_a_retention_that_makes_no_sense_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadSetting, match="TSUIDE_RETENTION"):
        retention_of(text)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_record_names_every_table_with_what_for_and_how_long(language: str) -> None:
    record = record_of(retention_of("event=90"), language)
    listed = {each["table"]: each for part in ("customers", "staff") for each in record[part]}
    assert listed.keys() == HELD.keys()
    assert set(record["nobody"]) == NOBODYS
    assert listed["event"]["kept_days"] == 90
    assert all(each[name] for each in listed.values() for name in ("what", "purpose", "basis", "erased", "recipients"))
    text = record_text(retention_of("event=90"), language)
    assert all(f"`{name}`" in text for name in (*HELD, *NOBODYS))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_record_in_the_documents_is_the_one_that_is_made(language: str) -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert record_text(retention_of(""), language) in page
