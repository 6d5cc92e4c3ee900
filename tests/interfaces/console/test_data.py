"""Data: what is there, imports, what comes in, the quarantine, connectors, snapshots, jobs."""

import html
import io
import re
import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.jobs import wait_for
from tsuide.app.snapshots import noted_snapshots
from tsuide.app.uploads import kept_mappings, uploads
from tsuide.facts.behaviour import EVENT_KINDS
from tsuide.interfaces.console.phrases.data import DATA
from tsuide.mining.snapshot import PARTS, amend_snapshot, open_snapshot

FILE = "my number,label,worth\nNEW-1,Lantern,4800\nNEW-2,Tent,cheap\n"


def _sent(console: Any, text: str = FILE, name: str = "gear.csv") -> str:
    answer = console.post("/data/import", files={"file": (name, io.BytesIO(text.encode()), "text/csv")})
    return str(answer.headers["location"]).partition("/console")[2]


def _ended(running: Any, kind: str) -> dict[str, Any]:
    """What came of the job that a page began last."""
    job = running.shop.store.jobs.recent(kind, 1)[0]["id"]
    ended = wait_for(running.shop, job, lambda: datetime.now(UTC), 240)
    assert ended["state"] == "done", ended
    return ended


def test_the_overview_counts_what_is_there_and_says_what_to_do_about_gaps(console: Any, running: Any) -> None:
    text = console.get("/data")
    assert f">{running.shop.store.facts.counts()['orders']}<" in text
    assert "Newest order" in text
    assert "最新の注文" in console.get("/data", lang="ja")


def test_a_file_is_sent_mapped_tried_imported_and_the_import_is_undone(console: Any, running: Any) -> None:
    path = _sent(console)
    assert "Lantern" in console.get(path)
    assert "do not tell what kind" in console.get(path)
    console.post(path, do="save", kind="products", kind_was="")
    assert "Choose the column of" in console.get(path)
    asked = {"kind": "products", "kind_was": "products"}
    assert "no column for" in console.post(path, status=422, do="import", **asked).text
    fields = {**asked, "map.id": "my number", "map.title": "label", "map.price": "worth"}
    console.post(path, do="import_try", **fields)
    _ended(running, "import_try")
    tried = console.get(path)
    assert "nothing was written" in tried
    assert "Not an amount of money" in tried
    rejects = console._ask("GET", f"{path}/rejects")
    assert "cheap" in rejects.text
    assert "attachment" in rejects.headers["content-disposition"]
    answer = console.post(path, do="import", **fields)
    result = _ended(running, "import")
    assert result["result"]["kept"] == 1
    assert "Lantern" in console.get("/data/products", q="lantern")
    assert "Tent" not in console.get("/data/products", q="NEW-")
    console.undo(answer)
    products = running.shop.store.facts.products_of(["NEW-1"])
    assert products["status"].to_list() == ["discontinued"]


def test_an_import_of_orders_says_that_it_can_be_undone_and_is(console: Any, running: Any) -> None:
    path = _sent(
        console, "order,customer,date,product,quantity,price\nnew-1,c01,2026-01-05,card,1,3000\n", "orders.csv"
    )
    console.post(path, do="save", kind="orders", kind_was="")
    assert "new ones are cancelled" in console.get(path)
    done = console.post(path, do="import", kind="orders", kind_was="orders")
    _ended(running, "import")
    order, _ = running.shop.store.facts.order("new-1")
    assert order["status"].to_list() == ["placed"]
    console.undo(done)
    order, lines = running.shop.store.facts.order("new-1")
    assert (order["status"].to_list(), lines.height) == (["cancelled"], 1)


def test_an_import_that_cannot_be_undone_says_so_before_and_offers_no_undo(console: Any, running: Any) -> None:
    path = _sent(console, "review id,product,rating,on\nr1,x,5,2026-01-05\n", "reviews.csv")
    console.post(path, do="save", kind="reviews", kind_was="")
    assert "cannot be undone" in console.get(path)
    fields = {
        "kind": "reviews",
        "kind_was": "reviews",
        "map.product_id": "product",
        "map.rating": "rating",
        "map.at": "on",
    }
    answer = console.post(path, do="import", **fields)
    assert 'name="entry"' not in console.get(path, done=re.search(r"done=(\d+)", answer.headers["location"]).group(1))  # type: ignore[union-attr]  # there
    _ended(running, "import")
    assert running.shop.store.facts.counts()["reviews"] >= 0


