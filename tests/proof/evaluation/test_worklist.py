import numpy as np

from tsuide.proof.evaluation.worklist import MAIN, RELEVANT, accounts_of, choose, evaluate_worklist, hits_at_top
from tsuide.proof.worlds.accounts import MONTHS, YEAR, AccountWorld, draw_team

SMALL = AccountWorld(reps=4, accounts=800, lines=16)


def test_a_list_by_the_truth_is_always_right_and_its_reverse_never() -> None:
    rep, truth = np.repeat(np.arange(2, dtype=np.int32), 400), np.random.default_rng(0).permutation(np.arange(800.0))
    at = RELEVANT.index(MAIN)
    assert hits_at_top(rep, truth, truth)[:, at].tolist() == [1.0, 1.0]
    assert hits_at_top(rep, -truth, truth)[:, at].tolist() == [0.0, 0.0]


def test_who_buys_much_is_hardly_who_could_buy_more_and_an_account_bought_elsewhere_has_room() -> None:
    team = draw_team(SMALL, seed=3)
    year = team.spent[-YEAR:].sum(axis=0)
    assert (team.room[2][team.wallet == 0] == 0).all()
    assert ((team.wallet > 0) & (year == 0)).any(axis=1).mean() > 0.5
    assert (team.calls >= team.answers).all()


def test_one_seed_makes_one_team() -> None:
    one, other = draw_team(SMALL, seed=5), draw_team(SMALL, seed=5)
    assert (one.spent == other.spent).all()
    assert (one.room == other.room).all()


def test_parameters_are_chosen_without_a_look_at_the_truth_or_the_last_year_s_end() -> None:
    team = draw_team(SMALL, seed=1)
    blind = type(team)(**{name: getattr(team, name) for name in team.__dataclass_fields__} | {
        "room": np.zeros_like(team.room), "foreseen": np.zeros_like(team.foreseen), "gain": np.zeros_like(team.gain),
        "wallet": np.zeros_like(team.wallet),
    })  # fmt: skip
    assert choose(blind, 0) == choose(team, 0)


def test_what_a_seller_knows_at_a_moment_does_not_hang_on_what_comes_later() -> None:
    team = draw_team(SMALL, seed=1)
    model = choose(team, 0).model
    then = accounts_of(team, MONTHS - YEAR, model)
    team.spent[MONTHS - YEAR :] = 0
    assert (accounts_of(team, MONTHS - YEAR, model).room == then.room).all()


def test_the_worklist_finds_more_room_than_chance_in_a_small_world() -> None:
    result = evaluate_worklist(seeds=1, families={"small": SMALL})
    found = result["families"]["small"]["precision_at_20"]
    assert found["worklist"]["value"] > 2 * found["random"]["value"]
    assert found["worklist"]["low"] <= found["worklist"]["value"] <= found["worklist"]["high"]
