"""How fast a key may ask: one bucket per key and process, filled at a steady rate."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tsuide.errors import BadSetting

_MOST: Final = 4_096  # buckets that are remembered; one that was not used for longest is full again


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second in the long run, so many at once; 0 a second = without limit.

    >>> Rate.read("20/100")
    Rate(per_second=20.0, burst=100)
    >>> str(Rate(20, 100))
    '20/100'
    """

    per_second: float
    burst: int

    @classmethod
    def read(cls, text: str, key: str = "rate") -> "Rate":
        """``20/100`` (a second / at once), ``20`` (twice as many at once), or ``0`` (no limit).

        Raises:
            BadSetting: not of this form.
        """
        first, _, second = text.strip().partition("/")
        try:
            rate, burst = float(first), int(second or max(2 * float(first), 1))
        except ValueError:
            rate, burst = -1.0, 0
        if not 0 <= rate <= _MOST_A_SECOND or (rate and burst < 1):
            raise BadSetting("not a rate", key=key, value=text, way_out="20/100: 20 a second, 100 at once; 0: no limit")
        return cls(rate, burst)

    def __str__(self) -> str:
        return f"{self.per_second:g}/{self.burst}" if self.per_second else "0"


_MOST_A_SECOND: Final = 1e9
RATES: Final[Mapping[str, Rate]] = {
    "storefront": Rate(2_000, 10_000),  # one key for every visitor of the shop
    "agent": Rate(100, 500),
    "rep": Rate(100, 500),
    "admin": Rate(1_000, 5_000),
}
"""By the widest scope of a key, in each process."""


def read_rates(text: str) -> dict[str, Rate]:
    """The rates of a setting laid over the usual ones.

    Raises:
        BadSetting: an unknown scope, or not a rate.

    >>> read_rates("rep=20/100")["rep"]
    Rate(per_second=20.0, burst=100)
    """
    rates = dict(RATES)
    for part in filter(None, (each.strip() for each in text.split(","))):
        scope, _, rate = part.partition("=")
        if scope not in RATES:
            raise BadSetting("no such scope", key="TSUIDE_RATES", value=part, way_out=f"one of {', '.join(RATES)}")
        rates[scope] = Rate.read(rate, "TSUIDE_RATES")
    return rates


class Buckets:
    """Token buckets by name.

    Args:
        seconds: a clock that only goes forward.

    >>> moments = iter([0.0, 0.0, 0.0, 0.5])
    >>> buckets = Buckets(lambda: next(moments))
    >>> [buckets.wait("k", Rate(2, 2)) for _ in range(4)]
    [0.0, 0.0, 0.5, 0.0]
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name → tokens, as of

    def wait(self, name: str, rate: Rate) -> float:
        """Take one token: 0.0, or how many seconds until there is one (then none was taken)."""
        if not rate.per_second:
            return 0.0
        now = self._seconds()
        left, since = self._left.get(name, (float(rate.burst), now))
        left = min(left + (now - since) * rate.per_second, float(rate.burst))
        short = left < 1
        self._left[name] = (left if short else left - 1, now)
        if len(self._left) > _MOST:
            self._left.popitem(last=False)
        return (1 - left) / rate.per_second if short else 0.0
