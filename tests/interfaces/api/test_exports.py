from typing import Any

import pytest


@pytest.mark.parametrize(
    ("form", "head"),
    [
        ("google", "id\trelated_product"),
        ("csv", "product_id,place,related_id"),
        ("woocommerce", "ID,SKU,Upsells,Cross-sells"),
        ("shopify", "Handle,Title,Complementary products"),
    ],
)
def test_related_products_as_a_file(served: Any, form: str, head: str) -> None:
    headers = {"X-Api-Key": served.admin}
    for _ in range(5):  # an order that an earlier test sent may be folded in between two answers: then the file changed
        answer = served.client.get(f"/v1/exports/related?format={form}", headers=headers)
        assert answer.status_code == 200
        assert answer.text.startswith(head)
        assert form in answer.headers["content-disposition"]
        known = headers | {"If-None-Match": answer.headers["etag"]}
        same = served.client.get(f"/v1/exports/related?format={form}", headers=known)
        if same.status_code == 304:
            break
        assert same.headers["etag"] != answer.headers["etag"]
    assert same.status_code == 304


def test_only_an_admin_gets_the_file(served: Any) -> None:
    for key, status in ((served.storefront, 403), (served.rep, 403), ("tsk_no", 401)):
        assert served.client.get("/v1/exports/related", headers={"X-Api-Key": key}).status_code == status
    wrong = served.client.get("/v1/exports/related?format=excel", headers={"X-Api-Key": served.admin})
    assert wrong.status_code == 422
