"""What a customer buys next: TIFU-KNN, time-aware item weights and company, weighed together.

The customer's decayed frequencies and those of like customers (`tifu.py`) stand beside how due each item is by its
own rhythm and by the customer's (the idea of time-aware item weighting: Romanov et al., "Time-Aware Item Weighting for
the Next Basket Recommendations", RecSys 2023, where purchase intervals excite an item again), popularity, which breaks
ties, and the company of what the customer buys. A conditional logit with a curve per feature weighs them (`choice.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tsuide.errors import BadValue
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.history import enough
from tsuide.mining.next_basket_model import FittedNextBasket, NextChoice, learned
from tsuide.mining.next_basket_tuning import choose
from tsuide.mining.parameters import must_be_choices, must_be_groups, must_be_whole
from tsuide.mining.tifu import PUBLISHED, Tifu

__all__ = ["PUBLISHED", "FittedNextBasket", "NextBasket", "NextChoice", "Tifu"]


@dataclass(frozen=True, slots=True)
class NextBasket:
    """How the next basket is learned.

    Args:
        min_count: baskets in which an item must lie to be proposed; None = by the number of baskets, 2 … 20.
        chosen: an earlier choice, used when `fit` does not tune; None = TIFU-KNN with `Tifu()`.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"order": [1, 2, 2, 3], "sku": ["tea", "tea", "cup", "tea"], "who": ["x", "x", "x", "y"]})
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku", customer="who")
    >>> NextBasket(min_count=1).fit(baskets, tune=False).recommend(["x"], n=2).ids(0)
    ['tea', 'cup']
    """

    min_count: int | None = None
    chosen: NextChoice | None = None

    def __post_init__(self) -> None:
        if self.min_count is not None:
            must_be_whole("min_count", self.min_count, 1)
        if self.chosen is not None and not isinstance(self.chosen, NextChoice):
            raise BadValue("must be an earlier choice", key="chosen", value=self.chosen, way_out="`chosen` of a result")

    def fit(
        self, baskets: Baskets, *, groups: Mapping[str, str] | None = None, tune: bool = True, seed: int = 0
    ) -> FittedNextBasket:
        """Learn from baskets.

        Args:
            baskets: ordered by time, with customers; without customers everybody gets what is popular.
            groups: item id → product type or category, where the shop has them.
            tune: choose parameters and weights on the last third of the baskets; where these hold too few
                customers, plain TIFU-KNN is used, and the report says so.
            seed: kept for the contract of models; nothing here is left to chance.

        Raises:
            BadValue: min_count below 1.
        """
        must_be_baskets(baskets)
        must_be_choices(seed=seed, tune=tune)
        must_be_groups(groups)
        chosen = self.chosen or NextChoice(Tifu(), None, {"model": "tifu", "why": "not tuned"})
        if tune:
            chosen = choose(baskets, self.min_count, groups, seed)
        return learned(baskets, self.min_count or enough(baskets.n_baskets), groups, chosen)
