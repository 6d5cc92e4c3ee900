"""Sending: judged at the moment, once, counted, with offers asked then; what goes wrong keeps the promise."""

import base64
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import dkim
import polars as pl
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from pydantic import SecretStr

from tsuide.app.applying import customer_with
from tsuide.app.deciding import Decider
from tsuide.app.doctor import examine
from tsuide.app.doctor import told as in_words
from tsuide.app.learn import learn
from tsuide.app.mail_answers import MailAnswers
from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.results import results
from tsuide.app.sending import LEASE, Outreach, reconcile, resolve
from tsuide.app.tasks import tasks_told
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadSetting, BadValue, Conflict, NotFound
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.channels.channel import Answer, Letter
from tsuide.outreach.channels.line import retry_key
from tsuide.outreach.message import Message
from tsuide.store.outbox import Reservation
from tsuide.store.outcomes import outcome_row

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)
SENDER = "\nsender: {name: ついで市場, address: 東京都千代田区一番町1-1, opt_out: このメールのリンクから}\n"
NOTE = """
subject: {ja: "お知らせ", en: "News"}
body:
  ja: '{{ words(customer.greeting) }}'
  en: '{{ words(customer.greeting) }}<mj-section><mj-column><mj-text><a href="https://a.jp/x">x</a></mj-text></mj-column></mj-section>'
"""


class Hand:
    """A shop with a clock that is set by hand."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.now = NOON
        seeds = count(1)
        self.journal = shop.store.journal()
        self.decider = Decider(shop, self.journal, lambda: self.now, seeds.__next__)
        self.decider.refresh()
        self.outreach = Outreach(shop, self.decider, lambda: self.now, seeds.__next__)

    def contacts(self, customer: str) -> list[Any]:
        rows = self.shop.store.contacts.of(self.now - timedelta(days=30), customer)
        return [row for row in rows if row.channel == "email"]

    def close(self) -> None:
        self.outreach.close()
        self.journal.close_now()
        self.shop.close()


def people() -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {"id": f"c{n:02}", "name": "山田太郎", "email": f"c{n:02}@example.jp", "language": "ja"} for n in range(40)
    ]
    rows[1] |= {"language": "en", "name": "Ann"}
    rows[2] |= {"kind": "company", "name": "青葉商事"}
    rows[3] |= {"email": "never@example.jp"}
    rows[4] |= {"email": "later@example.jp"}
    rows[5] |= {"email": "drop@example.jp"}
    rows[6] |= {"email": None}
    return conform(pl.DataFrame(rows, infer_schema_length=None), CUSTOMERS)


def words(purposes: tuple[str, ...], customers: range, *, granted: bool = True, at: datetime = NOON) -> pl.DataFrame:
    rows = [
        {"customer_id": f"c{n:02}", "purpose": each, "channel": "email", "granted": granted, "source": "会員登録"}
        | {"at": at - timedelta(days=9), "evidence": "form"}
        for n in customers
        for each in purposes
    ]
    return conform(pl.DataFrame(rows), CONSENTS)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Path:
    """A store that has learned; copied for each test."""
    home = tmp_path_factory.mktemp("mail") / "home"
    shop = open_shop(Settings(home=home, language="ja"))
    fill_shop(shop)
    shop.store.facts.write_customers(people())
    shop.store.facts.write_consents(words(("marketing", "personalisation"), range(20)))
    put_in_force(shop, ready_text("standard").replace("holdout: 5%", "holdout: 0%") + SENDER, NOON)
    put_template(shop, "note", NOTE, NOON)
    put_template(shop, "must", NOTE + "purpose: transactional\n", NOON)
    learn(shop, now=NOON, seed=0)
    shop.close()
    return home


@pytest.fixture
def hand(taught: Path, tmp_path: Path, post_office: Any) -> Iterator[Hand]:
    shutil.copytree(taught, tmp_path / "home")
    made = Hand(open_shop(settings(tmp_path / "home", post_office)))
    yield made
    made.close()


def settings(home: Path, post_office: Any, **more: Any) -> Settings:
    return Settings(
        home=home,
        smtp=SecretStr(post_office.url),
        mail_from="ついで市場 <shop@example.com>",
        public_url="https://shop.example.com",
        **more,
    )


def again(hand: Hand, post_office: Any, **more: Any) -> Hand:
    """The same shop with other settings."""
    hand.close()
    return Hand(open_shop(settings(hand.shop.settings.home, post_office, **more)))


class LineDesk:
    """A web server that takes what is pushed to LINE: token, retry key and user of each."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, str]] = []
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                desk.taken.append((self.headers["Authorization"], self.headers["X-Line-Retry-Key"], body["to"]))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"sentMessages": [{"id": "1"}]}')

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def line_desk() -> Iterator[LineDesk]:
    desk = LineDesk()
    thread = threading.Thread(target=desk.server.serve_forever, daemon=True)
    thread.start()
    yield desk
    desk.server.shutdown()
    desk.server.server_close()
    thread.join()


