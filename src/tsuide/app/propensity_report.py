"""How far learned propensity can be trusted: its own account, and the reliability plot."""

from pathlib import Path
from typing import Any, Final

from tsuide.errors import BadValue, NothingLearned
from tsuide.mining.snapshot import Snapshot
from tsuide.offers.propensity import ENOUGH_EACH, LEAST_EACH, FittedPropensity

_FORMATS: Final = (".svg", ".html", ".png")


def propensity_of(snapshot: Snapshot) -> FittedPropensity:
    """The part of a snapshot.

    Raises:
        NothingLearned: the snapshot was learned before propensity was.
    """
    part = snapshot.parts.get("propensity")
    if not isinstance(part, FittedPropensity):
        raise NothingLearned(
            "this snapshot has no propensity", key="snapshot", value=snapshot.id, way_out="tsuide learn"
        )
    return part


def account(fitted: FittedPropensity) -> dict[str, Any]:
    """What is claimed and on what it stands, as plain JSON."""
    names = ("n", "predicted", "seen", "low", "high")
    return {
        "basis": fitted.basis,
        "least_each": LEAST_EACH,
        "enough_each": ENOUGH_EACH,
        **{name: each for name, each in fitted.facts.items() if name != "steps_up"},  # for the console's opportunities
        "table": [dict(zip(names, row, strict=True)) for row in fitted.table.tolist()],
    }


def plot_reliability(fitted: FittedPropensity, path: Path) -> Path:
    """Draw predicted against seen with 95 % intervals; the file's ending says how (.svg, .html, .png).

    Raises:
        BadValue: another ending, or nothing to draw.
    """
    if path.suffix not in _FORMATS:
        raise BadValue("not a picture we can draw", key="plot", value=path.name, way_out=", ".join(_FORMATS))
    if not len(fitted.table):
        raise BadValue("too few outcomes to draw", key="plot", value=fitted.facts.get("shown", 0))
    import altair as alt
    import polars as pl

    rows = pl.DataFrame(fitted.table, schema=["n", "predicted", "seen", "low", "high"], orient="row")
    top = float(max(rows["high"].max(), rows["predicted"].max()))  # type: ignore[type-var, arg-type]  # floats
    line = pl.DataFrame({"x": [0.0, top], "y": [0.0, top]})
    x = alt.X("predicted:Q", title="予測した承諾率 / predicted", axis=alt.Axis(format="%"))
    base = alt.Chart(rows)
    chart = (
        alt.Chart(line).mark_line(strokeDash=[4, 4], color="#888").encode(x="x:Q", y="y:Q")
        + base.mark_rule(color="#4477aa").encode(x=x, y="low:Q", y2="high:Q")
        + base.mark_point(filled=True, size=60, color="#4477aa").encode(
            x=x,
            y=alt.Y("seen:Q", title="実際の承諾率 / seen (95 %)", axis=alt.Axis(format="%")),
            tooltip=["n:Q", "predicted:Q", "seen:Q", "low:Q", "high:Q"],
        )
    ).properties(width=360, height=360, title=f"n = {int(rows['n'].sum()):,}, {fitted.basis}")
    chart.save(str(path))
    return path
