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
    ("/v1/offers/batch", "POST"),
    ("/v1/site-messages/{message}/outcomes", "POST"),
    ("/v1/products", "GET"),
    ("/v1/products/{product}", "GET"),
    ("/v1/products/{product}/relations", "GET"),
    ("/v1/customers", "GET"),
    ("/v1/customers/{customer}", "GET"),
    ("/v1/customers/{customer}/consents", "GET"),
    ("/v1/customers/{customer}/consents", "POST"),
    ("/v1/customers/{customer}/export", "GET"),
    ("/v1/customers/{customer}/erasure", "GET"),
    ("/v1/customers/{customer}/erase", "POST"),
    ("/v1/privacy/record", "GET"),
    ("/v1/customers/{customer}/contact", "GET"),
    ("/v1/customers/{customer}/whole", "GET"),
    ("/v1/customers/{customer}/page", "GET"),
    ("/v1/customers/{customer}/interactions", "GET"),
    ("/v1/interactions", "POST"),
    ("/v1/interactions/costs", "GET"),
    ("/v1/interactions/costs", "PUT"),
    ("/v1/wins", "POST"),
    ("/v1/duplicates", "GET"),
    ("/v1/merges", "GET"),
    ("/v1/merges", "POST"),
    ("/v1/merges/{merge}/undo", "POST"),
    ("/v1/snapshots", "GET"),
    ("/v1/snapshots/current", "GET"),
    ("/v1/snapshots/current", "PUT"),
    ("/metrics", "GET"),
    ("/v1/exports/related", "GET"),
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
    ("/v1/worklist", "GET"),
    ("/v1/worklist/thresholds", "GET"),
    ("/v1/worklist/thresholds", "PUT"),
    ("/v1/worklist/notes", "POST"),
    ("/v1/worklist/{rep}", "GET"),
    *((f"/v1/worklist/{{offer}}/{verb}", "POST") for verb in ("accept", "dismiss", "snooze")),
    ("/v1/deals", "GET"),
    ("/v1/deals", "POST"),
    ("/v1/deals/events", "GET"),
    ("/v1/deals/report", "GET"),
    ("/v1/deals/{deal}", "GET"),
    ("/v1/deals/{deal}", "POST"),
    ("/v1/deals/{deal}/history", "GET"),
    *(
        (f"/v1/deals/{{deal}}/{verb}", "POST")
        for verb in ("lines", "set-price", "propose", "quote", "send", "order-form", "promotions")
    ),
    ("/v1/deals/{deal}/promotions", "GET"),
    ("/v1/deals/{deal}/promotions/{promotion}", "DELETE"),
    ("/v1/deals/{deal}/lines/{line}/answer", "POST"),
    ("/v1/policy", "GET"),
    ("/v1/policy", "PUT"),
    ("/v1/policies", "GET"),
    ("/v1/policies/activate", "POST"),
    ("/v1/policies/what-if", "POST"),
    ("/v1/experiments", "GET"),
    ("/v1/experiments/{experiment}", "GET"),
    ("/v1/experiments/{experiment}", "PUT"),
    ("/v1/experiments/{experiment}/start", "POST"),
    ("/v1/experiments/{experiment}/stop", "POST"),
    ("/v1/experiments/{experiment}/effect", "GET"),
    ("/v1/effect", "GET"),
    ("/v1/reports/results", "GET"),
    ("/v1/reports/results/page", "GET"),
    ("/v1/reports/results/rows", "GET"),
    ("/v1/reports/schedules", "GET"),
    ("/v1/reports/schedules/{schedule}", "PUT"),
    ("/v1/reports/schedules/{schedule}", "DELETE"),
    ("/v1/supervision", "GET"),
    ("/v1/supervision/audit", "GET"),
    ("/v1/supervision/cases", "GET"),
    ("/v1/supervision/cases", "POST"),
    ("/v1/supervision/cases/{case}", "GET"),
    ("/v1/supervision/cases/{case}/steps", "POST"),
    *((f"/v1/journeys{part}", "GET") for part in ("", "/schema", "/ready", "/{journey}", "/{journey}/enrolments")),
    *((f"/v1/journeys/{part}", "POST") for part in ("dry-run", "{journey}/state", "{journey}/undo")),
    ("/v1/journeys/{journey}", "PUT"),
    *((f"/v1/surveys{part}", "GET") for part in ("", "/schema", "/ready", "/{survey}", "/{survey}/answers")),
    *((f"/v1/surveys/{{survey}}/{part}", "POST") for part in ("answers", "links")),
    ("/v1/surveys/{survey}", "PUT"),
    ("/v1/tasks", "GET"),
    ("/v1/tasks", "POST"),
    ("/v1/tasks/events", "GET"),
    ("/v1/tasks/calendar", "GET"),
    ("/v1/tasks/{task}", "GET"),
    ("/v1/tasks/{task}", "POST"),
    ("/v1/hooks", "GET"),
    ("/v1/hooks/{hook}", "PUT"),
    ("/v1/hooks/{hook}", "DELETE"),
    ("/v1/segments/{segment}/audience", "GET"),
    ("/v1/segments", "GET"),
    *((f"/v1/segments/{fixed}", "GET") for fixed in ("vocabulary", "ready", "events")),
    *((f"/v1/segments/{fixed}", "POST") for fixed in ("preview", "overlap", "ready/{ready}")),
    *(("/v1/segments/{segment}", method) for method in ("GET", "PUT", "DELETE")),
    ("/v1/segments/{segment}/undo", "POST"),
    *((f"/v1/segments/{{segment}}/{part}", "GET") for part in ("versions", "members", "history", "why")),
    ("/v1/uplift", "GET"),
    ("/v1/uplift/{segment}", "GET"),
    ("/v1/feedback", "POST"),
    ("/v1/customers/{customer}/feedback", "GET"),
    ("/v1/initiatives", "GET"),
    ("/v1/initiatives/{initiative}", "GET"),
    ("/v1/initiatives/{initiative}", "PUT"),
    ("/v1/initiatives/{initiative}/costs", "POST"),
    ("/v1/initiatives/{initiative}/leads", "POST"),
    ("/v1/initiatives/{initiative}/effect", "GET"),
    ("/v1/initiatives/{initiative}/conclude", "POST"),
    ("/v1/initiatives/entries/{entry}/undo", "POST"),
    ("/v1/messages", "GET"),
    ("/v1/messages/reprocess", "POST"),
    ("/v1/outreach/messages", "GET"),
    ("/v1/outreach/messages", "POST"),
    ("/v1/outreach/messages/{message}", "GET"),
    ("/v1/outreach/messages/{message}/resolve", "POST"),
    ("/v1/outreach/preview", "POST"),
    ("/v1/outreach/test", "POST"),
    ("/v1/outreach/returns", "POST"),
    ("/v1/outreach/templates", "GET"),
    ("/v1/outreach/templates/{template}", "GET"),
    ("/v1/outreach/templates/{template}", "PUT"),
    ("/v1/outreach/templates/{template}", "DELETE"),
    ("/v1/looks", "GET"),
    ("/v1/looks/{look}", "PUT"),
    ("/v1/looks/{look}", "DELETE"),
    *(("/v1/curation", method) for method in ("GET", "PUT", "DELETE")),
    ("/v1/curation/undo", "POST"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
]


