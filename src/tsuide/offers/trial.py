"""What the arms of running experiments do to one decision; recorded with the customer, so that replay holds."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

from tsuide.offers.offer import Kind
from tsuide.offers.policy import chain
from tsuide.offers.policy.policy import Policy

Ranking: TypeAlias = Literal["usual", "random", "propensity_only", "no_levers", "eligibility_only", "random_propensity"]
RANKINGS: Final[tuple[Ranking, ...]] = get_args(Ranking)
USUAL: Final = RANKINGS.index("usual")
RANDOM: Final = RANKINGS.index("random")
PROPENSITY_ONLY: Final = RANKINGS.index("propensity_only")
NO_LEVERS: Final = RANKINGS.index("no_levers")
RANDOM_PROPENSITY: Final = RANKINGS.index("random_propensity")
_DROPPED: Final = ("applicability", "suitability")


@dataclass(frozen=True, slots=True)
class Trial:
    """What is done otherwise for this customer now.

    Args:
        silent: nothing is shown, as in the standing holdout; the slate is what would have been.
        withheld: offers of these kinds are not shown; the slate still holds them.
        ranking: how candidates are ranked: as usual; at random among what the policy allows (P of every draw is
            recorded); by propensity alone; without levers; as usual but without the rules of applicability and
            suitability that a shop may switch off (law, consent and contact limits always hold); with a random
            number in place of propensity.
    """

    silent: bool = False
    withheld: tuple[Kind, ...] = ()
    ranking: Ranking = "usual"


UNTRIED: Final = Trial()


@lru_cache(maxsize=8)
def eligibility_only(policy: Policy) -> Policy:
    """The policy with only those rules that must be fulfilled, and the contact limits.

    >>> from tsuide.offers.policy.load import load_policy, ready_text
    >>> standard = load_policy(ready_text("standard"))
    >>> bare = eligibility_only(standard)
    >>> bare.value("price_reach", "on"), bare.value("consent", "on"), bare.version == standard.version
    (0, 1, True)
    """
    row = policy.row.copy()
    for loaded in chain.rules():
        if loaded.rule.stage in _DROPPED and not loaded.rule.fixed:
            row[chain.field(loaded.rule.code, "on")] = 0
    row.flags.writeable = False
    return replace(policy, row=row)
