"""The MCP server: the tools with their schemas and texts, over stdio or HTTP."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final, Literal, TypeAlias, get_args

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

from tsuide import __version__
from tsuide.app.serving import Serving
from tsuide.errors import TsuideError
from tsuide.interfaces.mcp.callers import Scopes
from tsuide.interfaces.mcp.deals import DealTools
from tsuide.interfaces.mcp.figures import FigureTools
from tsuide.interfaces.mcp.phrases import DESCRIPTIONS, TEXTS, TITLES
from tsuide.interfaces.mcp.sales import SalesTools
from tsuide.interfaces.mcp.tools import Tools

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
    "note_customer",
)
DEALS: Final = (
    "list_deals",
    "show_deal",
    "begin_deal",
    "change_deal",
    "put_deal_line",
    "price_deal_set",
    "propose_for_deal",
    "answer_deal_line",
    "list_deal_promotions",
    "give_in_deal",
    "take_back_in_deal",
    "quote_deal",
    "send_deal_quote",
    "lose_deal",
    "reopen_deal",
    "show_deal_history",
    "report_deals",
)
DEALS_LEADING: Final = ("win_deal_by_order_form",)
FIGURES: Final = ("list_duplicates",)
FIGURES_LEADING: Final = ("show_results", "list_merges", "merge_customers", "undo_merge")
Level: TypeAlias = Literal["agent", "rep", "admin"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_ONLY_READ: Final = frozenset(
    {"explain_offer", "list_tasks", "list_deals", "show_deal", "list_deal_promotions", "show_deal_history"}
    | {"report_deals", "list_duplicates", "show_results", "list_merges"}
)
_SAID_TWICE_COUNTS_ONCE: Final = frozenset({"record_outcome", "answer_worklist", "change_deal", "put_deal_line"})
# clients ask their person before what moves so much, leaves the house or cannot be taken back
_ASK_FIRST: Final = frozenset({"merge_customers", "send_deal_quote", "win_deal_by_order_form"})
# a recommendation writes its decision down and changes nothing else; an outcome said twice counts once
_HINTS: Final = ToolAnnotations(destructive_hint=False, open_world_hint=False)


def level_of(scopes: AbstractSet[str]) -> Level:
    """Whose tools a caller with these scopes is shown.

    >>> level_of({"agent"}), level_of({"agent", "rep"})
    ('agent', 'rep')
    """
    return "admin" if "admin" in scopes else "rep" if "rep" in scopes else "agent"


def build_server(serving: Serving, scopes: Scopes, level: Level) -> "MCPServer[Any]":
    """The server of one running shop.

    Args:
        serving: the running shop.
        scopes: what the caller of a request may do.
        level: whose tools are shown; what is not shown asks for its scope all the same.
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
    of_all, sales, deals = Tools(serving, scopes), SalesTools(serving, scopes), DealTools(serving, scopes)
    figures = FigureTools(serving, scopes)
    shown: list[tuple[object, tuple[str, ...]]] = [(of_all, NAMES)]
    if level != "agent":
        shown += [(sales, SALES), (deals, DEALS), (figures, FIGURES)]
    if level == "admin":
        shown += [(deals, DEALS_LEADING), (figures, FIGURES_LEADING)]
    for tools, name in ((tools, name) for tools, names in shown for name in names):
        server.add_tool(
            _told_as_tool_errors(getattr(tools, name)),
            name=name,
            title=TITLES.text(name, language),
            description=DESCRIPTIONS.text(name, language),
            annotations=_HINTS.model_copy(
                update={
                    "read_only_hint": name in _ONLY_READ,
                    "idempotent_hint": name in _SAID_TWICE_COUNTS_ONCE,
                    "destructive_hint": name in _ASK_FIRST,
                }
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
