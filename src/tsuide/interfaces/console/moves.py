"""The map: how customers really move, as a picture with its table, and from each best moment to a journey."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.jobs import jobs_told, newest_of
from tsuide.app.journey_map import BACK, OTHER, WINDOW, journey_for
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import NOTHING, money, number, share
from tsuide.interfaces.console.phrases.map import MAP
from tsuide.interfaces.console.sankey import Flow, drawn
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see

_BACKS: Final = (90, 180, 365, 730)
_WINDOWS: Final = (14, 30, 60, 90)
_LEFT: Final = 9  # touch points in the picture; the table has all
_THINNEST: Final = 0.01  # part of a column's whole below which a flow is left to the table
_BEST: Final = 12  # moments that are shown; the CSV holds all
_CATEGORIES: Final = 400  # that can be chosen
_STOPPED: Final = "stopped"


def shown(visit: Visit) -> Response:
    """The map as asked for; without anything asked, the newest that there is."""
    wanted = {name: visit.asked(name) for name in ("segment", "category", "back", "window")}
    if any(wanted.values()):
        wanted |= {"back": wanted["back"] or str(BACK), "window": wanted["window"] or str(WINDOW)}
        done = newest_of(visit.shop, "map", wanted, visit.now)
    else:
        wanted |= {"back": str(BACK), "window": str(WINDOW)}
        over = [each for each in jobs_told(visit.shop, visit.now, "map", 20) if not each["under_way"]]
        done = next((each for each in over if each["state"] == "done"), next(iter(over), None))
        wanted = dict(done["wanted"]) if done is not None else wanted
    result = done["result"] if done is not None and done["state"] == "done" else None
    picture, tables = (None, []) if result is None else (_picture(visit, result), _tables(visit, result))
    said = visit.language

    def days(of: Sequence[int]) -> list[tuple[str, str]]:
        return [(str(each), MAP.text("n_days", said, n=each)) for each in of]

    blank = [("", "–")]
    return page(
        visit,
        "map.html",
        "room.map",
        MAP,
        tables=tables,
        picture=picture,
        wanted=wanted,
        result=result,
        failed=done["result"] if done is not None and done["state"] != "done" else None,
        made_at=None if done is None else done["ended_at"],
        segments=blank + [(each, each) for each in visit.shop.store.segments.ids()],
        categories=blank + [(each, _category(visit, each)) for each in _categories(visit)],
        backs=days(_BACKS),
        windows=days(_WINDOWS),
        under_way=waited_for(visit, "map"),
    )


def _categories(visit: Visit) -> list[str]:
    """The two broadest levels."""
    loaded = visit.serving.decider.loaded_or_none
    return [] if loaded is None else [*loaded.catalogue.broad[:_CATEGORIES]]


def _category(visit: Visit, name: str) -> str:
    """A category of the broadest level as the reader's language calls it; others by their own name."""
    loaded = visit.serving.decider.loaded_or_none
    return name if loaded is None else loaded.catalogue.path_told((name,), visit.language)[-1]


def make(visit: Visit) -> Response:
    """Count anew, in a process of its own."""
    wanted = {name: visit.given(name) for name in ("segment", "category", "back", "window")}
    wanted["back"] = wanted["back"] if wanted["back"] in {str(each) for each in _BACKS} else str(BACK)
    wanted["window"] = wanted["window"] if wanted["window"] in {str(each) for each in _WINDOWS} else str(WINDOW)
    begin(visit, "map", wanted, alone=False)
    return visit.done("/map", None, **wanted)


def _step(visit: Visit, step: str | None) -> str:
    """A step in words."""
    if step is None:
        return MAP.text(_STOPPED, visit.language)
    kind, _, what = step.partition(":")
    known = MAP.all(visit.language)
    named = MAP.text("other", visit.language) if what == OTHER else _category(visit, what)
    if f"{kind}_{what}" in known:
        return known[f"{kind}_{what}"]
    named = known.get(what, named) if kind in {"touch", "click", "talk"} else named
    return MAP.text(kind, visit.language, what=named) if kind in known else step


def _moment(visit: Visit, row: Mapping[str, Any]) -> dict[str, Any]:
    """One best moment, with the address of the journey that it makes."""
    after, offer = (_title(visit, row[name]) for name in ("anchor", "item"))
    days = round(row["peak"])
    makes = visit.user.may("change", "journeys")
    blanks = {"after": after, "offer": offer, "days": days}
    return {
        **blanks,
        "from": row["from"],
        "to": row["to"],
        "peak": days,
        "opens_closes": NOTHING if row["opens"] is None or row["closes"] is None else MAP.text(
            "window_days", visit.language, opens=round(row["opens"]), closes=round(row["closes"])
        ),
        "ratio": f"{number(row['ratio'], visit.language, 1)} ({number(row['ratio_low'], visit.language, 1)})",
        "bought": row["bought"],
        "journey": MAP.text("make_journey", visit.language) if makes else None,
        "where": visit.url("/map/journey", after=row["anchor"], offer=row["item"], days=days) if makes else None,
        "star": MAP.text("star", visit.language, **blanks),
    }  # fmt: skip


