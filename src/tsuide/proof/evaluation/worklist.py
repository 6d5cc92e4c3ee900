"""Does the worklist name the accounts with the most room to grow? Scored where the room is known.

Parameters are chosen on a validation window alone. How look-alikes are found: some of what accounts bought in the last
year but one is hidden, and what finds most of it again is taken. How much past results and reactions count: by which
accounts came to buy most on new lines in the last year; not at all where that helps by less than one standard error
(Breiman's rule). The truth of the world is looked at once, at the end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.whitespace import Whitespace, WhitespaceMap
from tsuide.outreach.sales.worklist import Accounts, Thresholds, Weights, rank
from tsuide.proof.worlds.accounts import FAMILIES, MONTHS, YEAR, Team, draw_team

TOP: Final = 20
RELEVANT: Final = (0.05, 0.1, 0.2)
MAIN: Final = 0.1
"""An account is rightly on the list where it stands among this share of its rep's accounts by true room."""
_NEIGHBOURS: Final = (50, 150)
_TRAITS: Final = (0.3, 0.5, 0.7, 0.85)
_SIZES: Final = (1.0, 3.0)
_PART: Final = 0.4  # of what accounts need that they buy here: chosen on teams 1 and 2 of the family mixed
_WEIGHTS: Final = (0.0, 0.5, 1.0)
_TRIED: Final = 5_000  # accounts on which parameters are tried
_HIDDEN: Final = 0.4  # of the lines that accounts buy
_DRAWS: Final = 2_000  # of the bootstrap


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the validation window chose."""

    model: Whitespace
    weights: Weights


def evaluate_worklist(
    *,
    seeds: int = 5,
    seed: int = 0,
    families: Mapping[str, Any] = FAMILIES,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Any]:
    """Precision@20 of the worklist beside other orders, over reps of several teams.

    Args:
        seeds: teams drawn of each family.
        seed: of the first; the others follow.
        families: name → AccountWorld.
        tell: told after each team.
    """
    found: dict[str, Any] = {}
    for place, (name, world) in enumerate(families.items()):
        teams = []
        for n in range(seeds):
            teams.append(_team_result(draw_team(world, seed=seed + n), seed + n))
            tell(place * seeds + n + 1, len(families) * seeds)
        found[name] = _family(teams, seed)
    first = next(iter(families.values()))
    return {
        "reps": first.reps,
        "accounts": first.accounts,
        "months": MONTHS,
        "seeds": seeds,
        "top": TOP,
        "relevant_share": MAIN,
        "families": found,
    }


def _family(teams: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    precision = {
        name: np.stack([team["hits"][name] for team in teams]) for name in teams[0]["hits"]
    }  # (teams, reps, 3)
    main = RELEVANT.index(MAIN)
    recency = max(("latest_order_first", "longest_silent_first"), key=lambda name: precision[name][..., main].mean())
    return {
        "precision_at_20": {name: _interval(hits[..., main], rng) for name, hits in precision.items()},
        "times_revenue": _ratio(precision["worklist"][..., main], precision["revenue"][..., main], rng),
        "times_recency": _ratio(precision["worklist"][..., main], precision[recency][..., main], rng),
        "recency_taken": recency,
        "by_relevant_share": {
            str(share): {name: round(float(hits[..., at].mean()), 4) for name, hits in precision.items()}
            for at, share in enumerate(RELEVANT)
        },
        "share_of_best_possible_gain": {
            name: round(float(np.mean([team["gain"][name] for team in teams])), 4) for name in teams[0]["gain"]
        },
        "revenue_and_room_spearman": round(float(np.mean([team["together"] for team in teams])), 4),
        "chosen": [team["chosen"] for team in teams],
    }


def _team_result(team: Team, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    chosen = choose(team, seed)
    accounts = accounts_of(team, MONTHS, chosen.model)
    active = team.spent.sum(axis=2) > 0  # (months, accounts)
    silent = np.where(active.any(axis=0), np.argmax(active[::-1], axis=0), MONTHS) + 0.5 * rng.random(len(team.rep))
    scores = {
        "worklist": places_by(team.rep, accounts, Thresholds(), chosen.weights),
        "worklist_quadrants_first": places_by(team.rep, accounts, Thresholds(quadrants_first=True), chosen.weights),
        "room_alone": accounts.room,
        "revenue": accounts.results.astype(np.float64),
        "latest_order_first": -silent,
        "longest_silent_first": silent,
        "random": rng.random(len(team.rep)),
        "knows_way_and_size": team.foreseen,
    }
    truth = team.room[-1].sum(axis=1)
    return {
        "hits": {name: hits_at_top(team.rep, score, truth) for name, score in scores.items()},
        "gain": {name: _gain_share(team.rep, score, team.gain) for name, score in scores.items()},
        "together": spearmanr(accounts.results, truth).statistic,
        "chosen": {
            "neighbours": chosen.model.neighbours, "attribute_weight": chosen.model.attribute_weight,
            "size_prior": chosen.model.size_prior, "results": chosen.weights.results, "what": chosen.weights.what,
            "pace": chosen.weights.pace,
        },
    }  # fmt: skip


def choose(team: Team, seed: int) -> Chosen:
    """Parameters by the last year but one and what was won in the last; the truth is not looked at."""
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(team.rep))[:_TRIED])
    before = team.spent[MONTHS - 2 * YEAR : MONTHS - YEAR].sum(axis=0)
    won = (team.spent[MONTHS - YEAR :].sum(axis=0) * (before == 0)).sum(axis=1)[some]
    best, model = -1.0, Whitespace()
    bought = team.bought(MONTHS - 2 * YEAR, MONTHS - YEAR)
    hidden = rng.random(len(bought)) < _HIDDEN
    for neighbours, weight, size in product(_NEIGHBOURS, _TRAITS, _SIZES):
        tried = Whitespace(neighbours=neighbours, attribute_weight=weight, size_prior=size)
        score = found_again(tried.fit(bought.filter(~hidden), team.attributes()), bought.filter(hidden), some)
        if score > best:
            best, model = score, tried
    model = replace(model, part=_PART)  # what is bought elsewhere no purchase shows: set once, for all
    accounts = accounts_of(team, MONTHS - YEAR, model, some)
    tried_weights = [Weights(*each) for each in product(_WEIGHTS, repeat=3)]
    scores = [agreement(rank(accounts, Thresholds(), each).priority, won) for each in tried_weights]
    plain, top = scores[tried_weights.index(Weights(0.0, 0.0, 0.0))], int(np.argmax(scores))
    error = np.sqrt(plain * (1 - plain) / (np.mean(RELEVANT) * len(some)))  # the plainer one unless it is surely worse
    weights = tried_weights[top] if scores[top] > plain + error else Weights(0.0, 0.0, 0.0)
    return Chosen(model, weights)


def found_again(fitted: WhitespaceMap, hidden: pl.DataFrame, some: Int64) -> float:
    """How much of hidden spending stands in the cells of highest potential, of what could stand in as many.

    Args:
        fitted: learned from the rest.
        hidden: customer, line, amount.
        some: accounts that are asked about, as many as cells are looked at.
    """
    row = np.full(len(fitted.customers), -1)
    row[some] = np.arange(len(some))
    potential = fitted.estimated(some).potential
    customer = fitted.customers.positions(hidden["customer"].to_list())
    line, amount = fitted.lines.positions(hidden["line"].to_list()), hidden["amount"].to_numpy()
    known = (customer >= 0) & (line >= 0) & (row[customer] >= 0)
    truth = np.zeros_like(potential)
    truth[row[customer[known]], line[known]] = amount[known]
    first = np.argsort(-potential, axis=None, kind="stable")[: len(some)]
    best = np.sort(truth, axis=None)[::-1][: len(some)].sum()
    return float(truth.ravel()[first].sum() / max(best, 1.0))


def accounts_of(team: Team, end: int, model: Whitespace, some: Int64 | None = None) -> Accounts:
    """What a seller knows of accounts at the end of a month: of all, or of some."""
    who = np.arange(len(team.rep)) if some is None else some
    year = slice(end - YEAR, end)
    room, reach = room_of(team, end, model, who)
    orders = (team.spent[year] > 0).any(axis=2).sum(axis=0)[who]
    return Accounts(
        results=np.rint(team.spent[year].sum(axis=(0, 2), dtype=np.float64))[who].astype(np.int64),
        room=room,
        reach=reach,
        touches=team.calls[year].sum(axis=0)[who] + orders,
        reactions=team.answers[year].sum(axis=0)[who] + orders,
    )


def room_of(team: Team, end: int, model: Whitespace, who: Int64) -> tuple[Float64, Float64]:
    """Estimated room of accounts over all lines and half its interval, float64 (who,) twice."""
    fitted = model.fit(team.bought(end - YEAR, end), team.attributes())
    places = fitted.customers.positions(team.names()).astype(np.int64)[who]
    found = [fitted.estimated(places[first : first + 2_000]) for first in range(0, len(places), 2_000)]
    room = np.concatenate([each.potential.sum(axis=1) for each in found])
    return room, np.concatenate([np.sqrt((each.reach**2).sum(axis=1)) for each in found])


def places_by(rep: Int32, accounts: Accounts, thresholds: Thresholds, weights: Weights) -> Float64:
    """How early each account stands on its rep's list: larger is earlier; float64 (accounts,)."""
    score = np.zeros(len(rep))
    for each in np.unique(rep):
        mine = np.flatnonzero(rep == each)
        own = replace(
            accounts, results=accounts.results[mine], room=accounts.room[mine], reach=accounts.reach[mine],
            touches=accounts.touches[mine], reactions=accounts.reactions[mine],
        )  # fmt: skip
        score[mine[rank(own, thresholds, weights).order]] = -np.arange(len(mine))
    return score


