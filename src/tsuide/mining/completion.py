"""What completes this cart: the customer's own habits and the company that the cart's items keep.

Own purchases decay exponentially (15, 60 and 200 days); the cart speaks by cosine, asymmetric cosine, PPMI and
confidence of its items' partners, by the customer's own earlier baskets that resemble it, and by product groups.
A conditional logit with a curve per feature (`choice.py`), apart for what the customer bought before and what is new
to them, weighs all this; it is fitted on the last part of the baskets with evidence from the part before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tsuide.errors import BadValue
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.completion_model import Chosen, FittedCompletion, learned, untuned
from tsuide.mining.completion_tuning import choose
from tsuide.mining.history import enough
from tsuide.mining.parameters import must_be_choices, must_be_groups, must_be_whole

__all__ = ["Chosen", "Completion", "FittedCompletion"]


@dataclass(frozen=True, slots=True)
class Completion:
    """How completion is learned.

    Args:
        min_count: baskets in which an item must lie to be proposed; None = by the number of baskets, 2 … 20.
        chosen: an earlier choice, used when `fit` does not tune.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"order": [1, 1, 2, 2, 3, 3], "sku": ["tea", "cup", "tea", "cup", "tea", "pot"]})
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
    >>> Completion(min_count=1).fit(baskets, tune=False).recommend([["tea"]], n=1).ids(0)
    ['cup']
    """

    min_count: int | None = None
    chosen: Chosen | None = None

    def __post_init__(self) -> None:
        if self.min_count is not None:
            must_be_whole("min_count", self.min_count, 1)
        if self.chosen is not None and not isinstance(self.chosen, Chosen):
            raise BadValue("must be an earlier choice", key="chosen", value=self.chosen, way_out="`chosen` of a result")

    def fit(
        self, baskets: Baskets, *, groups: Mapping[str, str] | None = None, tune: bool = True, seed: int = 0
    ) -> "FittedCompletion":
        """Learn from baskets.

        Args:
            baskets: ordered by time.
            groups: item id → product type or category, where the shop has them.
            tune: fit the weights on the last 15 % of the baskets with evidence from those before; where these
                are too few to tell better from worse, the plain blend is used, and the report says so.
            seed: of the item that is hidden in each held-out basket.

        Raises:
            BadValue: min_count below 1.
        """
        must_be_baskets(baskets)
        must_be_choices(seed=seed, tune=tune)
        must_be_groups(groups)
        chosen = self.chosen or untuned()
        if tune:
            chosen = choose(baskets, self.min_count, groups, seed)
        return learned(baskets, self.min_count or enough(baskets.n_baskets), groups, chosen)
