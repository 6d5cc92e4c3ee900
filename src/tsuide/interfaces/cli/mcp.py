"""`tsuide mcp`: the tools for shopping and sales agents, over stdio or HTTP."""

import importlib
from importlib.util import find_spec
from typing import Annotated, Final

import typer

from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.errors import BadSetting, MissingExtra
from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.serve import HOST, Host, Port, address, listen, run
from tsuide.interfaces.cli.terminal import err, errors_shown

SCOPES: Final = ("agent", "rep", "admin")
_STDIO: Final = "tsuide.interfaces.mcp.stdio"  # by name, as the server's own factory: no interface imports another
_HTTP: Final = "tsuide.asgi:create_agents"


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of stdio.")] = False,
    scope: Annotated[
        str, typer.Option("--scope", help="What the agent on stdio may do: agent, rep (may name customers), admin.")
    ] = "agent",
    host: Host = HOST,
    port: Port = None,
    home: Home = None,
    database_url: Database = None,
) -> None:
    """Serve the tools for agents. Over HTTP each call needs a key with the scope agent; stdio is its owner's own."""
    with errors_shown():
        settings = load_settings(home=home, database_url=database_url)
        if find_spec("mcp") is None:
            raise MissingExtra("the tools for agents are not installed", key="mcp", way_out="pip install 'tsuide[mcp]'")
        if scope not in SCOPES:
            raise BadSetting("not a scope", key="--scope", value=scope, way_out=f"use {', '.join(SCOPES)}")
        with opened(settings):
            pass  # whatever is wrong with the store is said now, before anybody is spoken to
        if not http:
            importlib.import_module(_STDIO).speak(settings, scope)
            return
        listener = listen(host, port)
        err.print(f"  agents      [bold]{address(listener)}/mcp[/]", highlight=False)
        err.print("  ctrl-C ends the server", style="dim")
        run(settings, listener, factory=_HTTP)
