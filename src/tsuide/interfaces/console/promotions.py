"""Bundles and promotions: built, priced along the margin curve, scheduled; what another threshold would meet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import altair as alt
from starlette.responses import RedirectResponse, Response

from tsuide.app.changes import Change
from tsuide.app.jobs import newest_result
from tsuide.app.promotion_checks import Checked, Curve, check_promotion
from tsuide.app.promotions import Standing, put_promotion, read_promotion, standing, standings, written
from tsuide.app.signing import sale_terms
from tsuide.errors import BadValue, TsuideError
from tsuide.facts.catalogue import told as in_language
from tsuide.facts.promotions import BENEFIT_KINDS, Promotion
from tsuide.interfaces.console.charts import Chart, chart_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import day, money, share
from tsuide.interfaces.console.phrases.promotions import PROMOTIONS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.clock import parse_moment, zone
from tsuide.kit.ids import time_id
from tsuide.kit.money import RATE_UNIT, minor_digits, parse_amount
from tsuide.kit.text import fold_width

_FOUND: Final = 8
_ITEMS: Final = 6
_COMMA: Final = re.compile(r"[,、，\n]")
_PERCENT: Final = frozenset({"percent", "points"})


# --- the list ------------------------------------------------------------------------------------------------


def listed(visit: Visit) -> Response:
    """Every promotion, and what it gave."""
    rows = [_row(visit, each) for each in standings(visit.shop)]
    pause = Action("pause", "/promotions/pause", lambda row: None if row["paused"] else {"id": row["id"]})
    resume = Action("resume", "/promotions/resume", lambda row: {"id": row["id"]} if row["paused"] else None)
    columns = [
        Column("name", href=lambda row: visit.url("/promotions/edit", id=row["id"])), Column("benefit"),
        Column("for_what"), Column("when"), Column("state", kind="mark"),
        Column("spent", kind="money", help="help_spent"), Column("budget", kind="money", help="of_budget"),
        Column("uses", kind="number", help="of_uses"),
    ]  # fmt: skip
    table = Table("promotions", columns, rows, [pause, resume], empty="no_promotions")
    return page(visit, "promotions.html", "room.promotions", PROMOTIONS, tables=[table])


def _row(visit: Visit, found: Standing) -> dict[str, Any]:
    it, language, place = found.promotion, visit.language, zone(visit.serving.settings.time_zone)
    text = PROMOTIONS.text
    targets = [*(_name(visit, each) for each in it.targets.products), *it.targets.categories]
    if it.targets.least:
        targets.append(text("least_value", language, value=money(it.targets.least, it.currency, language)))
    ends = day(it.ends_at, language, place) if it.ends_at else text("open_end", language)
    when = text("always", language)
    if it.starts_at or it.ends_at:
        starts = day(it.starts_at, language, place) if it.starts_at else ""
        when = text("from_to", language, starts=starts, ends=ends)
    return {
        "id": it.id,
        "name": it.names.get(language) or it.id,
        "benefit": _benefit(visit, it),
        "for_what": ", ".join(targets) or (text("everything", language) if it.benefit.kind != "set_price" else ""),
        "when": when,
        "state": _state(found, visit.now),
        "paused": it.paused,
        "spent": found.spent,
        "budget": it.budget.amount,
        "currency": it.currency,
        "uses": found.uses,
    }


def _state(found: Standing, now: datetime) -> str:
    it = found.promotion
    if it.paused:
        return "paused"
    if found.exhausted():
        return "used_up"
    if it.ends_at is not None and it.ends_at <= now:
        return "over"
    return "coming" if it.starts_at is not None and it.starts_at > now else "running"


def _benefit(visit: Visit, it: Promotion) -> str:
    language, benefit = visit.language, it.benefit
    if benefit.kind in _PERCENT:
        value = share(benefit.value / RATE_UNIT, language)
    else:
        value = money(benefit.value, it.currency, language)
    items = " + ".join(_name(visit, each) for each in benefit.items)
    return PROMOTIONS.text(f"said.{benefit.kind}", language, value=value, items=items)


def _name(visit: Visit, product_id: str) -> str:
    product = visit.serving.decider.catalogue.product(product_id)
    return product_id if product is None else in_language(product, visit.language).title


# --- the form ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """What stands in the form: texts as they were entered."""

    id: str
    fields: Mapping[str, str]
    items: tuple[str, ...]


_FIELDS: Final = (
    "name_ja", "name_en", "kind", "value", "products", "categories", "least", "starts", "ends", "most_amount",
    "most_uses", "most_each",
)  # fmt: skip


def new(visit: Visit) -> Response:
    """An empty form; `benefit` and `item` of the address fill it in part."""
    asked = visit.request.query_params
    kind = visit.asked("benefit", "set_price")
    fields = dict.fromkeys(_FIELDS, "") | {"kind": kind if kind in BENEFIT_KINDS else "set_price"}
    items = tuple(dict.fromkeys(each for each in asked.getlist("item") if each))[:_ITEMS]
    return _form(visit, _Form("", fields, items))


def edit(visit: Visit) -> Response:
    """A promotion as it is."""
    if not visit.asked("id"):
        return RedirectResponse(visit.url("/promotions"), 303)
    return _form(visit, _form_of(visit, standing(visit.shop, visit.asked("id")).promotion))


def _form_of(visit: Visit, it: Promotion) -> _Form:
    place = zone(visit.serving.settings.time_zone)

    def amount(value: int | None) -> str:
        digits = minor_digits(it.currency)
        return "" if value is None else f"{value / 10**digits:.{digits}f}"

    def moment(value: datetime | None) -> str:
        return "" if value is None else value.astimezone(place).strftime("%Y-%m-%dT%H:%M")

    percent = it.benefit.kind in _PERCENT
    return _Form(
        it.id,
        {
            "name_ja": it.names.get("ja", ""),
            "name_en": it.names.get("en", ""),
            "kind": it.benefit.kind,
            "value": f"{it.benefit.value / 100:g}" if percent else amount(it.benefit.value) if it.benefit.value else "",
            "products": ", ".join(it.targets.products),
            "categories": ", ".join(it.targets.categories),
            "least": amount(it.targets.least) if it.targets.least else "",
            "starts": moment(it.starts_at),
            "ends": moment(it.ends_at),
            "most_amount": amount(it.budget.amount),
            "most_uses": "" if it.budget.uses is None else str(it.budget.uses),
            "most_each": "" if it.budget.uses_per_customer is None else str(it.budget.uses_per_customer),
        },
        it.benefit.items,
    )


def sent(visit: Visit) -> Response:
    """The form: looked over, a product found, added or removed, or saved."""
    items = [str(each) for each in visit.form.getlist("item") if each]
    items += [each for each in [visit.given("add")] if each]
    items = [each for each in dict.fromkeys(items) if each != visit.given("drop")]
    form = _Form(visit.given("id"), {name: visit.given(name) for name in _FIELDS}, tuple(items[:_ITEMS]))
    verb = visit.given("do")
    if verb != "save":
        return _form(visit, form, look=verb != "find" and not visit.given("add") and not visit.given("drop"))
    try:
        promotion, before = _read(visit, form)
        put_promotion(visit.shop, promotion, visit.now)
    except TsuideError as error:
        return _form(visit, form, error)
    visit.serving.publish()
    return visit.done("/promotions", _recorded(visit, "save", promotion, before))


def _recorded(visit: Visit, action: str, after: Promotion, before: Promotion | None) -> int:
    kept = None if before is None else written(before)
    undo = {"id": after.id, "before": kept}
    return visit.record(Change(f"promotions.{action}", after.id, kept, written(after), undo=undo))


def _read(visit: Visit, form: _Form) -> tuple[Promotion, Promotion | None]:
    """The promotion that the form says, and what it was before; fields that the form has not stay.

    Raises:
        BadValue: names the field.
    """
    fields, settings = form.fields, visit.serving.settings
    before = None
    if form.id:
        before = standing(visit.shop, form.id).promotion
    currency = before.currency if before is not None else _currency(visit, form.items)
    kind = fields["kind"]
    base: dict[str, Any] = {} if before is None else written(before)
    benefit = dict(base.get("benefit", {})) if before is not None and before.benefit.kind == kind else {}
    benefit |= {"kind": kind, "value": _value(kind, fields["value"], currency)}
    benefit["items"] = list(form.items) if kind in {"set_price", "free_item"} else []
    targets = dict(base.get("targets", {}))
    targets |= {name: _listed(fields[name]) for name in ("products", "categories")}
    targets["least"] = _amount("least", fields["least"], currency) or 0
    for key in ("name_ja", "name_en"):
        if not fields[key]:
            raise BadValue("must be filled in", key=key, value="")
    place = zone(settings.time_zone)
    value = base | {
        "id": form.id or time_id("promo", visit.now, visit.serving.entropy()),
        "names": {"ja": fields["name_ja"], "en": fields["name_en"]},
        "currency": currency,
        "benefit": benefit,
        "targets": targets,
        "budget": {
            "amount": _amount("most_amount", fields["most_amount"], currency),
            "uses": _whole("most_uses", fields["most_uses"]),
            "uses_per_customer": _whole("most_each", fields["most_each"]),
        },
        "starts_at": parse_moment(fields["starts"], place).isoformat() if fields["starts"] else None,
        "ends_at": parse_moment(fields["ends"], place).isoformat() if fields["ends"] else None,
    }
    return read_promotion(_said(value)), before


def _said(value: Mapping[str, Any]) -> dict[str, Any]:
    """As `read_promotion` takes it: what is None is left out."""
    return {
        name: _said(each) if isinstance(each, Mapping) and name != "names" else each
        for name, each in value.items()
        if each is not None
    }


def _currency(visit: Visit, items: Sequence[str]) -> str:
    known = (visit.serving.decider.catalogue.product(each) for each in items)
    return next((each.currency for each in known if each is not None), visit.serving.settings.currency)


def _value(kind: str, text: str, currency: str) -> int:
    if kind in {"free_item", "free_shipping"}:
        return 0
    if kind in _PERCENT:
        try:
            return round(float(fold_width(text).strip().removesuffix("%")) * 100)
        except ValueError as exc:
            raise BadValue("not a percentage", key="value", value=text, way_out="10 or 12.5, say") from exc
    return _amount("value", text, currency) or 0


def _amount(key: str, text: str, currency: str) -> int | None:
    if not text:
        return None
    try:
        return parse_amount(text, currency)
    except BadValue as exc:
        raise BadValue(exc.what, key=key, value=text) from exc


def _whole(key: str, text: str) -> int | None:
    plain_text = fold_width(text).strip()
    if not plain_text:
        return None
    if not plain_text.isdigit():
        raise BadValue("must be a whole number", key=key, value=text)
    return int(plain_text)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in _COMMA.split(text) if each.strip()]


def _form(visit: Visit, form: _Form, problem: TsuideError | None = None, *, look: bool = True) -> Response:
    catalogue, language = visit.serving.decider.catalogue, visit.language
    asked = visit.given("find") if visit.form else visit.asked("find")
    found = [each for each in catalogue.search(asked, 1, _FOUND).products if each.id not in form.items] if asked else []
    checked, promotion = None, None
    loaded = visit.serving.decider.loaded_or_none
    ready = bool(form.items or form.fields["value"] or form.fields["kind"] == "free_shipping")
    if problem is None and loaded is not None and look and ready:
        named = {name: form.fields[name] or "–" for name in ("name_ja", "name_en")}
        value = form.fields["value"]
        if form.fields["kind"] == "set_price" and not value:  # not priced yet: looked at as the sum of its prices
            sums = [catalogue.product(each) for each in form.items]
            digits = minor_digits(_currency(visit, form.items))
            whole = sum((each.price or 0) for each in sums if each is not None)
            value = f"{whole / 10**digits:.{digits}f}"
        try:
            promotion, _ = _read(visit, replace(form, fields={**form.fields, **named, "value": value}))
            checked = check_promotion(promotion, loaded, visit.serving.decider.policy)
        except TsuideError as error:
            problem = error if visit.form else None
    currency = _currency(visit, form.items)
    curve = None if checked is None else checked.curve
    tables, charts = ([], []) if curve is None else _curve(curve, currency, language, promotion)
    return page(
        visit,
        "promotions_form.html",
        "edit" if form.id else "new",
        PROMOTIONS,
        tables=tables,
        charts=charts,
        problem=problem,
        form=form,
        kinds=[(each, PROMOTIONS.text(f"kind.{each}", language)) for each in BENEFIT_KINDS],
        chosen=[_thing(visit, each) for each in form.items],
        found=[_thing(visit, each.id) for each in found],
        find=asked,
        checked=checked,
        promotion=promotion,
        money_of=currency,
        zone_name=visit.serving.settings.time_zone,
        verdict=_verdict(checked, curve, currency, language),
        to_list=visit.url("/promotions"),
    )


def _verdict(checked: Checked | None, curve: Curve | None, currency: str, language: str) -> list[str]:
    if curve is None or checked is None:
        return []
    text = PROMOTIONS.text
    said = [text("curve_lead", language, more=share(curve.response / 10, language, 0))]
    if not curve.counted:
        said.append(text("curve_estimated", language))
    if curve.advised is None:
        return [*said, text("no_discount", language)]
    said.append(text("advised", language, price=money(curve.advised, currency, language)))
    if curve.best is not None:
        said.append(text("best", language, price=money(curve.best, currency, language)))
    return said


def _thing(visit: Visit, product_id: str) -> dict[str, Any]:
    product = visit.serving.decider.catalogue.product(product_id)
    if product is None:
        return {"id": product_id, "title": product_id, "price": None, "currency": None}
    said = in_language(product, visit.language)
    return {"id": product_id, "title": said.title, "price": said.price, "currency": said.currency}


def _curve(curve: Curve, currency: str, language: str, promotion: Promotion | None) -> tuple[list[Table], list[Chart]]:
    text = PROMOTIONS.text
    unit = 10 ** minor_digits(currency)
    rows = [
        {"discount": discount / RATE_UNIT, "price": price, "gain": gain, "margin_rate": rate, "currency": currency,
         "floor": "above" if rate * RATE_UNIT >= curve.floor else "below"}
        for discount, price, gain, rate in curve.points
    ]  # fmt: skip
    columns = [
        Column("discount", kind="share", help="of_discount"), Column("price", kind="money", help="of_set_price"),
        Column("gain", kind="money", help="help_gain"),
        Column("margin_rate", kind="share", help="of_margin_rate"), Column("floor", kind="mark"),
    ]  # fmt: skip
    drawn = [
        {"price": row["price"] / unit, "gain": round(float(str(row["gain"])) / unit, 2),
         "floor": text(str(row["floor"]), language)} for row in rows
    ]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=drawn)).encode(
        x=alt.X("price:Q", title=text("price", language), scale=alt.Scale(zero=False))
    )
    line = base.mark_line(color="#2f8f6b", strokeWidth=2).encode(y=alt.Y("gain:Q", title=text("gain", language)))
    points = base.mark_point(filled=True, size=36).encode(
        y="gain:Q",
        color=alt.Color(
            "floor:N",
            title=text("floor", language),
            scale=alt.Scale(domain=[text("above", language), text("below", language)], range=["#2f8f6b", "#c4692f"]),
        ),
        tooltip=["price:Q", "gain:Q"],
    )
    zero = alt.Chart(alt.InlineData(values=[{"y": 0}])).mark_rule(color="#8888").encode(y="y:Q")
    layers = [zero, line, points]
    if promotion is not None and promotion.benefit.value:
        here = [{"x": promotion.benefit.value / unit}]
        layers.append(
            alt.Chart(alt.InlineData(values=here)).mark_rule(strokeDash=[5, 4], color="#5a7fb5").encode(x="x:Q")
        )
    chart = chart_of(alt.layer(*layers), name="curve", title=text("curve", language), height=240, table="curve")
    return [Table("curve", columns, rows, caption="curve")], [chart]


# --- pausing -------------------------------------------------------------------------------------------------


def pause(visit: Visit) -> Response:
    """Stop one at once."""
    return _paused(visit, paused=True)


def resume(visit: Visit) -> Response:
    """Let it run again."""
    return _paused(visit, paused=False)


def _paused(visit: Visit, *, paused: bool) -> Response:
    before = standing(visit.shop, visit.must("id")).promotion
    after = replace(before, paused=paused)
    put_promotion(visit.shop, after, visit.now)
    visit.serving.publish()
    return visit.done("/promotions", _recorded(visit, "pause" if paused else "resume", after, before))


# --- thresholds ----------------------------------------------------------------------------------------------


def thresholds(visit: Visit) -> Response:
    """What another order threshold would have met."""
    return _thresholds(visit)


def _thresholds(visit: Visit, problem: TsuideError | None = None) -> Response:
    language, currency = visit.language, visit.serving.settings.currency
    text = PROMOTIONS.text
    free_at = visit.serving.decider.policy.free_shipping_at
    kept = newest_result(visit.shop, "threshold")
    tables: list[Table] = []
    charts: list[Chart] = []
    found = None if kept is None else kept[0]
    if found is not None:
        tables, charts = _tried(found, language)
    terms = sale_terms(visit.shop)
    unit = 10 ** minor_digits(currency)
    entered = {
        "old": visit.given("old") or f"{(free_at or terms.free_from) / unit:g}",
        "new": visit.given("new"),
        "shipping": visit.given("shipping") or f"{visit.serving.decider.policy.shipping_cost / unit:g}",
        "days": visit.given("days") or "90",
    }
    tiers = [each for each in standings(visit.shop) if each.promotion.targets.least]
    tier_columns = [Column("name", href=lambda row: visit.url("/promotions/edit", id=row["id"])), Column("benefit"),
                    Column("for_what"), Column("when"), Column("state", kind="mark")]  # fmt: skip
    tables.append(
        Table("tiers", tier_columns, [_row(visit, each) for each in tiers], caption="tiers", empty="no_tiers")
    )
    return page(
        visit,
        "promotions_thresholds.html",
        "thresholds",
        PROMOTIONS,
        tables=tables,
        charts=charts,
        problem=problem,
        entered=entered,
        found=found,
        under_way=waited_for(visit, "threshold"),
        free=text("now_free", language, value=money(free_at, currency, language))
        if free_at
        else text("no_free", language),
        to_list=visit.url("/promotions"),
    )


def _tried(found: Mapping[str, Any], language: str) -> tuple[list[Table], list[Chart]]:
    text, currency = PROMOTIONS.text, found["currency"]
    names = {"between": "between_gained" if found["gained"] else "between_lost", "reached": "reached", "near": "near",
             "all": "all_orders"}  # fmt: skip
    rows = [{"who": text(name, language), "currency": currency, **found[key]} for key, name in names.items()]
    columns = [Column("who", sortable=False), Column("count", kind="number", help="help_between"),
               Column("revenue", kind="money", help="of_sum_revenue"),
               Column("margin", kind="money", help="of_sum_margin")]  # fmt: skip
    values = [
        {"value_from": each["from"], "value_to": each["to"], "count": each["count"], "currency": currency}
        for each in found["values"]
    ]
    value_columns = [
        Column("value_from", kind="money", help="of_value_band"),
        Column("value_to", kind="money", help="of_value_band"),
        Column("count", kind="number", help="of_orders_in_band"),
    ]
    unit = 10 ** minor_digits(currency)
    drawn = [{"from": each["from"] / unit, "to": each["to"] / unit, "count": each["count"]} for each in found["values"]]
    bars = alt.Chart(alt.InlineData(values=drawn)).mark_bar(color="#2f8f6b").encode(
        x=alt.X("from:Q", bin="binned", title=text("value_from", language)), x2="to:Q",
        y=alt.Y("count:Q", title=text("count", language)), tooltip=["from:Q", "to:Q", "count:Q"],
    )  # fmt: skip
    marks = [
        {"x": found[name] / unit, "which": text(label, language)}
        for name, label in (("old", "old"), ("new", "new_threshold"))
        if found[name]
    ]
    rules = alt.Chart(alt.InlineData(values=marks)).mark_rule(strokeWidth=2).encode(
        x="x:Q", color=alt.Color("which:N", scale=alt.Scale(range=["#5a7fb5", "#c4692f"])), tooltip=["which:N", "x:Q"]
    )  # fmt: skip
    chart = chart_of(
        alt.layer(bars, rules), name="values", title=text("values_chart", language), height=200, table="values"
    )
    return [Table("tried", columns, rows), Table("values", value_columns, values)], [chart]


def try_threshold(visit: Visit) -> Response:
    """Count past orders on either side, in a process of its own."""
    currency = visit.serving.settings.currency
    try:
        wanted = {name: _amount(name, visit.must(name), currency) or 0 for name in ("old", "new", "shipping")}
        days = _whole("days", visit.must("days")) or 90
        if wanted["old"] == wanted["new"]:
            raise BadValue("must differ from the threshold of now", key="new", value=visit.given("new"))
    except TsuideError as error:
        return _thresholds(visit, error)
    begin(visit, "threshold", {**wanted, "days": days})
    return RedirectResponse(visit.url("/promotions/thresholds"), 303)


ROUTES = [
    see("/promotions", "promotions", listed),
    see("/promotions/new", "promotions", new),
    see("/promotions/edit", "promotions", edit),
    see("/promotions/thresholds", "promotions", thresholds),
    change("/promotions/form", "promotions", sent),
    change("/promotions/pause", "promotions", pause),
    change("/promotions/resume", "promotions", resume),
    change("/promotions/thresholds", "promotions", try_threshold),
]
