"""`tsuide evaluate estimators`: every estimator scored where the truth is known."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tsuide.errors import BadValue
from tsuide.proof.evaluation.agreement import agreement
from tsuide.proof.evaluation.bandit_task import ACTIONS, ROUNDS, relative_errors
from tsuide.proof.evaluation.coverage import between_arms
from tsuide.proof.evaluation.logs import from_logs
from tsuide.proof.evaluation.oracles import oracles
from tsuide.proof.evaluation.peeking import PAIRS, sequences

REPLICATIONS: Final = 2_000
RUNS: Final = 40
WITHIN: Final = (0.93, 0.97)
MOST_ALARMS: Final = 0.05
MOST_ERROR: Final = 0.01
_HELD: Final = ("dr", "snips")

Tell = Callable[[str], None]


def evaluate_estimators(
    *, replications: int = REPLICATIONS, runs: int = RUNS, seed: int = 0, tell: Tell = lambda _: None
) -> dict[str, Any]:
    """Coverage, false alarms, relative errors, check values, agreement with others' libraries.

    Args:
        replications: simulated experiments and logs behind each share.
        runs: of the task of 10,000 rounds and 30 actions.
        seed: of everything that is drawn.
        tell: called with the name of each step.

    Raises:
        BadValue: no replication or no run.
    """
    if replications < 1 or runs < 1:
        raise BadValue("must be at least 1", key="replications", value=min(replications, runs))
    arms, logs, looks, task = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(4))
    tell("between arms")
    coverage = between_arms(arms, replications)
    tell("from logs")
    coverage |= from_logs(logs, replications)
    tell("looking after every customer")
    sequence, alarms = sequences(looks, replications)
    tell(f"{ROUNDS:,} rounds, {ACTIONS} actions")
    errors = relative_errors(task, runs)
    tell("check values")
    checked = oracles()
    held = {
        "coverage": all(WITHIN[0] <= each <= WITHIN[1] for each in coverage.values()),
        "sequence_coverage": all(each >= 1 - MOST_ALARMS for each in sequence.values()),
        "false_alarm_peeking": alarms["always_valid"] <= MOST_ALARMS,
        "relative_error": all(errors[name] <= MOST_ERROR for name in _HELD),
        "oracles": all(each["agrees"] for each in checked.values()),
    }
    return {
        "replications": replications,
        "coverage": {**coverage, **sequence},
        "coverage_error": round(float(np.sqrt(0.95 * 0.05 / replications)), 5),
        "false_alarm_peeking": alarms["always_valid"],
        "false_alarms": {**alarms, "looks": PAIRS},
        "relative_error": errors,
        "runs": runs,
        "oracles": checked,
        "agreement": agreement(seed),
        "held": held,
        "no_interval": {"dm": "the spread over rounds says nothing of the model's own error"},
    }
