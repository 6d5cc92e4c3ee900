"""Who speaks: what the caller of a request may do, and under which name the audit log has them."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias

from mcp.server.mcpserver import Context
from pydantic import Field

from tsuide.errors import WrongKey

Ctx: TypeAlias = Context[Any, Any]
Scopes: TypeAlias = Callable[[Ctx], frozenset[str]]
Name = Annotated[str, Field(min_length=1, max_length=200, description="As the customers' attribute `owner` has it.")]
Few = Annotated[int, Field(ge=1, le=50, description="At most so many.")]
SCOPES: Final = "tsuide.scopes"
KEY: Final = "tsuide.key"
"""Where a request over HTTP keeps what its key may do, and the key's id."""


def must_have(scopes: frozenset[str], scope: str) -> None:
    """Nothing, if who has these scopes may do what needs `scope`.

    Raises:
        WrongKey: they may not.

    >>> must_have(frozenset({"agent", "rep"}), "rep")
    """
    if scope not in scopes:
        raise WrongKey(
            "this key may not do that",
            key="scope",
            value=", ".join(sorted(scopes)),
            way_out=f"tsuide keys create … --scope {scope}",
        )


def known_as(ctx: Ctx) -> str:
    """Who asks, for the audit log: a key by its id, or whoever started the process on stdio."""
    request = ctx.request_context.request
    return "stdio" if request is None else f"key {request.scope.get(KEY, '')}"