def to_journey(visit: Visit) -> Response:
    """On to the builder of journeys, with one prepared for a best moment."""
    after, offer = visit.asked("after"), visit.asked("offer")
    if not (after and offer):
        return visit.done("/map")
    goods = [{"id": each, "title": _title(visit, each)} for each in (after, offer)]
    text = journey_for(goods[0], goods[1], visit.number("days", 7, 1, 365))
    return visit.done("/journeys/write", None, text=text)


def _title(visit: Visit, product_id: str) -> str:
    loaded = visit.serving.decider.loaded_or_none
    one = None if loaded is None else loaded.catalogue.product(product_id)
    return product_id if one is None else one.title


def _tables(visit: Visit, result: Mapping[str, Any]) -> list[Table]:
    currency = visit.serving.settings.currency
    moves = [{**row, "step": _step(visit, row["step"]), "next": _step(visit, row["next"])}
             for row in (*result["into"], *result["onward"])]  # fmt: skip
    columns = [Column("step"), Column("next"), Column("count", kind="number", help="of_moves"),
               Column("share", kind="share", help="help_share"),
               Column("median", kind="decimal", help="of_median_days")]  # fmt: skip
    tables = [Table("moves", columns, moves, empty="no_moves")]
    stops = [{**row, "step": _step(visit, row["step"])} for row in result["hesitation"]]
    columns = [Column("step"), Column("departures", kind="number", help="of_departures"),
               Column("stopped", label="stopped_share", kind="share", help="help_stopped"),
               Column("back", label="back_share", kind="share", help="help_back"),
               Column("days", kind="decimal", help="of_days_onward")]  # fmt: skip
    tables.append(Table("hesitation", columns, stops, caption="hesitation", empty="no_hesitation"))
    follow = [{**row, "step": _step(visit, row["step"]), "by": _step(visit, row["by"])} for row in result["follow_ups"]]
    columns = [Column("step"), Column("by"), Column("followed", kind="number", help="of_followed"),
               Column("share", label="bought_share", kind="share", help="of_bought_followed"),
               Column("others", kind="number", help="of_not_followed"),
               Column("share_without", kind="share", help="of_bought_others"),
               Column("apart", kind="mark")]  # fmt: skip
    tables.append(Table("follow_ups", columns, follow, caption="follow_ups", empty="no_follow_ups"))
    measured = [
        {"placement": _step(visit, f"touch:{row['name']}") if row["name"] != "email" else _step(visit, "touch:mail"),
         "suits": row["suits"], "difference": row["difference"]["value"], "currency": currency,
         "interval": " … ".join(money(row["difference"][side], currency, visit.language) for side in ("low", "high"))}
        for row in result["measured"]
    ]  # fmt: skip
    columns = [Column("placement"), Column("suits", kind="mark"),
               Column("difference", kind="money", help="of_difference"),
               Column("interval", sortable=False, help="of_bounds")]  # fmt: skip
    tables.append(Table("measured", columns, measured, caption="measured", empty="not_measured"))
    moments = [_moment(visit, row) for row in result["moments"]]
    columns = [Column("after"), Column("offer"), Column("peak", kind="number", help="help_peak"),
               Column("opens_closes", sortable=False, help="of_window"),
               Column("ratio", help="help_ratio", sortable=False),
               Column("bought", kind="number", help="of_bought_next"),
               Column("journey", href=lambda row: row["where"], sortable=False)]  # fmt: skip
    best = Table("moments", columns, moments[:_BEST], caption="moments", empty="no_moments",
                 everything=lambda: moments)  # fmt: skip
    return [*tables, best]


def _picture(visit: Visit, result: Mapping[str, Any]) -> dict[str, Any] | None:
    """Three columns of steps and the flows between them; a star where a best moment lies on a flow."""
    into = [row for row in result["into"] if row["next"] is not None]
    counts: dict[str, int] = {}
    for row in into:
        counts[row["step"]] = counts.get(row["step"], 0) + row["count"]
    left = set(sorted(counts, key=lambda step: (-counts[step], step))[:_LEFT])
    flows = [_flow(visit, 0, row) for row in into if row["step"] in left]
    flows += [_flow(visit, 1, row) for row in result["onward"]]
    for column in (0, 1):
        whole = sum(each.count for each in flows if each.column == column)
        flows = [each for each in flows if each.column != column or each.count >= _THINNEST * whole]
    if not flows:
        return None
    stars: dict[tuple[str, str], dict[str, Any]] = {}
    for row in result["moments"]:
        stars.setdefault((f"buy:{row['from']}", f"buy:{row['to']}"), _moment(visit, row))
    return drawn(flows, lambda step: _step(visit, None if step == _STOPPED else step), stars)


def _flow(visit: Visit, column: int, row: Mapping[str, Any]) -> Flow:
    blanks = {"step": _step(visit, row["step"]), "count": number(row["count"], visit.language),
              "share": share(row["share"], visit.language, 0)}  # fmt: skip
    if row["next"] is None:
        return Flow(column, row["step"], _STOPPED, row["count"], MAP.text("stop_title", visit.language, **blanks))
    blanks |= {"next": _step(visit, row["next"]), "days": number(row["median"], visit.language, 1)}
    return Flow(column, row["step"], row["next"], row["count"], MAP.text("move_title", visit.language, **blanks))


ROUTES = [see("/map", "map", shown), change("/map", "map", make), see("/map/journey", "map", to_journey)]
