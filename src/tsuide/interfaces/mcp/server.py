"""The MCP server: the tools with their schemas and texts, over stdio or HTTP."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

from tsuide import __version__
from tsuide.app.serving import Serving
from tsuide.errors import TsuideError
from tsuide.interfaces.mcp.phrases import DESCRIPTIONS, TEXTS, TITLES
from tsuide.interfaces.mcp.sales import SalesTools
from tsuide.interfaces.mcp.tools import Scopes, Tools

NAMES: Final = (
    "recommend_complements",
    "recommend_upgrades",
    "recommend_cheaper",
    "fill_threshold",
    "get_bundle",
    "explain_offer",
    "record_outcome",
)
SALES: Final = (
    "list_worklist",
    "answer_worklist",
    "show_customer",
    "list_tasks",
    "change_task",
    "list_deals",
    "show_deal",
    "propose_for_deal",
    "answer_deal_line",
    "list_deal_promotions",
    "give_in_deal",
    "note_customer",
)
_ONLY_READ: Final = frozenset({"explain_offer", "list_tasks", "list_deals", "show_deal", "list_deal_promotions"})
_SAID_TWICE_COUNTS_ONCE: Final = frozenset({"record_outcome", "answer_worklist"})
# a recommendation writes its decision down and changes nothing else; an outcome said twice counts once
_HINTS: Final = ToolAnnotations(destructive_hint=False, open_world_hint=False)


def build_server(serving: Serving, scopes: Scopes, *, sales: bool = False) -> "MCPServer[Any]":
    """The server of one running shop.

    Args:
        serving: the running shop.
        scopes: what the caller of a request may do.
        sales: also show the tools of the sales team, which ask for a rep's key.
    """
    language = serving.settings.language
    server: MCPServer[Any] = MCPServer(
        "tsuide",
        title="Tsuide ついで",
        instructions=TEXTS.text("instructions", language),
        version=__version__,
        log_level="WARNING",
        subscriptions=False,
    )
    tools, desk = Tools(serving, scopes), SalesTools(serving, scopes)
    for name in (*NAMES, *(SALES if sales else ())):
        server.add_tool(
            _told_as_tool_errors(getattr(tools if name in NAMES else desk, name)),
            name=name,
            title=TITLES.text(name, language),
            description=DESCRIPTIONS.text(name, language),
            annotations=_HINTS.model_copy(
                update={"read_only_hint": name in _ONLY_READ, "idempotent_hint": name in _SAID_TWICE_COUNTS_ONCE}
            ),
            structured_output=True,
        )
    return server


def _told_as_tool_errors(tool: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The tool; our own errors become tool errors that name key, value and way out."""

    @functools.wraps(tool)
    async def called(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the tool takes and gives
        try:
            return await tool(*arguments, **named)
        except TsuideError as error:
            raise ToolError(f"{error.code}: {error}") from error

    called.__signature__ = inspect.signature(tool)  # type: ignore[attr-defined]  # what the schema is read from
    return called
