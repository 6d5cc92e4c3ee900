"""Numbers, money and dates as a reader of Japanese or English writes them."""

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from tsuide.kit.clock import zone
from tsuide.kit.money import Money

_TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Numbers:
    """How one language writes numbers.

    >>> Numbers("en").count(12345), Numbers("ja").share(0.125), Numbers("en").times(8.06)
    ('12,345', '12.5%', '8.1×')
    >>> Numbers("ja").days(0.4), Numbers("en").days(12.2)
    ('1 日以内', '12 days')
    """

    language: str

    def count(self, number: float) -> str:
        """A whole number with its thousands marked."""
        return str(format_decimal(round(number), locale=self.language))

    def share(self, share: float) -> str:
        """A share as per cent: one decimal below 20 %, two below .1 %."""
        if share == 0:
            return "0%"
        if share < 0.001:  # noqa: PLR2004 - stated above
            return str(format_percent(share, format="#,##0.00%", locale=self.language))
        pattern = "#,##0.#%" if share < 0.2 else "#,##0%"  # noqa: PLR2004 - stated above
        return str(format_percent(share, format=pattern, locale=self.language))

    def plain(self, number: float) -> str:
        """Two significant places: 8.1, 0.84, 120."""
        pattern = "#,##0" if number >= 100 else "#,##0.0" if number >= 1 else "0.00"  # noqa: PLR2004 - as said
        return str(format_decimal(number, format=pattern, locale=self.language))

    def times(self, number: float) -> str:
        """A ratio."""
        return f"{self.plain(number)} 倍" if self.language == "ja" else f"{self.plain(number)}×"

    def bare_days(self, days: float) -> str:
        """Days without their unit: whole, or with a decimal below ten."""
        if days < _TENTH:
            return "0"
        pattern = "#,##0" if days >= 10 else "0.#"  # noqa: PLR2004 - as said
        return str(format_decimal(days, format=pattern, locale=self.language))

    def days(self, days: float) -> str:
        """A span of days, rounded to whole ones."""
        if days < 1:
            return "1 日以内" if self.language == "ja" else "within a day"
        whole = round(days)
        if self.language == "ja":
            return f"{self.count(whole)} 日"
        return "1 day" if whole == 1 else f"{self.count(whole)} days"

    def money(self, money: Money | None) -> str:
        """An amount, or a dash."""
        return "–" if money is None else money.text(self.language)

    def day(self, day: date) -> str:
        """A date."""
        return str(format_date(day, format="medium", locale=self.language))

    def moment(self, moment: datetime, zone_name: str) -> str:
        """A date and time in a zone."""
        return str(format_datetime(moment, format="medium", tzinfo=zone(zone_name), locale=self.language))

    def month(self, year_month: str) -> str:
        """``2017-03`` as a reader writes it."""
        first = date.fromisoformat(f"{year_month}-01")
        return str(format_date(first, format="yyyy年M月" if self.language == "ja" else "MMM y", locale=self.language))
