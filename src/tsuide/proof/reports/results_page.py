"""The report of results as HTML (one file that loads nothing, also good as a mail) and as CSV."""

import io
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

import polars as pl
from markupsafe import Markup, escape

from tsuide.facts.schema import Schema
from tsuide.kit.money import Money
from tsuide.proof.groups import GROUP_SORTS
from tsuide.proof.reports.results import METHODS, OUTCOMES, SORTS, Results
from tsuide.proof.reports.results_phrases import RESULTS

_MOST_ROWS: Final = 30
_GROUPS: Final[Schema] = {
    **dict.fromkeys(("sort", "name", "metric", "verdict"), pl.String()),
    "incremental_total": pl.Float64(),
    **dict.fromkeys(("customers_treated", "customers_control"), pl.Int64()),
    **dict.fromkeys(("attach_rate_treated", "attach_rate_control", "difference_value"), pl.Float64()),
    **dict.fromkeys(("difference_low", "difference_high", "certain_low", "certain_high"), pl.Float64()),
}
_FORMULA: Final = r"^[=+\-@\t\r]"  # a spreadsheet would run what begins so


def results_page(found: Results, language: str, *, rows_at: str) -> str:
    """The HTML file.

    Args:
        found: the figures.
        language: ja or en.
        rows_at: address (of a file beside it, or of the API) at which the rows behind the figures are found; with
            ``{sort}`` and ``{name}`` in it, each figure gets its own.

    Raises:
        BadValue: another language.
    """
    title = RESULTS.text("title", language)
    when = RESULTS.text("range", language, start=f"{found.start:%Y-%m-%d}", end=f"{found.end:%Y-%m-%d}")
    parts = [Markup("<h1>{}</h1><p>{}</p>").format(title, when)]
    if found.other_currencies:
        parts.append(Markup("<p>{}</p>").format(not_in(found.other_currencies, language)))
    parts += [_effect(found, language), *_groups(found, language)]
    for sort in SORTS:
        rows = found.offers.filter(pl.col("sort") == sort).head(_MOST_ROWS)
        if len(rows):
            parts.append(_offers(sort, rows, found, language, rows_at))
    parts += [_customers(found, language), _more(found, language), _methods(language)]
    body = Markup("\n").join(parts)
    return str(
        Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width, initial-scale=1"><title>{}</title><style>{}</style></head>'
            "<body><main>{}</main></body></html>\n"
        ).format(language, title, Markup(_style()), body)  # noqa: S704 - our own style sheet
    )


@cache
def _style() -> str:
    return files("tsuide.proof.reports").joinpath("templates", "results.css").read_text(encoding="utf-8")


def results_csv(found: Results) -> str:
    """Every figure of the table of offers, for a spreadsheet; with a byte-order mark, as those ask for."""
    return "\ufeff" + _csv(found.offers)


def groups_csv(found: Results) -> str:
    """The effect by rep, product line and tier, for a spreadsheet; empty but for its heads where none can be read."""
    rows = [
        {
            **{name: row[name] for name in ("sort", "name", "metric", "verdict", "incremental_total")},
            **{f"customers_{arm}": row["customers"][arm] for arm in ("treated", "control")},
            **{f"attach_rate_{arm}": row["attach_rate"][arm] for arm in ("treated", "control")},
            **{
                f"{of}_{name}": None if row[of] is None else row[of][name]
                for of, names in (("difference", ("value", "low", "high")), ("certain", ("low", "high")))
                for name in names
            },
        }
        for row in found.groups.get("groups", ())
    ]
    return "\ufeff" + _csv(pl.DataFrame(rows, schema=_GROUPS))


def rows_csv(rows: pl.DataFrame) -> str:
    """The rows behind the figures."""
    return "\ufeff" + _csv(rows.with_columns(pl.col("segment").list.join(", ")))


