"""Charts of a page: Altair's, drawn in the page by Vega from our own server, and as SVG where there is no script.

Every chart has the rows it is drawn from in a table beside it, for who does not see it.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from starlette.responses import Response

ACCENT: Final = "#1f6b4f"
SECOND: Final = "#b4541a"
QUIET: Final = "#6b7671"
_FONT: Final = "ui-sans-serif, system-ui, 'Hiragino Sans', 'Noto Sans JP', 'Noto Sans CJK JP', sans-serif"
CONFIG: Final[Mapping[str, Any]] = {
    "background": None,
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {"labelColor": QUIET, "titleColor": QUIET, "gridColor": "#8883", "domainColor": "#8888",
             "tickColor": "#8888", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelColor": QUIET, "titleColor": QUIET, "labelFontSize": 12, "orient": "top", "title": None},
    "text": {"color": QUIET, "font": _FONT, "fontSize": 12},
    "range": {"category": ["#2f8f6b", "#c4692f", "#5a7fb5", "#a0679a", "#8a8a3c", "#6b7671"]},
    "mark": {"color": "#2f8f6b"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Args:
        name: within the page; in addresses, too.
        title: what it shows, already in the reader's language.
        spec: Vega-Lite, as `altair.Chart.to_dict()` makes it, without its width.
        height: pixels of the plot, so that the page keeps room for it.
        table: name of the table with the same rows; None = the title says it all.
    """

    name: str
    title: str
    spec: Mapping[str, Any]
    height: int = 220
    table: str | None = None

    @property
    def room(self) -> int:
        """Its height in steps of 20, as the style sheet knows them: between 80 and 500.

        >>> Chart("c", "C", {}, height=184).room
        200
        """
        return min(max(-(-self.height // 20) * 20, 80), 500)

    @property
    def whole(self) -> dict[str, Any]:
        """The specification as it is drawn."""
        size = {"width": "container", "height": self.height, "autosize": {"type": "fit-x", "contains": "padding"}}
        return {**self.spec, **size, "config": CONFIG}


def chart_of(chart: Any, **more: Any) -> Chart:  # noqa: ANN401 - any Altair chart
    """A chart from Altair's; `more` as `Chart` takes it."""
    return Chart(spec=chart.to_dict(validate=False), **more)


def svg_of(chart: Chart) -> Response:
    """A chart as SVG."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg({**chart.whole, "width": 720}, allowed_base_urls=[])
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(svg, media_type="image/svg+xml", headers=headers)


@cache
def library() -> tuple[bytes, str]:
    """Vega, Vega-Lite and Vega-Embed as one compressed script, and a name that changes with it."""
    import vl_convert

    script = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).encode()
    return gzip.compress(script, 9, mtime=0), hashlib.sha256(script).hexdigest()[:16]
