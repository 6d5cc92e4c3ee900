"""`tsuide customer …`: one customer or account whole: who they are, what happened, what to offer now and what not."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table

from tsuide.app.contact_costs import KINDS, contact_costs, set_contact_costs
from tsuide.app.customer_whole import whole_now
from tsuide.app.deciding import Decider
from tsuide.app.duplicates import duplicates_told, merge, merges_told, undo
from tsuide.app.exporting import write_whole
from tsuide.app.interactions import record_interaction, record_win
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.facts.interactions import INTERACTION_KINDS, Interaction, Win
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import At, Database, Home, entropy, moment, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.clock import zone
from tsuide.kit.ids import time_id
from tsuide.kit.money import Money, parse_amount
from tsuide.kit.phrases import Phrases
from tsuide.outreach.sales.customer_page import customer_page
from tsuide.outreach.sales.happened import what_happened

customer = typer.Typer(no_args_is_help=True, help="Customers and accounts: everything that is known of one.")
Customer = Annotated[str, typer.Argument(metavar="ID", help="A person, a site or an account.")]
Own = Annotated[str | None, typer.Option("--id", help="Your own id: the same one is written once.")]
_PHRASES: Final = Phrases(
    {
        "person": {"ja": "個人", "en": "person"},
        "company": {"ja": "法人", "en": "company"},
        "above": {"ja": "上位: {names}", "en": "belongs to {names}"},
        "elsewhere": {
            "ja": "同じメールアドレスのお客様: {names}",
            "en": "the same mail address stands at {names}",
        },
        "tree": {"ja": "拠点・担当者 {n} 件", "en": "{n} in the tree"},
        "name": {"ja": "名前", "en": "name"},
        "orders": {"ja": "注文", "en": "orders"},
        "last": {"ja": "最終注文", "en": "last order"},
        "note": {"ja": "備考", "en": "note"},
        "complaint": {"ja": "未解決の苦情", "en": "open complaint"},
        "sum": {
            "ja": "{currency}: 注文 {orders} 件・{amount}、返品 {back}、最終 {last}",
            "en": "{currency}: {orders} orders, {amount}, {back} returned, last {last}",
        },
        "no_costs": {
            "ja": "まだ設定されていません: tsuide customer costs call=500 visit=8000",
            "en": "Not set: tsuide customer costs call=500 visit=8000",
        },
        "no_orders": {"ja": "注文はまだありません。", "en": "No orders yet."},
        "value": {
            "ja": "今後 {days} 日の見込み: 購入 {purchases} 回、売上 {revenue}、利益 {margin}（{n} 件から）",
            "en": "expected in {days} days: {purchases} purchases, {revenue}, margin {margin} (from {n})",
        },
        "stated": {"ja": "ご要望 {who}: {words}", "en": "stated by {who}: {words}"},
        "risk": {"ja": "注意 {who}: {words}", "en": "mind {who}: {words}"},
        "consents": {"ja": "同意: {words}", "en": "agreed to: {words}"},
        "no_consents": {"ja": "同意はありません。", "en": "Agreed to nothing."},
        "happened": {"ja": "最近のこと", "en": "What happened"},
        "at": {"ja": "日時", "en": "at"},
        "who": {"ja": "お客様", "en": "who"},
        "what": {"ja": "内容", "en": "what"},
        "written": {"ja": "記録しました", "en": "written down"},
        "again": {"ja": "書き換えました", "en": "written anew"},
        "kept": {"ja": "残る側", "en": "kept"},
        "gone": {"ja": "統合される側", "en": "merged"},
        "why": {"ja": "理由", "en": "why"},
        "undone_at": {"ja": "取り消し", "en": "undone"},
        "by_mail": {"ja": "同じメールアドレス", "en": "the same mail address"},
        "by_phone": {"ja": "同じ電話番号", "en": "the same phone"},
        "by_name": {"ja": "同じ名前", "en": "the same name"},
        "by_similar_name": {"ja": "似た名前", "en": "a similar name"},
        "by_domain": {"ja": "同じドメイン", "en": "the same mail domain"},
        "apart": {"ja": "別の取引先に所属", "en": "in two accounts"},
        "no_duplicates": {"ja": "重複の候補はありません。", "en": "Nobody seems to be there twice."},
        "no_merges": {"ja": "統合の記録はありません。", "en": "Nobody was merged."},
        "merged": {
            "ja": "統合しました（{moved}）。元に戻すには: tsuide customer undo {id}",
            "en": "merged ({moved}). To undo: tsuide customer undo {id}",
        },
        "undone": {"ja": "元に戻しました: {merged}", "en": "undone: {merged} is there again"},
        "offer": {"ja": "いまご提案するもの", "en": "To offer now"},
        "kind": {"ja": "種類", "en": "kind"},
        "price": {"ja": "価格", "en": "price"},
        "say": {"ja": "伝えること", "en": "what to say"},
        "nothing": {"ja": "いまは何も提案しません。", "en": "Nothing is proposed now."},
        "unlearned": {
            "ja": "まだ学習していません: tsuide learn",
            "en": "Nothing has been learned yet: tsuide learn",
        },
        "ask": {"ja": "先に伺うこと: {text}", "en": "ask first: {text}"},
        "not": {"ja": "見送り {n} 件: {text}", "en": "{n} refused: {text}"},
        "owned": {"ja": "お持ち: {names}", "en": "had by {names}"},
    }
)
_MOST: Final = 15


@customer.callback()
def _group() -> None:
    """Customers and accounts: everything that is known of one."""


@customer.command("show")
def show(
    customer_id: Customer,
    rep: Annotated[
        str | None, typer.Option("--rep", help="Who looks: without a stated need they get a question first.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page instead: for a call, or to print.")] = None,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """One customer or account with all below it: what happened, what to offer now, what not and why."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        chosen = language or shop.settings.language
        journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
        try:
            decider = Decider(shop, journal, now, entropy)
            decider.refresh()
            told = whole_now(shop, decider, customer_id, now(), chosen, rep)
        finally:
            journal.close_now()
        if html is not None:
            write_whole(html, customer_page(told, chosen, now(), zone(shop.settings.time_zone)))
            emit({"file": str(html)}, lambda: str(html), as_json=as_json)
            return
        emit(told, lambda: _shown(shop, told, chosen), as_json=as_json)