def test_an_offer_goes_out_once_however_often_it_is_asked_for(hand: Hand, post_office: Any) -> None:
    first = hand.outreach.send(Message("j/1", "c00", "offer"))
    assert (first.state, first.new) == ("sent", True)
    second = hand.outreach.send(Message("j/1", "c00", "offer"))
    assert (second.state, second.new, second.reference) == ("sent", False, first.reference)
    (mail,) = post_office.mails()
    assert mail["Message-ID"] == first.reference
    assert str(mail["From"]) == "ついで市場 <shop@example.com>"
    assert mail["To"].addresses[0].addr_spec == "c00@example.jp"
    assert "山田太郎 様" in mail.get_body(("plain",)).get_content()
    with pytest.raises(Conflict, match="another message"):
        hand.outreach.send(Message("j/1", "c01", "offer"))


def test_an_offer_in_a_mail_is_a_decision_and_a_contact_of_each_offer(hand: Hand, post_office: Any) -> None:
    hand.outreach.send(Message("j/1", "c00", "offer"))
    contacts = hand.contacts("c00")
    assert contacts
    assert {row.outcome for row in contacts} == {"shown"}
    assert len({row.at for row in contacts}) == 1  # one mail is one contact, however much it shows
    row = hand.shop.store.outbox.get("j/1")
    assert {each.decision_id for each in contacts} == {row["decision_id"]}
    decision = Decision.from_json(hand.shop.store.decisions.get(row["decision_id"])["record"])
    assert decision.request.placement == "email"
    text = post_office.mails()[0].get_body(("html",)).get_content()
    for each in decision.offers:
        assert f"https://shop.example.com/shop/p/{each.product_id}" in text  # each its own deep link


def test_results_name_the_journey_whose_mail_an_offer_went_out_in_and_the_customers_tier(hand: Hand) -> None:
    gold = customer_with(hand.shop, Customer("c00", attributes={"tier": "gold"}), NOON)
    hand.shop.store.facts.write_customers(frame_of([gold], CUSTOMERS))
    hand.outreach.send(Message("j/1", "c00", "offer", source="spring"))
    hand.outreach.send(Message("j/2", "c01", "offer"))
    rows = results(hand.shop, NOON - timedelta(days=30), NOON + timedelta(days=1)).offers.to_dicts()
    shown = {(row["sort"], row["name"]): row["shown"] for row in rows}
    assert shown["journey", "spring"] == shown["tier", "gold"] > 0
    assert shown["placement", "email"] > shown["journey", "spring"]
    assert [name for sort, name in shown if sort in {"journey", "tier"}] == ["gold", "spring"]


def test_a_product_without_an_address_is_shown_where_the_shop_shows_its_products(hand: Hand, post_office: Any) -> None:
    own = again(hand, post_office, product_page="https://s.jp/p/{id}?from=mail")
    own.outreach.send(Message("j/1", "c00", "cart", products=("cam-a",)))
    assert "https://s.jp/p/cam-a?from=mail" in post_office.mails()[0].get_body(("html",)).get_content()
    own.close()


def test_a_lesson_teaches_and_sells_nothing(hand: Hand, post_office: Any) -> None:
    assert hand.outreach.send(Message("j/1", "c00", "lesson")).code == "no_offer"  # nothing teaches here
    course = {
        "id": "course",
        "title": "はじめての撮影講座",
        "category": ["camera", "compact"],
        "kind": "content",
        "status": "active",
    }
    hand.shop.store.facts.write_products(conform(pl.DataFrame([course]), PRODUCTS))
    hand.decider.refresh()
    assert hand.outreach.send(Message("j/2", "c00", "lesson")).state == "sent"
    mail = post_office.mails()[0]
    assert mail["Subject"] == "はじめての撮影講座"
    text = mail.get_body(("plain",)).get_content()
    assert "ご購入の必要はございません" in text
    assert "￥" not in text