def test_how_a_file_was_read_is_kept_by_name_forgotten_and_both_are_undone(console: Any, running: Any) -> None:
    path = _sent(console, "sku no,name\nA,B\n", "x.csv")
    fields = {"kind": "products", "kind_was": "products", "map.id": "sku no", "map.title": "name"}
    answer = console.post(path, do="keep", name="supplier", **fields)
    assert kept_mappings(running.shop)["supplier"]["given"]["id"] == "sku no"
    assert "supplier" in console.get("/data/import")
    console.undo(answer)
    assert kept_mappings(running.shop) == {}
    console.post(path, do="keep", name="supplier", **fields)
    again = console.get(_sent(console, "sku no,name\nC,D\n", "y.csv"))
    assert '<option value="sku no" selected>' in again
    forgotten = console.post("/data/import/forget", name="supplier")
    assert kept_mappings(running.shop) == {}
    console.undo(forgotten)
    assert "supplier" in kept_mappings(running.shop)


def test_a_file_that_is_none_is_refused_by_name_and_a_removed_one_is_gone(console: Any, running: Any) -> None:
    zipped = {"file": ("a.csv", io.BytesIO(b"PK\x03\x04"), "text/csv")}
    assert "Excel workbook" in console.post("/data/import", status=422, files=zipped).text
    assert "no file was chosen" in console.post("/data/import", status=422).text
    path = _sent(console)
    console.post("/data/import/remove", id=path.rpartition("/")[2])
    console.get(path, status=404)
    assert path.rpartition("/")[2] not in {each.id for each in uploads(running.shop)}


def test_beside_a_file_stand_few_fields_and_other_forms_take_no_file(console: Any) -> None:
    file = {"file": ("gear.csv", FILE.encode(), "text/csv")}
    many = {f"f{n}": "x" for n in range(30)}
    assert "Too many fields" in console.post("/data/import", status=422, files=file, **many).text
    assert "Too many files" in console.post("/data/learn", status=422, files=file).text


def _key(console: Any, connector: str) -> str:
    answer = console.post("/data/connectors", status=200, connector=connector)
    found = re.search(r'value="(tsk_[\w-]+)"', answer.text)
    assert found is not None
    assert answer.text.count(found.group(1)) >= 2  # shown, and in its place
    return found.group(1)


def _track(running: Any, key: str, event: str, message_id: str, **properties: Any) -> Any:
    body = {"userId": "c1", "event": event, "properties": properties, "messageId": message_id}
    return running.client.post("/v1/track", headers={"X-Api-Key": key}, json=body)


def test_a_key_of_a_connector_works_and_what_it_sends_is_counted_and_seen_live(console: Any, running: Any) -> None:
    key = _key(console, "segment")
    assert key not in console.get("/data/connectors")
    running.client.cookies.clear()
    assert _track(running, key, "Product Viewed", "m1", product_id="cam-a").status_code == 200
    assert "received 1 messages in the last hour" in console.get("/data/connectors")
    assert "cam-a" in console.get("/data/live")
    rows = console.get("/data/live.rows", type="event.view")
    assert "cam-a" in rows
    assert "<html" not in rows
    assert "cam-a" not in console.get("/data/live.rows", type="event.search")
    assert "cam-a" in console.get("/data/live.rows", customer="c1")
    assert "cam-a" not in console.get("/data/live.rows", customer="somebody")


@pytest.mark.parametrize(("connector", "status"), [("ga4", 204), ("api", 200)])
def test_what_is_copied_for_curl_works_as_it_stands(console: Any, running: Any, connector: str, status: int) -> None:
    page = console.post("/data/connectors", status=200, connector=connector).text
    texts = [html.unescape(each) for each in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)]
    text = next(each for each in texts if each.startswith("curl") and "tsk_…" not in each)
    command = shlex.split(text)
    headers = dict(command[n + 1].split(": ", 1) for n, each in enumerate(command) if each == "-H")
    body = command[command.index("--data") + 1]
    running.client.cookies.clear()
    path = command[1].removeprefix("http://testserver")
    assert running.client.post(path, content=body, headers=headers).status_code == status


