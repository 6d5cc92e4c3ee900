"""The HTTP API: thin handlers over the running shop."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.middleware.cors import CORSMiddleware

from tsuide import __version__
from tsuide.app.keys import Scope
from tsuide.interfaces.api import (
    acceptances,
    curation,
    customers,
    deals,
    decisions,
    docs,
    events,
    experiments,
    exports,
    feedback,
    health,
    hooks,
    initiatives,
    interactions,
    journeys,
    keys,
    looks,
    merges,
    offers,
    outreach,
    policies,
    privacy,
    problems,
    products,
    promotions,
    reports,
    segments,
    snapshots,
    supervision,
    surveys,
    tasks,
    uplift,
    upserts,
    whole_customers,
    worklist,
)
from tsuide.interfaces.api.audited import audited
from tsuide.interfaces.api.crowd import Crowd
from tsuide.interfaces.api.frame import Files, Frame
from tsuide.interfaces.api.headers import with_headers
from tsuide.interfaces.api.idempotency import Idempotent
from tsuide.interfaces.api.keys import needs
from tsuide.interfaces.api.lean import Lean
from tsuide.interfaces.api.quick import EXPOSED, Api
from tsuide.interfaces.api.schemas import ManyOffersIn, OffersIn, OutcomesIn

_OPEN: Final = (events, health, docs)  # who calls stands in the body or its signature, or nobody needs to know
_BY_SCOPE: Final[Mapping[Scope, tuple[ModuleType, ...]]] = {
    "storefront": (offers, acceptances, promotions),
    "rep": (
        *(products, customers, whole_customers, interactions, merges, feedback, snapshots, decisions, tasks, surveys),
        *(worklist, deals),
    ),
    "admin": (
        *(policies, experiments, initiatives, reports, supervision, uplift, exports, upserts, looks, outreach),
        *(segments, journeys, hooks, curation, privacy),
    ),
}
"""The narrowest key that any route of a part lets in: a caller without it is told so before a body is looked at."""
_AUDITED: Final = frozenset(
    {policies, experiments, initiatives, reports, supervision, looks, outreach, segments, journeys, hooks, surveys}
    | {snapshots, promotions, merges, curation}
)
"""Parts that change how the shop sells: what a key does there stands in the audit log."""
_HEADERS: Final = (
    *("X-Api-Key", "Authorization", "Content-Type", "X-Request-Id", "If-None-Match", "Idempotency-Key"),
    keys.CUSTOMER_TOKEN,
)
_ABOUT: Final = (
    "Ask what to propose to a customer, say what became of it, and see why. Every decision is recorded before "
    "the answer, can be explained, and can be replayed bit for bit.\n\n"
    "Send your key as X-Api-Key or as a bearer. A storefront key may stand in a page: it can ask for offers and "
    "report outcomes, and nothing else, and it names a customer only with a token that your server signed. "
    "Prices are integers in the currency's minor unit (yen, cent). Whatever goes wrong is a problem document "
    "(RFC 9457) with a request id. Any POST may carry an Idempotency-Key: sent again within a day it is not done "
    "again. A key that asks too fast gets a 429 with Retry-After; a server that has more to do than it can a 503, with "
    "Retry-After, too."
)


def build_api(
    request_log: str = "failures",
    files: Files | None = None,
    in_flight: int = 256,
    shops: frozenset[str] = frozenset(),
    **options: Any,  # noqa: ANN401 - FastAPI's own: lifespan
) -> FastAPI:
    """The API; `app.state.serving` must be set before the first request (asgi.py does).

    For which requests a line is logged `request_log` says: off, failures, all; to which paths files are sent, `files`;
    how many requests are at work at once, `in_flight`; the other shops of the server are `shops`.
    """
    app = Api(
        title="Tsuide",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
        **options,
    )
    app.crowd = Crowd(in_flight)
    app.frame = Frame(app, log=request_log, files=files, shops=shops)
    problems.install(app)
    for part in _OPEN:
        app.include_router(part.router)
    for scope, parts in _BY_SCOPE.items():
        for part in parts:
            noted = [Depends(audited)] if part in _AUDITED else []
            app.include_router(part.router, dependencies=[needs(scope), *noted])
    app.add_middleware(Lean, handlers={("POST", "/v1/offers"): offers.offers, ("POST", "/v1/batch"): events.take_batch})
    app.add_middleware(Idempotent)
    app.add_middleware(Frame, log=request_log, files=files, shops=shops)
    app.add_middleware(
        CORSMiddleware,  # a storefront key may stand in a page of any shop: it opens nothing but offers and events
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=_HEADERS,
        expose_headers=EXPOSED,
        max_age=86_400,
    )
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(generated())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend its document
    return app


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    """The document with the bodies that handlers read themselves, and with how to send a key."""
    components = schema.setdefault("components", {})
    inward: list[type[BaseModel]] = [OffersIn, ManyOffersIn, OutcomesIn, *upserts.BODIES]
    _, bodies = models_json_schema(
        [*((each, "validation") for each in inward), (problems.Problem, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    components["schemas"] = {**components.get("schemas", {}), **bodies["$defs"]}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = keys.SCHEMES
    with_headers(schema)
    return schema
