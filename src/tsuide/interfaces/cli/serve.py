"""`tsuide serve`: the API (and for the demo its shop) on this machine."""

import contextlib
import os
import socket
import tempfile
from typing import Annotated, Final

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from tsuide.app.metrics import FOLDER
from tsuide.app.shops import shops_of
from tsuide.app.users import setup_token
from tsuide.app.wiring import opened
from tsuide.config import Settings, environment, load_settings
from tsuide.errors import BadSetting, Unavailable
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import err, errors_shown
from tsuide.interfaces.cli.whole_answers import WholeAnswers

PORT: Final = 8000
HOST: Final = "127.0.0.1"
FACTORY: Final = "tsuide.asgi:create"
_TRIES: Final = 20
_MOST_WORKERS: Final = 64
_GRACE_S: Final = 10
_READY_S: Final = 900  # a large snapshot is read and checked before a new worker takes an old one's place

Host = Annotated[str, typer.Option("--host", help="Address to listen on; 0.0.0.0 = every one of this machine.")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65_535, help=f"Default: {PORT}, or the next that is free. 0 = any."),
]


def serve(
    host: Host = HOST,
    port: Port = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=_MOST_WORKERS, help="Processes.")] = 1,
    demo_shop: Annotated[bool, typer.Option("--demo-shop", help="Also serve the demo shop.")] = False,
    agents: Annotated[bool, typer.Option("--agents", help="Also serve the tools for agents (MCP) at /mcp.")] = False,
    home: Home = None,
    database_url: Database = None,
) -> None:
    """Serve offers over HTTP until ctrl-C. A newer snapshot is taken up without a pause."""
    with errors_shown():
        settings = load_settings(home=home, database_url=database_url)
        settings = settings.model_copy(
            update={
                "demo_shop": demo_shop or settings.demo_shop,
                "agents": agents or settings.agents,
            }
        )
        with opened(settings):
            pass  # whatever is wrong with the store is said now, before a port is taken
        listener = listen(host, port)
        announce(settings, listener)
        run(settings, listener, workers)


def listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on the wanted port; where none is named, on the first free one from 8000 on.

    Raises:
        Unavailable: the port is taken.
        BadSetting: no such address.
    """
    for wanted in [port] if port is not None else range(PORT, PORT + _TRIES):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, wanted))
            listener.listen(2048)
        except socket.gaierror as exc:
            listener.close()
            raise BadSetting("no such address", key="--host", value=host, way_out="use 127.0.0.1") from exc
        except OSError:
            listener.close()
            continue
        return listener
    raise Unavailable(
        "the port is in use",
        key="--port",
        value=port if port is not None else f"{PORT} … {PORT + _TRIES - 1}",
        way_out="choose another with --port, or 0 for any free one",
    )


def address(listener: socket.socket) -> str:
    """Where a browser finds the server."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - shown, not bound
    return f"http://{shown}:{port}"


def announce(settings: Settings, listener: socket.socket, *, report: bool = False) -> None:
    """Say where everything is; on stderr, because the server's stdout is nobody's result.

    Args:
        settings: of the shop.
        listener: where it listens.
        report: a report is there, or being written.
    """
    base = address(listener)
    _console("console", settings, base)
    if settings.demo_shop:
        _line("shop", f"{base}/shop/")
        if report or (settings.home / "report.html").exists():
            _line("report", f"{base}/shop/report")
    for name, other in shops_of(settings).items():
        _line(name, f"{base}/{name}/{'shop/' if other.demo_shop else 'docs'}")
        _console("its console", other, f"{base}/{name}")
    if settings.agents:
        _line("agents", f"{base}/mcp")
    _line("API docs", f"{base}/docs")
    err.print("  ctrl-C ends the server", style="dim")


def _console(name: str, settings: Settings, base: str) -> None:
    """Where a shop's console is, and while nobody is set up the link with which the first owner is."""
    _line(name, f"{base}/console/")
    with opened(settings) as shop:
        token = setup_token(shop, now())
    if token is not None:
        _line("  set it up", f"{base}/console/setup?token={token}")


def _line(name: str, where: str) -> None:
    err.print(f"  {name:<11} [bold link={where}]{where}[/]", highlight=False, soft_wrap=True)  # a link is never cut


def run(settings: Settings, listener: socket.socket, workers: int = 1, factory: str = FACTORY) -> None:
    """Serve until the process is told to end; `factory` names what makes the application in each worker."""
    os.environ.update(environment(settings))  # what `create` reads in each worker
    with contextlib.ExitStack() as until_the_end:
        if workers > 1 and FOLDER not in os.environ:  # before a worker imports the counters
            os.environ[FOLDER] = until_the_end.enter_context(_shared_figures())
            until_the_end.callback(os.environ.pop, FOLDER)
        _run(listener, workers, factory)


def _shared_figures() -> "tempfile.TemporaryDirectory[str]":
    """A folder for the workers' figures, in memory where there is such a place.

    They are mapped files: on a disk that is full, a worker that counts would be killed by the system.
    """
    memory = "/dev/shm"  # noqa: S108 - our folder in it is made for us alone
    return tempfile.TemporaryDirectory(prefix="tsuide-metrics-", dir=memory if os.access(memory, os.W_OK) else None)


def _run(listener: socket.socket, workers: int, factory: str) -> None:
    config = uvicorn.Config(
        factory,
        factory=True,
        workers=workers,
        loop="tsuide.interfaces.cli.fair_loop:FairLoop",
        http=WholeAnswers,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        lifespan="on",
    )
    with contextlib.suppress(KeyboardInterrupt):  # ctrl-C is how one ends it
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            _Rolling(config, sockets=[listener]).run()


class _Rolling(Multiprocess):
    """Workers that SIGHUP replaces one after the other; an old one serves until the new one can decide."""

    def restart_all(self) -> None:
        """Replace every worker. One that hangs is still noticed in seconds; a new one may take its time to load."""
        usual = self.config.timeout_worker_healthcheck
        self.config.timeout_worker_healthcheck = _READY_S
        try:
            super().restart_all()
        finally:
            self.config.timeout_worker_healthcheck = usual
