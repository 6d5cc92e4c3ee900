"""Campaigns of changed examples: some hundred inputs in `make test`, as long as one likes in `make soak`."""

from collections.abc import Callable

import pytest
from tests.fuzz.mutating import SECONDS, Tally, Target, run

Campaign = Callable[[str, Target, int], Tally]
Soak = Callable[[dict[str, Target]], None]


@pytest.fixture
def campaign() -> Campaign:
    """Runs so many inputs against a target; both what is refused and what is accepted must be among them."""

    def go(name: str, target: Target, inputs: int) -> Tally:
        tally = run(name, target, inputs=inputs)
        assert tally.tried == 1 or (tally.accepted and tally.refused)  # 1: TSUIDE_FUZZ_INPUT names it
        return tally

    return go


@pytest.fixture
def soak() -> Soak:
    """Runs a family's targets in turn, all of them together for TSUIDE_FUZZ_SECONDS of CPU."""

    def go(targets: dict[str, Target]) -> None:
        for name, target in targets.items():
            run(name, target, seconds=SECONDS / len(targets))

    return go
