"""Offers: what somebody would be offered now and why, and every decision that was made, found again and replayed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast
from urllib.parse import quote, unquote

from starlette.responses import Response

from tsuide.app.deciding import Served
from tsuide.app.decision_log import (
    CHANNELS,
    Position,
    Sought,
    decision_of,
    look_up,
    message_of,
    outcomes_of,
    replay_at_hand,
    silence_of,
)
from tsuide.app.explaining import candidates_told, tell
from tsuide.app.finding import Sought as SoughtCustomer
from tsuide.app.finding import find_customers
from tsuide.app.jobs import told
from tsuide.app.loading import Loaded
from tsuide.app.replaying import replay_decision
from tsuide.app.segments import members_of
from tsuide.errors import BadValue, NotFound, ReplayRefused, TsuideError, WrongKey
from tsuide.facts.catalogue import Product
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.own import refuse_others_customer, rep_of
from tsuide.interfaces.console.phrases.offer_words import WORDS
from tsuide.interfaces.console.phrases.offers import OFFERS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.clock import zone
from tsuide.kit.money import Money
from tsuide.kit.phrases import LANGUAGES, Phrases
from tsuide.offers.codes import CHANNEL_OF_PLACEMENT
from tsuide.offers.decision import ERASED, Decision
from tsuide.offers.explain import NOTES, QUESTIONS, offer_text
from tsuide.offers.offer import HESITATIONS, KINDS, PLACEMENTS, Offer, Placement
from tsuide.offers.policy import chain
from tsuide.offers.policy.phrases import RULES, STAGES
from tsuide.offers.policy.rule import STAGES as ORDER
from tsuide.offers.request import CartLine, OfferRequest, Rep
from tsuide.offers.state import State

KIND: Final = "replay"
_PAGE: Final = 50
_FOUND: Final = 8
_MOST_LINES: Final = 50
_REFUSED_SHOWN: Final = 100
WHO: Final = ("nobody", "customer", "visitor", "segment")
SAID: Final = Phrases(
    {
        prefix + key: {language: phrases.all(language)[key] for language in LANGUAGES}
        for prefix, phrases in (("", OFFERS), ("", WORDS), ("rule.", RULES), ("stage.", STAGES), ("note.", NOTES),
                                ("question.", QUESTIONS))
        for key in phrases.all("ja")
    }
)  # fmt: skip


# --- as this customer, with this cart, on this page ---------------------------------------------------------------


def preview(visit: Visit) -> Response:
    """What somebody would be offered now. Nothing is recorded, and nobody is shown anything."""
    loaded = visit.serving.decider.loaded_or_none
    served, problem, member, trace = None, None, None, None
    try:
        request, member = _request(visit)
        if loaded is not None:
            served = visit.serving.decider.preview(request, _seed(visit))
            trace = candidates_told(served.decision, served.state, served.policy, visit.language)
    except TsuideError as error:
        problem = error
    return page(
        visit,
        "offers.html",
        "room.offers",
        SAID,
        tables=[] if served is None or trace is None else _candidates(visit, served.decision, served.state, trace),
        problem=problem,
        tab="preview",
        learned=loaded is not None,
        served=served,
        cards=[] if served is None else _cards(visit, served),
        seen=None if served is None else _seen(visit, served.decision, served.state),
        member=member,
        **_choices(visit, loaded),
    )


def _seed(visit: Visit) -> int:
    text = visit.asked("seed")
    return int(text) % (1 << 64) if text.isascii() and text.isdigit() and len(text) < 21 else 0  # noqa: PLR2004 - digits of 64 bits


def _request(visit: Visit) -> tuple[OfferRequest, Mapping[str, Any] | None]:
    """What the address asks for, and the member of a segment as whom it is asked."""
    who, name = visit.asked("as") or "nobody", visit.asked("who")
    customer = anonymous = member = None
    if who not in WHO:
        raise BadValue("not one of the choices", key="as", value=who, way_out=", ".join(WHO))
    if who == "customer" and name:
        refuse_others_customer(visit, name)
        customer = name
    elif who == "visitor":
        anonymous = name or None
    elif who == "segment" and name:
        if visit.user.own_only:
            raise WrongKey("a rep looks as their own customers", key="as", value=who)
        member = next(iter(members_of(visit.shop, name, 1, visit.asked("after"))), None)
        if member is None:
            raise NotFound("nobody (more) is in this segment", key="who", value=name)
        customer, anonymous = member["customer_id"], member["anonymous_id"]
    placement = visit.asked("placement") or "product"
    if placement not in PLACEMENTS:
        raise BadValue("not one of the choices", key="placement", value=placement, way_out=", ".join(PLACEMENTS))
    hesitation = [each for each in visit.request.query_params.getlist("hesitation") if each in HESITATIONS]
    request = OfferRequest(
        placement,
        n=visit.number("n", 3, 1, 50),
        customer_id=customer,
        anonymous_id=anonymous,
        product_id=visit.asked("product") or None,
        cart=cart_of(visit.asked("cart")),
        budget=_budget(visit),
        hesitation=tuple(hesitation),
        language=_tongue(visit),
        rep=Rep(visit.user.rep) if placement == "rep" else None,
    )
    return request.checked(), member


def _tongue(visit: Visit) -> str:
    return visit.asked("tongue") if visit.asked("tongue") in LANGUAGES else visit.language


def _budget(visit: Visit) -> int | None:
    text = visit.asked("budget").replace(",", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadValue("must be a whole number of minor units", key="budget", value=text)
    return int(text)


def cart_of(text: str) -> tuple[CartLine, ...]:
    """The lines of a cart as an address writes them; what cannot be read is left out.

    >>> cart_of("cam-a*2,card"), cart_text(cart_of("a%2Cb*3"))
    ((CartLine(product_id='cam-a', quantity=2, unit_price=None), CartLine(...)), 'a%2Cb*3')
    """
    lines = []
    for each in text.split(",")[:_MOST_LINES]:
        name, _, many = each.partition("*")
        quantity = int(many) if many.isascii() and many.isdigit() and len(many) < 7 else 1  # noqa: PLR2004 - digits
        if name:
            lines.append(CartLine(unquote(name), max(1, quantity)))
    return tuple(lines)


def cart_text(lines: Sequence[CartLine]) -> str:
    """Lines of a cart for an address."""
    return ",".join(
        quote(line.product_id, safe="") + (f"*{line.quantity}" if line.quantity > 1 else "") for line in lines
    )


def _choices(visit: Visit, loaded: Loaded | None) -> dict[str, Any]:
    """The form: what was chosen, and what is found by the searches."""
    state = _state(visit)
    lines = cart_of(visit.asked("cart"))

    def to(**values: object) -> str:
        return visit.url("/offers", **state | values)

    def with_line(product_id: str, by: int) -> str:
        kept = {line.product_id: line.quantity for line in lines}
        kept[product_id] = kept.get(product_id, 0) + by
        return to(cart=cart_text([CartLine(each, many) for each, many in kept.items() if many > 0]) or None)

    catalogue = None if loaded is None else loaded.catalogue
    words, people = visit.asked("q"), visit.asked("name")
    found = catalogue.search(words, 1, _FOUND).products if catalogue is not None and words else ()
    named = find_customers(visit.shop, SoughtCustomer(people, owner=rep_of(visit)), _FOUND)[0] if people else []
    looked_at = catalogue.product(visit.asked("product")) if catalogue is not None and visit.asked("product") else None
    return {
        "state": state,
        "to": to,
        "with_line": with_line,
        "lines": [(line, _title(visit, loaded, line.product_id)) for line in lines],
        "found": [_product(visit, each) for each in found],
        "named": named,
        "looked_at": None if looked_at is None else _product(visit, looked_at),
        "who_choices": [each for each in WHO if each != "segment" or not visit.user.own_only],
        "placements": PLACEMENTS,
        "hesitations": HESITATIONS,
        "hesitating": visit.request.query_params.getlist("hesitation"),
        "channel": CHANNEL_OF_PLACEMENT.get(cast("Placement", visit.asked("placement") or "product"), "site"),
        "segments": [] if visit.user.own_only else visit.shop.store.segments.ids(),
        "tongue": _tongue(visit),
        "n": visit.number("n", 3, 1, 50),
    }


def _state(visit: Visit) -> dict[str, object]:
    names = ("as", "who", "placement", "product", "cart", "budget", "n", "tongue", "seed", "after")
    state: dict[str, object] = {name: visit.asked(name) or None for name in names}
    return state | {"hesitation": visit.request.query_params.getlist("hesitation")}


def _title(visit: Visit, loaded: Loaded | None, product_id: str) -> str:
    return product_id if loaded is None else loaded.state.title(product_id, visit.language)


def _product(visit: Visit, product: Product) -> dict[str, Any]:
    loaded = visit.serving.decider.loaded_or_none
    return {
        "id": product.id,
        "title": _title(visit, loaded, product.id),
        "price": None if product.price is None else Money(product.price, product.currency).text(visit.language),
        "image": _image(product.image),
    }


def _image(url: str | None) -> str | None:
    """A picture that the page may load: from this server, or over https."""
    return url if url is not None and url.startswith(("https://", "/")) and not url.startswith("//") else None


def _cards(visit: Visit, served: Served) -> list[dict[str, Any]]:
    """The slate as a page would show it."""
    tongue = _tongue(visit)
    return [_card(tongue, offer, served.state, served.product(offer.product_id)) for offer in served.decision.slate]


def _card(language: str, offer: Offer, state: State, product: Product | None) -> dict[str, Any]:
    scores = offer.scores
    price = None if offer.price is None else Money(offer.price, offer.currency).text(language)
    listed = offer.list_price if offer.list_price is not None and offer.list_price != offer.price else None
    return {
        "id": offer.id,
        "product": offer.product_id,
        "title": state.title(offer.product_id, language),
        "image": None if product is None else _image(product.image),
        "kind": offer.kind,
        "source": offer.source,
        "anchor": None if offer.anchor_id is None else state.title(offer.anchor_id, language),
        "price": price,
        "list_price": None if listed is None else Money(listed, offer.currency).text(language),
        "why": offer_text(offer, language, state),
        "items": [state.title(item.product_id, language) for item in offer.items if len(offer.items) > 1],
        "p": scores.propensity,
        "p_low": scores.propensity_low,
        "p_high": scores.propensity_high,
        "learned": scores.prior is not None,
        "v": None if scores.worth is None else Money(scores.worth, offer.currency).text(language),
        "basis": offer.margin_basis,
        "c": scores.context,
        "l": scores.levers,
        "influence": scores.influence,
        "priority": scores.priority,
        "drawn": offer.shown_probability,
    }


def _seen(visit: Visit, decision: Decision, state: State) -> dict[str, Any]:
    """What a decision came to: its funnel, stage by stage, and why it is silent where it is."""
    record = {
        "slate": [{"kind": each.kind} for each in decision.slate],
        "arm": decision.arm,
        "notes": decision.notes,
        "question": decision.question,
        "customer": {"trial": {"withheld": decision.customer.trial.withheld}},
    }
    stages = {loaded.rule.code: loaded.rule.stage for loaded in chain.rules()}
    left, funnel = decision.considered, []
    for stage in ORDER:
        refused = {code: n for code, n in decision.refused.items() if stages.get(code) == stage}
        left -= sum(refused.values())
        by_rule = sorted(refused.items(), key=lambda each: -each[1])
        funnel.append({"stage": stage, "refused": sum(refused.values()), "left": left, "rules": by_rule})
    return {
        "considered": decision.considered,
        "cleared": decision.cleared,
        "chosen": len(decision.slate),
        "funnel": funnel,
        "silence": silence_of(record),
        "notes": [NOTES.text(each, visit.language) for each in decision.notes],
        "question": None if decision.question is None else QUESTIONS.text(decision.question, visit.language),
        "product": None if decision.request.product_id is None else state.title(decision.request.product_id),
    }


def _candidates(visit: Visit, decision: Decision, state: State, trace: Mapping[str, Any]) -> list[Table]:
    """Every candidate: allowed, and refused with the rule and its sentence."""
    currency = next((each.currency for each in decision.slate), visit.shop.settings.currency)
    numbers = [
        Column("p", kind="share", help="help_p"), Column("v", kind="money", help="help_v"),
        Column("c", kind="decimal", help="help_c"), Column("l", kind="decimal", help="help_l"),
        Column("priority", kind="decimal", help="help_priority"), Column("evidence", help="help_evidence"),
    ]  # fmt: skip
    first = [
        Column("candidate"),
        Column("kind"),
        Column("source"),
        Column("price", kind="money", help="of_candidate_price"),
    ]

    def row(each: Mapping[str, Any]) -> dict[str, Any]:
        known = SAID.all(visit.language)
        return {
            "candidate": state.title(each["product"], visit.language),
            "kind": known[f"kind.{each['kind']}"],
            "source": known[f"source.{each['source']}"],
            "price": each["price"],
            "p": each["propensity"],
            "v": each["worth"],
            "c": each["context"],
            "l": each["levers"],
            "priority": each["priority"],
            "evidence": _evidence(visit, each["evidence"]),
            "currency": currency,
            "rules": each["refused_by"],
            "why_not": each.get("why_not", []),
        }

    cleared = [row(each) for each in (*trace["offers"], *trace["cleared"])]
    refused = [row(each) for each in trace["refused"]]
    return [
        Table("cleared", [*first, *numbers], cleared, caption="cleared", empty="none_cleared"),
        Table("refused", [*first[:3], Column("why_not", kind="lines"), Column("rules", kind="lines", help="help_rules"),
                          *numbers], refused[:_REFUSED_SHOWN], caption="refused", empty="none_refused",
              everything=lambda: refused),
    ]  # fmt: skip


def _evidence(visit: Visit, found: Mapping[str, Any] | None) -> str | None:
    if found is None:
        return None
    text = SAID.text("evidence_of", visit.language, count=f"{found['count']:,}", base=f"{found['base']:,}")
    return f"{text} · {found['lift']:.1f}×" if "lift" in found else text


# --- the log --------------------------------------------------------------------------------------------------------


def log(visit: Visit) -> Response:
    """Decisions, newest first, as the address narrows them."""
    problem = None
    try:
        sought = Sought(
            customer=visit.asked("customer"),
            visitor=visit.asked("as") == "visitor",
            product=visit.asked("product"),
            placement=visit.asked("placement"),
            channel=visit.asked("channel"),
            kind=visit.asked("kind"),
            start=_day(visit, "from"),
            end=_day(visit, "to", timedelta(days=1)),
            silent=bool(visit.asked("silent")),
            rep=rep_of(visit),
        )
        found = look_up(visit.shop, sought, _PAGE, _before(visit))
    except TsuideError as error:
        problem, found = error, None
    loaded = visit.serving.decider.loaded_or_none
    rows = [] if found is None else [_logged(visit, loaded, each) for each in found.rows]
    after = None if found is None or found.after is None else f"{found.after[0]}.{found.after[1]}"
    columns = [
        Column("at", kind="moment", href=lambda row: visit.url(f"/offers/decision/{row['id']}"), sortable=False),
        Column("who", sortable=False), Column("placement", sortable=False), Column("beside", sortable=False),
        Column("offered", kind="lines", sortable=False), Column("silence", label="silent", kind="mark", sortable=False),
    ]  # fmt: skip
    more = visit.here(before=after) if after is not None else None
    table = Table("decisions", columns, rows, empty="none_logged", more=more)
    return page(
        visit, "offers_log.html", "room.offers", SAID, tables=[table], problem=problem, tab="log",
        placements=PLACEMENTS, channels=CHANNELS, kinds=KINDS, after=after,
        until=None if found is None or len(found.rows) == _PAGE else found.until,
        filtered=any(visit.asked(each) for each in ("customer", "product", "placement", "channel", "kind", "silent")),
    )  # fmt: skip


def _day(visit: Visit, name: str, more: timedelta = timedelta()) -> datetime | None:
    text = visit.asked(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadValue("not a day", key=name, value=text, way_out="2026-12-01") from None
    return datetime.combine(day + more, time(), zone(visit.shop.settings.time_zone))


def _before(visit: Visit) -> Position | None:
    micros, _, name = visit.asked("before").partition(".")
    return (int(micros), name) if micros.isascii() and micros.isdigit() and len(micros) < 18 and name else None  # noqa: PLR2004 - digits


def _logged(visit: Visit, loaded: Loaded | None, told_: Mapping[str, Any]) -> dict[str, Any]:
    known = SAID.all(visit.language)
    between = "、" if visit.language == "ja" else ", "
    beside = [told_["product"], *told_["cart"]] if told_["product"] else told_["cart"]
    return {
        "id": told_["id"],
        "at": told_["at"],
        "who": told_["customer_id"] or told_["anonymous_id"] or known[f"unit.{told_['unit']}"],
        "placement": known[f"placement.{told_['placement']}"],
        "beside": between.join(_title(visit, loaded, each) for each in beside[:3]) + ("…" if beside[3:] else ""),
        "offered": [
            f"{_title(visit, loaded, each['product'])} · {known['kind.' + each['kind']]}" for each in told_["slate"]
        ],
        "silence": None if told_["silence"] is None else f"silence.{told_['silence']}",
    }


# --- one decision ---------------------------------------------------------------------------------------------------


def decision(visit: Visit) -> Response:
    """What was decided, with what, what came of it, and the same decided again."""
    found = decision_of(visit.shop, visit.request.path_params["decision"])
    rep = rep_of(visit)
    if rep is not None and (found.request.rep is None or found.request.rep.id != rep):
        raise WrongKey("this is a colleague's", key="decision", value=found.id, way_out="ask your sales manager")
    loaded = visit.serving.decider.loaded_or_none
    state = None if loaded is None else loaded.state
    replay = {"why": None, "other_code": False, **_replayed(visit, found, loaded)}
    trace = replay.pop("trace", None)
    came = [
        each | {"what": _title(visit, loaded, each["product_id"] or ""), "outcome": f"outcome.{each['outcome']}",
                "said": None if each["reason"] is None else SAID.all(visit.language)[f"reason.{each['reason']}"]}
        for each in outcomes_of(visit.shop, found.id)
    ]  # fmt: skip
    columns = [Column("at", kind="moment"), Column("outcome", kind="mark"), Column("what"), Column("said")]
    tables = [Table("outcomes", columns, came, caption="outcomes", empty="no_outcomes")]
    if trace is not None and state is not None:
        tables += _candidates(visit, found, state, trace)
    request = found.request
    same = {"as": "customer" if request.customer_id else "visitor" if request.anonymous_id else None,
            "who": request.customer_id or request.anonymous_id, "placement": request.placement,
            "product": request.product_id, "cart": cart_text(request.cart) or None, "n": request.n,
            "budget": request.budget, "hesitation": list(request.hesitation), "tongue": request.language}  # fmt: skip
    place = SAID.all(visit.language)[f"placement.{request.placement}"]
    slate = (
        []
        if state is None
        else [_card(visit.language, each, state, _of(loaded, each.product_id)) for each in found.slate]
    )
    return page(
        visit,
        "offers_decision.html",
        "=" + SAID.text("decision_of", visit.language, place=place),
        SAID,
        tables=tables,
        tab="decision",
        decision=found,
        cards=slate,
        seen=None if state is None else _seen(visit, found, state),
        paid_in=next((each.currency for each in found.slate), visit.shop.settings.currency),
        cart=[(_title(visit, loaded, line.product_id), line.quantity) for line in request.cart],
        owned=[_title(visit, loaded, each.product_id) for each in reversed(found.customer.owned[-12:])],
        channel=CHANNEL_OF_PLACEMENT[request.placement],
        message=message_of(visit.shop, found.id),
        erased=found.unit == ERASED,
        replay=replay,
        under_way=waited_for(visit, KIND),
        now_url=visit.url("/offers", **same),
    )


def _of(loaded: Loaded | None, product_id: str) -> Product | None:
    return None if loaded is None else loaded.catalogue.product(product_id)


def _replayed(visit: Visit, found: Decision, loaded: Loaded | None) -> dict[str, Any]:
    """The decision made again: at once where its state is at hand, else as the newest job found."""
    try:
        again = replay_at_hand(visit.shop, found, loaded, visit.serving.decider.policy)
        if again is None and visit.asked("replay") and not visit.changing:  # who begins no job waits for it
            again = replay_decision(visit.shop, found.id)
    except ReplayRefused as error:
        return {"state": "refused", "why": str(error.what)}
    if again is not None:
        state = "same" if again.same else "differs"
        return {"state": state, "other_code": again.other_code, "trace": tell(again, visit.language).trace}
    return _by_job(visit, found.id)


def _by_job(visit: Visit, decision_id: str) -> dict[str, Any]:
    jobs = (told(row, visit.now) for row in visit.shop.store.jobs.recent(KIND, 20))
    job = next((each for each in jobs if each["wanted"].get("decision") == decision_id), None)
    if job is None or job["under_way"]:
        return {"state": "not_yet" if job is None else "under_way"}
    result = job["result"] or {}
    if job["state"] != "done":
        return {"state": "refused", "why": result.get("error", job["state"])}
    state = "same" if result["same"] else "differs"
    return {"state": state, "other_code": result["other_code"], "trace": result["trace"][visit.language]}


def replay(visit: Visit) -> Response:
    """Make a decision again from its own state, in a process of its own. It changes nothing."""
    found = decision_of(visit.shop, visit.must("decision"))
    begin(visit, KIND, {"decision": found.id})
    return visit.done(f"/offers/decision/{found.id}")


ROUTES = [
    see("/offers", "offers", preview),
    see("/offers/log", "offers", log),
    see("/offers/decision/{decision}", "offers", decision),
    change("/offers/replay", "offers", replay),
]
