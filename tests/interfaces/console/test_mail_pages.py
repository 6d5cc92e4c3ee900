"""The pages of mail templates: edited, looked at, undone; and how mail fares."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tsuide.app.mail_health import mark_of
from tsuide.app.mail_templates import own_templates, put_template, template_of, text_of
from tsuide.errors import NotFound
from tsuide.interfaces.console.mail_pages import _with
from tsuide.kit.clock import to_micros
from tsuide.store.outbox_tables import blocked_address

PARTS = ("subject", "preheader", "body", "text")


def fields(page: str) -> dict[str, str]:
    """What the editor shows."""
    found = {}
    for part in PARTS:
        for language in ("ja", "en"):
            name = re.escape(f"{part}.{language}")
            line = re.search(rf'<input [^>]*name="{name}" value="([^"]*)"', page)
            area = re.search(rf'<textarea [^>]*name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
            told = line or area
            assert told is not None, name
            found[f"{part}.{language}"] = html.unescape(told[1])
    return found


def test_every_template_is_listed_and_looked_at_as_a_customer_gets_it(console: Any) -> None:
    assert "ready-made" in console.get("/templates")
    page = console.get("/templates/of/order", customer="c01", **{"in": "ja"})
    assert "ご注文ありがとうございます（注文番号 1001）" in page
    frames = re.findall(r'<iframe [^>]*sandbox=""[^>]*srcdoc="([^"]+)"', page)
    assert len(frames) == 2
    assert "<!doctype html" in html.unescape(frames[0]).lower()


def test_a_template_is_changed_and_undone(console: Any) -> None:
    sent = fields(console.get("/templates/of/order")) | {"subject.en": "Many thanks ({{ values.order_id }})"}
    look = console.post("/templates/of/order", do="look", customer="c01", status=200, **sent, **{"in": "en"})
    assert "Many thanks (1001)" in look.text
    assert "order" not in own_templates(console.shop)  # looking keeps nothing
    saved = console.post("/templates/of/order", do="save", customer="c01", **sent)
    assert template_of(console.shop, "order").subject["en"].startswith("Many thanks")
    assert template_of(console.shop, "order").subject["ja"].startswith("ご注文")
    assert "own, changed" in console.get("/templates")
    again = console.post("/templates/of/order", do="save", customer="c01", **sent | {"subject.en": "Other"})
    console.undo(again)
    assert template_of(console.shop, "order").subject["en"].startswith("Many thanks")
    version = template_of(console.shop, "order").version
    console.undo(saved)
    assert "order" not in own_templates(console.shop)
    restored = console.post("/templates/of/order/restore", version=version)
    assert template_of(console.shop, "order").subject["en"].startswith("Many thanks")
    removed = console.post("/templates/of/order/remove")
    assert "order" not in own_templates(console.shop)
    console.undo(removed)
    assert "order" in own_templates(console.shop)
    console.undo(restored)


def test_what_was_not_touched_stays_as_it_was_written(console: Any) -> None:
    page = console.get("/templates/of/offer")
    assert _with(text_of(console.shop, "offer"), fields(page)) == text_of(console.shop, "offer")


def test_a_template_that_makes_no_mail_is_not_kept_and_what_was_entered_stays(console: Any) -> None:
    sent = fields(console.get("/templates/of/order")) | {"subject.en": "{{ nothing.there }}"}
    page = console.post("/templates/of/order", do="save", customer="c01", status=422, **sent).text
    assert "{{ nothing.there }}" in page
    assert "order" not in own_templates(console.shop)
    whole = console.post("/templates/of/order", do="save_whole", whole="subject: x", status=422).text
    assert "subject: x" in whole


def test_a_template_of_ones_own_begins_as_a_copy(console: Any) -> None:
    made = console.post("/templates/new", name="thanks-2", **{"from": "order"})
    assert template_of(console.shop, "thanks-2").purpose == "transactional"
    console.post("/templates/new", name="thanks-2", status=409, **{"from": "order"})
    console.undo(made)
    with pytest.raises(NotFound):
        template_of(console.shop, "thanks-2")


def test_a_test_mail_without_a_server_says_what_is_missing(console: Any) -> None:
    sent = fields(console.get("/templates/of/order"))
    page = console.post("/templates/of/order", do="test", customer="c01", status=422, **sent).text
    assert "TSUIDE_" in page


def test_how_mail_fares_is_told_by_domain_and_an_address_is_written_to_again(console: Any) -> None:
    shop, now = console.shop, datetime.now(UTC)
    at = int(now.timestamp() * 1_000_000)
    for n, domain in enumerate(["example.jp", "example.jp", "example.com"]):
        row: dict[str, Any] = {
            "key": f"k{n}",
            "id": f"m{n}",
            "customer_id": "c01",
            "channel": "email",
            "purpose": "marketing",
        }
        row |= {"template": "offer", "source": None, "record": "{}", "asked_at": at, "due_at": at}
        shop.store.outbox.put([row])
        with shop.store.outbox.engine.begin() as connection:
            told = "UPDATE outbound SET state='sent', sent_at=asked_at, domain=:domain, links=:links WHERE key=:key"
            given = {"domain": domain, "links": "[]" if n == 0 else None, "key": f"k{n}"}
            connection.exec_driver_sql(told, given)
    shop.store.outbox.happened("e1", "bounce", {"id": "m0", "customer_id": "c01"}, now)
    shop.store.outbox.happened("e2", "open", {"id": "m1", "customer_id": "c01"}, now)
    mark = mark_of(shop, "gone@example.jp", now)
    shop.store.outbox.block(mark, "bounce", now, "550 no such mailbox")
    rows = console.get("/templates/fares", csv="domains").splitlines()
    assert rows[1].startswith("example.com,news and offers,1,1,1.0,0")
    assert rows[2].startswith("example.jp,news and offers,2,1,0.5,1")
    page = console.get("/templates/fares", address="gone@example.jp")
    assert mark[:12] in page
    assert "550 no such mailbox" in page
    done = console.post("/templates/unblock", mark=mark)
    assert shop.store.outbox.blocked([mark]) == {}
    console.undo(done)
    assert shop.store.outbox.blocked([mark]) == {mark: "bounce"}
    assert "Nothing is held back" in console.get("/templates/fares", address="fine@example.jp")


def test_of_very_many_addresses_that_take_none_each_is_found_and_written_to_again(console: Any) -> None:
    shop, now = console.shop, datetime.now(UTC)
    mark = mark_of(shop, "first@example.jp", now)
    shop.store.outbox.block(mark, "complaint", now - timedelta(days=1), "abuse")
    many = [{"mark": f"{n:064x}", "reason": "bounce", "at": to_micros(now)} for n in range(1_001)]
    with shop.store.outbox.engine.begin() as connection:
        connection.execute(sa.insert(blocked_address), many)
    page = console.get("/templates/fares", address="first@example.jp")
    assert mark[:12] in page
    assert "1,00" in page
    done = console.post("/templates/unblock", mark=mark)
    assert shop.store.outbox.blocked([mark]) == {}
    shop.store.outbox.block(mark, "bounce", now)  # it came back once more
    console.undo(done, status=409)
    assert shop.store.outbox.blocked([mark]) == {mark: "bounce"}
    console.post("/templates/unblock", mark="0" * 63, status=404)
    with shop.store.outbox.engine.begin() as connection:
        connection.execute(
            sa.delete(blocked_address).where(blocked_address.c.mark.in_([each["mark"] for each in many]))
        )


def test_a_template_that_was_changed_elsewhere_since_is_not_taken_back(console: Any) -> None:
    made = console.post("/templates/new", name="elsewhere", **{"from": "order"})
    put_template(console.shop, "elsewhere", text_of(console.shop, "elsewhere") + "# more\n", datetime.now(UTC))
    console.undo(made, status=409)
    assert text_of(console.shop, "elsewhere").endswith("# more\n")


def test_whoever_may_only_look_changes_nothing(running: Any) -> None:
    auditor = running.person("auditor")
    assert "Send me a test" not in auditor.get("/templates/of/order")
    auditor.post("/templates/of/order", do="save", status=403)
