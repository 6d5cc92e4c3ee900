"""Charts as Vega-Lite specifications (Altair), and as SVG for where no script runs.

Colours are written as the exact values below; the page's style sheet replaces them by its own, light or dark.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

INK: Final = "#1d2733"
SOFT: Final = "#5b6775"
RULE: Final = "#d9dee3"
ACCENT: Final = "#0b6b7f"
PALE: Final = "#9fd0d9"

WIDE: Final = 880  # pixels of the wide SVG
NARROW: Final = 300  # and of the narrow one
_STEP: Final = 44  # pixels a row: its label above, its mark below
_FONT: Final = "Noto Sans JP, Hiragino Sans, Yu Gothic UI, Meiryo, system-ui, sans-serif"
_CONFIG: Final[dict[str, Any]] = {
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "aria": False,
    "axis": {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": RULE,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "titlePadding": 10,
    },
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval: a label, its two ends, the point between them, and what to say when pointed at."""

    label: str
    low: float
    middle: float
    high: float
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in all its forms.

    Args:
        name: of the element in the page.
        spec: Vega-Lite as JSON, without a width: the page gives its own.
        wide: SVG for wide screens and paper; `narrow`: for phones.
    """

    name: str
    spec: str
    wide: str
    narrow: str


def intervals(name: str, bars: Sequence[Bar], *, logarithmic: bool, start: float | None) -> Chart:
    """Points with their intervals, one row each, the label above its row.

    Args:
        name: of the element in the page.
        bars: rows from top to bottom.
        logarithmic: for ratios.
        start: where the axis begins and a line stands; None for no line.
    """
    import altair as alt

    rows = [
        {"row": place, "label": bar.label, "low": bar.low, "middle": bar.middle, "high": bar.high, "said": bar.said}
        for place, bar in enumerate(bars)
    ]
    top = max((bar.high for bar in bars), default=1.0)
    low = min((bar.low for bar in bars), default=0.0)
    begin = (min(start, low) if start is not None else low) if logarithmic else 0.0
    scale = alt.Scale(type="log" if logarithmic else "linear", domain=[begin, top], nice=not logarithmic)
    base = alt.Chart(alt.InlineData(values=rows))
    y = alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0.1))
    tooltip = alt.Tooltip("said:N", title=" ")
    ticks = alt.Axis(title=None, grid=True, tickCount=6, format="~g")
    if logarithmic:
        ticks = alt.Axis(title=None, grid=True, values=_steps_within(begin, top), format="~g")
    x = alt.X("low:Q", scale=scale, axis=ticks)
    line = base.mark_rule(color=PALE, strokeWidth=6, strokeCap="round", yOffset=10).encode(
        x=x, x2="high:Q", y=y, tooltip=tooltip
    )
    dot = base.mark_point(color=ACCENT, fill=ACCENT, size=90, opacity=1, yOffset=10).encode(
        x=alt.X("middle:Q", scale=scale, axis=ticks), y=y, tooltip=tooltip
    )
    text = base.mark_text(
        align="left", baseline="middle", color=INK, fontSize=13, yOffset=-9, clip=True, limit=alt.expr("width - 12")
    ).encode(x=alt.value(6), y=y, text="label:N", tooltip=tooltip)
    layers = [line, dot, text]
    if start is not None and logarithmic:
        at = alt.Chart(alt.InlineData(values=[{"x": start}]))
        layers.insert(0, at.mark_rule(color=SOFT, strokeDash=[4, 4]).encode(x=alt.X("x:Q", scale=scale)))
    return _chart(name, alt.layer(*layers).properties(height=_STEP * max(len(rows), 1)))


def _steps_within(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis: 1, 2, 5 times powers of ten; only powers where these are many.

    >>> _steps_within(1, 12), _steps_within(1, 4000)
    ([1.0, 2.0, 5.0, 10.0], [1.0, 10.0, 100.0, 1000.0])
    """
    powers = [10.0**exponent for exponent in range(-6, 10)]
    fine = [power * step for power in powers for step in (1, 2, 5) if low <= power * step <= high]
    return fine if len(fine) <= _TICKS else [power for power in powers if low <= power <= high]


_TICKS: Final = 9


def columns(name: str, values: Sequence[tuple[str, int]], axis: str) -> Chart:
    """Counts in columns, in the order given."""
    import altair as alt

    rows = [{"place": label, "count": count, "said": f"{label}: {count:,}"} for label, count in values]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color=ACCENT, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X("place:O", sort=None, axis=alt.Axis(title=None, labelAngle=0, labelOverlap="greedy", grid=False)),
            y=alt.Y("count:Q", axis=alt.Axis(title=axis, tickCount=4, format="~s")),
            tooltip=alt.Tooltip("said:N", title=" "),
        )
        .properties(height=160)
    )
    return _chart(name, chart)


def _chart(name: str, chart: Any) -> Chart:  # noqa: ANN401 - any Altair chart
    import vl_convert

    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec["config"] = _CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    svgs = [vl_convert.vegalite_to_svg({**spec, "width": width}, allowed_base_urls=[]) for width in (WIDE, NARROW)]
    return Chart(name, in_script(spec), *(_plain(svg, name) for svg in svgs))


def _plain(svg: str, name: str) -> str:
    """The SVG as part of the page: hidden from screen readers (its table says the same), scaled by its box."""
    opened = re.sub(
        r'<svg ([^>]*?)width="\d+" height="\d+"', r'<svg aria-hidden="true" focusable="false" \1', svg, count=1
    )
    return opened.replace('id="', f'id="{name}-').replace("url(#", f"url(#{name}-")


def in_script(value: object) -> str:
    r"""JSON that cannot end the script element that it stands in.

    >>> in_script({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the installed vl-convert."""
    import vl_convert

    return (
        str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
        .replace("</script", "<\\/script")
        .replace("<!--", "<\\!--")
    )
