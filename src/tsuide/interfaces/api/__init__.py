"""The HTTP API: thin handlers over the running shop."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.middleware.cors import CORSMiddleware

from tsuide import __version__
from tsuide.interfaces.api import (
    acceptances,
    decisions,
    docs,
    events,
    health,
    offers,
    policies,
    problems,
    products,
    promotions,
    upserts,
)
from tsuide.interfaces.api.frame import Frame
from tsuide.interfaces.api.keys import SCHEMES
from tsuide.interfaces.api.schemas import OffersIn, OutcomesIn

_ABOUT: Final = (
    "Ask what to propose to a customer, say what became of it, and see why. Every decision is recorded before "
    "the answer, can be explained, and can be replayed bit for bit.\n\n"
    "Send your key as X-Api-Key or as a bearer. A storefront key may stand in a page: it can ask for offers and "
    "report outcomes, and nothing else. Prices are integers in the currency's minor unit (yen, cent). Whatever "
    "goes wrong is a problem document (RFC 9457) with a request id."
)


def build_api(**options: Any) -> FastAPI:  # noqa: ANN401 - FastAPI's own options: lifespan
    """The API; `app.state.serving` must be set before the first request (asgi.py does)."""
    app = FastAPI(
        title="Tsuide",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
        **options,
    )
    problems.install(app)
    for part in (offers, products, acceptances, promotions, policies, decisions, health, docs, events, upserts):
        app.include_router(part.router)
    app.add_middleware(Frame)
    app.add_middleware(
        CORSMiddleware,  # a storefront key may stand in a page of any shop: it opens nothing but offers and events
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=["X-Api-Key", "Authorization", "Content-Type", "X-Request-Id", "X-Customer-Token"],
        expose_headers=["X-Request-Id", "ETag"],
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
    inward: list[type[BaseModel]] = [OffersIn, OutcomesIn, *upserts.BODIES]
    _, bodies = models_json_schema(
        [*((each, "validation") for each in inward), (problems.Problem, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    components["schemas"] = {**components.get("schemas", {}), **bodies["$defs"]}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = SCHEMES
    return schema
