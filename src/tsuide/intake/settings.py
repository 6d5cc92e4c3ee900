"""What a table does not say of itself: currency, time zone, taxes, and the moment of the import."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tsuide.errors import BadSetting
from tsuide.kit.clock import zone
from tsuide.kit.money import minor_digits


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """How to read what a file leaves open.

    Args:
        now: the moment of the import; anything more than a day later is refused as a future date.
        currency: ISO 4217, for files without a currency column; None: such a file is refused, never guessed.
        zone: IANA time zone of times without an offset.
        day_first: how to read 3/4/2017; None: as the column's other dates show, else the file is refused.
        tax_rate: basis points, for products without a tax column.
        tax_included: whether prices contain the tax, for products without a column that says so.
        language: of the reasons in rejects: ja or en.
        source: what consents and orders that come from files are marked with.

    Raises:
        BadSetting: `now` without a time zone.
        BadValue: an unknown currency or time zone.
    """

    now: datetime
    currency: str | None = None
    zone: str = "Asia/Tokyo"
    day_first: bool | None = None
    tax_rate: int = 1000
    tax_included: bool = True
    language: str = "en"
    source: str = "import"

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise BadSetting("a time without a time zone", key="now", value=self.now, way_out="add tzinfo")
        object.__setattr__(self, "now", self.now.astimezone(UTC))
        zone(self.zone)
        if self.currency is not None:
            minor_digits(self.currency)
