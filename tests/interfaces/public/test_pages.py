"""The public pages: without login, by a signed token; looking changes nothing, and nothing of the customer is told."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from icalendar import Calendar
from pydantic import SecretStr
from starlette.testclient import TestClient

from tsuide.app.consent_words import every_consent_words, words_agreed_to
from tsuide.app.keys import create_key
from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.serving import clock
from tsuide.app.tasks import add_task, calendar_token
from tsuide.app.wiring import Shop, opened
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.policy.load import ready_text

NOTE = """
subject: {ja: "お知らせ", en: "News"}
body:
  ja: '<mj-section><mj-column><mj-text><a href="https://a.jp/x">x</a></mj-text></mj-column></mj-section>'
  en: '<mj-section><mj-column><mj-text><a href="https://a.jp/x">x</a></mj-text></mj-column></mj-section>'
"""
WHO = "花子@example.jp"  # an id that would be personal


@dataclass
class Mailed:
    """A server, and the links of a mail that went out to a customer."""

    client: TestClient
    settings: Settings
    admin: str
    office: Any

    def send(self, key: str) -> dict[str, Any]:
        body = {"template": "note", "customer_id": WHO, "key": key}
        answer = self.client.post("/v1/outreach/messages", json=body, headers={"X-Api-Key": self.admin})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def link(self, page: str) -> str:
        mail = self.office.mails()[-1]
        text = mail.get_body(("html",)).get_content()
        found = re.search(rf'https://shop\.example\.com(/m/{page}/[^"]+)', text)
        assert found is not None, text
        return found[1]

    def held(self) -> set[tuple[str, str]]:
        with opened(self.settings) as shop:
            return set(shop.store.people.of(WHO, None, clock()).consents)

    def events(self, message: str) -> list[str]:
        with opened(self.settings) as shop:
            return [each["kind"] for each in shop.store.outbox.events(message)]


def fill(shop: Shop, channels: tuple[tuple[str, str], ...]) -> None:
    rows = [{"id": WHO, "name": "山田花子", "email": "hanako@example.jp", "language": "ja"}]
    shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    said = [
        {"customer_id": WHO, "purpose": purpose, "channel": channel, "granted": True, "at": clock(), "source": "form"}
        | {"evidence": "x"}
        for purpose, channel in channels
    ]
    shop.store.facts.write_consents(conform(pl.DataFrame(said), CONSENTS))
    text = ready_text("standard").replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off")
    put_in_force(shop, text + "\nsender: {name: S, address: A, opt_out: O}\n", clock())
    put_template(shop, "note", NOTE, clock())


@pytest.fixture
def mailed(tmp_path: Path, post_office: Any, request: pytest.FixtureRequest) -> Iterator[Mailed]:
    channels = getattr(request, "param", (("marketing", "any"), ("analytics", "email")))
    settings = Settings(
        home=tmp_path / "home", language="ja", smtp=SecretStr(post_office.url), mail_from="shop@example.com",
        public_url="https://shop.example.com",
    )  # fmt: skip
    with opened(settings) as shop:
        fill(shop, channels)
        admin, _ = create_key(shop, "admin", ["admin"], clock())
    with TestClient(create(settings), raise_server_exceptions=False, follow_redirects=False) as client:
        made = Mailed(client, settings, admin, post_office)
        made.send("first")
        yield made


def test_looking_at_the_page_changes_nothing_and_tells_nothing_of_the_customer(mailed: Mailed) -> None:
    for page in ("unsubscribe", "preferences"):
        answer = mailed.client.get(mailed.link(page))
        assert answer.status_code == 200
        for told in ("花子", "hanako", "%E8%8A%B1"):
            assert told not in answer.text
            assert told not in mailed.link(page)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
    assert ("marketing", "any") in mailed.held()


def test_one_click_of_the_mail_program_ends_it_without_login(mailed: Mailed) -> None:
    mail = mailed.office.mails()[-1]
    link = mail["List-Unsubscribe"].strip("<>").removeprefix("https://shop.example.com")
    for _ in range(2):  # twice is once
        answer = mailed.client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "配信を停止しました" in answer.text) == (200, True)
    assert not {each for each in mailed.held() if each[0] == "marketing"}
    held = mailed.send("second")
    assert (held["state"], held["code"]) == ("refused", "consent")
    assert mailed.events(mail["X-Tsuide-Message"]) == ["unsubscribe"]


@pytest.mark.parametrize("mailed", [(("marketing", "email"), ("marketing", "line"))], indirect=True)
def test_leaving_mail_leaves_other_channels_alone(mailed: Mailed) -> None:
    mailed.client.post(mailed.link("unsubscribe"))
    assert mailed.held() == {("marketing", "line")}


def test_a_customer_chooses_what_and_how_often(mailed: Mailed) -> None:
    link = mailed.link("preferences")
    chosen = {"granted": ["marketing_email", "personalisation_any"], "every": "30"}
    answer = mailed.client.post(f"{link}?lang=en", data=chosen)
    assert "Saved." in answer.text
    assert mailed.held() == {("marketing", "email"), ("personalisation", "any")}
    page = mailed.client.get(link).text
    assert re.findall(r'value="(\w+)" checked', page) == ["marketing_email", "30", "personalisation_any"]
    with opened(mailed.settings) as shop:
        assert '"mail_every_days":"30"' in str(shop.store.facts.customer(WHO)["attributes"]).replace(" ", "")
    mailed.client.post(link, data={"every": "0"})
    assert mailed.held() == set()


def test_a_yes_keeps_the_very_words_that_the_customer_read(mailed: Mailed) -> None:
    page = mailed.client.get(f"{mailed.link('preferences')}?lang=en").text
    assert "Send me news and suggestions on LINE" in page
    number = re.findall(r'name="words" value="(\d+)"', page)[0]
    chosen = {"granted": ["marketing_email", "marketing_line", "personalisation_any"], "words": number}
    assert mailed.client.post(f"{mailed.link('preferences')}?lang=en", data=chosen).status_code == 200
    with opened(mailed.settings) as shop:
        said = {(row["purpose"], row["channel"]): row["evidence"] for row in
                shop.store.facts.consents_of(WHO).iter_rows(named=True)}  # fmt: skip
        asked = every_consent_words(shop, clock())
    assert said["personalisation", "any"].startswith("message ")
    assert words_agreed_to(asked, said["personalisation", "any"]) == "Choose suggestions by what I bought"
    strange = mailed.client.post(mailed.link("preferences"), data={"granted": "marketing_email", "words": "99"})
    assert strange.status_code == 400


@pytest.mark.parametrize("wrong", [{"granted": "transactional_email"}, {"every": "1"}, {"every": "x"}])
def test_what_cannot_be_chosen_is_refused(mailed: Mailed, wrong: dict[str, str]) -> None:
    assert mailed.client.post(mailed.link("preferences"), data=wrong).status_code == 400
    assert ("marketing", "any") in mailed.held()


def test_a_changed_link_is_good_for_nothing(mailed: Mailed) -> None:
    link = mailed.link("unsubscribe")
    for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("unsubscribe", "preferences"),
                  "/m/unsubscribe/x", "/m/unsubscribe/" + "x" * 5_000):  # fmt: skip
        answer = mailed.client.post(wrong)
        assert answer.status_code == 404
        assert "このリンクは使えません" in answer.text
    assert ("marketing", "any") in mailed.held()


def test_opening_and_following_are_counted_once_and_lead_where_the_mail_said(mailed: Mailed) -> None:
    message = mailed.office.mails()[-1]["X-Tsuide-Message"]
    for _ in range(2):
        assert mailed.client.get(mailed.link("open")).headers["content-type"] == "image/gif"
        answer = mailed.client.get(mailed.link("click"))
        assert (answer.status_code, answer.headers["location"]) == (302, "https://a.jp/x")
    assert sorted(mailed.events(message)) == ["click", "open"]
    assert mailed.client.get(mailed.link("click").replace("/0", "/1")).status_code == 404  # no open redirect


def test_who_takes_the_consent_to_be_measured_back_is_measured_no_more(mailed: Mailed) -> None:
    mailed.client.post(mailed.link("preferences"), data={"granted": "marketing_email"})
    mailed.client.get(mailed.link("open"))
    assert mailed.client.get(mailed.link("click")).status_code == 302
    message = mailed.office.mails()[-1]["X-Tsuide-Message"]
    assert not {"open", "click"} & set(mailed.events(message))


def test_a_bounce_shuts_the_address_up_and_a_complaint_ends_advertising(mailed: Mailed) -> None:
    message = mailed.office.mails()[-1]["X-Tsuide-Message"]
    complaint = (
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\n'
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b\n"
        f"Content-Type: text/rfc822-headers\n\nX-Tsuide-Message: {message}\n\n--b--\n"
    )
    asked: dict[str, Any] = {"json": {"message": complaint}, "headers": {"X-Api-Key": mailed.admin}}
    answer = mailed.client.post("/v1/outreach/returns", **asked)
    assert answer.json()["reports"] == [{"kind": "complaint", "message": "first", "detail": "abuse"}]
    assert mailed.send("second")["code"] == "complained"
    bounce = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        f"Content-Type: text/rfc822-headers\n\nX-Tsuide-Message: {message}\n\n--b--\n"
    )
    mailed.client.post("/v1/outreach/returns", json={"message": bounce}, headers={"X-Api-Key": mailed.admin})
    assert mailed.send("third")["code"] == "undeliverable"
    forged = bounce.replace(message, "m_1jk51hy9k0000000000000zz")
    answer = mailed.client.post("/v1/outreach/returns", json={"message": forged}, headers={"X-Api-Key": mailed.admin})
    assert [each["message"] for each in answer.json()["reports"]] == [None]
    assert mailed.events(message) == ["complaint", "bounce"]


def test_messages_are_told_with_their_verdicts_and_templates_kept(mailed: Mailed) -> None:
    key = {"X-Api-Key": mailed.admin}
    mailed.send("second")
    rows = mailed.client.get("/v1/outreach/messages?state=refused", headers=key).json()["messages"]
    assert [(row["key"], row["code"]) for row in rows] == [("second", "contact_limit")]
    whole = mailed.client.get(f"/v1/outreach/messages/{rows[0]['id']}", headers=key).json()["message"]
    assert [each["code"] for each in whole["verdicts"]] == ["contact_limit"]
    settled = mailed.client.post(
        f"/v1/outreach/messages/{rows[0]['id']}/resolve", json={"went_out": True, "who": "me"}, headers=key
    )
    assert settled.status_code == 409
    seen = mailed.client.post("/v1/outreach/preview", json={"template": "note", "customer_id": WHO}, headers=key).json()
    assert (seen["subject"], seen["verdict"]) == ("お知らせ", "contact_limit")
    put = mailed.client.put("/v1/outreach/templates/mine", json={"text": NOTE}, headers=key)
    assert put.status_code == 200, put.text
    names = [each["name"] for each in mailed.client.get("/v1/outreach/templates", headers=key).json()["templates"]]
    assert {"offer", "lesson", "cart", "replenish", "order", "shipped", "survey", "note", "mine"} == set(names)
    assert mailed.client.delete("/v1/outreach/templates/mine", headers=key).status_code == 200
    tested = {"template": "note", "customer_id": WHO, "to": "me@example.com"}
    assert mailed.client.post("/v1/outreach/test", json=tested, headers=key).json()["state"] == "sent"


def test_a_test_s_links_lead_to_pages_that_do_nothing(mailed: Mailed) -> None:
    tested = {"template": "note", "customer_id": WHO, "to": "me@example.com"}
    mailed.client.post("/v1/outreach/test", json=tested, headers={"X-Api-Key": mailed.admin})
    assert mailed.client.post(mailed.link("unsubscribe")).status_code == 200
    assert ("marketing", "any") in mailed.held()


def test_a_calendar_of_tasks_is_opened_by_its_own_address_and_by_no_other(mailed: Mailed) -> None:
    with opened(mailed.settings) as shop:
        add_task(shop, "折り返し", clock(), clock(), 1, assignee="佐藤")
        token = calendar_token(shop, "佐藤", clock())
    answer = mailed.client.get(f"/m/tasks/{token}.ics?lang=ja")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert [str(each["SUMMARY"]) for each in Calendar.from_ical(answer.text).walk("VEVENT")] == ["折り返し"]
    assert mailed.client.get(f"/m/tasks/{token[:-1]}.ics").status_code in {400, 403, 404}
