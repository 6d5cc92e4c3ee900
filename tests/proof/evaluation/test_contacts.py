from collections.abc import Callable

import pytest

from tsuide.proof.evaluation.contacts import Losses, channels_losses, hours_losses


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("losses", [hours_losses, channels_losses])
def test_shrinking_foretells_better_than_own_contacts_alone_and_than_everybodys_alone(
    losses: Callable[[int], Losses], seed: int
) -> None:
    found = losses(seed)
    assert found.truth < found.shrunk < min(found.own, found.everybody)
