"""What wins with what: counted by hand here, with nobody's word for a yes, and currencies apart."""

from typing import Any

from tsuide.kit.clock import from_micros
from tsuide.outreach.sales.combinations import by_rep, losses, pairs
from tsuide.outreach.sales.deals import Deal, Line

AT = from_micros(0)
GROUP = {"tea": "Drinks", "fine": "Drinks", "cup": "Tableware"}


def attached(state: Any, product: str = "cup", **more: Any) -> Line:
    given = {"currency": "JPY", "with_id": "tea"} | more
    return Line(2, product, "", 1, 300, role="attached", state=state, **given)


def deal(stage: Any, line: Line | None, order: str | None = None, owner: str = "ann", **more: Any) -> Deal:
    main = Line(1, "tea", "Tea", 1, 1_000, "JPY")
    lines = (main,) if line is None else (main, line)
    return Deal("d", "", "c", owner, stage, AT, AT, lines=lines, order_id=order, **more)


DEALS = [
    deal("won", attached("accepted"), "o1"), deal("won", attached("accepted"), "o2", "bob"),
    deal("won", attached("declined"), "o3"), deal("won", attached("proposed"), "o4"),
    deal("lost", attached("accepted"), reason="price"), deal("quoted", attached("accepted")),
    deal("quoted", attached("declined")), deal("won", attached("accepted")), deal("lost", None, reason="timing"),
]  # fmt: skip


def test_only_confirmed_lines_win_and_open_ones_wait_for_their_answer() -> None:
    row = pairs(DEALS, GROUP)[0]
    assert (row.main, row.attached, row.proposed, row.answered, row.won, row.declined) == (
        "Drinks",
        "Tableware",
        8,
        7,
        2,
        2,
    )
    assert (row.amount, row.share) == (600, 2 / 7)
    low, high = row.interval or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.0822, 0.6411)


def test_combinations_stand_apart_by_rep_and_by_currency() -> None:
    rows = pairs([*DEALS, deal("won", attached("accepted", currency="USD"), "o9")], {}, by_rep=True)
    assert [(row.currency, row.main, row.attached, row.rep, row.won) for row in rows] == [
        ("JPY", "tea", "cup", "ann", 1), ("JPY", "tea", "cup", "bob", 1), ("USD", "tea", "cup", "ann", 1),
    ]  # fmt: skip


def test_what_was_put_aside_for_a_better_one_is_no_no() -> None:
    assert pairs([deal("won", attached("declined", reason="replaced"), "o1")], GROUP) == []
    assert pairs([deal("quoted", attached("proposed"))], GROUP)[0].share is None


def test_a_reps_figures_count_what_customers_confirmed_and_show_what_is_hoped_for_apart() -> None:
    ann, bob = by_rep(DEALS)
    assert (ann.rep, ann.open, ann.won, ann.lost, ann.attached) == ("ann", 2, 3, 2, 1)
    assert (ann.confirmed, ann.hoped) == (1_300 + 1_000 + 1_000, 1_300 + 1_000)
    assert (bob.confirmed, bob.attach_rate and bob.attach_rate[0]) == (1_300, 1.0)
    assert [round(each, 2) for each in ann.win_rate or ()] == [0.6, 0.23, 0.88]
    assert by_rep([deal("quoted", None)])[0].win_rate is None


def test_losses_are_counted_by_reason() -> None:
    assert losses([*DEALS, deal("lost", None, reason="price")]) == {"price": 2, "timing": 1}
