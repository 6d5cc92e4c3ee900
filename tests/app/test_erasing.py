"""Forgetting a person: nothing leads back to them, everything that was counted stays counted."""

import fcntl
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tsuide.app.deciding import row_of
from tsuide.app.erasing import disclose, erase_customer, everything_of
from tsuide.app.late_decisions import FOLDER
from tsuide.app.learn import learn
from tsuide.app.uploads import keep_upload, uploads
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import Unavailable, UnknownCustomer
from tsuide.mining.snapshot import list_snapshots
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def shop(new_home: Path, fill_shop: Callable[[Shop], None]) -> Iterator[Shop]:
    opened = open_shop(Settings(home=new_home, language="en"))
    fill_shop(opened)
    yield opened
    opened.close()


def somebody(shop: Shop) -> str:
    return str(shop.store.facts.purchases()["customer_id"].drop_nulls().sort()[0])


def test_orders_stay_as_nobodys(shop: Shop) -> None:
    who, before = somebody(shop), shop.store.facts.purchases()
    done = erase_customer(shop, who, NOW)
    after = shop.store.facts.purchases()
    assert done["orders"] > 0
    assert after["amount"].sum() == before["amount"].sum()
    assert who not in after["customer_id"].to_list()
    with pytest.raises(UnknownCustomer):
        everything_of(shop, who)


def test_erasing_nobody_is_no_error(shop: Shop) -> None:
    assert erase_customer(shop, "nobody 🍵", NOW) == {}


def test_the_next_learning_removes_the_states_that_knew_the_person_and_only_then(shop: Shop) -> None:
    first = learn(shop, now=NOW, seed=0).snapshot_id
    second = learn(shop, now=NOW, seed=1).snapshot_id
    assert set(list_snapshots(shop.snapshots)) == {first, second}
    erase_customer(shop, somebody(shop), NOW)
    third = learn(shop, now=NOW, seed=2).snapshot_id
    assert list_snapshots(shop.snapshots) == [third]
    fourth = learn(shop, now=NOW, seed=3).snapshot_id
    assert set(list_snapshots(shop.snapshots)) == {third, fourth}


def test_what_is_kept_is_written_for_the_shops_own_eyes_and_goes_with_the_person(shop: Shop) -> None:
    who = somebody(shop)
    path = disclose(shop, who, NOW)
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    assert f'"customer_id": "{who}"' in path.read_text(encoding="utf-8")
    erase_customer(shop, who, NOW)
    assert not path.exists()
    assert disclose(shop, who, NOW) is None


def test_files_that_were_sent_in_and_name_the_person_go_too(shop: Shop) -> None:
    who = somebody(shop)
    for n, text in enumerate((f"id,name\n{who},Hana\n", "id,name\nx9,Taro\n")):
        keep_upload(shop, f"{n}.csv", io.BytesIO(text.encode()), "A", NOW, n)
    assert erase_customer(shop, who, NOW)["upload"] == 1
    assert [each.name for each in uploads(shop)] == ["1.csv"]


def late(shop: Shop, who: str) -> Path:
    """A decision about somebody that a server kept in a file while the store was away."""
    made = Decision(
        id="d", at=NOW, request=OfferRequest("home", customer_id=who), customer=CustomerView(id=who), snapshot_id="s",
        sequence=0, policy="p", policy_version="1", seed=0, arm="treated", unit="customer", slate=(),
    )  # fmt: skip
    row, path = row_of(made), shop.settings.home / FOLDER / "left.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps([row.table, dict(row.values)]) + "\n", encoding="utf-8")
    return path


def test_a_decision_that_a_dead_process_left_waiting_is_erased_with_its_customer(shop: Shop) -> None:
    who = somebody(shop)
    path = late(shop, who)
    assert erase_customer(shop, who, NOW)["decision"] == 1
    assert not path.exists()
    assert who not in json.dumps(dict(shop.store.decisions.get("d")), default=str)


def test_nobody_is_erased_while_a_running_process_keeps_decisions_of_them(shop: Shop) -> None:
    who = somebody(shop)
    with late(shop, who).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="on their way"):
            erase_customer(shop, who, NOW)
    assert everything_of(shop, who)["orders"]
    assert erase_customer(shop, who, NOW)["decision"] == 1
