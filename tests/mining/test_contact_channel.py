import polars as pl
import pytest

from tsuide.errors import BadColumns, BadValue
from tsuide.mining.contact_channel import ContactChannel


def contacts(customer: str, channel: str, *, answered: int, ignored: int) -> list[tuple[str, str, bool]]:
    return [(customer, channel, n < answered) for n in range(answered + ignored)]


def table(rows: list[tuple[str, str, bool]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"customer": pl.String, "channel": pl.String, "reacted": pl.Boolean}, orient="row")


def crowd() -> list[tuple[str, str, bool]]:
    """Everybody reads mail a little more than LINE."""
    return [
        row
        for n in range(40)
        for row in contacts(f"c{n}", "email", answered=3, ignored=7) + contacts(f"c{n}", "line", answered=2, ignored=8)
    ]


def test_one_reaction_does_not_outweigh_everybody() -> None:
    fitted = ContactChannel().fit(table(crowd() + contacts("new", "line", answered=1, ignored=0)))
    best, other = fitted.rates("new")
    assert (best.channel, best.contacts, other.contacts) == ("email", 0, 1)
    assert best.low < best.probability < best.high


def test_many_reactions_do() -> None:
    line = contacts("own", "line", answered=40, ignored=10) + contacts("own", "email", answered=0, ignored=50)
    best = ContactChannel().fit(table(crowd() + line)).rates("own")[0]
    assert (best.channel, best.contacts, best.reactions) == ("line", 50, 40)


def test_the_segment_stands_between_customer_and_everybody() -> None:
    rows = [
        row
        for n in range(20)
        for who, channel, answered in (
            ("young", "line", 6),
            ("young", "email", 1),
            ("old", "email", 6),
            ("old", "line", 1),
        )
        for row in contacts(f"{who}{n}", channel, answered=answered, ignored=10 - answered)
    ]
    names = [f"{who}{n}" for who in ("young", "old") for n in range(20)]
    segments = pl.DataFrame({"customer": names, "segment": [name.rstrip("0123456789") for name in names]})
    fitted = ContactChannel().fit(table(rows), segments)
    assert fitted.rates("x", "young")[0].channel == "line"
    assert fitted.rates("x", "old")[0].channel == "email"
    assert fitted.rates("x")[0].probability == pytest.approx(0.35, abs=0.01)  # of no segment: everybody's


def test_only_channels_that_may_be_named_are() -> None:
    fitted = ContactChannel().fit(table(crowd()))
    assert [each.channel for each in fitted.rates("c1", among={"line", "sms"})] == ["line"]
    assert fitted.rates("c1", among=()) == ()


def test_nobody_contacted_means_that_nothing_is_known() -> None:
    assert ContactChannel().fit(table([])).rates("c1") == ()


def test_bad_columns_and_parameters_are_refused_by_name() -> None:
    with pytest.raises(BadColumns, match="reacted"):
        ContactChannel().fit(table([]).drop("reacted"))
    with pytest.raises(BadValue, match="prior"):
        ContactChannel(prior=-1)


def test_the_only_customer_there_is_has_their_own_interval() -> None:
    (only,) = ContactChannel().fit(table(contacts("c", "email", answered=5, ignored=5))).rates("c")
    assert only.low < 0.3
    assert only.high > 0.7