def agreement(score: Float64, truth: Float64) -> float:
    """How much of the best twentieth, tenth and fifth by the truth stands in the same share by the score; the mean.

    >>> agreement(np.arange(20.0), np.arange(20.0)), agreement(-np.arange(20.0), np.arange(20.0))
    (1.0, 0.0)
    """
    by_score, by_truth = (np.argsort(-each, kind="stable") for each in (score, truth))
    found = []
    for share in RELEVANT:
        n = max(1, round(share * len(score)))
        found.append(len(np.intersect1d(by_score[:n], by_truth[:n])) / n)
    return float(np.mean(found))


def hits_at_top(rep: Int32, score: Float64, truth: Float64) -> Float64:
    """Share of each rep's first accounts that are among the best by the truth; float64 (reps, shares).

    Args:
        rep: of each account.
        score: larger = earlier on the list.
        truth: larger = better.
    """
    found = []
    for each in np.unique(rep):
        mine = np.flatnonzero(rep == each)
        first = np.argsort(-score[mine], kind="stable")[:TOP]
        place = np.empty(len(mine), dtype=np.int64)
        place[np.argsort(-truth[mine], kind="stable")] = np.arange(len(mine))
        found.append([float((place[first] < round(share * len(mine))).mean()) for share in RELEVANT])
    return np.array(found)


