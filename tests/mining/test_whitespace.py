import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadColumns, BadValue, UnknownCustomer
from tsuide.mining.whitespace import Whitespace


def table(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["customer", "line", "amount"], orient="row")


CLINICS = [(f"clinic{n}", line, 100 + 2 * n) for n in range(6) for line in ("gloves", "masks", "lasers")]
GARAGES = [(f"garage{n}", line, 70) for n in range(6) for line in ("oil", "tyres")]


def test_an_account_is_offered_what_its_look_alikes_buy_and_others_do_not_matter() -> None:
    fitted = Whitespace(neighbours=6).fit(table([*CLINICS, *GARAGES, ("new", "gloves", 90), ("new", "masks", 90)]))
    (room,) = fitted.of("new")
    assert room.line == "lasers"
    assert room.share == pytest.approx(1.0)
    assert (room.amount, room.buyers) == (105, 6)  # mean of 100, 102 … 110
    assert room.low < 1.0
    assert room.potential_low <= room.potential <= room.potential_high


def test_what_an_account_already_buys_is_never_room_to_grow() -> None:
    fitted = Whitespace().fit(table(CLINICS))
    assert fitted.of("clinic0") == []


def test_an_account_without_orders_is_compared_by_its_attributes() -> None:
    attributes = pl.DataFrame(
        {
            "customer": [f"clinic{n}" for n in range(6)] + [f"garage{n}" for n in range(6)] + ["new"],
            "industry": ["medical"] * 6 + ["cars"] * 6 + ["medical"],
        }
    )
    fitted = Whitespace(neighbours=6).fit(table([*CLINICS, *GARAGES]), attributes)
    assert {room.line for room in fitted.of("new")} == {"gloves", "masks", "lasers"}


def test_too_few_buying_look_alikes_say_nothing() -> None:
    fitted = Whitespace(min_buyers=3).fit(table([("a", "x", 1), ("b", "x", 1), ("b", "y", 1), ("c", "y", 5)]))
    assert fitted.of("a") == []


def test_an_unknown_account_is_refused_by_name() -> None:
    with pytest.raises(UnknownCustomer, match="nobody"):
        Whitespace().fit(table(CLINICS)).of("nobody")


def test_bad_columns_and_parameters_are_refused_by_name() -> None:
    with pytest.raises(BadColumns, match="amount"):
        Whitespace().fit(table(CLINICS).drop("amount"))
    with pytest.raises(BadValue, match="neighbours"):
        Whitespace(neighbours=0).fit(table(CLINICS))


def test_a_planted_line_is_found_among_five_thousand_accounts() -> None:
    rng = np.random.default_rng(2)
    rows = []
    for n in range(5000):
        kind = n % 5
        lines = [10 * kind + k for k in rng.permutation(10)[:7]]
        rows += [(f"a{n}", f"l{line}", 100) for line in lines]
    frame = table(rows)
    fitted = Whitespace().fit(frame)
    found = fitted.of("a7", n=3)
    assert {int(room.line[1:]) // 10 for room in found} == {2}
    assert found[0].share == pytest.approx(0.7, abs=0.2)


def test_a_large_account_has_more_room_where_amounts_are_brought_to_its_own_size() -> None:
    small = [(f"clinic{n}", line, 100) for n in range(6) for line in ("gloves", "masks", "lasers")]
    large = [("large", "gloves", 1000), ("large", "masks", 1000)]
    plain, sized = (Whitespace(neighbours=6, size_prior=k).fit(table([*small, *large])) for k in (None, 1.0))
    assert plain.of("large")[0].amount == 100
    assert 200 < sized.of("large")[0].amount < 1000  # two lines say so against the one of the prior


def test_many_accounts_at_once_get_what_each_gets_alone() -> None:
    fitted = Whitespace(neighbours=6).fit(table([*CLINICS, *GARAGES, ("new", "gloves", 90), ("odd", "oil", 1)]))
    assert list(fitted.rooms()) == [fitted.of(name) for name in fitted.customers.ids]


def test_who_buys_little_of_what_their_like_need_has_more_left_than_who_buys_nearly_all_of_it() -> None:
    rng = np.random.default_rng(5)
    lines = [f"l{n}" for n in range(10)]
    rows = [(f"a{n}", line, 100) for n in range(300) for line in lines if rng.random() < 0.4]
    rows += [("few", "l0", 100), *(("many", line, 100) for line in lines[:9])]
    same = pl.DataFrame({"customer": sorted({row[0] for row in rows})}).with_columns(industry=pl.lit("one"))
    plain, fitted = (
        Whitespace(attribute_weight=0.9, part=part).fit(table(rows), same) for part in (None, 0.4)
    )  # fmt: skip
    few, many = ({room.line: room for room in fitted.of(who)}["l9"] for who in ("few", "many"))
    assert few.share == pytest.approx(many.share, abs=0.15)
    assert few.potential > 2 * many.potential
    usual = {room.line: room for room in plain.of("few")}["l9"]
    assert usual.potential < few.potential <= few.amount
    assert few.potential_low <= few.potential <= few.potential_high


def test_no_more_is_expected_than_those_spend_who_buy_and_a_part_is_a_part() -> None:
    fitted = Whitespace(neighbours=6, part=0.4).fit(table([*CLINICS, ("new", "gloves", 90)]))
    assert all(room.potential <= room.amount for room in fitted.of("new"))
    again = type(fitted).from_arrays(fitted.arrays(), fitted.meta())
    assert again.of("new") == fitted.of("new")
    for wrong in (0, 1.0, -0.2):
        with pytest.raises(BadValue, match="part"):
            Whitespace(part=wrong)
