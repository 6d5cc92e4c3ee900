"""What was proposed with what, and what of it won: by product line, by product, by rep. Counts and intervals; pure.

Won is what a customer's recorded yes has made an order of. What a rep says was accepted, or a deal that is called won
without an order, counts for nobody. Currencies stand apart and are never added.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tsuide.mining.intervals import wilson
from tsuide.outreach.sales.deals import REPLACED, Deal, Line, totals

NOTHING: Final = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """What was attached to what.

    Args:
        main: product line (or product) that it was proposed with; "" = none named.
        attached: of what was proposed.
        rep: whose deals; None = everybody's.
        proposed: lines.
        answered: of them: confirmed, declined, or in a deal that is closed.
        won: confirmed by the customer.
        declined: the customer's no, with a reason or without.
        amount: of what was won, as prices were shown, minor units.
    """

    currency: str
    main: str
    attached: str
    rep: str | None
    proposed: int
    answered: int
    won: int
    declined: int
    amount: int

    @property
    def share(self) -> float | None:
        """Won of what was answered; None where nothing is."""
        return self.won / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the share (Wilson); None where nothing is answered."""
        return None if self.share is None else wilson(self.share, self.answered)


@dataclass(frozen=True, slots=True)
class RepRow:
    """One rep's deals of one currency.

    Args:
        open, won, lost: deals; won = with an order.
        attached: won deals with something attached.
        confirmed: what customers have confirmed, tax included, minor units: the only figure that a quota may count.
        hoped: what stands in open deals and nobody has confirmed.
    """

    currency: str
    rep: str
    open: int
    won: int
    lost: int
    attached: int
    confirmed: int
    hoped: int

    @property
    def attach_rate(self) -> tuple[float, float, float] | None:
        """Share of won deals with something attached, and its 95 % interval; None where none was won."""
        return None if not self.won else (self.attached / self.won, *wilson(self.attached / self.won, self.won))

    @property
    def win_rate(self) -> tuple[float, float, float] | None:
        """Won of what is closed, and its 95 % interval; None where nothing is closed."""
        closed = self.won + self.lost
        return None if not closed else (self.won / closed, *wilson(self.won / closed, closed))


def pairs(deals: Iterable[Deal], group: Mapping[str, str], *, by_rep: bool = False) -> list[Pair]:
    """What was attached to what, the most won first.

    Args:
        deals: all that are to be counted.
        group: product id → what it counts as (its product line); one that is missing counts as itself.
        by_rep: each rep by themselves.

    >>> from tsuide.kit.clock import from_micros
    >>> lines = (Line(1, "tea", "Tea", 1, 900, "JPY"),
    ...     Line(2, "cup", "Cup", 1, 300, "JPY", "attached", "accepted", with_id="tea"))
    >>> at = from_micros(0)
    >>> won = Deal("d1", "", "c", "ann", "won", at, at, lines=lines, order_id="o")
    >>> said = Deal("d2", "", "c", "ann", "won", at, at, lines=lines)  # called won, confirmed by nobody
    >>> [(pair.main, pair.attached, pair.won, pair.answered) for pair in pairs([won, said], {"tea": "Drinks"})]
    [('Drinks', 'cup', 1, 2)]
    """
    counted: dict[tuple[str, str, str, str | None], list[int]] = {}
    for deal in deals:
        for line in deal.lines:
            if line.role != "attached" or line.reason == REPLACED:
                continue
            main = NOTHING if line.with_id is None else group.get(line.with_id, line.with_id)
            key = (line.currency, main, group.get(line.product_id, line.product_id), deal.owner if by_rep else None)
            sums = counted.setdefault(key, [0] * 5)
            won, declined = _won(deal, line), line.state == "declined"
            for place, more in enumerate((1, won or declined or not deal.is_open, won, declined)):
                sums[place] += more
            sums[4] += (line.amount or 0) if won else 0
    rows = [Pair(*key, *sums) for key, sums in counted.items()]
    return sorted(rows, key=lambda row: (row.currency, -row.won, -row.proposed, row.main, row.attached, row.rep or ""))


def by_rep(deals: Iterable[Deal]) -> list[RepRow]:
    """Each rep's deals, currency by currency; what is confirmed apart from what is hoped for."""
    counted: dict[tuple[str, str], list[int]] = {}
    for deal in deals:
        won, lost = deal.order_id is not None, deal.stage == "lost"
        attached = won and any(line.role == "attached" for line in deal.wanted)
        for each in totals(deal.wanted or deal.lines):
            sums = counted.setdefault((each.currency, deal.owner), [0] * 6)
            amounts = (each.total if won else 0, each.total if deal.is_open and deal.wanted else 0)
            for place, more in enumerate((deal.is_open, won, lost, attached, *amounts)):
                sums[place] += more
    rows = [RepRow(*key, *sums) for key, sums in counted.items()]
    return sorted(rows, key=lambda row: (row.currency, -row.confirmed, row.rep))


def losses(deals: Iterable[Deal]) -> dict[str, int]:
    """Why deals were lost, the commonest first."""
    counted: dict[str, int] = {}
    for deal in deals:
        if deal.stage == "lost":
            counted[deal.reason or "other"] = counted.get(deal.reason or "other", 0) + 1
    return dict(sorted(counted.items(), key=lambda each: (-each[1], each[0])))


def _won(deal: Deal, line: Line) -> bool:
    return deal.order_id is not None and line.state == "accepted"
