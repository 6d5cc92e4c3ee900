"""The page of a survey: by a dated link, without login; looking is no answer, and what is answered is a fact."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from tsuide.app.erasing import erase_customer
from tsuide.app.keys import create_key
from tsuide.app.mail_links import mail_links
from tsuide.app.policies import put_in_force
from tsuide.app.serving import clock
from tsuide.app.survey_pages import invite, survey_link
from tsuide.app.wiring import Shop, opened
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.surveys.survey import ready_survey

WHO = "花子@example.jp"  # an id that would be personal


@dataclass
class Asked:
    """A server with one customer who agreed to mail."""

    client: TestClient
    settings: Settings
    rep: str
    admin: str
    office: Any

    def link(self, survey: str) -> str:
        """The page of an invitation of its own."""
        made = self.client.post(f"/v1/surveys/{survey}/links", json={"customer_id": WHO}, headers=self.key)
        assert made.status_code == 200, made.text
        return str(made.json()["url"]).removeprefix("https://shop.example.com")

    @property
    def key(self) -> dict[str, str]:
        return {"X-Api-Key": self.rep}

    def attributes(self) -> dict[str, str]:
        with opened(self.settings) as shop:
            return dict(json.loads(str(shop.store.facts.customer(WHO)["attributes"] or "{}")))

    def scores(self) -> list[int]:
        with opened(self.settings) as shop:
            return [row["score"] for row in shop.store.said.of_customer(WHO)]

    def answers(self, survey: str, **more: Any) -> list[dict[str, Any]]:
        told = self.client.get(f"/v1/surveys/{survey}/answers", params=more, headers=self.key)
        return list(told.json()["answers"])


def fill(shop: Shop) -> None:
    rows = [{"id": WHO, "name": "山田花子", "email": "hanako@example.jp", "language": "ja"}]
    shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    yes = {"customer_id": WHO, "purpose": "marketing", "channel": "email", "granted": True, "at": clock()}
    shop.store.facts.write_consents(conform(pl.DataFrame([{**yes, "source": "form", "evidence": "x"}]), CONSENTS))
    text = ready_text("standard").replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off")
    put_in_force(shop, text + "\nsender: {name: S, address: A, opt_out: O}\n", clock())


@pytest.fixture
def asked(tmp_path: Path, post_office: Any) -> Iterator[Asked]:
    settings = Settings(
        home=tmp_path / "home", language="ja", smtp=SecretStr(post_office.url), mail_from="shop@example.com",
        public_url="https://shop.example.com",
    )  # fmt: skip
    with opened(settings) as shop:
        fill(shop)
        rep, _ = create_key(shop, "rep", ["rep"], clock())
        admin, _ = create_key(shop, "admin", ["admin"], clock())
    with TestClient(create(settings), raise_server_exceptions=False, follow_redirects=False) as client:
        yield Asked(client, settings, rep, admin, post_office)


def test_a_mail_asks_and_its_number_is_chosen_but_not_given_until_the_button_is_pressed(asked: Asked) -> None:
    body = {"template": "survey", "customer_id": WHO, "key": "ask"}
    sent = asked.client.post("/v1/outreach/messages", json=body, headers={"X-Api-Key": asked.admin})
    assert sent.json()["state"] == "sent", sent.text
    mail = asked.office.mails()[-1]
    html = mail.get_body(("html",)).get_content()
    assert "様" in mail["Subject"]
    nine = re.search(r'https://shop\.example\.com(/m/survey/nps/[^"?]+)\?lang=ja&amp;score=9"', html)
    assert nine is not None, html
    assert nine[1] in mail.get_body(("plain",)).get_content()
    for told in ("花子", "hanako"):
        assert told not in nine[1]
    page = asked.client.get(f"{nine[1]}?lang=ja&score=9")
    assert re.findall(r'value="(\w+)" checked', page.text) == ["9"]
    assert (asked.scores(), asked.answers("nps")) == ([], [])
    done = asked.client.post(f"{nine[1]}?lang=ja", data={"score": "9", "why": "早い"})
    assert "ご回答ありがとうございました" in done.text
    assert asked.scores() == [9]
    assert asked.attributes()["last_score"] == "9"
    (answer,) = asked.answers("nps")
    assert (answer["answers"], answer["texts"], answer["source"]) == ({"score": ["9"]}, {"why": "早い"}, "page")


def test_answered_twice_the_newest_holds_and_both_are_kept(asked: Asked) -> None:
    page = asked.link("nps")
    for score in ("9", "9", "3"):
        assert asked.client.post(page, data={"score": score, "why": "x"}).status_code == 200
    assert asked.scores() == [9, 3]  # the very same again is nothing new
    assert asked.attributes()["last_score"] == "3"
    assert [each["score"] for each in asked.answers("nps")] == [3]
    assert [each["score"] for each in asked.answers("nps", every=True)] == [3, 9]
    told = asked.client.get("/v1/surveys/nps", headers=asked.key).json()
    assert (told["answered"], told["nps"], told["scores"]) == (1, -100, 1)


def test_a_page_that_is_opened_again_shows_what_was_chosen_and_not_what_was_written(asked: Asked) -> None:
    page = asked.link("nps")
    asked.client.post(page, data={"score": "7", "why": "秘密の理由"})
    again = asked.client.get(page).text
    assert re.findall(r'value="(\w+)" checked', again) == ["7"]
    assert "秘密" not in again
    assert "お預かりしています" in again
    asked.client.post(page, data={"score": "8", "why": ""})
    assert asked.answers("nps")[0]["texts"] == {"why": "秘密の理由"}


def test_needs_become_tastes_goals_and_a_frequency_and_suggestions_need_their_yes(asked: Asked) -> None:
    page = asked.link("needs")
    assert 'name="agrees."' in asked.client.get(page).text
    given = {"stage": "beginning", "matters": ["eco", "easy"], "budget": "to_3000", "more": "手首の痛み"}
    asked.client.post(page, data=given)
    told = asked.attributes()
    assert (told["goals"], told["tastes"], told["needs"], told["budget"]) == (
        "begin", "easy, eco", "手首の痛み", "3000",
    )  # fmt: skip
    with opened(asked.settings) as shop:
        assert ("personalisation", "any") not in shop.store.people.of(WHO, None, clock()).consents
    asked.client.post(page, data={**given, "stage": "not_now", "agrees.": "yes"})
    assert (asked.attributes()["goals"], asked.attributes()["mail_every_days"]) == ("", "90")
    with opened(asked.settings) as shop:
        assert ("personalisation", "any") in shop.store.people.of(WHO, None, clock()).consents
    assert 'name="agrees."' not in asked.client.get(page).text


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"why": "x"}, "お答えください。"),
        ({"score": "11"}, "選択肢からお選びください。"),
        ({"score": "9", "why": "い" * 1_001}, "1000文字以内でご記入ください。"),
    ],
)
def test_what_is_at_fault_is_said_beside_the_question_and_nothing_is_lost(
    asked: Asked, given: dict[str, str], word: str
) -> None:
    answer = asked.client.post(f"{asked.link('nps')}?lang=ja", data=given)
    assert (answer.status_code, word in answer.text) == (400, True)
    assert asked.scores() == []
    if "why" in given:
        assert given["why"] in answer.text


def test_a_changed_link_is_good_for_nothing(asked: Asked) -> None:
    page = asked.link("nps")
    subject, until, mark = page.rpartition("/")[2].split(".")
    later = f"/m/survey/nps/{subject}.{int(until, 16) + 1:x}.{mark}"
    for wrong in (page[:-1] + ("0" if page[-1] != "0" else "1"), page.replace("nps", "needs"), later,
                  "/m/survey/nps/x", "/m/survey/nps/" + "x" * 5_000):  # fmt: skip
        answer = asked.client.post(wrong, data={"score": "9"})
        assert answer.status_code == 404, wrong
        assert "このリンクは使えません" in answer.text
    assert asked.scores() == []


def test_a_link_runs_out_and_a_closed_survey_takes_no_more(asked: Asked) -> None:
    with opened(asked.settings) as shop:
        links = mail_links(shop, clock())
        before = clock() - timedelta(days=31)
        old = invite(shop, links, "nps", WHO, before, 1)["url"].removeprefix("https://shop.example.com")
    answer = asked.client.post(old, data={"score": "9"})
    assert (answer.status_code, "受付期間が終わりました" in answer.text) == (410, True)
    page = asked.link("needs")
    text = asked.client.get("/v1/surveys/needs", headers=asked.key).json()["text"] + "closed: true\n"
    put = asked.client.put("/v1/surveys/needs", json={"text": text}, headers={"X-Api-Key": asked.admin})
    assert put.json() == {"id": "needs", "version": 1}
    assert asked.client.post(page, data={"budget": "any"}).status_code == 410
    assert (asked.scores(), asked.answers("needs")) == ([], [])


def test_a_link_of_a_test_or_of_somebody_who_is_gone_thanks_and_keeps_nothing(asked: Asked) -> None:
    page = asked.link("nps")
    asked.client.post(page, data={"score": "9", "why": "早い"})
    with opened(asked.settings) as shop:
        links = mail_links(shop, clock())
        nobodys = f"/m/survey/{survey_link(links, ready_survey('nps'), 'm_nobody', clock())}"
        erase_customer(shop, WHO, clock())
    for each in (page, nobodys):
        assert "ご回答ありがとうございました" in asked.client.post(each, data={"score": "2"}).text
    (kept,) = asked.answers("nps")
    assert (kept["customer_id"], kept["score"], kept["texts"]) == (None, 9, {})


def test_the_page_says_nothing_to_caches_searches_and_frames(asked: Asked) -> None:
    answer = asked.client.get(asked.link("nps"))
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "script" not in answer.text


def test_a_rep_takes_answers_and_what_the_survey_does_not_have_is_refused(asked: Asked) -> None:
    body = {"customer_id": WHO, "answers": {"score": ["4"]}, "id": "call-7"}
    made = [asked.client.post("/v1/surveys/nps/answers", json=body, headers=asked.key).json() for _ in range(2)]
    assert [each["new"] for each in made] == [True, False]
    assert made[0]["answer"] == made[1]["answer"]
    assert asked.scores() == [4]
    for wrong, status in (
        ({"answers": {"score": ["12"]}}, 400),
        ({"answers": {"stars": ["4"]}}, 400),
        ({"customer_id": "nobody"}, 404),
    ):
        answer = asked.client.post("/v1/surveys/nps/answers", json={**body, **wrong}, headers=asked.key)
        assert answer.status_code == status, answer.text
    assert asked.client.get("/v1/surveys/nothing", headers=asked.key).status_code == 404
    assert {each["id"] for each in asked.client.get("/v1/surveys", headers=asked.key).json()["surveys"]} == {
        "nps", "needs",
    }  # fmt: skip


def test_an_answer_that_comes_late_is_kept_and_changes_nothing_newer(asked: Asked) -> None:
    body = {"customer_id": WHO, "answers": {"budget": ["to_3000"]}, "id": "new"}
    asked.client.post("/v1/surveys/needs/answers", json=body, headers=asked.key)
    late = clock() - timedelta(days=3)
    old = {**body, "answers": {"budget": ["to_30000"]}, "id": "old", "at": late.isoformat()}
    assert asked.client.post("/v1/surveys/needs/answers", json=old, headers=asked.key).json()["new"]
    assert asked.attributes()["budget"] == "3000"
    assert len(asked.answers("needs", every=True)) == 2
