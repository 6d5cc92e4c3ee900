"""Opportunities: what can be proposed with what, its evidence, and what people decide about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import RedirectResponse, Response

from tsuide.app.changes import Change
from tsuide.app.curation import Judgement, Wish, judge, subject, told
from tsuide.app.loading import Loaded
from tsuide.app.opportunities import (
    KINDS,
    ORDERS,
    STATES,
    Kind,
    Opportunity,
    Wanted,
    counted,
    one_of,
    opportunities,
    refusal,
)
from tsuide.app.pair_network import HEIGHT, WIDTH, Line, Point, laid_out
from tsuide.errors import BadValue, TsuideError
from tsuide.facts.catalogue import Product
from tsuide.facts.catalogue import told as in_language
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.opportunities import OPPORTUNITIES
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.phrases import LANGUAGES
from tsuide.kit.text import shorten
from tsuide.offers.explain import reason_text
from tsuide.offers.offer import Reason
from tsuide.offers.policy.phrases import RULES

_PAGE: Final = 24
_CSV: Final = 5_000
_LINES: Final = 45  # of the picture
_AROUND: Final = 14  # partners of the product in its middle
_BEYOND: Final = 3  # of each of those
_FOUND: Final = 8
_LABEL: Final = 20
_COLOURS: Final = 6
_DOES: Final[Mapping[str, tuple[str, Wish]]] = {
    "approve": ("approve", Wish(approved=True)),
    "unapprove": ("unapprove", Wish(approved=False)),
    "pin": ("pin", Wish("pinned")),
    "unpin": ("unpin", Wish("none")),
    "ban": ("ban", Wish("banned")),
    "unban": ("unban", Wish("none")),
}


# --- the list ------------------------------------------------------------------------------------------------


def listed(visit: Visit) -> Response:
    """One kind of opportunity, narrowed and in order."""
    loaded = visit.serving.decider.loaded_or_none
    if loaded is None:
        return page(visit, "opportunities_none.html", "room.opportunities", OPPORTUNITIES)
    kind, wanted, place = _kind(visit), _wanted(visit), visit.number("page", 1, 1, 100_000)
    policy = visit.serving.decider.policy
    found, total = opportunities(
        visit.shop, loaded, policy, kind, wanted, first=(place - 1) * _PAGE, n=_PAGE
    )  # fmt: skip
    more = visit.here(page=place + 1) if total > place * _PAGE else None
    columns = [Column(name) for name in (
        "product_id", "first", "other_ids", "others", "count", "base", "rarest", "share", "share_low", "share_high",
        "lift", "lift_low", "lift_high", "gain", "gain_low", "gain_high", "worth", "opens", "closes", "verdict",
        "approved_by",
    )]  # fmt: skip

    def everything() -> list[dict[str, Any]]:
        rows, _ = opportunities(visit.shop, loaded, policy, kind, wanted, n=_CSV)
        return [_row(each, loaded, visit.language) for each in rows]

    return page(
        visit,
        "opportunities.html",
        "room.opportunities",
        OPPORTUNITIES,
        tables=[Table(kind, columns, [], everything=everything)],
        kind=kind,
        kinds=[(each, visit.url("/opportunities", kind=each)) for each in KINDS],
        counts=counted(loaded, policy),
        wanted=wanted,
        total=total,
        found=[_shown(visit, each, loaded) for each in found],
        before=visit.here(page=place - 1) if place > 1 else None,
        more=more,
        categories=[("", None), *_categories(loaded, visit.language)],
        states=STATES,
        orders=ORDERS if kind not in {"steps", "fillers"} else ("gain",),
        back=visit.here(lang=None),
    )


def _kind(visit: Visit) -> Kind:
    return _named(visit.asked("kind"))


def _named(text: str) -> Kind:
    found: Kind = "pairs"
    for each in KINDS:
        found = each if each == text else found
    return found


def _wanted(visit: Visit) -> Wanted:
    state, order = visit.asked("state"), visit.asked("order", "gain")
    return Wanted(
        words=visit.asked("q")[:200],
        category=visit.asked("category"),
        state=state if state in STATES else "",
        order=order if order in ORDERS else "gain",
        product=visit.asked("product"),
    )


def _categories(loaded: Loaded, language: str) -> list[tuple[str, str]]:
    branches = loaded.catalogue.branches(())
    return [(each.name, loaded.catalogue.path_told(each.path, language)[-1]) for each in branches]


# --- one -----------------------------------------------------------------------------------------------------


def one(visit: Visit) -> Response:
    """One of them with all its evidence, and what customers read."""
    query = visit.request.query_params
    if not query.getlist("b"):
        return RedirectResponse(visit.url("/opportunities"), 303)
    return _one(visit, _kind(visit), visit.asked("a"), query.getlist("b"))


def _one(
    visit: Visit,
    kind: Kind,
    product_id: str,
    others: Sequence[str],
    problem: TsuideError | None = None,
    tried: Mapping[str, str] | None = None,
) -> Response:
    loaded = visit.serving.decider.loaded
    about = subject("beside" if kind == "next" else _about(kind), product_id, others)
    found = one_of(visit.shop, loaded, visit.serving.decider.policy, kind, product_id, about.other_ids)
    shown = _shown(visit, found, loaded)
    texts = dict(found.judgement.mark.texts) if found.judgement else {}
    itself = {each: _by_itself(found, each, loaded) for each in LANGUAGES}
    return page(
        visit,
        "opportunities_one.html",
        f"={_title(found, loaded, visit.language)}",
        OPPORTUNITIES,
        problem=problem,
        kind=kind,
        it=shown,
        texts={each: (tried or texts).get(each, "") for each in LANGUAGES},
        itself=itself,
        languages_of_texts=LANGUAGES,
        judgement=found.judgement,
        other_way=visit.url("/opportunities/one", kind=kind, a=about.other_ids[0], b=product_id)
        if kind in {"pairs", "steps", "next"}
        else None,
        behind=visit.url("/opportunities/orders", item=[each for each in (product_id, *about.other_ids) if each])
        if kind in {"pairs", "sets", "fillers"}
        else None,
        around=visit.url("/opportunities/network", product=product_id or about.other_ids[0]),
        to_list=visit.url("/opportunities", kind=kind),
        priced=visit.url("/promotions/new", benefit="set_price", item=[product_id, *about.other_ids])
        if kind == "sets"
        else None,
        back=visit.here(lang=None),
    )


def _about(kind: Kind) -> str:
    return {"pairs": "beside", "steps": "instead", "sets": "set", "next": "beside", "fillers": "filler"}[kind]


def _title(found: Opportunity, loaded: Loaded, language: str) -> str:
    names = [_name(loaded, each, language) for each in (found.product_id, *found.others) if each]
    return (" → " if found.kind != "sets" else " + ").join(names)


def _by_itself(found: Opportunity, language: str, loaded: Loaded) -> str | None:
    """The sentence that is made where people wrote none."""
    numbers: dict[str, int | float | str] = {"with": found.product_id}
    if found.kind == "pairs" and found.lift is not None:
        numbers |= {"count": found.count or 0, "base": found.base or 0, "lift": found.lift}
        return reason_text(Reason("bought_together", numbers), language, loaded.state)
    if found.kind == "steps" and found.apart:
        currency = _product(loaded, found.product_id, language).currency
        told_numbers = {**numbers, "difference": found.apart, "currency": currency}
        return reason_text(Reason("step_up", told_numbers), language, loaded.state)
    if found.kind == "sets" and found.count is not None:
        numbers |= {"count": found.count, "base": found.base or 0}
        return reason_text(Reason("whole_set", numbers), language, loaded.state)
    if found.kind == "fillers":
        return reason_text(Reason("closes_gap"), language, loaded.state)
    return reason_text(Reason("declared", numbers), language, loaded.state) if found.kind == "pairs" else None


# --- the picture ---------------------------------------------------------------------------------------------


def network(visit: Visit) -> Response:
    """What goes with what: a picture, and a table that says the same."""
    loaded, policy = visit.serving.decider.loaded, visit.serving.decider.policy
    wanted = _wanted(visit)
    if wanted.product:
        around = replace(wanted, words="", category="")
        pairs, _ = opportunities(visit.shop, loaded, policy, "pairs", around, n=_AROUND)
        for each in list(dict.fromkeys(pair.others[0] for pair in pairs))[:8]:
            pairs += opportunities(visit.shop, loaded, policy, "pairs", Wanted(product=each), n=_BEYOND)[0]
    else:
        pairs, _ = opportunities(visit.shop, loaded, policy, "pairs", wanted, n=_LINES)
    pairs = list({(each.product_id, each.others): each for each in pairs}.values())[:_LINES]
    points, lines = laid_out(pairs)
    tops = _categories(loaded, visit.language)
    colour_of = {name: place % _COLOURS for place, (name, _) in enumerate(tops)}
    dots = [_dot(visit, loaded, point, colour_of, wanted.product) for point in points]
    columns = [
        Column("from"), Column("to", href=lambda row: str(row["href"])),
        Column("count", kind="number", help="help_orders"), Column("lift", kind="decimal", help="help_lift"),
        Column("lift_low", kind="decimal", help="help_lift"), Column("lift_high", kind="decimal", help="help_lift"),
        Column("gain", kind="money", help="help_gain"), Column("gain_low", kind="money", help="help_gain"),
        Column("gain_high", kind="money", help="help_gain"), Column("state", kind="mark"),
    ]  # fmt: skip
    rows = [_row(each, loaded, visit.language) | {
        "from": _name(loaded, each.product_id, visit.language), "to": _name(loaded, each.others[0], visit.language),
        "href": _address(visit, each), "state": each.judgement.mark.verdict if each.judgement else None,
    } for each in pairs]  # fmt: skip
    return page(
        visit,
        "opportunities_network.html",
        "network",
        OPPORTUNITIES,
        tables=[Table("pairs", columns, rows, caption="table_pairs", empty="nothing", title_key="from")],
        kinds=[(each, visit.url("/opportunities", kind=each)) for each in KINDS],
        counts=counted(loaded, policy),
        wanted=wanted,
        middle=_name(loaded, wanted.product, visit.language) if wanted.product else None,
        whole=visit.url("/opportunities/network"),
        categories=[("", None), *tops],
        legend=_legend(tops, {each["colour"] for each in dots}),
        dots=dots,
        lines=[_line(each) for each in lines],
        size=(WIDTH, HEIGHT),
    )


def _dot(visit: Visit, loaded: Loaded, point: Point, colour_of: Mapping[str, int], middle: str) -> dict[str, Any]:
    product = _product(loaded, point.product_id, visit.language)
    return {
        "x": point.x,
        "y": point.y,
        "r": round(7 + 2.2 * min(point.lines, 8) ** 0.8, 1),
        "title": product.title,
        "label": shorten(product.title, _LABEL),
        "colour": colour_of.get(product.category[0], 0) if product.category else 0,
        "middle": point.product_id == middle,
        "href": visit.url("/opportunities/network", product=point.product_id),
        "end": point.x > WIDTH * 0.72,
    }


def _legend(tops: Sequence[tuple[str, str]], colours: set[int]) -> list[tuple[int, str]]:
    """A colour and the categories that share it."""
    found: dict[int, list[str]] = {}
    for place, (_, said) in enumerate(tops):
        found.setdefault(place % _COLOURS, []).append(said)
    return [(colour, " · ".join(names)) for colour, names in found.items() if colour in colours]


def _line(each: Line) -> dict[str, Any]:
    """A line that ends before the point, so that its arrow is seen."""
    (ax, ay), (bx, by) = each.start, each.end
    length = max(((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5, 1.0)
    cut = min(17.0, length / 3)
    x, y = (bx - ax) / length * cut, (by - ay) / length * cut
    width = 1 + round(each.weight * 3)
    verdict = each.pair.judgement.mark.verdict if each.pair.judgement else None
    return {"x1": ax + x, "y1": ay + y, "x2": bx - x, "y2": by - y, "width": width, "both": each.both_ways,
            "verdict": verdict or ""}  # fmt: skip


# --- changes -------------------------------------------------------------------------------------------------


def decide(visit: Visit) -> Response:
    """Approve, pin, ban, or take one of these back."""
    verb = visit.must("do")
    if verb not in _DOES:
        raise BadValue("no such choice", key="do", value=verb, way_out=", ".join(_DOES))
    action, wish = _DOES[verb]
    return _back(visit, _judged(visit, action, wish))


def word(visit: Visit) -> Response:
    """What customers read for it."""
    given = {each: visit.given(f"text_{each}") for each in LANGUAGES}
    kind = _named(visit.given("kind"))
    try:
        entry = _judged(visit, "word", Wish(texts=given))
    except TsuideError as error:
        return _one(visit, kind, visit.given("a"), _others(visit), error, given)
    return _back(visit, entry)


def _judged(visit: Visit, action: str, wish: Wish) -> int:
    about = subject(visit.must("about"), visit.given("a"), _others(visit))
    before, after = judge(visit.shop, about, wish, visit.user.name, visit.now)
    visit.serving.publish()
    catalogue = visit.serving.decider.catalogue
    products = [(each, catalogue.product(each)) for each in (about.product_id, *about.other_ids) if each]
    name = " → ".join(each if product is None else f"{product.title} ({each})" for each, product in products)
    name += "" if about.about in {"beside", "filler"} else f" [{about.about}]"
    undo = {"before": told(before), "after": told(after)}
    return visit.record(Change(f"opportunities.{action}", name, _said(before), _said(after), undo=undo))


def _others(visit: Visit) -> list[str]:
    return [str(each) for each in visit.form.getlist("b")]


def _said(judgement: Judgement) -> dict[str, Any] | None:
    if judgement.empty:
        return None
    mark = judgement.mark
    return {"verdict": mark.verdict, "texts": dict(mark.texts), "approved_by": judgement.approved_by}


def _back(visit: Visit, entry: int) -> Response:
    """On to where it was done, its filters and all."""
    where = urlsplit(visit.given("back"))
    path = "/opportunities"
    if where.path.endswith("/opportunities/one"):
        path += "/one"
    values: dict[str, Any] = {}
    for name, value in parse_qsl(where.query):
        values.setdefault(name, []).append(value)
    return visit.done(path, entry, **{name: value for name, value in values.items() if name not in {"done", "lang"}})


def adding(visit: Visit) -> Response:
    """Two products are looked up, and put together by hand."""
    catalogue = visit.serving.decider.loaded.catalogue
    found = {}
    for side in ("a", "b"):
        asked = visit.asked(side)
        here = catalogue.product(asked)
        hits = [here] if here is not None else list(catalogue.search(asked, 1, _FOUND).products) if asked else []
        found[side] = [
            {"id": each.id, "title": in_language(each, visit.language).title, "image": each.image} for each in hits
        ]
    return page(
        visit, "opportunities_add.html", "add", OPPORTUNITIES, found=found, a=visit.asked("a"), b=visit.asked("b"),
        to_list=visit.url("/opportunities"),
    )  # fmt: skip


def add(visit: Visit) -> Response:
    """Pin a pair that orders do not show."""
    catalogue = visit.serving.decider.loaded.catalogue
    for side in ("a", "b"):
        if visit.must(side) not in catalogue:
            raise BadValue("no such product", key=side, value=visit.given(side))
    entry = _judged(visit, "pin", Wish("pinned"))
    return visit.done("/opportunities/one", entry, kind="pairs", a=visit.given("a"), b=visit.given("b"))


# --- how one is shown ------------------------------------------------------------------------------------------


def _shown(visit: Visit, found: Opportunity, loaded: Loaded) -> dict[str, Any]:
    judgement, language = found.judgement, visit.language
    refused = refusal(found, loaded, visit.serving.decider.policy, visit.now)
    mark = None if judgement is None else judgement.mark
    marks: list[str] = [mark.verdict] if mark is not None and mark.verdict else []
    marks += ["approved"] if judgement is not None and judgement.approved_at else []
    marks += ["worded"] if mark is not None and mark.texts else []
    first = _picture(loaded, found.product_id, language) if found.product_id else None
    return {
        "it": found,
        "about": found.about,
        "first": first,
        "others": [_picture(loaded, each, language) for each in found.others],
        "marks": marks,
        "verdict": mark.verdict if mark is not None else None,
        "approved": judgement is not None and judgement.approved_at is not None,
        "judgement": judgement,
        "currency": _product(loaded, found.others[0], language).currency,
        "href": _address(visit, found),
        "name": _title(found, loaded, language),
        "text": mark.texts.get(language) if mark is not None else None,
        "refused": [RULES.text(each, language) for each in refused],
    }


def _address(visit: Visit, found: Opportunity) -> str:
    return visit.url("/opportunities/one", kind=found.kind, a=found.product_id, b=list(found.others))


def _picture(loaded: Loaded, product_id: str, language: str) -> dict[str, Any]:
    product = _product(loaded, product_id, language)
    image = product.image if product.image and product.image.startswith(("/", "https:")) else None
    path = loaded.catalogue.path_told(product.category, language) if product.category else ()
    return {
        "id": product_id,
        "title": product.title,
        "image": image,
        "price": product.price,
        "currency": product.currency,
        "category": path[-1] if path else "",
    }


def _known(loaded: Loaded, product_id: str) -> Product:
    return loaded.catalogue.product(product_id) or Product(product_id, product_id, "XXX", status="hidden")


def _product(loaded: Loaded, product_id: str, language: str) -> Product:
    return in_language(_known(loaded, product_id), language)


def _name(loaded: Loaded, product_id: str, language: str) -> str:
    return _product(loaded, product_id, language).title


def _row(found: Opportunity, loaded: Loaded, language: str) -> dict[str, Any]:
    mark = found.judgement.mark if found.judgement else None
    numbers = {name: getattr(found, name) for name in (
        "product_id", "count", "base", "rarest", "share", "share_low", "share_high", "lift", "lift_low", "lift_high",
        "gain", "gain_low", "gain_high", "worth", "opens", "closes",
    )}  # fmt: skip
    return numbers | {
        "first": _name(loaded, found.product_id, language) if found.product_id else "",
        "other_ids": list(found.others),
        "others": [_name(loaded, each, language) for each in found.others],
        "verdict": mark.verdict if mark else None,
        "approved_by": found.judgement.approved_by if found.judgement else None,
        "currency": _known(loaded, found.others[0]).currency,
    }


ROUTES = [
    see("/opportunities", "opportunities", listed),
    see("/opportunities/one", "opportunities", one),
    see("/opportunities/network", "opportunities", network),
    see("/opportunities/add", "opportunities", adding),
    change("/opportunities/judge", "opportunities", decide),
    change("/opportunities/word", "opportunities", word),
    change("/opportunities/add", "opportunities", add),
]
