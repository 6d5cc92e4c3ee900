"""Results of others: the nearest first, and nobody's name where it does not belong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tsuide.outreach.sales.wins import Told, Winner, wins_for

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DENTAL = {"industry": "dental", "size": "small", "prefecture": "東京都"}
AOZORA = Winner(
    "w1", "aozora", "青空歯科", ("青空歯科",), "ann", "east", DENTAL, "待ち時間", "40分", "15分",
    "青空歯科の報告書", NOW, frozenset({"laser"}), frozenset({"機器"}),
)  # fmt: skip


def found(*winners: Winner, **more: Any) -> list[Told]:
    asked: dict[str, Any] = {"rep": "bob", "team": "", "industries": {"dental": 5}} | more
    return wins_for(winners, "me", DENTAL, "laser", "機器", **asked)


def test_who_bought_the_same_stands_before_who_is_only_alike_and_own_results_are_left_out() -> None:
    alike = replace(AOZORA, win_id="w2", account="b", bought=frozenset(), lines=frozenset(), at=NOW + timedelta(days=1))
    line_only = replace(AOZORA, win_id="w3", account="c", bought=frozenset({"scaler"}), traits={})
    stranger = replace(
        AOZORA, win_id="w4", account="d", bought=frozenset(), lines=frozenset(), traits={"size": "small"}
    )
    mine = replace(AOZORA, win_id="w5", account="me")
    assert [each.win_id for each in found(alike, line_only, stranger, mine, AOZORA, most=9)] == ["w1", "w3", "w2"]
    assert len(found(alike, line_only, AOZORA)) == 2


def test_a_name_and_evidence_are_told_to_the_own_rep_and_team_only() -> None:
    (told,) = found(AOZORA)
    assert (told.whose, told.evidence, told.industry) == (None, None, "dental")
    for who in ({"rep": "ann"}, {"team": "east"}):
        (told,) = found(AOZORA, **who)
        assert (told.whose, told.evidence) == ("青空歯科", "青空歯科の報告書")


def test_an_industry_of_two_points_at_somebody_and_words_with_a_name_stay_in_the_team() -> None:
    assert found(AOZORA, industries={"dental": 2})[0].industry is None
    named = replace(AOZORA, metric="青空 歯科の待ち時間")
    assert found(named) == []
    assert found(named, rep="ann")[0].metric == "青空 歯科の待ち時間"