def test_the_week_s_one_mail_is_counted_over_every_asker(hand: Hand, post_office: Any) -> None:
    hand.outreach.send(Message("journey-a", "c00", "note"))
    held = hand.outreach.send(Message("journey-b", "c00", "note"))
    assert (held.state, held.code) == ("refused", "contact_limit")  # free in a week, its patience is three days
    patient = Message("journey-c", "c00", "note", not_after=NOON + timedelta(days=9))
    waits = hand.outreach.send(patient)
    assert (waits.state, waits.code, waits.until) == ("waiting", "contact_limit", NOON + timedelta(days=7))
    hand.now = NOON + timedelta(days=7)
    assert hand.outreach.send(patient).state == "sent"
    assert len(post_office.letters) == 2


def test_what_must_arrive_is_exempt_and_still_a_contact_where_it_offers(hand: Hand, post_office: Any) -> None:
    hand.outreach.send(Message("a", "c00", "note"))
    must = Message("o1", "c00", "order", "transactional", values={"order_id": "A-1"}, products=("cam-a",))
    hand.now = NOON + timedelta(hours=12)  # at night
    assert hand.outreach.send(must).state == "sent"
    assert len({row.at for row in hand.contacts("c00")}) == 2
    hand.outreach.send(Message("s1", "c00", "shipped", "transactional", values={"order_id": "A-1"}))
    assert len({row.at for row in hand.contacts("c00")}) == 2  # it offers nothing
    order, shipped = post_office.mails()[1:]
    assert order["List-Unsubscribe"]
    assert shipped["List-Unsubscribe"] is None


def test_what_must_arrive_offers_nothing_to_who_never_said_yes(hand: Hand, post_office: Any) -> None:
    must = Message("o1", "c30", "order", "transactional", values={"order_id": "A-1"}, products=("cam-a",))
    assert hand.outreach.send(must).state == "sent"
    assert hand.contacts("c30") == []
    assert "ご一緒に" not in post_office.mails()[0].get_body(("plain",)).get_content()


def test_advertising_carries_what_the_law_asks(hand: Hand, post_office: Any) -> None:
    hand.outreach.send(Message("a", "c00", "note"))
    hand.outreach.send(Message("b", "c01", "note"))
    ja, en = post_office.mails()
    assert ja["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = ja["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://shop.example.com/m/unsubscribe/m_")
    for part in ("plain", "html"):
        told = ja.get_body((part,)).get_content()
        for needed in ("ついで市場", "東京都千代田区一番町1-1", "このメールのリンクから", "shop@example.com", link,
                       "2026年5月23日に「会員登録」"):  # fmt: skip
            assert needed in told, (part, needed)
    assert "you agreed to news from us on 23 May 2026 (会員登録)" in en.get_body(("plain",)).get_content()
    assert "Dear Ann," in en.get_body(("plain",)).get_content()


def test_companies_are_addressed_as_such(hand: Hand, post_office: Any) -> None:
    hand.outreach.send(Message("a", "c02", "note"))
    assert "青葉商事 御中" in post_office.mails()[0].get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("customer", "template", "code"),
    [("c30", "note", "consent"), ("c06", "note", "no_address"), ("nobody", "note", "no_customer")],
)
def test_refusals_are_recorded_with_their_reason(hand: Hand, customer: str, template: str, code: str) -> None:
    found = hand.outreach.send(Message("k", customer, template))
    assert (found.state, found.code, found.over) == ("refused", code, True)
    row = hand.shop.store.outbox.get("k")
    assert [each["code"] for each in hand.shop.store.outbox.verdicts(row["id"])] == [code]


def test_consent_is_asked_for_when_it_goes_out_not_when_it_was_asked_for(hand: Hand) -> None:
    night = Message("k", "c00", "note")
    hand.now = NOON + timedelta(hours=11)
    assert hand.outreach.send(night).code == "quiet_hours"
    gone = words(("marketing",), range(1), granted=False, at=hand.now + timedelta(days=9))
    hand.shop.store.facts.write_consents(gone)
    hand.now = NOON + timedelta(hours=21)
    assert hand.outreach.send(night).code == "consent"


def test_without_an_offer_a_mail_that_needs_one_stays_and_the_decision_is_kept(hand: Hand, post_office: Any) -> None:
    assert hand.outreach.send(Message("k", "c07", "replenish")).code == "no_offer"
    assert post_office.letters == []
    kept = hand.shop.store.decisions.between(NOON - timedelta(hours=1), NOON + timedelta(hours=1), 9)
    assert [row["customer_id"] for row in kept] == ["c07"]  # the holdout is measured by decisions of silence, too


