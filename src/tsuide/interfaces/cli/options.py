"""Options that many verbs share, and the moment and entropy that a verb draws for the pure code below it."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tsuide.kit.clock import parse_moment, zone
from tsuide.kit.ids import ENTROPY_BITS

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the store and the snapshots. [env: TSUIDE_HOME; default: .tsuide]"),
]
Database = Annotated[
    str | None,
    typer.Option("--database-url", help="sqlite:///FILE or postgresql://… [env: TSUIDE_DATABASE_URL]"),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn while learning.")]


At = Annotated[str | None, typer.Option("--at", help="When, in the shop's time zone. [default: now]")]


def moment(text: str | None, time_zone: str) -> datetime:
    """The moment that --at names, where it names no time zone in the shop's; now where it names none.

    Raises:
        BadValue: not a moment.
    """
    return now() if text is None else parse_moment(text, zone(time_zone))


def now() -> datetime:
    """This moment; read here and nowhere below."""
    return datetime.now(UTC)


def entropy() -> int:
    """64 random bits."""
    return secrets.randbits(ENTROPY_BITS)