def test_only_an_owner_makes_a_secret_key_and_a_marketer_makes_a_public_one(running: Any) -> None:
    marketer = running.person("marketer")
    marketer.post("/data/connectors", status=200, connector="storefront")
    assert "only an owner" in marketer.post("/data/connectors", status=403, connector="segment").text
    assert "Only an owner makes this key" in marketer.get("/data/connectors")


def test_a_quarantined_message_is_shown_with_reason_read_again_and_dropped_with_a_note(
    console: Any, running: Any
) -> None:
    key = _key(console, "segment")
    running.client.cookies.clear()
    _track(running, key, "Order Refunded", "late", order_id="o-77")
    _track(running, key, "Order Completed", "yen", order_id="o-78", currency="YEN", products=[{"product_id": "a"}])
    text = console.get("/data/quarantine")
    assert "no such order yet" in text
    assert "currency = &#39;YEN&#39;" in text
    assert "&#34;o-77&#34;" in text
    again = console.post("/data/quarantine/again", id="segment:late")
    assert "still=1" in again.headers["location"]
    line = {"product_id": "cam-a", "quantity": 1, "price": 5}
    _track(running, key, "Order Completed", "made", order_id="o-77", currency="JPY", products=[line])
    done = console.post("/data/quarantine/again", id="segment:late")
    assert "read=1" in done.headers["location"]
    assert "say why" in console.post("/data/quarantine/drop", status=422, id="segment:yen", note="").text
    dropped = console.post("/data/quarantine/drop", id="segment:yen", note="a test of the sender")
    assert running.shop.store.inbox.counts().get("quarantined", 0) == 0
    console.undo(dropped)
    row = running.shop.store.inbox.get("segment:yen")
    assert (row["state"], "YEN" in row["reason"]) == ("quarantined", True)
    assert console.post("/data/quarantine/again").headers["location"].count("still=1") == 1  # all of them


def test_another_snapshot_is_used_and_that_is_undone(console: Any, running: Any) -> None:
    folder = running.shop.snapshots
    first = noted_snapshots(running.shop)[0].id
    name, part = next(iter(open_snapshot(folder).parts.items()))
    second = amend_snapshot(folder, {name: part})
    text = console.get("/data/snapshots")
    assert first in text
    assert "in use" in text
    answer = console.post("/data/snapshots", id=first)
    assert [each.id for each in noted_snapshots(running.shop) if each.current] == [first]
    console.undo(answer)
    assert [each.id for each in noted_snapshots(running.shop) if each.current] == [second]
    console.post("/data/snapshots", status=409, id=second)
    console.post("/data/snapshots", status=404, id="nothing")


def test_learning_is_a_job_and_jobs_are_listed_with_their_results(console: Any, running: Any) -> None:
    console.post("/data/learn")
    assert "Learning" in console.get("/data/snapshots")
    console.post("/data/learn", status=409)  # one at a time
    assert "data-job=" in console.get("/data/jobs", lang="ja")
    orders = _ended(running, "learn")["result"]["orders"]
    text = console.get("/data/jobs", kind="learn")
    assert f"orders: {orders}" in text


def test_every_kind_of_act_and_every_part_has_its_words() -> None:
    for language in ("ja", "en"):
        known = DATA.all(language)
        assert [each for each in EVENT_KINDS if f"event.{each}" not in known] == []
        assert [each for each in PARTS if f"part.{each}" not in known] == []


def test_an_auditor_sees_data_and_finds_no_form(running: Any) -> None:
    auditor = running.person("auditor")
    for path in ("/data", "/data/import", "/data/live", "/data/quarantine", "/data/connectors", "/data/snapshots"):
        assert "/console/data/" in auditor.get(path)
        assert 'action="/console/data' not in auditor.get(path)


def test_a_file_larger_than_any_request_of_the_api_is_taken_and_elsewhere_nothing_is(console: Any) -> None:
    rows = "".join(f"big-{n},{'x' * 90},500\n" for n in range(15_000))
    text = f"id,title,price\n{rows}".encode()
    assert len(text) > 1_400_000
    answer = console.post("/data/import", files={"file": ("big.csv", text, "text/csv")})
    assert "/data/import/" in answer.headers["location"]
    assert console.post("/data/import/remove", status=413, upload="x" * 1_100_000).status_code == 413
