"""Schemathesis asks whatever the OpenAPI document allows, and whatever it does not, and finds no fault."""

import uuid
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

OPERATIONS = [
    ("/v1/offers", "POST"),
    ("/v1/offers/{decision}/outcomes", "POST"),
    ("/v1/products/{product}/relations", "GET"),
    ("/v1/decisions/{decision}/explain", "GET"),
    ("/v1/acceptances", "POST"),
    ("/v1/acceptances/{token}", "GET"),
    ("/v1/acceptances/{token}/confirm", "POST"),
    ("/v1/acceptances/{token}/decline", "POST"),
    ("/v1/acceptances/{token}/later", "POST"),
    ("/v1/acceptances/{acceptance}/countersign", "POST"),
    ("/v1/acceptances/{acceptance}/order", "POST"),
    ("/v1/promotions", "GET"),
    ("/v1/promotions/{promotion}", "PUT"),
    ("/v1/promotions/price", "POST"),
    *((f"/v1/{call}", "POST") for call in ("identify", "track", "page", "screen", "group", "alias", "batch")),
    *((f"/v1/{kind}", "POST") for kind in ("orders", "products", "customers", "events", "reviews")),
    ("/mp/collect", "POST"),
    ("/v1/webhooks/shopify", "POST"),
    ("/v1/webhooks/woocommerce", "POST"),
    ("/v1/policy", "GET"),
    ("/v1/policy", "PUT"),
    ("/v1/policies", "GET"),
    ("/v1/policies/activate", "POST"),
    ("/v1/policies/what-if", "POST"),
    ("/v1/messages", "GET"),
    ("/v1/messages/reprocess", "POST"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
]


# what a person sets must also make sense (an end after the start, a currency that exists): no schema can say that
MORE_THAN_SHAPE = {"/v1/promotions/{promotion}": [positive_data_acceptance]}
# other people's formats: that it is an object is all that their documents would say here; what it means is read later
FOREIGN = (
    "/v1/identify",
    "/v1/track",
    "/v1/page",
    "/v1/screen",
    "/v1/group",
    "/v1/alias",
    "/v1/batch",
    "/mp/collect",
    "/v1/webhooks/shopify",
    "/v1/webhooks/woocommerce",
)
MORE_THAN_SHAPE |= {path: [positive_data_acceptance] for path in ("/v1/policy", "/v1/policies/what-if")}
# of many rows the good ones are kept, whatever the others look like
BULK = ("/v1/orders", "/v1/products", "/v1/customers", "/v1/events", "/v1/reviews")
MORE_THAN_SHAPE |= {path: [positive_data_acceptance, negative_data_rejection] for path in BULK}
MORE_THAN_SHAPE |= {path: [positive_data_acceptance] for path in FOREIGN}


@pytest.fixture(scope="session")
def api_schema(served: Any) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", served.client.app)


def test_every_operation_is_asked(api_schema: Any) -> None:
    found = {(each.ok().path, each.ok().method.upper()) for each in api_schema.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_api_keeps_to_its_document(
    api_schema: Any, served: Any, path: str, method: str, mode: GenerationMode
) -> None:
    operation = api_schema[path][method]
    seen = 0

    @given(data=st.data())
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def asked(data: Any) -> None:
        nonlocal seen
        case = data.draw(operation.as_strategy(generation_mode=mode))
        headers = {"X-Api-Key": served.admin, "X-Request-Id": uuid.uuid4().hex}
        case.call_and_validate(headers=headers, excluded_checks=MORE_THAN_SHAPE.get(path, []))
        seen += 1

    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.path_parameters or operation.query):
        return  # it takes nothing, so nothing can be wrong
    asked()
    assert seen > 0
