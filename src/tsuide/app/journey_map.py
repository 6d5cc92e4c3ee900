"""The map: how customers move from touch point to purchase to next purchase, and the best moment of each cross-sale."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from tsuide.app.jobs import newest_result
from tsuide.app.wiring import Shop
from tsuide.errors import NothingLearned, TooFewData
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.intervals import wilson
from tsuide.mining.paths import PathMap, Paths
from tsuide.mining.snapshot import open_snapshot
from tsuide.mining.timing import FittedTiming

BACK: Final = 365  # days of steps
WINDOW: Final = 60  # days that a customer may take to the next step
_GROUPS: Final = 12  # categories that are told apart; the rest is one
OTHER: Final = "…"
_ACTS: Final = {"view": "see", "search": "search", "add": "cart", "wishlist": "wishlist"}
_CONTACTS: Final = {"email": "mail", "line": "line", "app": "app", "rep": "rep"}
_LANDMARK: Final = 7  # days in which a follow-up counts; what was bought later is compared
_FEWEST: Final = 20
_MOMENTS: Final = 30
_STEPS: Final = {"customer": pl.String, "time": pl.Int64, "step": pl.String}


def journey_map(
    shop: Shop,
    now: datetime,
    *,
    back: int = BACK,
    window: int = WINDOW,
    segment: str | None = None,
    category: str | None = None,
) -> dict[str, Any]:
    """The map as plain JSON.

    Args:
        shop: whose.
        now: UTC.
        back: days of steps that are read.
        window: days within which a customer goes on; else they stopped.
        segment: only its members; None = everybody.
        category: only customers who bought from it, and its own categories told apart; None = the broadest ones.

    Raises:
        NotFound: no such segment.
        TooFewData: nobody who is known bought anything in that time.
    """
    start = now - timedelta(days=back)
    groups = _groups(shop.store.facts.products(), category)
    bought = _bought(shop, start, now, groups)
    who = bought["customer"].unique() if category is None else bought.filter(pl.col("inside"))["customer"].unique()
    if segment is not None:
        members = _members(shop, segment)
        who = who.filter(who.is_in(members.implode()))
    if who.is_empty():
        raise TooFewData("nobody who is known bought anything in that time", key="customers", value=0,
                         way_out="more days, or another segment or category")  # fmt: skip
    bought = bought.filter(pl.col("customer").is_in(who.implode()))
    told = _told_apart(bought)
    buys = bought.with_columns(step=pl.lit("buy:") + _named(told)).select("customer", "time", "step").unique()
    touches = _touches(shop, start, now, groups, told).filter(pl.col("customer").is_in(who.implode()))
    every = Paths(window_days=window, min_count=_FEWEST).fit(pl.concat([touches, buys]))
    onward = Paths(window_days=window, min_count=_FEWEST).fit(buys)
    return {
        "since": start.isoformat(),
        "until": now.isoformat(),
        "window_days": window,
        "segment": segment,
        "category": category,
        "customers": len(who),
        "purchases": bought["order"].n_unique(),
        "touches": len(touches),
        "into": _began(buys, touches, window),
        "onward": _moves(onward),
        "hesitation": every.hesitation().filter(pl.col("departures") >= _FEWEST).to_dicts(),
        "follow_ups": _follow_ups(buys, touches, window, now),
        "measured": _measured(shop),
        "moments": _moments(shop, groups, told),
    }


def _groups(products: pl.DataFrame, category: str | None) -> pl.DataFrame:
    """Product → group (of the level that is told apart), inside (whether it lies in the category)."""
    rows = []
    for product, path in products.select("id", "category").iter_rows():
        places = [n for n, name in enumerate(path or ()) if name == category]
        inside = bool(places)
        level = places[0] + 1 if inside else 0
        group = path[min(level, len(path) - 1)] if path else OTHER
        rows.append((product, group, inside))
    return pl.DataFrame(rows, {"product": pl.String, "group": pl.String, "inside": pl.Boolean}, orient="row")


def _bought(shop: Shop, start: datetime, now: datetime, groups: pl.DataFrame) -> pl.DataFrame:
    """customer, time, order, group, inside: of each order the group on which most was spent."""
    lines = shop.store.facts.purchases(now).filter(
        (pl.col("placed_at") >= start) & pl.col("customer_id").is_not_null() & ~pl.col("gift").fill_null(value=False)
    )
    joined = lines.join(groups, left_on="product_id", right_on="product", how="left").with_columns(
        group=pl.col("group").fill_null(OTHER), inside=pl.col("inside").fill_null(value=False)
    )
    spent = joined.group_by("order_id", "customer_id", "placed_at", "group").agg(
        pl.col("amount").sum(), pl.col("inside").any()
    )
    first = spent.sort("amount", "group", descending=[True, False]).group_by("order_id", maintain_order=True).first()
    return first.select(
        customer="customer_id", time=pl.col("placed_at").dt.epoch("us"), order="order_id", group="group",
        inside="inside",
    )  # fmt: skip


def _told_apart(bought: pl.DataFrame) -> list[str]:
    """The groups bought most often."""
    counts = bought.group_by("group").len().sort("len", "group", descending=[True, False])
    return counts.filter(pl.col("group") != OTHER)["group"].head(_GROUPS).to_list()


def _named(told: list[str]) -> pl.Expr:
    return pl.when(pl.col("group").is_in(told)).then(pl.col("group")).otherwise(pl.lit(OTHER))


def _touches(shop: Shop, start: datetime, now: datetime, groups: pl.DataFrame, told: list[str]) -> pl.DataFrame:
    """Steps that are no purchases: acts on the site, messages that went out, clicks, talks."""
    acts = (
        shop.store.facts.events(start, now)
        .filter(pl.col("customer_id").is_not_null() & pl.col("kind").is_in(list(_ACTS)))
        .join(groups, left_on="product_id", right_on="product", how="left")
        .with_columns(act=pl.col("kind").replace_strict(_ACTS), group=pl.col("group").fill_null(OTHER))
        .select(
            customer="customer_id",
            time=pl.col("at").dt.epoch("us"),
            step=pl.when(pl.col("act") == "search").then(pl.col("act")).otherwise(pl.col("act") + ":" + _named(told)),
        )
    )
    contacts = [
        (row["customer_id"], row["at"], f"{'click' if row['outcome'] == 'clicked' else 'touch'}:{where}")
        for row in shop.store.outcomes.between(start, now)
        if row["customer_id"] and row["outcome"] in {"shown", "clicked"}
        and (where := _CONTACTS.get(row["channel"] or "") or _CONTACTS.get(row["placement"] or ""))
    ]  # fmt: skip
    talks = shop.store.facts.interactions().filter((pl.col("at") >= start) & (pl.col("at") < now))
    talked = talks.select(
        customer="customer_id", time=pl.col("at").dt.epoch("us"), step=pl.lit("talk:") + pl.col("kind")
    )
    sent = pl.DataFrame(contacts, _STEPS, orient="row")
    return pl.concat([acts, sent, talked]).drop_nulls().unique()


def _members(shop: Shop, segment: str) -> pl.Series:
    number, after, found = shop.store.segments.get(segment)["no"], "", list[str]()
    while rows := shop.store.segments.members(number, 10_000, after):
        found += [row["customer_id"] for row in rows if row["customer_id"] is not None]
        after = rows[-1]["subject"]
    return pl.Series(found, dtype=pl.String)


def _moves(found: PathMap) -> list[dict[str, Any]]:
    """Moves with their share of all departures from the step; what stopped is `next` None."""
    return found.frame().to_dicts()


def _began(buys: pl.DataFrame, touches: pl.DataFrame, window: int) -> list[dict[str, Any]]:
    """What each purchase began with: the first touch since the one before, carts aside, which nearly all pass.

    Only touches within the window count; a purchase without any is ``direct``. Shares are of what began so.
    """
    since = pl.col("time").shift(1).over("customer", order_by="time") + 1
    oldest = pl.col("time") - window * MICROS_PER_DAY
    ordered = buys.with_columns(since=pl.max_horizontal(since.fill_null(0), oldest)).sort("since")
    first = touches.filter(~pl.col("step").str.starts_with("cart:")).sort("time")
    first = first.select("customer", began="time", step="step")
    joined = ordered.rename({"step": "next"}).join_asof(
        first, left_on="since", right_on="began", by="customer", strategy="forward", check_sortedness=False
    )
    touched = pl.col("began") < pl.col("time")
    told = joined.with_columns(
        step=pl.when(touched).then("step").otherwise(pl.lit("direct")),
        days=pl.when(touched).then((pl.col("time") - pl.col("began")) / MICROS_PER_DAY),
    )
    counted = told.group_by("step", "next").agg(
        count=pl.len().cast(pl.Int64),
        early=pl.col("days").quantile(0.25),
        median=pl.col("days").median(),
        late=pl.col("days").quantile(0.75),
    )
    kept = counted.filter(pl.col("count").sum().over("step") >= _FEWEST)
    share = pl.col("count") / pl.col("count").sum().over("step")
    return kept.with_columns(share=share).sort("step", "count", "next", descending=[False, True, False]).to_dicts()


def _follow_ups(buys: pl.DataFrame, touches: pl.DataFrame, window: int, now: datetime) -> list[dict[str, Any]]:
    """After a purchase: who was followed up within a week against who was not, of those who had not bought by then.

    Both are counted from the end of that week (a landmark): who waits longer can be followed up more easily, which
    would otherwise look like an effect. It is what was observed, not an effect: those followed up may differ.
    """
    day, week = MICROS_PER_DAY, _LANDMARK * MICROS_PER_DAY
    ordered = buys.sort("customer", "time", "step")
    nexts = pl.when(pl.col("customer") == pl.col("customer").shift(-1)).then(pl.col("time").shift(-1))
    ends = int(now.timestamp() * 1_000_000)
    at_risk = ordered.with_columns(next=nexts).filter(
        (pl.col("time") + window * day <= ends) & (pl.col("next").is_null() | (pl.col("next") > pl.col("time") + week))
    )
    contact = touches.filter(pl.col("step").str.contains("^(touch|talk):")).rename({"time": "touched", "step": "by"})
    followed = (
        at_risk.join(contact, on="customer", how="left")
        .filter((pl.col("touched") > pl.col("time")) & (pl.col("touched") <= pl.col("time") + week))
        .select("customer", "time", "step", "by")
        .unique()
    )
    bought = (pl.col("next") <= pl.col("time") + window * day).fill_null(value=False)
    marked = at_risk.with_columns(bought=bought)
    rows = []
    without = marked.join(followed, on=["customer", "time", "step"], how="anti").group_by("step").agg(
        n=pl.len(), bought=pl.col("bought").sum()
    )  # fmt: skip
    base = {row["step"]: row for row in without.iter_rows(named=True)}
    with_ = followed.join(marked, on=["customer", "time", "step"]).group_by("step", "by").agg(
        n=pl.len(), bought=pl.col("bought").sum()
    )  # fmt: skip
    for row in with_.sort("n", "step", "by", descending=[True, False, False]).iter_rows(named=True):
        other = base.get(row["step"])
        if other is None or min(row["n"], other["n"]) < _FEWEST:
            continue
        low, high = wilson(row["bought"] / row["n"], row["n"])
        below, above = wilson(other["bought"] / other["n"], other["n"])
        rows.append(
            {"step": row["step"], "by": row["by"], "followed": row["n"], "share": row["bought"] / row["n"], "low": low,
             "high": high, "others": other["n"], "share_without": other["bought"] / other["n"],
             "apart": "more" if low > above else "fewer" if high < below else "not_certain"}
        )  # fmt: skip
    return rows


def _measured(shop: Shop) -> list[dict[str, Any]]:
    """Where offers were measured against silence: what suits, of placements that reach out."""
    kept = newest_result(shop, "effect")
    cells = [] if kept is None else kept[0]["suits"].get("placement", [])
    return [each for each in cells if each["name"] in _CONTACTS]


def _moments(shop: Shop, groups: pl.DataFrame, told: list[str]) -> list[dict[str, Any]]:
    """The surest cross-sales with the days after the first purchase at which their time opens, peaks and closes."""
    try:
        timing = open_snapshot(shop.snapshots).parts.get("timing")
    except NothingLearned:
        return []
    if not isinstance(timing, FittedTiming):
        return []
    of = dict(groups.with_columns(named=_named(told)).select("product", "named").iter_rows())
    inside = set(groups.filter(pl.col("inside"))["product"].to_list())
    rows = timing.frame().filter(pl.col("peak").is_not_null() & (pl.col("ratio_low") > 1))
    if inside:
        rows = rows.filter(pl.col("anchor").is_in(list(inside)) | pl.col("item").is_in(list(inside)))
    rows = rows.sort("ratio_low", "anchor", "item", descending=[True, False, False]).head(_MOMENTS)
    return [
        {**row, "from": of.get(row["anchor"], OTHER), "to": of.get(row["item"], OTHER)}
        for row in rows.iter_rows(named=True)
    ]


def journey_for(anchor: Mapping[str, str], item: Mapping[str, str], days: int) -> str:
    """A journey that offers when the time of a cross-sale has come, as YAML: the builder of journeys opens with it.

    Args:
        anchor: id and title of what was bought.
        item: id and title of what goes with it.
        days: after the purchase at which its time is best.
    """
    import yaml

    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in anchor["id"].lower())
    written = {
        "id": f"after-{name.strip('-') or 'purchase'}"[:60],
        "names": {
            "ja": f"「{anchor['title']}」のあとに「{item['title']}」"[:200],
            "en": f"{item['title']} after {anchor['title']}"[:200],
        },
        "purpose": {
            "ja": f"購入の{days}日後、いちばん買われやすい時期にご提案します。",
            "en": f"Offers it {days} days after the purchase, when it is bought most.",
        },
        "trigger": {"order": {"product": anchor["id"]}},
        "again": "30d",
        "leave_when": ["complaint"],
        "steps": [
            {"id": "rest", "wait": {"for": f"{max(days, 1)}d", "best_hour": True}},
            {"id": "something", "offer": {"then": "offer", "otherwise": "end"}},
            {"id": "offer", "message": {"template": "offer", "within": "2d"}},
            {"id": "bought", "await": {"happens": "order", "product": item["id"], "at_most": "14d", "then": "sold",
                                       "otherwise": "end"}},
            {"id": "sold", "goal": {"name": "bought"}},
        ],
    }  # fmt: skip
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=120)