# the only checks that are left out, by call, each with its reason
Checks = list[Any]
LEFT_OUT: dict[tuple[str, str], Checks] = {}
# what a person sets must also make sense (an end after the start, a currency that exists): no schema can say that
LEFT_OUT |= {("/v1/promotions/{promotion}", "PUT"): [positive_data_acceptance]}
LEFT_OUT |= {("/v1/policy", "PUT"): [positive_data_acceptance]}
LEFT_OUT |= {("/v1/policies/what-if", "POST"): [positive_data_acceptance]}
LEFT_OUT |= {("/v1/experiments/{experiment}", "PUT"): [positive_data_acceptance]}  # shares must sum to the whole
LEFT_OUT |= {("/v1/initiatives/{initiative}", "PUT"): [positive_data_acceptance]}  # an end after the start
# a change changes something, and what is put off is put off until later; a title says something
LEFT_OUT |= {(path, "POST"): [positive_data_acceptance] for path in ("/v1/tasks", "/v1/tasks/{task}")}
# the same of deals, and a set costs no more than its lines; in a query a list of one is that one
LEFT_OUT |= {(f"/v1/deals/{{deal}}{what}", "POST"): [positive_data_acceptance] for what in ("", "/set-price")}
LEFT_OUT |= {(f"/v1/deals{what}", "GET"): [negative_data_rejection] for what in ("", "/report")}
# of a list in a query one word alone is a list of one, whatever it looks like
LEFT_OUT |= {
    (path, "GET"): [negative_data_rejection] for path in ("/v1/worklist/{rep}", "/v1/customers/{customer}/whole")
}
LEFT_OUT |= {("/v1/hooks/{hook}", "PUT"): [positive_data_acceptance]}  # an address must be one
LEFT_OUT |= {("/v1/segments/{segment}/audience", "GET"): [positive_data_acceptance]}  # a country must be one
# what happened does not lie in the future, nor in a currency that nobody has
LEFT_OUT |= {
    (f"/v1/initiatives/{{initiative}}/{what}", "POST"): [positive_data_acceptance] for what in ("costs", "leads")
}
LEFT_OUT |= {("/v1/customers/{customer}/consents", "POST"): [positive_data_acceptance]}  # a grant needs evidence
# which characters can be printed, no pattern tells
LEFT_OUT |= {("/v1/looks/{look}", "PUT"): [positive_data_acceptance]}
# a currency that exists
LEFT_OUT |= {(f"/v1/reports/results{each}", "GET"): [positive_data_acceptance] for each in ("", "/page")}
LEFT_OUT |= {("/v1/reports/schedules/{schedule}", "PUT"): [positive_data_acceptance]}  # an address must be one
LEFT_OUT |= {("/v1/feedback", "POST"): [positive_data_acceptance]}  # a score belongs to scores, nothing to the future
LEFT_OUT |= {(f"/v1/{what}", "POST"): [positive_data_acceptance] for what in ("interactions", "wins")}  # nor these
LEFT_OUT |= {("/v1/merges", "POST"): [positive_data_acceptance]}  # nobody is merged with themselves
# a template's text is a language of its own; a message's moment must lie ahead, and mail must be set up
# (and a text that is longer than a template may be may also be more than a request may hold: 413)
LEFT_OUT |= {("/v1/outreach/templates/{template}", "PUT"): [positive_data_acceptance, negative_data_rejection]}
LEFT_OUT |= {(f"/v1/outreach/{what}", "POST"): [positive_data_acceptance] for what in ("messages", "test", "preview")}
# a condition is a language of its own; several segments differ; why is asked of a customer or of a visitor
LEFT_OUT |= {("/v1/segments/{segment}", "PUT"): [positive_data_acceptance]}
# and a journey is one, too
LEFT_OUT |= {("/v1/journeys/{journey}", "PUT"): [positive_data_acceptance]}
LEFT_OUT |= {("/v1/journeys/dry-run", "POST"): [positive_data_acceptance]}
# … and a survey; what is answered is for the survey to say
LEFT_OUT |= {("/v1/surveys/{survey}", "PUT"): [positive_data_acceptance]}
LEFT_OUT |= {("/v1/surveys/{survey}/answers", "POST"): [positive_data_acceptance]}
LEFT_OUT |= {(f"/v1/segments/{what}", "POST"): [positive_data_acceptance] for what in ("preview", "overlap")}
LEFT_OUT |= {("/v1/segments/{segment}/why", "GET"): [positive_data_acceptance]}
# a case is about sales that the rep entered
LEFT_OUT |= {("/v1/supervision/cases", "POST"): [positive_data_acceptance]}
# other people's formats: that it is an object is all that their documents would say here; what it means is read later
FOREIGN = (
    *(f"/v1/{call}" for call in ("identify", "track", "page", "screen", "group", "alias", "batch")),
    "/mp/collect",
    "/v1/webhooks/shopify",
    "/v1/webhooks/woocommerce",
)
LEFT_OUT |= {(path, "POST"): [positive_data_acceptance] for path in FOREIGN}
# a filler stands beside no product, everything else does; only a set has several others
LEFT_OUT |= {("/v1/curation", method): [positive_data_acceptance] for method in ("PUT", "DELETE")}
LEFT_OUT |= {("/v1/curation/undo", "POST"): [positive_data_acceptance]}
LEFT_OUT |= {("/v1/tasks/calendar", "GET"): [positive_data_acceptance]}  # no TSUIDE_PUBLIC_URL here: no address
# of many rows the good ones are kept, whatever the others look like
BULK = ("/v1/orders", "/v1/products", "/v1/customers", "/v1/events", "/v1/reviews")
LEFT_OUT |= {(path, "POST"): [positive_data_acceptance, negative_data_rejection] for path in BULK}
# a cursor is text that came with the page before: any other is refused
PAGED = ("/v1/products", "/v1/customers", "/v1/segments/{segment}/members", "/v1/curation")
LEFT_OUT |= {(path, "GET"): [positive_data_acceptance] for path in PAGED}


