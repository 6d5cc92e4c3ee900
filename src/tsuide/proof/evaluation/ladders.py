"""A sample of ladders as text, for a person to read: what stands on one ladder, and what is wrong with it."""

import numpy as np

from tsuide.kit.money import Money
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.sizes import MILLI_PER_LARGE

_FEWEST_STEPS = 3
_PER = {"mass": "kg", "volume": "l", "piece": "1,000", "length": "1,000 m", "area": "1,000 m²", "none": "each"}


def sampled_ladders(fitted: FittedAlternatives, currencies: dict[str, str], *, count: int = 50, seed: int = 0) -> str:
    """`count` ladders of products drawn at random among those with at least two steps.

    Args:
        fitted: learned alternatives.
        currencies: product id → ISO currency.
        count: how many.
        seed: of the draw.
    """
    shelf = fitted.shelf
    many = np.flatnonzero((fitted.step != 0).sum(axis=1) >= _FEWEST_STEPS - 1)
    chosen = np.random.default_rng(seed).permutation(many)[:count]
    return "\n".join(_ladder(fitted, shelf.ids[int(product)], currencies) for product in chosen)


def _ladder(fitted: FittedAlternatives, item: str, currencies: dict[str, str]) -> str:
    shelf = fitted.shelf
    place = shelf.ids.position(item)
    lines = [f"{item}  {shelf.titles[int(shelf.title[place])] if shelf.title[place] >= 0 else ''}"]
    for row in fitted.ladder(item).iter_rows(named=True):
        other = shelf.ids.position(row["item"])
        currency = currencies.get(row["item"], "USD")
        price = Money(row["price"], currency).text("en")
        unit = Money(row["unit_price"], currency).text("en")
        title = shelf.titles[int(shelf.title[other])] if shelf.title[other] >= 0 else ""
        brand = shelf.brands[int(shelf.brand[other])] if shelf.brand[other] >= 0 else "–"
        mark = ">" if row["item"] == item else {1: "+", -1: "-", 0: " "}[row["step"]]
        size = shelf.size[other] / MILLI_PER_LARGE
        lines.append(
            f"  {mark} {price:>10} {unit:>12} per {_PER[shelf.measure(other)]:<7} {size:8.3f}"
            f"  {row['score']:.2f}  {brand:<14} {title}"
        )
    return "\n".join([*lines, ""])
