"""The tools over standard input and output: the process that holds the shop's home speaks with one agent."""

import asyncio

from tsuide.app.keys import IMPLIED
from tsuide.app.logs import log_to_stderr
from tsuide.app.serving import Serving
from tsuide.config import Settings
from tsuide.interfaces.mcp.server import build_server, level_of


def speak(settings: Settings, scope: str) -> None:
    """Serve one agent until it closes its end; stdout carries the protocol and nothing else.

    Args:
        settings: of the shop.
        scope: what the agent may do: agent, rep or admin.

    Raises:
        Unavailable: the store does not answer.
    """
    log_to_stderr()
    asyncio.run(_speak(settings, frozenset(IMPLIED[scope])))


async def _speak(settings: Settings, scopes: frozenset[str]) -> None:
    serving = await Serving.start(settings)
    try:
        await build_server(serving, lambda _: scopes, level_of(scopes)).run_stdio_async()
    finally:
        await serving.close()
