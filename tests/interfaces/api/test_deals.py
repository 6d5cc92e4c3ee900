"""Deals over HTTP: from a rep's first line to the customer's yes, and what a rep may not."""

from typing import Any

import pytest

from tsuide.app.deal_quotes import set_seller
from tsuide.app.serving import clock
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.outreach.sales.quotes import Seller

SELLER = Seller({"ja": "青葉商店", "en": "Aoba"}, {"ja": "東京", "en": "Tokyo"}, "T1234567890123")


@pytest.fixture
def call(served: Any) -> Any:
    shop = served.client.app.state.serving.shop
    set_seller(shop, SELLER, clock())
    set_sale_terms(shop, DEMO_TERMS, clock())

    def asked(path: str, body: dict[str, Any] | None = None, key: str = "rep", status: int = 200) -> Any:
        method = "GET" if body is None else "POST"
        headers = {"X-Api-Key": getattr(served, key)}
        answer = served.client.request(method, f"/v1/deals{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    return asked


def test_a_deal_goes_from_its_first_line_to_the_customers_yes(served: Any, call: Any) -> None:
    made = call("", {"title": "Cameras", "customer_id": "c01", "owner": "ann", "needs": ["photos"], "id": "d-1"})
    assert call("", {"title": "other", "id": "d-1"})["title"] == "Cameras"
    assert made["flags"] == ["no_lines"]
    call("/d-1/lines", {"product_id": "cam-a", "quantity": 2})
    found = call("/d-1/propose", {"n": 3})
    assert (len(found["lines"]) > 0) == (found["arm"] == "treated")
    assert (found["why_none"] is None) == (len(found["lines"]) > 0)
    for place in found["lines"]:
        assert found["reasons"][str(place)]
        call(f"/d-1/lines/{place}/answer", {"state": "accepted" if place == found["lines"][0] else "declined"})
    quote = call("/d-1/quote", {"language": "en"})
    assert "Registration no.: T1234567890123" in quote["text"]
    sent = call("/d-1/send", {"language": "en"}, "admin")
    token = sent["link"].rpartition("/")[2]
    assert call("/d-1")["order_id"] is None
    headers = {"X-Api-Key": served.storefront}
    yes = served.client.post(f"/v1/acceptances/{token}/confirm", json={"language": "en"}, headers=headers)
    assert yes.status_code == 200, yes.text
    after = call("/d-1")
    assert (after["stage"], [each["state"] for each in after["quotes"]]) == ("won", ["used"])
    assert after["order_id"]
    deeds = [each["deed"] for each in call("/d-1/history")["events"]]
    assert (deeds[0], deeds[-1]) == ("made", "won")
    assert [each["deed"] for each in call("/events")["events"] if each["deal_id"] == "d-1"] == deeds
    mine = call("/report?owner=ann")["reps"][0]
    assert mine["confirmed"] == sent["total"]


def test_a_rep_gets_no_link_names_no_address_and_confirms_nothing(call: Any) -> None:
    call("", {"title": "Tea", "customer_id": "c02", "owner": "ann", "id": "d-2"})
    call("/d-2/lines", {"product_id": "tea"})
    assert call("/d-2/send", {"to": ["ann@example.com"]}, status=403)["key"] == "to"
    assert call("/d-2/send", {"approved_by": "ann"}, status=403)["key"] == "approved_by"
    form = {"number": "PO-1", "person": "Sato", "filed": "shelf", "who": "bob"}
    call("/d-2/order-form", form, status=403)
    call("/d-2/send", {}, "admin")
    call("/d-2/order-form", {**form, "who": "ann"}, "admin", status=403)
    assert call("/d-2/order-form", form, "admin")["stage"] == "won"


def test_what_cannot_be_is_refused_by_name(call: Any) -> None:
    call("", {"title": "Pots", "id": "d-3"})
    assert call("/d-3/lines", {"product_id": "none"}, status=404)["key"] == "product"
    call("/d-3/lines", {"product_id": "pot"})
    assert call("/d-3/lines", {"product_id": "pot", "price": 100}, status=403)["key"] == "price"
    assert call("/d-3/quote", {}, status=403)["key"] == "customer_id"
    assert call("/d-3", {}, status=400)["key"] == "body"
    assert call("/d-3", {"stage": "lost"}, status=400)["key"] == "reason"
    assert call("/d-3", {"stage": "lost", "reason": "price"})["stage"] == "lost"
    assert call("/d-3", {"stage": "negotiation"})["stage"] == "negotiation"
    assert call("/d-9", status=404)["key"] == "deal"
    call("/d-3/set-price", {"lines": [1, 2], "price": 5}, status=404)


def test_a_rep_gives_what_no_page_knows_of(served: Any, call: Any) -> None:
    body = {"names": {"ja": "訪問特典", "en": "Visit"}, "benefit": {"kind": "percent", "value": 500}, "currency": "JPY"}
    put = served.client.put(
        "/v1/promotions/visit", json={**body, "rep_only": True}, headers={"X-Api-Key": served.admin}
    )
    assert put.json()["promotion"]["rep_only"] is True
    page = {"lines": [{"product_id": "cam-a"}], "placement": "rep"}
    priced = served.client.post("/v1/promotions/price", json=page, headers={"X-Api-Key": served.storefront}).json()
    assert (priced["given"], priced["unused"]) == ([], {})
    call("", {"title": "Cameras", "customer_id": "c01", "owner": "ann", "id": "d-9"})
    call("/d-9/lines", {"product_id": "cam-a", "quantity": 2})
    found = call("/d-9/promotions")["promotions"][0]
    assert (found["promotion"], found["rep_only"], found["given"]) == ("visit", True, False)
    after = call("/d-9/promotions", {"promotion": "visit", "lines": [1]})
    assert (after["lines"][0]["promotion_id"], after["lines"][0]["discount"]) == ("visit", found["saving"])
    assert call("/d-9/history")["events"][-1]["who"] == "ann"
    call("/d-9/promotions", {"promotion": "visit", "lines": [7]}, status=404)
    gone = served.client.delete("/v1/deals/d-9/promotions/visit?who=bob", headers={"X-Api-Key": served.rep})
    assert gone.json()["lines"][0]["discount"] == 0
    assert call("/d-9/history")["events"][-1]["deed"] == "taken_back"


def test_sets_and_fillers_come_from_decide_as_attached_lines(served: Any, call: Any) -> None:
    admin = {"X-Api-Key": served.admin}
    names = {"ja": "茶の湯", "en": "Tea"}
    some = {"kind": "set_price", "value": 5_000, "items": ["pot", "cup"]}
    tier = {"kind": "amount", "value": 300}
    for name, benefit, more in (("tea-set", some, {}), ("tier", tier, {"targets": {"least": 5_400}})):
        body = {"names": names, "benefit": benefit, "currency": "JPY", "rep_only": True, **more}
        assert served.client.put(f"/v1/promotions/{name}", json=body, headers=admin).status_code == 200
    found: dict[str, tuple[int, Any]] = {}
    for at in range(60):  # who is in the holdout is offered nothing, and of what is good one thing is drawn
        customer = f"c{at % 20 + 1:02}"
        call("", {"title": "Tea", "customer_id": customer, "owner": "ann", "id": f"s-{at}", "needs": ["tea"]})
        call(f"/s-{at}/lines", {"product_id": "pot", "quantity": 1})
        for line in call(f"/s-{at}/propose", {"n": 10})["deal"]["lines"]:
            mined = line["kind"] == "bundle" and line["discount"] == 0  # a set that nobody gave a price
            found.setdefault("mined" if mined else line["kind"], (at, line))
    assert {"bundle", "filler"} <= found.keys()
    at, line = found["bundle"]
    assert (line["product_id"], line["with_id"], line["discount"]) == ("cup", "pot", 700)
    at, line = found["filler"]
    after = call(f"/s-{at}/lines/{line['place']}/answer", {"state": "accepted"})
    assert sum(each["discount"] for each in after["lines"] if each["promotion_id"] == "tier") == 300
