"""Deals: main and attached lines, what they come to, and the rules of selling to an account. Pure.

A line that a rep enters is a proposal, whatever its state says: it becomes a line of an order only with the customer's
recorded yes (`offers.acceptance`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.errors import BadValue, NotFound, Refused
from tsuide.kit.money import RATE_UNIT, ex_tax, share_out, tax_of

Role: TypeAlias = Literal["main", "attached"]
LineState: TypeAlias = Literal["proposed", "accepted", "declined"]
Stage: TypeAlias = Literal["lead", "qualified", "quoted", "negotiation", "won", "lost"]
PriceFrom: TypeAlias = Literal["catalogue", "list", "offer", "rep", "set", "gift"]
Loss: TypeAlias = Literal["price", "competitor", "no_need", "no_budget", "timing", "no_answer", "other"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
LINE_STATES: Final[tuple[LineState, ...]] = get_args(LineState)
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
OPEN_STAGES: Final[tuple[Stage, ...]] = ("lead", "qualified", "quoted", "negotiation")
LOSSES: Final[tuple[Loss, ...]] = get_args(Loss)
PRICES_FROM: Final[tuple[PriceFrom, ...]] = get_args(PriceFrom)
REPLACED: Final = "replaced"  # why a line is not wanted any more whose better model was taken
MOST_LINES: Final = 500
MOST_UNITS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a deal.

    Args:
        place: its number in the deal, from 1, never given twice.
        title: as the catalogue had it when the line was made.
        unit_price: of one unit, minor units, as the shop shows prices; None = to be quoted.
        discount: off the whole line, minor units.
        tax_rate: basis points.
        state: of a main line accepted or declined; an attached one is proposed first.
        reason: why it was declined.
        with_id: the product that an attached line goes with.
        kind: of the offer that it came from.
        price_from: who made the price.
        requires: product ids that are needed too and that nobody has asked about yet.
        decision_id, offer_id: what proposed it; None = a person.
        promotion_id: what a rep gave on it (`sales.benefits`); `discount` is what that takes off.
    """

    place: int
    product_id: str
    title: str
    quantity: int
    unit_price: int | None
    currency: str
    role: Role = "main"
    state: LineState = "accepted"
    discount: int = 0
    tax_rate: int = 1_000
    tax_included: bool = True
    reason: str | None = None
    with_id: str | None = None
    kind: str | None = None
    price_from: PriceFrom = "catalogue"
    requires: tuple[str, ...] = ()
    decision_id: str | None = None
    offer_id: str | None = None
    promotion_id: str | None = None

    @property
    def amount(self) -> int | None:
        """What the line comes to, as prices are shown; None = to be quoted.

        >>> Line(1, "tea", "Tea", 12, 500, "JPY", discount=600).amount
        5400
        """
        return None if self.unit_price is None else self.unit_price * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class Deal:
    """Something that may be sold to an account.

    Args:
        customer_id: the account; None = not known yet: the deal is kept, and says so.
        owner: the rep; "" = nobody's.
        needs: of the customer, as the rep recorded them.
        closed_at: when it was won or lost.
        reason: of a loss, of LOSSES.
        note: more of it.
        order_id: the order that the customer's yes has become; a deal without one earned nothing yet.
    """

    id: str
    title: str
    customer_id: str | None
    owner: str
    stage: Stage
    made_at: datetime
    changed_at: datetime
    needs: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    closed_at: datetime | None = None
    reason: str | None = None
    note: str | None = None
    order_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Neither won nor lost."""
        return self.stage in OPEN_STAGES

    @property
    def wanted(self) -> tuple[Line, ...]:
        """The lines that a quote asks for: what was proposed and not taken is none of them."""
        return tuple(line for line in self.lines if line.state == "accepted")

    def line(self, place: int) -> Line:
        """The line of a number.

        Raises:
            NotFound: there is none.
        """
        for each in self.lines:
            if each.place == place:
                return each
        raise NotFound("no such line in this deal", key="line", value=place, way_out=f"tsuide deal show {self.id}")


# --- what it comes to -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """What lines of one currency come to.

    Args:
        subtotal: the lines as prices are shown, after discounts.
        by_rate: rate in basis points → (the lines of it ex tax, tax); tax is rounded once per rate.
        total: tax included.
        unpriced: lines whose price is still to be quoted; they are in none of the sums.
    """

    currency: str
    subtotal: int
    by_rate: Mapping[int, tuple[int, int]]
    total: int
    unpriced: int = 0


def totals(lines: Iterable[Line]) -> tuple[Totals, ...]:
    """What lines come to, each currency by itself: two currencies are never added.

    >>> tea = Line(1, "tea", "Tea", 2, 540, "JPY", tax_rate=800)
    >>> cup = Line(2, "cup", "Cup", 3, 333, "JPY", tax_included=False)
    >>> totals([tea, cup])[0].by_rate, totals([tea, cup])[0].total
    ({800: (1000, 80), 1000: (999, 99)}, 2178)
    >>> [(each.currency, each.total) for each in totals([tea, Line(3, "fee", "Fee", 1, 5_00, "USD")])]
    [('JPY', 1080), ('USD', 500)]
    """
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.currency, []).append(line)
    return tuple(_totals(currency, groups[currency]) for currency in sorted(groups))


def _totals(currency: str, lines: Sequence[Line]) -> Totals:
    sums: dict[bool, dict[int, int]] = {True: {}, False: {}}
    for line in lines:
        if line.amount is not None:
            by_rate = sums[line.tax_included]
            by_rate[line.tax_rate] = by_rate.get(line.tax_rate, 0) + line.amount
    inside, on_top = (tax_of(sums[included], included=included) for included in (True, False))
    by_rate_: dict[int, tuple[int, int]] = {}
    for rate in sorted({*inside, *on_top}):
        net = sums[True].get(rate, 0) - inside.get(rate, 0) + sums[False].get(rate, 0)
        by_rate_[rate] = (net, inside.get(rate, 0) + on_top.get(rate, 0))
    subtotal = sum(line.amount or 0 for line in lines)
    unpriced = sum(line.amount is None for line in lines)
    return Totals(currency, subtotal, by_rate_, subtotal + sum(on_top.values()), unpriced)


def refuse_unquotable(lines: Sequence[Line]) -> None:
    """Refuse what cannot stand in one quote.

    Raises:
        Refused: nothing is wanted, a price is missing, there are several currencies, or prices with and without tax
            at one rate (tax could not be rounded once).
    """
    if not lines:
        raise Refused("nothing is wanted yet", key="lines", way_out="tsuide deal line DEAL PRODUCT")
    unpriced = [line.place for line in lines if line.unit_price is None]
    if unpriced:
        raise Refused("a price is missing", key="line", value=unpriced[0], way_out="tsuide deal price DEAL LINE PRICE")
    currencies = sorted({line.currency for line in lines})
    if len(currencies) > 1:
        raise Refused("a quote has one currency", key="currency", value=currencies, way_out="make a deal for each")
    for rate in {line.tax_rate for line in lines}:
        if len({line.tax_included for line in lines if line.tax_rate == rate}) > 1:
            raise Refused("prices with and without tax at one rate", key="tax_rate", value=rate,
                          way_out="import the products with one tax_included")  # fmt: skip


def flags(deal: Deal, *, known: bool = True) -> tuple[str, ...]:
    """What is lacking in a deal: it is kept all the same.

    Args:
        deal: which.
        known: whether its account is in the store.

    >>> from tsuide.kit.clock import from_micros
    >>> flags(Deal("d", "New office", None, "ann", "lead", from_micros(0), from_micros(0)))
    ('no_account', 'no_lines')
    """
    found = []
    if deal.customer_id is None:
        found.append("no_account")
    elif not known:
        found.append("unknown_account")
    if not deal.owner:
        found.append("no_owner")
    if not deal.wanted:
        found.append("no_lines")
    if any(line.unit_price is None for line in deal.wanted):
        found.append("no_price")
    if len({line.currency for line in deal.wanted}) > 1:
        found.append("several_currencies")
    if deal.stage == "won" and deal.order_id is None:
        found.append("not_confirmed")
    return tuple(found)


# --- the rules --------------------------------------------------------------------------------------------


def refuse_split_case(product_id: str, quantity: int, case: int) -> None:
    """Refuse what is not whole cases.

    Args:
        product_id: which.
        quantity: units.
        case: units of one case; 1 = it is sold by the unit.

    Raises:
        BadValue: fewer than one unit, too many, or not a multiple; the way out names the nearest.

    >>> refuse_split_case("paper", 7, 5)
    Traceback (most recent call last):
    tsuide.errors.BadValue: paper is sold in cases of 5: quantity = 7. Way out: 5 or 10
    """
    if not 1 <= quantity <= MOST_UNITS:
        raise BadValue(f"must be 1 … {MOST_UNITS}", key="quantity", value=quantity)
    if quantity % case:
        below, above = quantity // case * case, (quantity // case + 1) * case
        near = f"{below} or {above}" if below else str(above)
        raise BadValue(f"{product_id} is sold in cases of {case}", key="quantity", value=quantity, way_out=near)


@dataclass(frozen=True, slots=True)
class Price:
    """One row of a price list.

    Args:
        list: its name; accounts name it.
        least: from so many units on.
        price: of one unit, minor units, with or without tax as the product's own.
    """

    list: str
    product_id: str
    price: int
    currency: str
    least: int = 1


def listed_price(rows: Iterable[Price], product_id: str, quantity: int, currency: str) -> int | None:
    """The price of a list for so many units; None where the list has none.

    >>> rows = [Price("gold", "tea", 480, "JPY"), Price("gold", "tea", 450, "JPY", least=24)]
    >>> [listed_price(rows, "tea", units, "JPY") for units in (1, 23, 24)], listed_price(rows, "cup", 1, "JPY")
    ([480, 480, 450], None)
    """
    fits = [row for row in rows if (row.product_id, row.currency) == (product_id, currency) and row.least <= quantity]
    return max(fits, key=lambda row: row.least).price if fits else None


@dataclass(frozen=True, slots=True)
class Credit:
    """Where an account stands with its credit.

    Args:
        limit: minor units, tax included; None = it has none.
        used: what is open with it already.
        asked: what this deal adds.
    """

    limit: int | None
    used: int
    asked: int
    currency: str

    @property
    def over(self) -> int:
        """By how much the limit would be passed; 0 = it is not.

        >>> Credit(100_000, 70_000, 50_000, "JPY").over, Credit(None, 0, 10**9, "JPY").over
        (20000, 0)
        """
        return 0 if self.limit is None else max(0, self.used + self.asked - self.limit)


@dataclass(frozen=True, slots=True)
class Earned:
    """A line with what is known of its cost.

    Args:
        cost: of one unit, ex tax, minor units; None = not known.
        rate: margin that a person set for its category where the cost is not known, basis points; 0 = neither.
        list_price: of one unit in the catalogue: what `rate` is of.
    """

    line: Line
    cost: int | None
    rate: int = 0
    list_price: int | None = None

    @property
    def spent(self) -> int | None:
        """What the line costs the shop, ex tax; None = nobody knows."""
        if self.cost is not None:
            return self.cost * self.line.quantity
        if not self.rate or self.list_price is None:
            return None
        net = ex_tax(self.list_price * self.line.quantity, self.line.tax_rate, included=self.line.tax_included)
        return -(-net * (RATE_UNIT - self.rate) // RATE_UNIT)

    @property
    def net(self) -> int:
        """What the line brings, ex tax."""
        return ex_tax(self.line.amount or 0, self.line.tax_rate, included=self.line.tax_included)


def refuse_below_floor(lines: Sequence[Earned], floor: int) -> None:
    """Refuse a price of a rep's own that earns less than the policy's margin floor, over all the lines together.

    Lines of unknown cost are left out: a margin is never guessed.

    Args:
        lines: that share one price; of a single line's price that line.
        floor: least margin, of the price ex tax, basis points.

    Raises:
        Refused: names the least that the lines may bring.

    >>> line = Line(1, "tea", "Tea", 10, 500, "JPY", tax_rate=1_000, tax_included=False)
    >>> refuse_below_floor([Earned(line, cost=400)], 1_500)
    >>> refuse_below_floor([Earned(replace(line, unit_price=460), cost=400)], 1_500)
    Traceback (most recent call last):
    tsuide.errors.Refused: below the margin floor of 15%: price = 4600. Way out: 4706 or more in all
    """
    short = least_of(lines, floor)
    if short is not None:
        raise Refused(f"below the margin floor of {floor / 100:g}%", key="price", value=short[0],
                      way_out=f"{short[1]} or more in all")  # fmt: skip


def least_of(lines: Sequence[Earned], floor: int) -> tuple[int, int] | None:
    """(what is asked for the lines, the least that may be); None where they earn the margin floor together."""
    known = [each for each in lines if each.spent is not None and each.line.amount is not None]
    net, spent = sum(each.net for each in known), sum(each.spent or 0 for each in known)
    if not known or (net - spent) * RATE_UNIT >= net * floor:
        return None
    return sum(each.line.amount or 0 for each in known), _least(known, spent, floor)


def _least(known: Sequence[Earned], spent: int, floor: int) -> int:
    """The least that the lines may come to, as prices are shown; of lines at several rates, at the highest of them."""
    if floor >= RATE_UNIT:
        return sum(each.line.amount or 0 for each in known)
    net = -(-spent * RATE_UNIT // (RATE_UNIT - floor))
    rates = [each.line.tax_rate for each in known if each.line.tax_included]
    return -(-net * (RATE_UNIT + max(rates)) // RATE_UNIT) if rates else net


# --- what is done with lines ------------------------------------------------------------------------------


def with_set_price(deal: Deal, places: Sequence[int], price: int) -> tuple[Line, ...]:
    """The deal's lines with one price for some of them together, shared out to the last unit.

    Args:
        deal: which.
        places: of the lines of the set.
        price: of the whole set, as prices are shown.

    Raises:
        NotFound: no such line.
        BadValue: fewer than two lines, one of them not priced, several currencies, or a price above the sum.

    >>> from tsuide.kit.clock import from_micros
    >>> lines = (Line(1, "tea", "Tea", 1, 600, "JPY"), Line(2, "cup", "Cup", 1, 300, "JPY"))
    >>> deal = Deal("d", "Tea set", "c", "ann", "lead", from_micros(0), from_micros(0), lines=lines)
    >>> [(each.amount, each.price_from) for each in with_set_price(deal, [1, 2], 800)]
    [(533, 'set'), (267, 'set')]
    """
    chosen = [replace(deal.line(place), discount=0, promotion_id=None) for place in dict.fromkeys(places)]
    full = [each.amount for each in chosen]
    if len(chosen) < 2 or None in full or len({each.currency for each in chosen}) > 1:  # noqa: PLR2004 - a set
        raise BadValue("a set has two priced lines or more, of one currency", key="lines", value=list(places))
    known = [each or 0 for each in full]
    if not 0 <= price <= sum(known):
        raise BadValue(f"must be 0 … {sum(known)}: what the lines cost one by one", key="price", value=price)
    shares = share_out(sum(known) - price, known) if sum(known) else [0] * len(known)
    made = {
        line.place: replace(line, discount=share, price_from="set")
        for line, share in zip(chosen, shares, strict=True)
    }  # fmt: skip
    others = dissolved(deal.lines)
    return tuple(made.get(line.place, line) for line in others)


def dissolved(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines without their set's price: it holds for the whole set only."""
    return tuple(
        replace(line, discount=0, price_from="rep") if line.price_from == "set" else line for line in lines
    )  # fmt: skip