@pytest.fixture(scope="module")
def api_schema(served: Any) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", served.client.app)


def test_every_operation_is_asked(api_schema: Any) -> None:
    found = {(each.ok().path, each.ok().method.upper()) for each in api_schema.get_all_operations()}
    assert found == set(OPERATIONS)
    assert set(LEFT_OUT) <= found


def test_every_post_takes_an_idempotency_key_and_whoever_names_customers_a_token(api_schema: Any) -> None:
    paths = api_schema.raw_schema["paths"]

    def taken(path: str) -> set[str]:
        return {each["name"] for each in paths[path]["post"].get("parameters", []) if each["in"] == "header"}

    posts = {path for path, item in paths.items() if "post" in item and path.startswith("/v1/")}
    without = {path for path in posts if "Idempotency-Key" not in taken(path)}
    assert without == {"/v1/webhooks/shopify", "/v1/webhooks/woocommerce"}  # they have ids of their own
    assert taken("/v1/offers") == taken("/v1/track") == {"Idempotency-Key", "X-Customer-Token"}
    assert taken("/mp/collect") == {"X-Customer-Token"}


def _may_be_left_out(operation: Any) -> bool:
    """Whether a parameter of the query may be null: in a query nothing is null, so what is wrong there may be right."""
    parameters = operation.definition.raw.get("parameters", [])
    return any(each["in"] == "query" and "anyOf" in each.get("schema", {}) for each in parameters)


