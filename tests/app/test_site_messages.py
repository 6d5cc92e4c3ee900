"""Messages on the site: judged and offered for at the visit, shown first, one contact, closed or expired as it was."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tsuide.app.deciding import Decider
from tsuide.app.journey_doors import ShopDoors
from tsuide.app.journey_work import JourneyWorker
from tsuide.app.journeys import enrolments_told, put_journey, set_journey
from tsuide.app.learn import learn
from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.sending import Outreach
from tsuide.app.site_messages import Left, SiteMessages
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, NotFound
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.policy.load import ready_text
from tsuide.offers.request import OfferRequest
from tsuide.outreach.message import Message
from tsuide.store.journeys import Begun

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)
HELLO = """
subject: {ja: "{{ customer.name }}様へ", en: "For {{ customer.name }}"}
site: {ja: "点検は6月末まで <無料> です", en: "Servicing is <free> until June ends"}
body: {ja: "{{ words('x') }}", en: "{{ words('x') }}"}
"""
GOODS = HELLO + "offers: {n: 2, needed: yes}\n"


class Site:
    """A shop, its visits, and a clock that is set by hand."""

    def __init__(self, home: Path) -> None:
        self.shop = open_shop(Settings(home=home, language="ja"))
        self.now = NOON
        self.numbers = count(1)
        self.journal = self.shop.store.journal()
        self.decider = Decider(self.shop, self.journal, lambda: self.now, self.numbers.__next__)
        self.decider.refresh()
        made = (self.shop, self.decider, lambda: self.now, self.numbers.__next__)
        self.outreach = Outreach(*made, strict=False)
        self.messages = SiteMessages(self.shop, self.decider, lambda: self.now, lambda: self.outreach)

    def leave(self, key: str = "k", customer: str = "c00", template: str = "hello", **more: Any) -> Message:
        message = Message(key, customer, template, channel="site", **more)
        assert self.outreach.send(message).state == "waiting"
        self.messages.refresh()
        return message

    def visit(self, customer: str | None = "c00", slot: str | None = None, **more: Any) -> Left | None:
        asked = OfferRequest("home", customer_id=customer, language="ja")
        return self.messages.for_visit(replace(asked, **more), slot)

    def contacts(self, customer: str = "c00") -> list[tuple[str, str | None, str | None]]:
        rows = self.shop.store.contacts.of(self.now - timedelta(days=30), customer)
        return [(row.outcome, row.channel, row.product_id) for row in rows]

    def close(self) -> None:
        self.outreach.close()
        self.journal.close_now()
        self.shop.close()


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Path:
    home = tmp_path_factory.mktemp("site") / "home"
    shop = open_shop(Settings(home=home, language="ja"))
    fill_shop(shop)
    rows = [{"id": f"c{n:02}", "name": "山田太郎"} for n in range(40)]
    shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    text = ready_text("standard").replace("holdout: 5%", "holdout: 0%")
    put_in_force(shop, text + "\nsender: {name: 市場, address: 東京都, opt_out: リンク}\n", NOON)
    put_template(shop, "hello", HELLO, NOON)
    put_template(shop, "goods", GOODS, NOON)
    learn(shop, now=NOON, seed=0)
    shop.close()
    return home


@pytest.fixture
def site(taught: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(taught, tmp_path / "home")
    made = Site(tmp_path / "home")
    yield made
    made.close()


def found(left: Left | None) -> Left:
    assert left is not None
    return left


def test_a_message_waits_for_the_visit_and_is_one_contact_when_it_was_seen(site: Site) -> None:
    assert site.visit() is None
    message = site.leave()
    left = found(site.visit())
    assert (left.title, left.text) == ("山田太郎様へ", "点検は6月末まで <無料> です")  # text, not HTML
    assert found(site.visit(language="en")).title == "For 山田太郎"  # the page's language
    assert site.contacts() == []  # nobody said that it was seen: the next page shows it
    assert site.messages.tell(left.id, "shown") is True
    assert site.messages.tell(left.id, "shown") is False
    assert site.contacts() == [("shown", "site", None)]
    assert (site.visit(), site.outreach.state(message.key).state) == (None, "sent")
    site.messages.refresh()
    assert site.messages.any is False


def test_only_who_it_is_for_sees_it_and_only_where_it_belongs(site: Site) -> None:
    site.leave()
    site.leave("k2", slot="banner")
    assert site.visit("c01") is None
    assert site.visit(None) is None
    assert site.visit(placement="checkout") is None
    plain, named = found(site.visit(placement="cart")), found(site.visit(slot="banner", placement="checkout"))
    assert plain.id != named.id
    assert site.visit(slot="another") is None


def test_its_offers_are_decided_at_the_visit_and_a_no_to_it_is_a_no_to_each(site: Site) -> None:
    site.leave(template="goods")
    left = found(site.visit(placement="product", product_id="cam-a"))
    assert left.served is not None
    decision = left.served.decision
    assert (decision.request.placement, decision.request.product_id) == ("product", "cam-a")
    assert site.shop.store.decisions.get(decision.id)["customer_id"] == "c00"  # kept before anybody saw it
    ids = list(left.product_ids)
    foreign = site.decider.decide_now(OfferRequest("product", customer_id="c01", product_id="cam-a"))
    site.decider.keep_now([foreign])
    with pytest.raises(NotFound, match="no decision of this message"):
        site.messages.tell(left.id, "shown", foreign.decision.id)
    assert site.messages.tell(left.id, "closed", decision.id) is True  # it was shown, though nobody said so
    assert site.messages.tell(left.id, "closed", decision.id) is False
    assert sorted(site.contacts()) == sorted((each, "site", one) for each in ("shown", "declined") for one in ids)
    row = site.shop.store.outbox.get("k")
    assert (row["state"], row["code"], row["decision_id"]) == ("sent", "closed", decision.id)


def test_a_message_whose_moment_has_passed_is_never_shown(site: Site) -> None:
    message = site.leave(not_after=NOON + timedelta(days=1))
    site.now += timedelta(days=1)
    assert site.visit() is None
    assert (site.outreach.state(message.key).state, site.outreach.state(message.key).code) == ("refused", "too_late")
    unseen = site.leave("k2", not_after=site.now + timedelta(days=1))
    site.now += timedelta(days=1)
    site.outreach.deliver_due()  # the worker finds it, where nobody visits
    assert site.outreach.state(unseen.key).code == "too_late"


def test_the_gate_and_the_ledger_stand_before_a_page_too(site: Site) -> None:
    site.leave()
    rows = [{"id": "c00", "name": "山田太郎", "attributes": '{"open_complaint": "yes"}'}]
    site.shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    assert site.visit() is None
    assert site.outreach.state("k").code == "open_complaint"


def test_in_the_holdout_a_message_that_needs_offers_is_not_shown_and_the_decision_is_kept(site: Site) -> None:
    put_in_force(site.shop, ready_text("standard").replace("holdout: 5%", "holdout: 50%"), NOON)
    site.decider.refresh()
    arms = {}
    for n in range(12):
        site.leave(f"k{n}", f"c{n:02}", "goods")
        left = site.visit(f"c{n:02}", placement="product", product_id="cam-a")
        arms[f"k{n}"] = left is not None
    assert set(arms.values()) == {True, False}
    codes = {key: site.outreach.state(key).code for key, shown in arms.items() if not shown}
    assert "no_offer" in codes.values()


def test_what_makes_no_sense_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match="slot"):
        Message("k", "c", "t", slot="banner").checked()


STEPS = """
steps:
  - {id: hello, message: {template: hello, channel: site, within: 7d}}
  - {id: after, wait: {for: 30d}}
