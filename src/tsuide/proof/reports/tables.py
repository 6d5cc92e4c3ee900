"""The report's tables as plain text cells: what is shown, and by what it is sorted."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tsuide.kit.money import Money
from tsuide.proof.reports.attach import Avoidance, Company
from tsuide.proof.reports.newcomer import Figures, Item
from tsuide.proof.reports.numbers import Numbers
from tsuide.proof.reports.overview import Check
from tsuide.proof.reports.phrases import PAGE
from tsuide.proof.reports.sequence import Refill, Step
from tsuide.proof.reports.together import Pair


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Args:
        label: its heading.
        word: key of the definition that explains it, or empty.
        number: set flush right.
        name: of a product: wide.
    """

    label: str
    word: str = ""
    number: bool = False
    name: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a place of a table.

    Args:
        text: as shown.
        sort: what it is sorted by; the text where empty.
        note: a second, quieter line.
        bar: share of the cell's width to fill, 0 … 1; negative for no bar.
        badge: a word for the style sheet: sure, likely, open, good, note, poor, never, seldom, always, way.
    """

    text: str
    sort: str = ""
    note: str = ""
    bar: float = -1.0
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its name in the page and its caption.

    Args:
        titled: a heading right above says the same as the caption, which is then only for screen readers.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    titled: bool = False


class Tables:
    """Builds every table of one report in one language.

    Args:
        figures: of the report.
        language: ja or en.
        items: what dense items are; products where not given.
    """

    def __init__(self, figures: Figures, language: str, items: Mapping[int, Item] | None = None) -> None:
        self.figures = figures
        self.items = figures.items if items is None else items
        self.language = language
        self.numbers = Numbers(language)

    def of_groups(self, *, marked: bool = False) -> "Tables | None":
        """The same for categories, None where the report knows none.

        Args:
            marked: names say that they are categories, for sentences outside a table of categories.
        """
        groups = self.figures.groups
        if groups is None:
            return None
        items = groups.items
        if marked:
            items = {
                place: replace(item, name=self.text("in_category", name=item.name)) for place, item in items.items()
            }
        return Tables(self.figures, self.language, items)

    def text(self, key: str, **blanks: object) -> str:
        """A phrase."""
        return PAGE.text(key, self.language, **blanks)

    def item(self, place: int) -> Item:
        """A product that the report mentions."""
        return self.items[place]

    @cached_property
    def _doubles(self) -> frozenset[str]:
        """Names that several of the mentioned products have."""
        counts = Counter(item.name for item in self.items.values())
        return frozenset(name for name, count in counts.items() if count > 1)

    def label(self, place: int) -> str:
        """A product's name, with its id where the name alone would not tell it."""
        item = self.item(place)
        return f"{item.name} [{item.id}]" if item.name in self._doubles else item.name

    def _product(self, place: int) -> Cell:
        item = self.item(place)
        return Cell(item.name, note=item.id if item.name != item.id else "")

    def _count(self, count: int, note: str = "") -> Cell:
        return Cell(self.numbers.count(count), str(count), note)

    def _money(self, money: Money | None) -> Cell:
        return Cell(self.numbers.money(money), "-1" if money is None else str(money.amount))

    def _share(self, count: int, of: int, note: str = "") -> Cell:
        share = count / of if of else 0.0
        return Cell(self.numbers.share(share), f"{share:.9f}", note, bar=share)

    def _lift(self, lift: float, low: float, high: float) -> Cell:
        return Cell(self.numbers.times(lift), f"{lift:.6f}", f"{self.numbers.plain(low)}–{self.numbers.plain(high)}")

    def together(self, pairs: Sequence[Pair], name: str, caption: str, *, titled: bool = False) -> Table:
        """Pairs that sell together."""
        columns: tuple[Column, ...] = (
            Column(self.text("buyers_of"), name=True),
            Column(self.text("also_take"), name=True),
            Column(self.text("count"), "support", number=True),
            Column(self.text("confidence"), "confidence", number=True),
            Column(self.text("lift"), "lift", number=True),
            Column(self.text("certainty"), "certainty"),
            Column(self.text("direction"), "direction"),
        )
        priced = any(self.item(pair.second).price for pair in pairs)
        if priced:
            columns = (*columns, Column(self.text("price"), number=True))
        return Table(name, caption, columns, tuple(self._pair(pair, priced=priced) for pair in pairs), titled)

    def _pair(self, pair: Pair, *, priced: bool) -> tuple[Cell, ...]:
        orders = self.figures.seen.orders
        ranks = {"sure": "0", "likely": "1", "open": "2"}
        cells = (
            self._product(pair.first),
            self._product(pair.second),
            self._count(pair.count, self.numbers.share(pair.count / orders)),
            self._share(pair.count, pair.n_first, f"{pair.count:,} / {pair.n_first:,}"),
            self._lift(pair.lift, pair.low, pair.high),
            Cell(self.text(pair.certainty), ranks[pair.certainty], badge=pair.certainty),
            Cell(self.text(f"dir_{pair.direction}"), pair.direction, badge="way"),
        )
        return (*cells, self._money(self.item(pair.second).price)) if priced else cells

    def ladder_steps(self) -> Table:
        """Every step of every ladder, cheapest to dearest."""
        columns = (
            Column(self.text("need")),
            Column(self.text("from"), name=True),
            Column(self.text("to"), name=True),
            Column(self.text("difference"), "difference", number=True),
            Column(self.text("better")),
        )
        rows = []
        for ladder in self.figures.ladders.ladders:
            for low, high in itertools.pairwise(ladder.rungs):
                below, above = self.item(low.item), self.item(high.item)
                step, ratio = self.step(below, above)
                better = " · ".join(f"{key}: {old} → {new}" for key, old, new in high.better)
                rows.append(
                    (
                        Cell(ladder.need or "–"),
                        Cell(below.name, note=self.numbers.money(below.price)),
                        Cell(above.name, note=self.numbers.money(above.price)),
                        Cell(f"+{self.numbers.money(step)}", str(step.amount), f"+{ratio}"),
                        Cell(better or "–"),
                    )
                )
        return Table("ladder-steps", self.text("ladder_table"), columns, tuple(rows))

    def step(self, below: Item, above: Item) -> tuple[Money, str]:
        """What the dearer product costs more, as money and as a share of the cheaper one."""
        assert below.price is not None  # noqa: S101 - a rung has a price, as has the next one
        assert above.price is not None  # noqa: S101 - as above
        step = above.price - below.price
        return step, self.numbers.share(step.amount / max(below.price.amount, 1))

    def steps(self, steps: Sequence[Step], name: str, caption: str, *, titled: bool = False) -> Table:
        """What is bought next."""
        columns = (
            Column(self.text("after"), name=True),
            Column(self.text("then"), name=True),
            Column(self.text("people"), "people", number=True),
            Column(self.text("lift"), "next_lift", number=True),
            Column(self.text("days"), "days", number=True),
            Column(self.text("order_of"), "order_of", number=True),
            Column(self.text("waiting"), "waiting", number=True),
        )
        return Table(name, caption, columns, tuple(self._step(step) for step in steps), titled)

    def _step(self, step: Step) -> tuple[Cell, ...]:
        share = self.numbers.share(step.customers / step.returned)
        before = self.text("order_share", before=f"{step.before:,}", both=f"{step.both:,}")
        return (
            self._product(step.first),
            self._product(step.then),
            self._count(step.customers, f"{share} / {step.returned:,}"),
            self._lift(step.lift, step.low, step.high),
            self._days(step.days),
            Cell(before, f"{step.before / max(step.both, 1):.6f}"),
            self._count(step.waiting),
        )

    def _days(self, days: tuple[float, float, float]) -> Cell:
        around = self.text("days_range", q1=self.numbers.bare_days(days[0]), q3=self.numbers.bare_days(days[2]))
        return Cell(self.numbers.days(days[1]), f"{days[1]:.6f}", around)

    def refills(self) -> Table:
        """What is bought again."""
        columns = (
            Column(self.text("product"), name=True),
            Column(self.text("customers"), number=True),
            Column(self.text("again"), "again", number=True),
            Column(self.text("days"), "days", number=True),
        )
        rows = tuple(self._refill(refill) for refill in self.figures.sequence.refills)
        return Table("refills", self.text("refill_table"), columns, rows, titled=True)

    def _refill(self, refill: Refill) -> tuple[Cell, ...]:
        return (
            self._product(refill.item),
            self._count(refill.customers),
            self._share(refill.again, refill.customers, f"{refill.again:,} / {refill.customers:,}"),
            self._days(refill.days),
        )

    def companies(self) -> Table:
        """Products that travel alone, and those that never do."""
        columns = (
            Column(self.text("product"), name=True),
            Column(self.text("kind")),
            Column(self.text("orders"), number=True),
            Column(self.text("with_others"), "with_others", number=True),
            Column(self.text("interval"), "interval", number=True),
        )
        kinds = ("never", "seldom", "always")
        ordered = sorted(self.figures.attachment.companies, key=lambda one: (kinds.index(one.kind), -one.orders))
        return Table("companies", self.text("alone_table"), columns, tuple(self._company(one) for one in ordered))

    def _company(self, one: Company) -> tuple[Cell, ...]:
        interval = f"{self.numbers.share(one.low)}–{self.numbers.share(one.high)}"
        return (
            self._product(one.item),
            Cell(self.text(one.kind), one.kind, badge=one.kind),
            self._count(one.orders),
            self._share(one.accompanied, one.orders, f"{one.accompanied:,} / {one.orders:,}"),
            Cell(interval, f"{one.low:.6f}"),
        )

    def avoidances(self) -> Table:
        """Pairs that are not bought together."""
        columns = (
            Column(self.text("one"), name=True),
            Column(self.text("other"), name=True),
            Column(self.text("count"), "support", number=True),
            Column(self.text("expected"), "expected", number=True),
        )
        rows = tuple(self._avoidance(pair) for pair in self.figures.attachment.avoidances)
        return Table("avoidances", self.text("avoid_table"), columns, rows, titled=True)

    def _avoidance(self, pair: Avoidance) -> tuple[Cell, ...]:
        return (
            self._product(pair.first),
            self._product(pair.second),
            self._count(pair.together),
            Cell(self.numbers.plain(pair.expected), f"{pair.expected:.6f}"),
        )

    def months(self) -> Table:
        """Orders by month."""
        columns = (Column(self.text("month")), Column(self.text("orders"), number=True))
        rows = tuple(
            (Cell(self.numbers.month(month), month), self._count(count)) for month, count in self.figures.seen.months
        )
        return Table("months", self.text("months_chart"), columns, rows)

    def checks(self) -> Table:
        """The state of the data."""
        columns = (
            Column(self.text("checked")),
            Column(self.text("state")),
            Column(self.text("found"), number=True),
            Column(self.text("means")),
        )
        return Table("checks", self.text("data_table"), columns, tuple(self._check(one) for one in self.figures.checks))

    def _check(self, check: Check) -> tuple[Cell, ...]:
        fine = check.level == "good" and check.code != "period"
        count = self._count(check.count)
        if check.code != "period" and check.count:
            count = self._count(check.count, self.numbers.share(check.count / max(check.of, 1)))
        means = self.text(f"c_{check.code}_means", currency=self.figures.seen.currency, of=check.of)
        ranks = {"poor": "0", "note": "1", "good": "2"}
        return (
            Cell(self.text(f"c_{check.code}")),
            Cell(self.text(check.level), ranks[check.level], badge=check.level),
            count,
            Cell("–" if fine else means),
        )

    def mapping(self) -> Table:
        """How the file's columns were understood."""
        columns = (Column(self.text("field")), Column(self.text("column")))
        rows = tuple((Cell(field), Cell(column)) for field, column in self.figures.mapping)
        return Table("mapping", self.text("mapping_table"), columns, rows)

    def rejects(self) -> Table:
        """Rows that were left out."""
        columns = (
            Column(self.text("line"), number=True),
            Column(self.text("column")),
            Column(self.text("value")),
            Column(self.text("reason")),
        )
        rows = tuple(
            (
                Cell(f"{reject.line:,}" if reject.line else "–", str(reject.line)),
                Cell(reject.column or "–"),
                Cell(reject.value or "–"),
                Cell(reject.reason),
            )
            for reject in self.figures.rejects
        )
        return Table("rejects", self.text("rejects_table"), columns, rows, titled=True)

    def worth(self) -> Table:
        """The estimate at other shares of people who say yes."""
        columns = (Column(self.text("w_yes"), number=True), Column(self.text("w_month"), number=True))
        rows = tuple(
            (
                Cell(self.numbers.share(yes / 10_000), str(yes)),
                self._money(self.figures.worth.at(yes).month()),
            )
            for yes in SHARES
        )
        return Table("worth-table", self.text("w_table"), columns, rows)


SHARES = (100, 300, 500, 1_000, 2_000, 3_500)  # basis points in the table of the estimate