def _gain_share(rep: Int32, score: Float64, gain: Float64) -> float:
    """What a list's first accounts would bring, of what the best would bring; the mean over reps."""
    shares = []
    for each in np.unique(rep):
        mine = np.flatnonzero(rep == each)
        best = np.sort(gain[mine])[::-1][:TOP].sum()
        if best > 0:
            shares.append(gain[mine[np.argsort(-score[mine], kind="stable")[:TOP]]].sum() / best)
    return float(np.mean(shares)) if shares else 0.0


def _interval(hits: Float64, rng: np.random.Generator) -> dict[str, float]:
    """Mean over teams and reps with its 95 % interval: teams drawn again, then reps within them."""
    draws = _drawn(hits, rng).mean(axis=(1, 2))
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"value": round(float(hits.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _ratio(ours: Float64, other: Float64, rng: np.random.Generator) -> dict[str, float | None]:
    """Ratio of two means over the same reps, with its 95 % interval."""
    both = _drawn(np.stack([ours, other], axis=-1), rng).mean(axis=(1, 2))
    if not other.mean() > 0:
        return {"value": None, "low": None, "high": None}
    low, high = np.quantile(both[:, 0] / np.maximum(both[:, 1], 1e-9), [0.025, 0.975])
    return {"value": round(float(ours.mean() / other.mean()), 3), "low": round(low, 3), "high": round(high, 3)}


def _drawn(hits: Float64, rng: np.random.Generator) -> Float64:
    """(draws, teams, reps, …) with teams and reps drawn with replacement."""
    teams, reps = hits.shape[:2]
    return hits[rng.integers(teams, size=(_DRAWS, teams, 1)), rng.integers(reps, size=(_DRAWS, teams, reps))]