def test_a_server_that_puts_off_is_tried_again_and_the_contact_is_not_counted(hand: Hand) -> None:
    found = hand.outreach.send(Message("k", "c04", "note"))
    assert (found.state, found.code, found.until) == ("waiting", "smtp_451", NOON + timedelta(minutes=1))
    assert hand.contacts("c04") == []


def test_a_server_that_refuses_has_the_last_word(hand: Hand) -> None:
    found = hand.outreach.send(Message("k", "c03", "note"))
    assert (found.state, found.code) == ("failed", "smtp_550")
    assert hand.contacts("c03") == []


def test_a_line_that_breaks_before_the_answer_leaves_advertising_in_doubt(hand: Hand, post_office: Any) -> None:
    found = hand.outreach.send(Message("k", "c05", "note"))
    assert (found.state, found.code, found.over) == ("in_doubt", "no_answer", True)
    assert len(hand.contacts("c05")) == 1  # counted until somebody knows
    hand.now += timedelta(days=1)
    assert hand.outreach.send(Message("k", "c05", "note")).state == "in_doubt"
    assert len(post_office.letters) == 1
    with pytest.raises(NotFound):
        resolve(hand.shop, "z", hand.now, went_out=True, who="me")
    assert resolve(hand.shop, "k", hand.now, went_out=True, who="me").state == "sent"


def test_and_what_must_arrive_is_sent_again_under_the_same_message_id(hand: Hand, post_office: Any) -> None:
    message = Message("k", "c05", "must", "transactional")
    assert hand.outreach.send(message).state == "waiting"
    hand.now += timedelta(minutes=1)
    hand.outreach.send(message)
    first, second = post_office.mails()
    assert first["Message-ID"] == second["Message-ID"]


def test_the_log_of_the_server_settles_what_is_in_doubt(hand: Hand) -> None:
    hand.outreach.send(Message("k", "c05", "note"))
    row = hand.shop.store.outbox.get("k")
    agree = {"not_in_log": 0, "not_in_ledger": 0}
    assert reconcile(hand.shop, "nothing", hand.now) == {"went_out": 0, "did_not": 0, "left": 1} | agree
    log = f"postfix/cleanup[9]: 4F: message-id={row['reference']}"
    assert reconcile(hand.shop, log, hand.now) == {"went_out": 1, "did_not": 0, "left": 0} | agree
    hand.now += timedelta(seconds=1)
    hand.outreach.send(Message("l", "c00", "note"))
    found = reconcile(hand.shop, f"{log} m_1jk51hy9k0000000000000zz", hand.now)
    assert (found["not_in_log"], found["not_in_ledger"]) == (1, 1)
    assert hand.outreach.state("k").state == "sent"


def test_a_message_left_sending_by_a_dead_process_is_never_sent_again(hand: Hand, post_office: Any) -> None:
    message = Message("k", "c00", "note")
    hand.outreach.ask([message])
    dead = Reservation("k", 0, "c00", NOON, lambda _: None)
    hand.shop.store.outbox.reserve([dead], NOON, NOON + LEASE)
    assert hand.outreach.send(message).state == "sending"
    hand.now = NOON + LEASE
    assert hand.outreach.send(message).state == "in_doubt"
    assert post_office.letters == []


def test_many_are_delivered_by_several_threads_each_once(hand: Hand, post_office: Any) -> None:
    assert hand.outreach.ask([Message(f"k{n}", f"c{n:02}", "note") for n in range(20)]) == 20
    counts = hand.outreach.deliver_due(threads=2)
    assert counts["tried"] == 20
    assert (counts["no_address"], counts["failed:smtp_550"], counts["in_doubt:no_answer"]) == (1, 1, 1)
    hand.now += timedelta(minutes=1)  # what waited behind the line that broke
    hand.outreach.deliver_due()
    states = {row["key"]: row["state"] for row in hand.shop.store.outbox.listed(n=99)}
    assert {key: state for key, state in states.items() if state != "sent"} == {
        "k3": "failed", "k4": "waiting", "k5": "in_doubt", "k6": "refused",
    }  # fmt: skip
    assert len({to for _, to, _ in post_office.letters}) == len(post_office.letters) == 17


def test_a_server_that_is_away_leaves_everything_waiting(hand: Hand) -> None:
    class Away:
        url = "smtp://127.0.0.1:9"

    hand = again(hand, Away)
    hand.outreach.ask([Message(f"k{n}", f"c{n:02}", "note") for n in range(3)])
    assert hand.outreach.deliver_due() == {"tried": 3, "waiting:no_server": 3}
    assert hand.contacts("c00") == []
    hand.outreach.close()