def broken_sets(before: Deal, after: Deal) -> tuple[Line, ...]:
    """The lines of a changed deal; a proposed set of which something has gone has no price of its own any more.

    What comes free with it goes with it. Its main product, which the customer had already, is part of the set.
    """
    gone: set[str] = set()
    wanted = {line.product_id for line in after.wanted}
    places = {line.place for line in after.lines}
    for line in before.lines:
        if line.kind == "bundle" and line.offer_id is not None and line.discount and line.promotion_id is None:
            main_went = line.with_id not in wanted and line.with_id in {each.product_id for each in before.wanted}
            if line.place not in places or main_went:
                gone.add(line.offer_id)
    if not gone:
        return after.lines
    return tuple(
        replace(line, discount=0) if line.offer_id in gone else line
        for line in after.lines
        if line.offer_id not in gone or line.amount != 0
    )


def answered(deal: Deal, place: int, state: LineState, reason: str | None = None) -> tuple[Line, ...]:
    """The deal's lines after the customer's answer to one of them, as a rep heard it.

    Lines of one offer are answered together; what is taken in the place of another line puts that one aside; a set
    of which a line is gone has no price of its own any more.

    Raises:
        NotFound: no such line.
        BadValue: not a state.
    """
    if state not in LINE_STATES:
        raise BadValue("not a state of a line", key="state", value=state, way_out=", ".join(LINE_STATES))
    line = deal.line(place)
    same = {
        each.place
        for each in deal.lines
        if each.place == place or (line.offer_id is not None and each.offer_id == line.offer_id)
    }
    lines = [
        replace(each, state=state, reason=reason if state == "declined" else None) if each.place in same else each
        for each in deal.lines
    ]
    if line.kind in {"up_sell", "down_sell", "alternative"} and line.with_id is not None:
        lines = [_put_aside(each, line.with_id, same, taken=state == "accepted") for each in lines]
    gone = any(each.price_from == "set" and each.state != "accepted" for each in lines)
    return dissolved(lines) if gone else tuple(lines)


def _put_aside(line: Line, product_id: str, instead: set[int], *, taken: bool) -> Line:
    if line.product_id != product_id or line.place in instead:
        return line
    if taken and line.state == "accepted":
        return replace(line, state="declined", reason=REPLACED)
    if not taken and line.reason == REPLACED:
        return replace(line, state="accepted", reason=None)
    return line


def refuse_closed(deal: Deal) -> None:
    """Refuse to change what is won or lost.

    Raises:
        Refused: it is.
    """
    if not deal.is_open:
        way_out = f"tsuide deal reopen {deal.id}" if deal.stage == "lost" else "begin another deal"
        raise Refused(f"this deal is {deal.stage}", key="deal", value=deal.id, way_out=way_out)