MODES = pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
EVERY = pytest.mark.parametrize(("path", "method"), OPERATIONS)


@MODES
@EVERY
def test_the_api_keeps_to_its_document(
    api_schema: Any, served: Any, path: str, method: str, mode: GenerationMode
) -> None:
    """The same questions on every machine; `make soak` draws others."""
    ask(api_schema[path][method], served, LEFT_OUT.get((path, method), []), mode, settings(_FEW, derandomize=True))


@pytest.mark.soak
@MODES
@EVERY
def test_the_api_keeps_to_its_document_whatever_is_drawn(
    api_schema: Any, served: Any, path: str, method: str, mode: GenerationMode
) -> None:
    ask(api_schema[path][method], served, LEFT_OUT.get((path, method), []), mode, settings(_FEW, max_examples=100))


_FEW = settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def ask(operation: Any, served: Any, left_out: Checks, mode: GenerationMode, drawn: settings) -> None:
    """Ask one operation whatever its document allows, or what it does not."""
    but = [*left_out, *([negative_data_rejection] if _may_be_left_out(operation) else [])]
    seen = 0
    takes = bool(operation.body or operation.path_parameters or operation.query or operation.headers)

    @given(data=st.data())
    @drawn
    def asked(data: Any) -> None:
        nonlocal seen
        case = data.draw(operation.as_strategy(generation_mode=mode))
        headers = {"X-Api-Key": served.admin, "X-Request-Id": uuid.uuid4().hex}
        if mode is GenerationMode.POSITIVE and "Idempotency-Key" in (case.headers or {}):
            headers["Idempotency-Key"] = uuid.uuid4().hex  # whoever sends another request draws another
        case.call_and_validate(headers=headers, excluded_checks=but)
        seen += 1

    if mode is GenerationMode.NEGATIVE and not takes:
        return  # it takes nothing, so nothing can be wrong
    asked()
    assert seen > 0