def test_mail_is_signed_and_the_signature_verifies(hand: Hand, post_office: Any, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(pem)
    hand = again(hand, post_office, dkim=f"mail@example.com:{tmp_path}/key.pem")
    assert hand.outreach.send(Message("k", "c00", "note")).state == "sent"
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    text = post_office.letters[0][2]
    assert dkim.verify(text, dnsfunc=lambda *_, **__: record)
    assert not dkim.verify(text.replace(b"To: ", b"To: x", 1), dnsfunc=lambda *_, **__: record)
    signed = text[: text.index(b"\r\nMIME")].lower()
    assert b"list-unsubscribe-post" in signed  # RFC 8058 asks for it
    hand.outreach.close()


def test_a_domain_takes_so_many_a_minute_and_a_new_sender_so_many_a_day(hand: Hand, post_office: Any) -> None:
    hand = again(hand, post_office, mail_rates="example.jp=2", mail_warm_up="2026-06-01=3")
    hand.outreach.ask([Message(f"k{n}", f"c{n:02}", "note") for n in range(10, 16)])
    assert hand.outreach.deliver_due() == {"tried": 6, "sent": 2, "domain_rate": 4}
    hand.now += timedelta(minutes=2)
    assert hand.outreach.deliver_due() == {"tried": 4, "sent": 1, "warm_up": 3}
    hand.now = NOON + timedelta(hours=22)  # the next day, after the quiet hours
    assert hand.outreach.deliver_due()["sent"] == 2
    hand.outreach.close()


def test_opens_and_clicks_are_counted_only_where_the_customer_agreed(hand: Hand, post_office: Any) -> None:
    hand.shop.store.facts.write_consents(words(("analytics",), range(8, 9)))
    hand.shop.store.facts.write_customers(
        conform(pl.DataFrame([{"id": "c08", "email": "c08@example.jp", "language": "en"}]), CUSTOMERS)
    )
    hand.outreach.send(Message("a", "c01", "note"))
    hand.outreach.send(Message("b", "c08", "note"))
    free, counted = (each.get_body(("html",)).get_content() for each in post_office.mails())
    assert 'href="https://a.jp/x"' in free
    assert "/m/open/" not in free
    assert "/m/click/" not in free
    assert 'href="https://a.jp/x"' not in counted
    assert "/m/open/" in counted
    assert json.loads(hand.shop.store.outbox.get("b")["links"]) == [["https://a.jp/x", None]]


def test_a_preview_shows_both_languages_and_leaves_nothing_behind(hand: Hand, post_office: Any) -> None:
    before = len(hand.shop.store.decisions.between(NOON - timedelta(days=1), NOON + timedelta(days=1), 99))
    ja, en = (hand.outreach.preview(Message("p", "c00", "offer"), language) for language in ("ja", "en"))
    assert ja.subject == "山田太郎様へのおすすめ"
    assert en.subject == "Chosen for you, 山田太郎"
    assert (ja.verdict.code, ja.offered > 0) == ("allowed", True)
    assert hand.outreach.preview(Message("p", "c30", "note")).verdict.code == "consent"
    after = hand.shop.store.decisions.between(NOON - timedelta(days=1), NOON + timedelta(days=1), 99)
    assert (len(after), hand.contacts("c00"), post_office.letters) == (before, [], [])
    with pytest.raises(NotFound, match="no such customer"):
        hand.outreach.preview(Message("p", "nobody", "note"))


def test_a_test_goes_to_the_shop_s_own_people_and_is_nobody_s_contact(hand: Hand, post_office: Any) -> None:
    assert hand.outreach.test(Message("t", "c30", "note"), "me@example.com").state == "sent"
    (mail,) = post_office.mails()
    assert (mail["To"], mail["Subject"]) == ("me@example.com", "【テスト送信】お知らせ")
    assert hand.contacts("c30") == []


@pytest.mark.parametrize(
    "body",
    ["{{ 'a' * 10**8 }}", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "{{ who }}",
     "<mj-text>", '<mj-section><mj-column><mj-text><a href="javascript:x">x</a></mj-text></mj-column></mj-section>',
     "<script>x</script>"],
)  # fmt: skip
def test_a_template_that_cannot_be_rendered_ends_and_says_why(hand: Hand, post_office: Any, body: str) -> None:
    text = f"subject: {{ja: x, en: x}}\nbody: {{ja: {json.dumps(body)}, en: {json.dumps(body)}}}"
    put_template(hand.shop, "bad", text, NOON)
    found = hand.outreach.send(Message("k", "c00", "bad"))
    assert (found.state, found.code) == ("refused", "template_failed")
    row = hand.shop.store.outbox.get("k")
    assert hand.shop.store.outbox.verdicts(row["id"])[0]["detail"]
    with pytest.raises(BadValue):
        hand.outreach.preview(Message("p", "c00", "bad"))
    assert post_office.letters == []


def test_nothing_that_came_in_begins_a_header(hand: Hand, post_office: Any) -> None:
    name = "A\r\nBcc: all@example.com"
    rows = [{"id": "c09", "name": name, "email": "c09@example.jp", "language": "en"}]
    hand.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    assert hand.outreach.send(Message("k", "c09", "offer")).state == "sent"
    (mail,) = post_office.mails()
    assert mail["Bcc"] is None
    rows = [{"id": "c10", "name": "B", "email": "c10@example.jp\r\nBcc: all@example.com"}]
    hand.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    assert hand.outreach.send(Message("l", "c10", "note")).code == "bad_address"


def test_what_a_message_is_for_is_its_template_s_to_say(hand: Hand) -> None:
    with pytest.raises(BadValue, match="the template note is marketing"):
        hand.outreach.send(Message("k", "c00", "note", "transactional"))
    with pytest.raises(NotFound, match="no such template"):
        hand.outreach.send(Message("k", "c00", "nothing"))


def test_without_sender_or_address_of_the_pages_nothing_can_be_set_up(hand: Hand, post_office: Any) -> None:
    whole = settings(hand.shop.settings.home, post_office)
    for name, variable in (("mail_from", "TSUIDE_MAIL_FROM"), ("public_url", "TSUIDE_PUBLIC_URL")):
        shop = Shop(whole.model_copy(update={name: ""}), hand.shop.store)
        with pytest.raises(BadSetting, match=variable):
            Outreach(shop, None, lambda: NOON, lambda: 0)


def test_a_channel_that_nobody_carries_waits_for_a_setting(hand: Hand, tmp_path: Path, post_office: Any) -> None:
    rows = [{"id": "c11", "attributes": '{"line_id": "U1"}'}]
    hand.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    yes = words(("marketing",), range(11, 12)).with_columns(channel=pl.lit("line"))
    hand.shop.store.facts.write_consents(yes)
    found = hand.outreach.send(Message("k", "c11", "note", channel="line"))
    assert (found.state, found.code) == ("waiting", "no_carrier")
    carried = again(hand, post_office, carriers=f"line=file:{tmp_path}/line")
    carried.now += timedelta(hours=1)
    assert carried.outreach.send(Message("k", "c11", "note", channel="line")).state == "sent"
    (path,) = (tmp_path / "line").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["to"] == "U1"
    contacts = carried.shop.store.contacts.of(NOON - timedelta(days=1), "c11")
    assert [row.channel for row in contacts] == ["line"]  # counted as what it is
    carried.close()


def test_a_token_makes_line_a_channel_unless_a_carrier_is_named(
    hand: Hand, tmp_path: Path, post_office: Any, line_desk: LineDesk
) -> None:
    rows = [{"id": "c11", "attributes": '{"line_id": "U1"}'}]
    hand.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    yes = words(("marketing",), range(11, 12)).with_columns(channel=pl.lit("line"))
    hand.shop.store.facts.write_consents(yes)
    own = {"line_token": SecretStr("token"), "line_endpoint": line_desk.url}
    direct = again(hand, post_office, **own)
    assert direct.outreach.send(Message("k", "c11", "must", "transactional", channel="line")).state == "sent"
    ((token, key, to),) = line_desk.taken
    assert (token, key, to) == ("Bearer token", retry_key("k"), "U1")
    named = again(direct, post_office, carriers=f"line=file:{tmp_path}/line", **own)
    named.now += timedelta(hours=1)
    assert named.outreach.send(Message("k2", "c11", "must", "transactional", channel="line")).state == "sent"
    assert (len(line_desk.taken), len(list((tmp_path / "line").iterdir()))) == (1, 1)
    named.close()


def test_a_message_to_the_rep_is_a_task_of_the_owner_without_any_setting(hand: Hand) -> None:
    rows = [{"id": "c11", "attributes": '{"owner": "hanako"}'}]
    hand.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    yes = words(("marketing",), range(11, 13)).with_columns(channel=pl.lit("rep"))
    hand.shop.store.facts.write_consents(yes)
    sent = hand.outreach.send(Message("k", "c11", "note", channel="rep"))
    assert (sent.state, hand.outreach.send(Message("k", "c11", "note", channel="rep")).new) == ("sent", False)
    assert hand.outreach.send(Message("k2", "c12", "note", channel="rep")).state == "sent"  # nobody's own
    tasks = {each["customer_id"]: each for each in tasks_told(hand.shop)}
    assert (tasks["c11"]["id"], tasks["c11"]["assignee"], tasks["c12"]["assignee"]) == (sent.reference, "hanako", "")
    assert tasks["c11"]["title"] == {"ja": "お知らせ", "en": "お知らせ"}
    contacts = hand.shop.store.contacts.of(NOON - timedelta(days=1), "c11")
    assert [row.channel for row in contacts] == ["rep"]  # counted as what it is


def reached_by(hand: Hand, *channels: str) -> None:
    """c11 agreed to these, has an address on each, and reacted to LINE and never to mail."""
    rows = [{"id": "c11", "email": "c11@example.jp", "attributes": '{"line_id": "U1", "phone": "0312345678"}'}]
    hand.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    for channel in channels:
        hand.shop.store.facts.write_consents(words(("marketing",), range(11, 12)).with_columns(channel=pl.lit(channel)))
    for n, channel in itertools.product(range(40), ("email", "line")):
        told: dict[str, Any] = {"decision_id": f"d{n}-{channel}", "customer_id": "c11", "channel": channel}
        told["at"] = to_micros(NOON - timedelta(days=60 + n))
        hand.journal.write("trace", outcome_row({"id": f"s{n}-{channel}", "outcome": "shown", **told}))
        if channel == "line" and n % 2:
            hand.journal.write("trace", outcome_row({"id": f"k{n}", "outcome": "clicked", **told}))


def test_a_message_that_leaves_its_channel_open_goes_by_the_one_the_customer_reacts_on_and_says_why(
    hand: Hand, tmp_path: Path, post_office: Any
) -> None:
    reached_by(hand, "email", "line")
    carried = again(hand, post_office, carriers=f"line=file:{tmp_path}/line,sms=file:{tmp_path}/sms")
    sent = carried.outreach.send(Message("k", "c11", "note", best=True))
    assert (sent.state, sent.channel) == ("sent", "line")
    assert carried.outreach.send(Message("k", "c11", "note", best=True)).new is False
    assert (len(list((tmp_path / "line").iterdir())), post_office.letters) == (1, [])
    row = carried.shop.store.outbox.get("k")
    (verdict,) = carried.shop.store.outbox.verdicts(row["id"])
    assert (row["channel"], verdict["say"], verdict["code"]) == ("line", "send", "best_channel")
    assert verdict["detail"] == "line 50% [35%, 65%] 20/40; email 2% [0%, 9%] 0/40; sms: consent"
    contacts = carried.shop.store.contacts.of(NOON - timedelta(days=1), "c11")
    assert [each.channel for each in contacts] == ["line"]
    carried.close()


@pytest.mark.parametrize(
    ("agreed", "carriers", "channel"),
    [
        (("email", "line"), "", "email"),  # nobody carries LINE
        (("line",), "line=file:{}/line", "email"),  # LINE was agreed to and taken back
        (("email",), "sms=file:{}/line", "email"),
    ],
)
def test_a_channel_without_carrier_or_consent_is_never_chosen(
    hand: Hand, tmp_path: Path, post_office: Any, agreed: tuple[str, ...], carriers: str, channel: str
) -> None:
    reached_by(hand, *agreed)
    if agreed == ("line",):
        no = words(("marketing",), range(11, 12), granted=False, at=NOON + timedelta(days=1))
        hand.shop.store.facts.write_consents(no.with_columns(channel=pl.lit("line")))
    carried = again(hand, post_office, carriers=carriers.format(tmp_path))
    assert carried.outreach.send(Message("k", "c11", "note", best=True)).channel == channel
    assert len(post_office.letters) == 1
    carried.close()


def test_where_no_channel_may_be_chosen_the_gate_refuses_as_for_mail(hand: Hand) -> None:
    found = hand.outreach.send(Message("k", "c25", "note", best=True))
    assert (found.state, found.code, found.channel) == ("refused", "consent", "email")


def test_a_test_does_not_take_the_place_of_the_message_itself(hand: Hand) -> None:
    yes = words(("marketing",), range(11, 12)).with_columns(channel=pl.lit("rep"))
    hand.shop.store.facts.write_consents(yes)
    message = Message("k", "c11", "note", channel="rep")
    assert hand.outreach.test(message, "c11").state == "sent"
    assert hand.outreach.send(message).state == "sent"
    assert [each["title"]["ja"] for each in tasks_told(hand.shop)] == ["【テスト送信】お知らせ", "お知らせ"]


def test_before_anything_was_learned_a_mail_that_needs_an_offer_waits(hand: Hand) -> None:
    with Outreach(hand.shop, None, lambda: hand.now, count(9_000).__next__) as blind:
        found = blind.send(Message("k", "c00", "offer"))
        assert (found.state, found.code) == ("waiting", "no_offer")
        must = Message("o", "c00", "order", "transactional", values={"order_id": "A-1"})
        assert blind.send(must).state == "sent"  # what must arrive goes out without one


def test_the_doctor_says_what_mail_lacks(hand: Hand, post_office: Any) -> None:
    told = {each.name: in_words(each, "en").found for each in examine(hand.shop.settings, NOON) if each.name == "mail"}
    assert told == {"mail": "not signed here"}
    put_in_force(hand.shop, ready_text("standard"), NOON)
    texts = [in_words(each, "en").found for each in examine(hand.shop.settings, NOON) if each.name == "mail"]
    assert texts[0] == "the policy names no sender: no advertising goes out"
    broken = settings(hand.shop.settings.home, post_office, dkim="key.pem")
    assert [each.grade for each in examine(broken, NOON) if each.name == "mail"] == ["bad"]


def test_an_offer_that_is_followed_stands_in_the_ledger_as_clicked(hand: Hand, post_office: Any) -> None:
    hand.shop.store.facts.write_consents(words(("analytics",), range(8, 9)))
    assert hand.outreach.send(Message("k", "c08", "offer")).state == "sent"
    row = hand.shop.store.outbox.get("k")
    links = json.loads(row["links"])
    place = next(n for n, (_, offer) in enumerate(links) if offer is not None)
    answers = MailAnswers(hand.shop, hand.outreach.links)
    token = hand.outreach.links.token(row["id"], f"click/{place}")
    assert answers.followed(token, place, hand.now) == links[place][0]
    answers.followed(token, place, hand.now)
    told = [each for each in hand.contacts("c08") if each.outcome == "clicked"]
    assert [each.offer_id for each in told] == [links[place][1]]
    assert "/m/click/" in post_office.mails()[0].get_body(("html",)).get_content()


class Scripted:
    """Carriers whose answers are told beforehand; everything is written down."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = iter(answers)
        self.given: list[str] = []

    def of(self, _: str) -> "Scripted":
        return self

    def carries(self, _: str) -> bool:
        return True

    def deliver(self, letter: Letter) -> Answer:
        state = next(self.answers, "sent")
        if state in {"sent", "in_doubt"}:
            self.given.append(letter.key)
        return Answer(state, None if state == "sent" else "scripted")  # type: ignore[arg-type]  # a state

    def close(self) -> None:
        """Nothing is open."""


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "send", "due", "wait"]), st.integers(0, 2), st.integers(1, 200)), max_size=12
)
ANSWERS = st.lists(st.sampled_from(["sent", "waiting", "failed", "in_doubt"]), max_size=12)


@settings_of_hypothesis(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, ANSWERS)
def test_whatever_happens_nobody_hears_more_than_agreed(hand: Hand, steps: list[Any], answers: list[str]) -> None:
    run = next(RUNS)
    carriers = Scripted(answers)
    hand.now = NOON + timedelta(days=400 * run)  # far from the run before
    with Outreach(hand.shop, None, lambda: hand.now, SEEDS.__next__, carriers) as outreach:  # type: ignore[arg-type]  # a fake
        for n, (what, who, hours) in enumerate(steps):
            message = Message(f"{run}/{n}", f"c{10 + who}", "note", not_after=hand.now + timedelta(days=20))
            if what == "ask":
                outreach.ask([message])
            elif what == "send":
                outreach.send(message)
            elif what == "due":
                outreach.deliver_due()
            else:
                hand.now += timedelta(hours=hours)
        outreach.deliver_due()
    assert len(carriers.given) == len(set(carriers.given))  # nothing twice
    for who in range(3):
        rows = hand.shop.store.contacts.of(NOON + timedelta(days=400 * run - 1), f"c{10 + who}")
        moments = sorted({row.at for row in rows if row.outcome == "shown"})
        assert all(later - earlier >= 7 * 86_400_000_000 for earlier, later in pairwise(moments))
    rows_of = [hand.shop.store.outbox.find(f"{run}/{n}") for n in range(len(steps))]
    gone = {row["key"] for row in rows_of if row is not None and row["state"] in {"sent", "in_doubt"}}
    assert gone == set(carriers.given)


RUNS = count(1)
SEEDS = count(1 << 40)
