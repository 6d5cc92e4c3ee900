"""Does supervision find planted quota gaming, and leave honest top sellers alone? Scored where the truth is known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import numpy as np

from tsuide.kit.clock import zone
from tsuide.mining.intervals import wilson
from tsuide.proof.supervision.findings import Finding, findings
from tsuide.proof.supervision.signs import signs
from tsuide.proof.worlds.reps import DAYS, START, RepSales, RepWorld, draw_reps

WORLD: Final = RepWorld()
_EVERY: Final = 6
_JUDGED: Final = START + timedelta(days=DAYS + 90)


def evaluate_supervision(
    *,
    worlds: int = 100,
    seed: int = 0,
    world: RepWorld = WORLD,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Any]:
    """Shares of reps who were accused, by what they are; and worlds without gamers in which anybody was.

    Args:
        worlds: drawn with gamers, and as many without.
        seed: of the first; the others follow.
        world: how reps are drawn.
        tell: told after each.
    """
    accused, reps = (dict.fromkeys(("honest", "top_seller", "gamer"), 0) for _ in range(2))
    named_gaming = false_findings = all_findings = calm_alarms = 0
    nobody = replace(world, honest=world.honest + world.gamers, gamers=0)
    for n in range(worlds):
        drawn = draw_reps(world, seed=seed + n)
        found = {each.rep_id: each for each in _findings(drawn) if each.accuses}
        for rep, sort in drawn.sort.items():
            reps[sort] += 1
            accused[sort] += rep in found
            named_gaming += sort == "gamer" and rep in found and found[rep].pattern == "quota_gaming"
        all_findings += len(found)
        false_findings += sum(drawn.sort[rep] != "gamer" for rep in found)
        calm_alarms += any(each.accuses for each in _findings(draw_reps(nobody, seed=seed + 1_000_000 + n)))
        tell(n + 1, worlds)
    return {
        "worlds": worlds,
        "reps": reps,
        "found": _share(accused["gamer"], reps["gamer"]),
        "named_quota_gaming": _share(named_gaming, reps["gamer"]),
        "top_sellers_accused": _share(accused["top_seller"], reps["top_seller"]),
        "honest_accused": _share(accused["honest"], reps["honest"]),
        "false_discoveries": _share(false_findings, all_findings),
        "worlds_without_gamers_with_an_alarm": _share(calm_alarms, worlds),
    }


def judged(reps: int, *, seed: int) -> dict[str, dict[str, int]]:
    """One team in which every sixth is a top seller and every sixth games the quota: who they are and who is accused.

    Args:
        reps: in the team.
        seed: of everything that they sell.

    >>> judged(12, seed=1)["reps"]
    {'honest': 8, 'top_seller': 2, 'gamer': 2}
    """
    few = max(reps // _EVERY, 1)
    drawn = draw_reps(replace(WORLD, honest=max(reps - 2 * few, 0), top_sellers=few, gamers=few), seed=seed)
    accused = {each.rep_id for each in _findings(drawn) if each.accuses}
    told = {name: dict.fromkeys(("honest", "top_seller", "gamer"), 0) for name in ("reps", "accused")}
    for rep, sort in drawn.sort.items():
        told["reps"][sort] += 1
        told["accused"][sort] += rep in accused
    return told


def _findings(drawn: RepSales) -> list[Finding]:
    return findings(signs(drawn.sales, drawn.advised, zone=zone("Asia/Tokyo"), now=_JUDGED))


def _share(hits: int, of: int) -> dict[str, float | None]:
    if of == 0:
        return {"value": None, "low": None, "high": None}
    low, high = wilson(hits / of, of)
    return {"value": round(hits / of, 4), "low": round(float(np.clip(low, 0, 1)), 4), "high": round(high, 4)}