@customer.command("note")
def note(
    customer_id: Customer,
    text: Annotated[str, typer.Argument(help="What was said or is to be known.")],
    kind: Annotated[str, typer.Option("--kind", help=f"One of {', '.join(INTERACTION_KINDS)}.")] = "note",
    by: Annotated[str | None, typer.Option("--by", help="Who of your people.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="Sales, support …")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="no_answer: nobody was reached.")] = None,
    at: At = None,
    own: Own = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write down a call, a visit, a mail or a note."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        said_id, when = own or time_id("int", now(), entropy()), moment(at, shop.settings.time_zone)
        said = Interaction(said_id, customer_id, kind, when, by, department, text, outcome)  # type: ignore[arg-type]  # checked below
        _written(shop, said_id, new=record_interaction(shop, said, now()), as_json=as_json)


@customer.command("costs")
def costs(
    given: Annotated[list[str] | None, typer.Argument(help=f"KIND=AMOUNT …; kinds: {', '.join(KINDS)}.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Nothing is known of costs again.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """What contacts cost, by kind: shown, or set as a whole; the rule `cost_to_serve` follows when Tsuide learns."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        language, currency = shop.settings.language, shop.settings.currency
        if given or clear:
            pairs = [each.partition("=") for each in given or ()]
            set_contact_costs(shop, {kind: parse_amount(text, currency) for kind, _, text in pairs}, now())
        told = contact_costs(shop)
        lines = [f"{kind}: {Money(cost, currency).text(language)}" for kind, cost in told.items()]
        none = _PHRASES.text("no_costs", language)
        emit({"costs": told, "currency": currency}, lambda: escape("\n".join(lines) or none), as_json=as_json)


@customer.command("win")
def win(
    customer_id: Customer,
    metric: Annotated[str, typer.Argument(help="What was measured: hours for month-end closing, say.")],
    before: Annotated[str, typer.Argument(help="With its unit.")],
    after: Annotated[str, typer.Argument(help="With its unit.")],
    evidence: Annotated[str, typer.Option("--evidence", help="What shows it.")],
    at: At = None,
    own: Own = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write down a measurable result that the customer reached."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        said_id, when = own or time_id("win", now(), entropy()), moment(at, shop.settings.time_zone)
        said = Win(said_id, customer_id, metric, before, after, evidence, when)
        _written(shop, said_id, new=record_win(shop, said, now()), as_json=as_json)


@customer.command("duplicates")
def duplicates_(
    customer_id: Annotated[str | None, typer.Argument(metavar="ID", help="Only theirs.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=10_000, help="At most so many pairs.")] = 50,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Customers who are probably one, by name, mail address, domain and phone; the surest first."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        pairs = duplicates_told(shop, customer_id, n)
        emit({"duplicates": pairs}, lambda: _pairs(pairs, shop.settings.language), as_json=as_json)


@customer.command("merge")
def merge_(
    kept: Annotated[str, typer.Argument(metavar="KEPT", help="Who stays.")],
    merged: Annotated[str, typer.Argument(metavar="MERGED", help="Whose everything becomes the first one's.")],
    by: Annotated[str | None, typer.Option("--by", help="Who of your people does it.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make two customers one, in one transaction; `tsuide customer undo` makes them two again."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        done = merge(shop, kept, merged, now(), entropy(), who=by)
        words = _PHRASES.text("merged", shop.settings.language, id=done["id"], moved=_counted(done))
        emit(done, lambda: escape(words), as_json=as_json)


@customer.command("undo")
def undo_(
    merge_id: Annotated[str, typer.Argument(metavar="MERGE", help="`tsuide customer merges`.")],
    by: Annotated[str | None, typer.Option("--by", help="Who of your people does it.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make two of them again; what came since stays with the one who was kept."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        done = undo(shop, merge_id, now(), who=by)
        words = _PHRASES.text("undone", shop.settings.language, id=done["id"], merged=done["merged"])
        emit(done, lambda: escape(words), as_json=as_json)


@customer.command("merges")
def merges_(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Who was merged, the newest first."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = merges_told(shop)
        language = shop.settings.language
        whole = Column("ID", no_wrap=True)  # it is copied into `undo`
        table = Table(whole, *(_PHRASES.text(each, language) for each in ("at", "kept", "gone", "what", "undone_at")))
        for row in rows:
            cells = (row["id"], _day(shop, row["at"]), row["kept"], row["merged"], _counted(row))
            table.add_row(*map(escape, cells), _day(shop, row["undone_at"]))
        emit({"merges": rows}, lambda: table if rows else _PHRASES.text("no_merges", language), as_json=as_json)


def _counted(done: dict[str, Any]) -> str:
    return ", ".join(f"{name} {many:,}" for name, many in done["moved"].items()) or "–"


def _pairs(pairs: list[dict[str, Any]], language: str) -> RenderableType:
    if not pairs:
        return _PHRASES.text("no_duplicates", language)
    names = ("kept", "gone", "orders", "why")
    table = Table(*(_PHRASES.text(each, language) for each in names))
    for each in pairs:
        cells = [_name(who) for who in each["customers"]]
        why = [_PHRASES.text(f"by_{reason}", language) for reason in each["reasons"]]
        why += [_PHRASES.text("apart", language)] if each["in_two_accounts"] else []
        orders = " / ".join(f"{who['orders']:,}" for who in each["customers"])
        table.add_row(*map(escape, cells), orders, ", ".join(why))
    return table


def _written(shop: Shop, said_id: str, *, new: bool, as_json: bool) -> None:
    words = _PHRASES.text("written" if new else "again", shop.settings.language)
    emit({"id": said_id, "new": new}, lambda: f"{said_id}: {words}", as_json=as_json)


def _shown(shop: Shop, told: dict[str, Any], language: str) -> RenderableType:
    def say(name: str, **blanks: object) -> str:
        return escape(_PHRASES.text(name, language, **blanks))

    own, tree = told["customer"], told["tree"]
    head = [f"[bold]{escape(own['name'] or own['id'])}[/bold]  {escape(own['id'])}  {say(own['kind'])}"]
    if tree["above"]:
        head.append(say("above", names=" > ".join(_name(each) for each in reversed(tree["above"]))))
    if told["same_address"]:
        head.append(say("elsewhere", names=", ".join(_name(each) for each in told["same_address"])))
    head += [_sum(shop, each, language) for each in told["sums"]] or [say("no_orders")]
    head += _facts(told, language)
    parts: list[RenderableType] = ["\n".join(head)]
    if tree["size"] > 1:
        parts.append(_members(shop, tree, language))
    happened = what_happened(told, language)[:_MOST]
    if happened:
        table = Table(say("at"), say("who"), say("what"), title=say("happened"), title_justify="left")
        for at, who, what in happened:
            table.add_row(_day(shop, at), escape(who), escape(what))
        parts.append(table)
    parts.append(_offers(told, language))
    return Group(*parts)


def _facts(told: dict[str, Any], language: str) -> list[str]:
    """What learning, people and the customer say, a line each."""

    def say(name: str, **blanks: object) -> str:
        return escape(_PHRASES.text(name, language, **blanks))

    lines = []
    value = told["value"]
    if value is not None:
        money = {
            name: "–" if value[name] is None else Money(value[name], value["currency"]).text(language)
            for name in ("revenue", "margin")
        }
        lines.append(say("value", days=value["days"], purchases=value["purchases"], n=value["customers"], **money))
    for each in told["stated"]:
        words = [word for name in ("needs", "goals", "tastes") for word in each[name]]
        lines.append(say("stated", who=each["customer_id"], words=", ".join(words)))
    for each in told["risks"]:
        words = [f"{name} {value}" for name, value in each.items() if name != "customer_id"]
        lines.append(say("risk", who=each["customer_id"], words=", ".join(words)))
    granted = [f"{each['purpose']}/{each['channel']}" for each in told["consents"] if each["granted"]]
    lines.append(say("consents", words=", ".join(granted)) if granted else say("no_consents"))
    return lines


def _sum(shop: Shop, each: dict[str, Any], language: str) -> str:
    amounts = {
        name: Money(each[key], each["currency"]).text(language)
        for name, key in (("amount", "amount"), ("back", "returned_amount"))
    }
    last = _day(shop, each["last_at"])
    return escape(
        _PHRASES.text("sum", language, currency=each["currency"], orders=each["orders"], last=last, **amounts)
    )


def _members(shop: Shop, tree: dict[str, Any], language: str) -> Table:
    names = ("name", "orders", "last", "note")
    title = _PHRASES.text("tree", language, n=tree["size"])
    table = Table("ID", *(_PHRASES.text(each, language) for each in names), title=title, title_justify="left")
    for each in tree["members"]:
        note = _PHRASES.text("complaint", language) if each["open_complaint"] else ""
        indent = "  " * each["depth"]
        table.add_row(
            escape(indent + each["id"]), escape(each["name"] or "–"), f"{each['orders']:,}",
            _day(shop, each["last_order_at"]), note,
        )  # fmt: skip
    return table


def _offers(told: dict[str, Any], language: str) -> RenderableType:
    def say(name: str, **blanks: object) -> str:
        return escape(_PHRASES.text(name, language, **blanks))

    found = told["offers"]
    if found is None:
        return say("unlearned")
    lines = [say("ask", text=found["question"]["text"])] if found["question"] else []
    lines += [escape(note["text"]) for note in found["notes"]]
    lines += [say("not", n=each["times"], text=each["text"]) for each in found["refused_by_rule"]]
    if not found["offers"]:
        return "\n".join([say("nothing"), *lines])
    table = Table(say("offer"), say("kind"), say("price"), say("say"), caption="\n".join(lines), caption_justify="left")
    for each in found["offers"]:
        names = ", ".join(f"{who} {many}" for who, many in each["owned_in_tree"].items())
        owned = [_PHRASES.text("owned", language, names=names)] if names else []
        said = "\n".join([each["pitch"], *owned])
        table.add_row(escape(each["title"]), each["kind"].replace("_", "-"), each["price_text"] or "–", escape(said))
    return table


def _name(each: dict[str, Any]) -> str:
    return f"{each['name']} ({each['id']})" if each["name"] else str(each["id"])


def _day(shop: Shop, at: str | None) -> str:
    if at is None:
        return "–"
    return f"{datetime.fromisoformat(at).astimezone(zone(shop.settings.time_zone)):%Y-%m-%d}"
