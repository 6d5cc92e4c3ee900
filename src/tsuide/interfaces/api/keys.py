"""Who may ask: API keys with scopes, as ``X-Api-Key`` or as a bearer."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from tsuide.app.keys import Scope
from tsuide.app.serving import Serving
from tsuide.errors import WrongKey

SCHEMES: Final[dict[str, Any]] = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "Bearer": {"type": "http", "scheme": "bearer"},
    "Basic": {"type": "http", "scheme": "basic"},
}
SECURITY: Final[list[dict[str, list[str]]]] = [{"ApiKey": []}, {"Bearer": []}]
_WAY_OUT: Final = "send X-Api-Key or Authorization: Bearer; `tsuide keys create` makes a key"


def serving_of(request: Request) -> Serving:
    """The running shop."""
    serving: Serving = request.app.state.serving
    return serving


def require(request: Request, scope: Scope) -> frozenset[Scope]:
    """All scopes of the caller's key, if it has `scope`.

    Raises:
        HTTPException: 401, no key or one that is not known.
        WrongKey: a good key that may not do this.
    """
    scopes = serving_of(request).keyring.scopes_of(_token(request))
    if scopes is None:
        raise HTTPException(401, f"The key is missing or not known: {_WAY_OUT}", {"WWW-Authenticate": "Bearer"})
    if scope not in scopes:
        raise WrongKey(
            "this key may not do that",
            key="scope",
            value=", ".join(sorted(scopes)),
            way_out=f"use a key with the scope {scope}",
        )
    return scopes


def scopes_of(request: Request, key: str) -> frozenset[Scope] | None:
    """The scopes of a key that stands somewhere else than in our own headers; None where it is not known."""
    return serving_of(request).keyring.scopes_of(key)


def _token(request: Request) -> str:
    headers = request.headers
    given = headers.get("x-api-key")
    if given is not None:
        return given
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
