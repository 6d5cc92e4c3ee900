from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadColumns, BadValue
from tsuide.mining.contact_time import ContactTime

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def table(rows: list[tuple[str, str, datetime, bool]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"customer": pl.String, "channel": pl.String, "at": pl.Datetime("us", "UTC"), "reacted": pl.Boolean},
        orient="row",
    )


def contacts(
    customer: str, hour: int, *, answered: int, ignored: int, day: int = 0
) -> list[tuple[str, str, datetime, bool]]:
    at = MONDAY + timedelta(days=day, hours=hour)
    return [(customer, "phone", at, n < answered) for n in range(answered + ignored)]


def test_hours_are_local_to_the_shop() -> None:
    fitted = ContactTime(prior=1.0).fit(
        table(contacts("a", 1, answered=5, ignored=0) + contacts("a", 5, answered=0, ignored=5))
    )
    best = fitted.best("a", "phone", weekday=0)
    assert (best.hour, best.contacts) == (10, 5)  # 1:00 UTC = 10:00 in Tokyo


def test_a_customer_with_few_contacts_follows_the_others() -> None:
    many = [
        row
        for n in range(40)
        for row in contacts(f"c{n}", 10, answered=4, ignored=1) + contacts(f"c{n}", 14, answered=1, ignored=4)
    ]
    fitted = ContactTime(zone="UTC").fit(table(many + contacts("new", 14, answered=1, ignored=0)))
    assert fitted.best("new", "phone", weekday=0).hour == 10
    assert fitted.best("never seen", "phone", weekday=0).hour == 10


def test_a_customer_with_many_contacts_has_an_hour_of_their_own() -> None:
    many = [row for n in range(20) for row in contacts(f"c{n}", 10, answered=4, ignored=1)]
    owl = contacts("owl", 19, answered=60, ignored=0) + contacts("owl", 10, answered=0, ignored=60)
    fitted = ContactTime(zone="UTC").fit(table(many + owl))
    assert fitted.best("owl", "phone", weekday=0).hour == 19


def test_the_segment_stands_between_customer_and_channel() -> None:
    rows = [
        row
        for n in range(20)
        for row in contacts(f"early{n}", 9, answered=4, ignored=1) + contacts(f"early{n}", 16, answered=0, ignored=5)
    ]
    rows += [
        row
        for n in range(20)
        for row in contacts(f"late{n}", 16, answered=4, ignored=1) + contacts(f"late{n}", 9, answered=0, ignored=5)
    ]
    names = [f"{kind}{n}" for kind in ("early", "late") for n in range(20)]
    segments = pl.DataFrame({"customer": names, "segment": [name.rstrip("0123456789") for name in names]})
    fitted = ContactTime(zone="UTC").fit(table(rows), segments)
    assert fitted.best("x", "phone", weekday=0, segment="early").hour == 9
    assert fitted.best("x", "phone", weekday=0, segment="late").hour == 16


def test_only_allowed_hours_and_days_are_answered() -> None:
    fitted = ContactTime(zone="UTC").fit(
        table(contacts("a", 3, answered=50, ignored=0) + contacts("a", 10, answered=25, ignored=25, day=2))
    )
    assert fitted.best("a", "phone").hour in range(8, 21)
    assert fitted.best("a", "phone", weekday=2).weekday == 2
    with pytest.raises(BadValue, match="no hour"):
        fitted.best("a", "phone", hours=range(0))


def test_a_channel_without_contacts_is_refused_by_name() -> None:
    fitted = ContactTime().fit(table(contacts("a", 3, answered=1, ignored=0)))
    with pytest.raises(BadValue, match="email"):
        fitted.week("a", "email")


def test_bad_columns_and_parameters_are_refused_by_name() -> None:
    with pytest.raises(BadColumns, match="reacted"):
        ContactTime().fit(table([]).drop("reacted"))
    with pytest.raises(BadValue, match="prior"):
        ContactTime(prior=0).fit(table([]))
    with pytest.raises(BadValue, match="time zone"):
        ContactTime(zone="Asia/Edo").fit(table([]))


def test_learned_hours_answer_better_than_the_shops_usual_hour() -> None:
    rng = np.random.default_rng(0)
    favourite = {f"c{n}": int(rng.integers(9, 19)) for n in range(200)}
    rows = []
    for customer, hour in favourite.items():
        for _ in range(60):
            at, day = int(rng.integers(8, 20)), int(rng.integers(0, 5))
            chance = 0.6 if abs(at - hour) <= 1 else 0.1
            rows.append((customer, "phone", MONDAY + timedelta(days=day, hours=at), bool(rng.random() < chance)))
    fitted = ContactTime(zone="UTC").fit(table(rows))
    close = sum(abs(fitted.best(customer, "phone", weekday=0).hour - hour) <= 1 for customer, hour in favourite.items())
    assert close >= 150
