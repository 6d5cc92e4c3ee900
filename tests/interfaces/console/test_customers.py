"""The pages of customers: found, whole, noted, changed with undo, merged, taken in, disclosed and erased."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.jobs import wait_for
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def people(running: Any) -> None:
    known = [
        Customer(
            "gtx", "company", name="株式会社ＧＴＸ Pro", phone="03-1", attributes={"owner": "ann"}, created_at=NOW
        ),
        Customer("gtx2", "company", name="GTX-Pro(株)", email="i@gtx.example", attributes={"owner": "ann"}),
        Customer("hanako", "person", "gtx", name="山田 花子", email="h@gtx.example"),
        Customer("sakura", "company", name="さくら歯科", attributes={"owner": "bob", "prefecture": "大阪府"}),
    ]
    running.shop.store.facts.write_customers(frame_of(known, CUSTOMERS))


@pytest.fixture
def ann(running: Any) -> Any:
    return running.person("rep", rep_id="ann")


def known(running: Any, customer_id: str) -> dict[str, Any]:
    row: dict[str, Any] = running.shop.store.facts.customer(customer_id)
    return row | {"attributes": json.loads(row["attributes"] or "{}")}


def test_a_customer_is_found_in_any_writing_and_filtered(console: Any) -> None:
    assert "山田 花子" in console.get("/customers", q="花子")
    assert "さくら歯科" in console.get("/customers", q="サクラ", prefecture="大阪府")
    assert "Nobody fits" in console.get("/customers", q="サクラ", kind="person")


def test_a_rep_sees_their_own_customers_and_no_colleagues(ann: Any) -> None:
    text = ann.get("/customers", owner="bob")
    assert "山田 花子" in text
    assert "さくら歯科" not in text
    ann.get("/customers/one", id="hanako")
    ann.get("/customers/one", id="sakura", status=403)
    ann.get("/customers/files", status=403)
    ann.get("/customers/export.csv", status=403)
    for path in ("note", "win", "change", "consent"):
        ann.post(f"/customers/{path}", status=403, id="sakura", kind="note", text="x", name="y")
    ann.post("/customers/merge", status=403, kept="gtx", merged="sakura")
    ann.post("/customers/change", status=403, id="gtx", owner="bob")


@pytest.mark.parametrize("part", ["now", "history", "bought", "reached", "web", "profile"])
def test_every_part_of_a_customer_is_told_in_both_languages(console: Any, running: Any, part: str) -> None:
    buyer = str(running.shop.store.facts.orders()["customer_id"].drop_nulls()[0])
    for language in ("ja", "en"):
        assert "<h1>" in console.get("/customers/one", id=buyer, part=part, lang=language)


def test_a_note_and_a_win_are_written_down_and_taken_back(console: Any, running: Any) -> None:
    note = console.post("/customers/note", id="gtx", kind="call", text="在庫の相談")
    assert "在庫の相談" in console.get("/customers/one", id="gtx", part="history")
    win = console.post("/customers/win", id="gtx", metric="hours", before="3", after="1", evidence="mail 1")
    assert known(running, "gtx")["attributes"]["won"] == "yes"
    console.undo(win)
    assert "won" not in known(running, "gtx")["attributes"]
    console.undo(note)
    assert "在庫の相談" not in console.get("/customers/one", id="gtx", part="history")


def test_what_was_written_stays_in_the_form_that_was_refused(console: Any) -> None:
    text = console.post(
        "/customers/win", status=422, id="gtx", metric="working hours", before="3", after="", evidence=""
    )
    assert "working hours" in text.text


def test_a_profile_is_changed_and_is_as_it_was_when_that_is_undone(console: Any, running: Any) -> None:
    before = known(running, "gtx")
    answer = console.post("/customers/change", id="gtx", needs="fewer stocks", phone="", name=before["name"])
    assert (known(running, "gtx")["attributes"]["needs"], known(running, "gtx")["phone"]) == ("fewer stocks", None)
    console.undo(answer)
    assert known(running, "gtx") == before


def test_a_consent_needs_evidence_and_what_held_before_holds_again_when_undone(console: Any, running: Any) -> None:
    fields = {"id": "hanako", "purpose": "marketing", "channel": "email", "granted": "yes"}
    console.post("/customers/consent", status=422, **fields)
    console.post("/customers/consent", evidence="form 12", **fields)
    withdrawn = console.post("/customers/consent", evidence="call 3", **(fields | {"granted": "no"}))

    def newest() -> tuple[bool, str]:
        row = running.shop.store.facts.consents_of("hanako").sort("at").row(-1, named=True)
        return bool(row["granted"]), str(row["evidence"])

    assert newest() == (False, "call 3")
    console.undo(withdrawn)
    assert newest() == (True, "undone")


def test_two_customers_are_merged_side_by_side_and_are_two_again(console: Any, running: Any) -> None:
    assert "Keep this one" in console.get("/customers/duplicates")
    answer = console.post("/customers/merge", kept="gtx", merged="gtx2")
    assert known(running, "gtx")["email"] == "i@gtx.example"
    console.undo(answer)
    assert known(running, "gtx2")["name"] == "GTX-Pro(株)"


def test_an_export_of_a_crm_is_looked_at_before_it_is_taken_in(console: Any, running: Any) -> None:
    table = "Record Id,Account Name,Account Owner,Phone\nzcrm_1,青空工業,ann,03-9\n,名前だけ,ann,\n".encode()
    text = console.post("/customers/files/upload", status=200, files={"file": ("accounts.csv", table)}).text
    assert "Zoho CRM accounts" in text
    assert "1 will be kept and 1 set aside" in text
    console.post("/customers/files/upload", status=422, files={"file": ("accounts.exe", b"x")})
    from tsuide.app.customer_files import import_upload, take_upload, upload_rejects

    name = take_upload(running.shop, "accounts.csv", io.BytesIO(table), NOW)
    told = import_upload(running.shop, {"upload": name}, lambda *_: None, datetime.now(UTC))
    assert (told["kept"], told["rejected"]) == (1, 1)
    assert "Record Id" in upload_rejects(running.shop, name).decode("utf-8-sig")
    assert "青空工業" in console.get("/customers/export.csv")


def test_an_export_that_was_taken_in_is_taken_back_and_nobody_is_as_the_file_said(console: Any, running: Any) -> None:
    running.shop.store.facts.write_customers(frame_of([Customer("kept-1", name="青空", phone="03-1")], CUSTOMERS))
    table = "id,name,phone\nkept-1,間違い,03-9\nmade-1,新規,03-8\n".encode()
    text = console.post("/customers/files/upload", status=200, files={"file": ("people.csv", table)}).text
    assert "can be undone for seven days" in text
    upload = re.search(r'name="upload" value="([^"]+)"', text)
    assert upload is not None
    answer = console.post("/customers/files/import", upload=upload.group(1), do="import")
    job = running.shop.store.jobs.recent("import_customers", 1)[0]["id"]
    assert wait_for(running.shop, job, lambda: datetime.now(UTC), 240)["state"] == "done"
    assert known(running, "kept-1")["name"] == "間違い"
    console.undo(answer)
    assert (known(running, "kept-1")["name"], known(running, "kept-1")["phone"]) == ("青空", "03-1")
    assert (known(running, "made-1")["name"], known(running, "made-1")["phone"]) == (None, None)


def test_a_customer_is_disclosed_and_erased_by_an_owner_who_says_so_twice(running: Any, console: Any) -> None:
    running.shop.store.facts.write_customers(frame_of([Customer("gone", name="Gone Soon")], CUSTOMERS))
    manager = running.person("sales_manager")
    for path in ("erase", "person.zip"):
        manager.get(f"/customers/{path}", id="gone", status=403)
    manager.post("/customers/erase", status=403, id="gone", confirm="gone")
    archive = zipfile.ZipFile(io.BytesIO(console._ask("GET", "/customers/person.zip", params={"id": "gone"}).content))
    assert json.loads(archive.read("tables/customer.json"))[0]["name"] == "Gone Soon"
    assert "cannot be undone" in console.get("/customers/erase", id="gone")
    console.post("/customers/erase", status=422, id="gone", confirm="someone else")
    answer = console.post("/customers/erase", id="gone", confirm="gone")
    assert "Gone Soon" not in console.get("/customers", q="Gone")
    assert "Undo" not in console.get(answer.headers["location"].removeprefix("/console"))


@pytest.mark.parametrize("path", ["/customers/one", "/customers/erase"])
def test_a_page_of_nobody_leads_to_the_list(console: Any, path: str) -> None:
    assert console._ask("GET", path).headers["location"] == "/console/customers"