def _csv(frame: pl.DataFrame) -> str:
    text = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.String]
    guarded = [
        pl.when(each.str.contains(_FORMULA)).then(pl.lit("'") + each).otherwise(each).alias(each.meta.output_name())
        for each in text
    ]
    buffer = io.BytesIO()
    frame.with_columns(guarded).write_csv(buffer)
    return buffer.getvalue().decode()


def not_in(others: Sequence[Mapping[str, Any]], language: str) -> str:
    """What was sold in other currencies than the report's.

    >>> not_in([{"currency": "USD", "orders": 2, "amount": 19900}], "en")
    'Orders in other currencies are in none of these amounts: $199.00 (2)'
    """
    sums = [
        RESULTS.text("of_currency", language, amount=Money(each["amount"], each["currency"]).text(language),
                     orders=f"{each['orders']:,}") for each in others
    ]  # fmt: skip
    return RESULTS.text("not_in", language, sums=", ".join(sums))


def no_effect(effect: Mapping[str, Any], language: str) -> str:
    """Why there is no effect to show."""
    return RESULTS.text(f"no_effect_{effect['because']}", language, why=effect["why"])


def _effect(found: Results, language: str) -> Markup:
    head = Markup('<h2 id="effect">{}</h2>').format(RESULTS.text("effect", language))
    if "why" in found.effect:
        return head + Markup("<p>{}</p>").format(no_effect(found.effect, language))
    of = found.effect["difference"]
    told = " … ".join(_money(of[each], found.currency, language) for each in ("low", "high"))
    return head + Markup("<p>{}: <b>{}</b> ({}) {}</p>").format(
        RESULTS.text("margin", language), _money(of["value"], found.currency, language), told,
        _method("incremental", language),
    )  # fmt: skip


def _groups(found: Results, language: str) -> list[Markup]:
    """The effect by rep, product line and tier."""
    parts = []
    for sort in GROUP_SORTS:
        rows = [each for each in found.groups.get("groups", ()) if each["sort"] == sort][:_MOST_ROWS]
        lines = [_row([_cell(each) for each in group_cells(row, found.currency, language)]) for row in rows]
        title = RESULTS.text(f"effect_{sort}", language)
        words = [RESULTS.text(each, language) for each in GROUP_HEADS]
        parts.append(_table(f"effect-{sort}", title, words, lines, _method("groups", language)))
    return parts


def group_cells(row: Mapping[str, Any], currency: str | None, language: str) -> list[str]:
    """One group of `proof.groups` as the cells of a table."""

    def spread(of: Mapping[str, Any] | None, *, value: bool) -> str:
        if of is None:
            return "–"
        bounds = " … ".join(_money(of[each], currency, language) for each in ("low", "high"))
        return f"{_money(of['value'], currency, language)} ({bounds})" if value else bounds

    rates = ("–" if each is None else f"{each:.1%}" for each in row["attach_rate"].values())
    return [
        row["name"], *(f"{each:,}" for each in row["customers"].values()), spread(row["difference"], value=True),
        _money(row["incremental_total"], currency, language), spread(row["certain"], value=False),
        RESULTS.text(row["verdict"], language), " / ".join(rates),
    ]  # fmt: skip


GROUP_HEADS: Final = ("name", "treated", "control", "change", "total", "certain", "verdict", "attach_rate")


def _offers(sort: str, rows: pl.DataFrame, found: Results, language: str, rows_at: str) -> Markup:
    heads = ("name", *OUTCOMES, "accept_rate", "attributed")
    lines = []
    for row in rows.iter_rows(named=True):
        link = rows_at.replace("{sort}", quote(sort)).replace("{name}", quote(row["name"]))
        rate = "–" if row["accept_rate"] is None else f"{row['accept_rate']:.1%}"
        cells = [
            _cell(Markup('<a href="{}">{}</a>').format(link, row["name"])),
            *(_cell(f"{row[each]:,}") for each in OUTCOMES),
            _cell(rate),
            _cell(_money(row["attributed"], found.currency, language)),
        ]
        lines.append(_row(cells))
    note = Markup(" ").join([_method("offers", language), _method("attributed", language)])
    return _table(sort, RESULTS.text(sort, language), [RESULTS.text(each, language) for each in heads], lines, note)


