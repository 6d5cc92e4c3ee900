"""`tsuide what-if`: what another policy, other levers or another model would have earned, where the log can tell."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tsuide.errors import BadValue
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.policy import read_policy
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown


def what_if(
    policy: Annotated[Path | None, typer.Option("--policy", help="A policy as YAML, its levers included.")] = None,
    snapshot: Annotated[str | None, typer.Option("--snapshot", help="A learned state, by id.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="So many days back.")] = 30,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Money per decision under another policy or model, with intervals; refused without support in the log."""
    from tsuide.app.earning import would_have_earned
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        if policy is None and snapshot is None:
            raise BadValue("what if what?", key="policy", way_out="give --policy FILE, --snapshot ID, or both")
        other, until = None if policy is None else read_policy(policy), now()
        with opened(load_settings(home=home, database_url=database_url)) as shop:
            found = would_have_earned(shop, until - timedelta(days=days), until, policy=other, snapshot_id=snapshot)
            language = shop.settings.language
        emit(found, lambda: _told(found, language), as_json=as_json)


def _told(found: dict[str, Any], language: str) -> Table:
    held = found["support"]
    title = (
        f"{held['decisions']:,} decisions, worth {held['effective_sample_size']:,.0f}; largest weight "
        f"{held['largest_weight']:.1f}. "
        f"Earned: {found['earned_per_decision']:,.1f} {found['currency'] or ''} a decision"
    )
    table = Table("estimator", "would have earned", "95 %", title=title, caption=found["label"][language])
    for name, each in found["would_have_earned_per_decision"].items():
        table.add_row(name, f"{each['value'] or 0:,.1f}", f"{each['low'] or 0:,.1f} … {each['high'] or 0:,.1f}")
    table.add_row("model alone (unchecked)", f"{found['model_alone_per_decision']:,.1f}", "–")
    return table
