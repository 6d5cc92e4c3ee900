"""What an offer could be worth in a month: four factors that a person can check and change."""

from dataclasses import dataclass
from typing import Final

from tsuide.errors import BadValue
from tsuide.kit.money import RATE_UNIT, Money

ASSUMED_YES: Final = 300  # basis points: a guess to be replaced by a measurement, and labelled so wherever it shows


@dataclass(frozen=True, slots=True)
class Worth:
    """Orders a month × share in which the offer fits × share who say yes × amount.

    Args:
        orders: orders a month.
        fits: share of orders in which there is something to offer; basis points.
        yes: share of those who accept; basis points.
        amount: what one accepted offer adds to the order.

    The check of the report's issue: 1,000 orders × 35 % × 5 dollars.

    >>> Worth(1000, 10_000, 3_500, Money(500, "USD")).month().text("en")
    '$1,750.00'
    """

    orders: int
    fits: int
    yes: int
    amount: Money

    def __post_init__(self) -> None:
        for key, share in (("fits", self.fits), ("yes", self.yes)):
            if not 0 <= share <= RATE_UNIT:
                raise BadValue("a share is between 0 and 10,000 basis points", key=key, value=share)
        if self.orders < 0:
            raise BadValue("orders cannot be negative", key="orders", value=self.orders)

    def month(self) -> Money:
        """Turnover a month, rounded half up to the minor unit; exact integers throughout.

        >>> Worth(10, 5_000, 1_000, Money(999, "JPY")).month()
        Money(amount=500, currency='JPY')
        """
        whole = self.orders * self.fits * self.yes * self.amount.amount
        unit = RATE_UNIT * RATE_UNIT
        return Money((2 * whole + unit) // (2 * unit), self.amount.currency)

    def at(self, yes: int) -> "Worth":
        """The same with another share who say yes."""
        return Worth(self.orders, self.fits, yes, self.amount)