def _customers(found: Results, language: str) -> Markup:
    heads = ("group", "people", "orders", "revenue", "attributed")
    lines = [
        _row([
            _cell(RESULTS.text(row["group"], language)), _cell(f"{row['customers']:,}"), _cell(f"{row['orders']:,}"),
            _cell(_money(row["revenue"], found.currency, language)),
            _cell(_money(row["attributed"], found.currency, language)),
        ])
        for row in found.customers.iter_rows(named=True)
    ]  # fmt: skip
    title = RESULTS.text("customers", language)
    return _table("customers", title, [RESULTS.text(each, language) for each in heads], lines,
                  _method("customers", language))  # fmt: skip


def _more(found: Results, language: str) -> Markup:
    """First purchases, searches and reasons."""
    tables = (
        ("first_in_category", found.first_in_category, {"category": "leaf", "customers": "people",
                                                        "through_offers": "through_offers"}),
        ("searches", found.searches, {"query": "query", "times": "times", "empty": "empty", "nowhere": "nowhere"}),
        ("reasons", found.reasons, {"reason": "reason", "category": "leaf", "times": "times"}),
    )  # fmt: skip
    parts = []
    for name, frame, heads in tables:
        rows = frame.head(_MOST_ROWS).iter_rows(named=True)
        lines = [_row([_cell(_word(row[each], each, language)) for each in heads]) for row in rows]
        words = [RESULTS.text(each, language) for each in heads.values()]
        parts.append(_table(name, RESULTS.text(name, language), words, lines, _method(name, language)))
    return Markup("\n").join(parts)


def _word(value: object, column: str, language: str) -> object:
    """A reason in words; one that a newer Tsuide wrote as it stands."""
    known = column == "reason" and value in {"too_dear", "not_now", "have_it", "not_for_me", "none_given"}
    return RESULTS.text(str(value), language) if known else value


def _methods(language: str) -> Markup:
    told = [
        Markup('<p id="method-{}">{}</p>').format(each, RESULTS.text(f"method_{each}", language)) for each in METHODS
    ]
    return Markup('<h2 id="methods">{}</h2><div class="soft">{}</div>').format(
        RESULTS.text("methods", language), Markup("").join(told)
    )


def _method(name: str, language: str) -> Markup:
    label = f"{RESULTS.text('method', language)}: {RESULTS.text(name, language)}"
    return Markup('<a class="soft" href="#method-{}">{}</a>').format(name, label)


def _table(anchor: str, title: str, heads: list[str], lines: list[Markup], note: Markup) -> Markup:
    if not lines:
        return Markup("")
    row = Markup("").join(Markup('<th scope="col">{}</th>').format(each) for each in heads)
    return Markup(
        '<h2 id="{}">{}</h2><div class="wide" tabindex="0" role="region" aria-label="{}"><table><thead>'
        "<tr>{}</tr></thead><tbody>{}</tbody></table></div><p>{}</p>"
    ).format(anchor, title, title, row, Markup("").join(lines), note)


def _row(cells: list[Markup]) -> Markup:
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _cell(value: object) -> Markup:
    return Markup("<td>{}</td>").format(escape(f"{value:,}" if isinstance(value, int) else value))


def _money(value: float | None, currency: str | None, language: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if currency is None else Money(round(value), currency).text(language)


def summary_text(found: Mapping[str, Any], language: str) -> str:
    """The same in a few lines of plain text, for mails read without HTML."""
    lines = [RESULTS.text("title", language), f"{found['since'][:10]} – {found['until'][:10]}", ""]
    for row in found["offers"]:
        if row["sort"] == "placement":
            shown, taken = RESULTS.text("shown", language), RESULTS.text("accepted", language)
            lines.append(f"{row['name']}: {shown} {row['shown']:,}, {taken} {row['accepted']:,}")
    if "why" in found["effect"]:
        lines.append(no_effect(found["effect"], language))
    return "\n".join(lines) + "\n"