"""


@pytest.fixture
def worker(site: Site) -> JourneyWorker:
    doors = ShopDoors(
        site.shop, lambda: site.now, site.numbers.__next__, send=site.outreach.send, offered=lambda *_: True,
        posted=lambda *_: "taken",
    )  # fmt: skip
    head = "id: j\nnames: {ja: あ, en: a}\ntrigger: {complaint: {}}\nleave_when: [order]\n"
    put_journey(site.shop, head + STEPS, NOON)
    set_journey(site.shop, "j", "running", NOON)
    return JourneyWorker(site.shop, doors, lambda: site.now, site.numbers.__next__)


def begin(site: Site, worker: JourneyWorker) -> None:
    begun = Begun("e1", "j", 1, "c00", "c00", int(site.now.timestamp() * 1_000_000), {}, None, restarts=False)
    assert site.shop.store.journeys.begin([begun], site.now) == 1
    walk(worker)
    site.messages.refresh()


def walk(worker: JourneyWorker) -> None:
    while worker.turn().walked:
        pass


def passed(site: Site) -> list[str]:
    (told,) = enrolments_told(site.shop, "j")
    return list(told["passed"])


def test_a_journey_goes_on_when_its_message_was_seen_and_the_trail_says_shown_then_closed(
    site: Site, worker: JourneyWorker
) -> None:
    begin(site, worker)
    assert passed(site) == []
    left = found(site.visit())
    site.messages.tell(left.id, "shown")
    walk(worker)
    assert passed(site) == ["hello:shown"]
    site.messages.tell(left.id, "closed")
    assert passed(site) == ["hello:closed"]


def test_closed_before_the_worker_looks_is_closed(site: Site, worker: JourneyWorker) -> None:
    begin(site, worker)
    site.messages.tell(found(site.visit()).id, "closed")
    walk(worker)
    assert passed(site) == ["hello:closed"]


def test_nobody_came_is_expired(site: Site, worker: JourneyWorker) -> None:
    begin(site, worker)
    site.now += timedelta(days=7)
    walk(worker)
    assert passed(site) == ["hello:expired"]


def test_who_left_the_journey_is_not_shown_its_message(site: Site, worker: JourneyWorker) -> None:
    begin(site, worker)
    set_journey(site.shop, "j", "stopped", site.now)
    assert site.visit() is None
    (row,) = site.shop.store.outbox.listed("refused")
    assert row["code"] == "left_journey"
