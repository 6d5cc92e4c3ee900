"""Package sizes as people write them, made comparable: "22 LB", "6/12 OZ", "５００ｍｌ×２４本", "2個入"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

from tsuide.kit.text import fold_width

Measure: TypeAlias = Literal["none", "mass", "volume", "piece", "length", "area"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
MILLI_PER_LARGE: Final = 1_000_000  # unit prices are per kg, l, 1,000 pieces, 1,000 m, 1,000 m²


@dataclass(frozen=True, slots=True)
class Size:
    """How much is in the package.

    Args:
        amount: milli-units, > 0: mg, µl, thousandths of a piece, mm, thousandths of a m².
        measure: what is measured; only sizes of one measure compare.
    """

    amount: int
    measure: Measure


_UNITS: Final[dict[str, tuple[Measure, Fraction]]] = {
    # mass, in g
    "mg": ("mass", Fraction(1, 1000)),
    "g": ("mass", Fraction(1)),
    "gr": ("mass", Fraction(1)),
    "gm": ("mass", Fraction(1)),
    "グラム": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1000)),
    "キロ": ("mass", Fraction(1000)),
    "oz": ("mass", Fraction("28.349523125")),
    "z": ("mass", Fraction("28.349523125")),
    "lb": ("mass", Fraction("453.59237")),
    "lbs": ("mass", Fraction("453.59237")),
    # volume, in ml
    "ml": ("volume", Fraction(1)),
    "cc": ("volume", Fraction(1)),
    "cl": ("volume", Fraction(10)),
    "dl": ("volume", Fraction(100)),
    "l": ("volume", Fraction(1000)),
    "lt": ("volume", Fraction(1000)),
    "ltr": ("volume", Fraction(1000)),
    "リットル": ("volume", Fraction(1000)),
    "fl oz": ("volume", Fraction("29.5735295625")),
    "fl.oz": ("volume", Fraction("29.5735295625")),
    "floz": ("volume", Fraction("29.5735295625")),
    "pt": ("volume", Fraction("473.176473")),
    "qt": ("volume", Fraction("946.352946")),
    "gal": ("volume", Fraction("3785.411784")),
    # length, in m
    "mm": ("length", Fraction(1, 1000)),
    "cm": ("length", Fraction(1, 100)),
    "m": ("length", Fraction(1)),
    "in": ("length", Fraction("0.0254")),
    "ft": ("length", Fraction("0.3048")),
    "yd": ("length", Fraction("0.9144")),
    "メートル": ("length", Fraction(1)),
    # area, in m²
    "sq ft": ("area", Fraction("0.09290304")),
    "sq m": ("area", Fraction(1)),
    "m2": ("area", Fraction(1)),
    # pieces
    **dict.fromkeys(("ct", "count", "pc", "pcs", "pieces", "ea"), ("piece", Fraction(1))),
    **dict.fromkeys(("pk", "pack", "packs", "lds", "load", "loads"), ("piece", Fraction(1))),
    **dict.fromkeys("個枚本袋缶箱錠粒包巻組膳食片玉丁束足台冊", ("piece", Fraction(1))),
    **dict.fromkeys(("パック", "ロール", "セット", "カプセル"), ("piece", Fraction(1))),
    "dz": ("piece", Fraction(12)),
}
_PACKS: Final = frozenset({"pk", "pack", "packs", "本", "袋", "缶", "箱", "パック", "セット"})
# packs of the size beside them multiply; a count (ct, 個) says into how many the whole is divided
_MOST: Final = 100_000  # "51129513 OZ" is an article number that slipped into the field

_NUMBER: Final = r"(?:\d+[ -]\d+/\d+|\d*\.\d+|\d+)"
_UNIT: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_TERM: Final = re.compile(
    rf"(?:(?P<times>{_NUMBER})\s*(?P<by>[x×*/\-])\s*)?"
    rf"(?<![\d.])(?P<number>{_NUMBER})\s*-?\s*(?P<unit>{_UNIT})(?![a-z]|\s+\d+\b(?<= in \d))"
    rf"(?:\s*[x×*]\s*(?P<after>\d+)(?![\d.]))?"
)
_HALVES: Final = frozenset({2, 3, 4, 8, 16})


@lru_cache(maxsize=65_536)
def parse_size(text: str) -> Size | None:
    """The size that a text states, None where it states none.

    A count before a slash or a times sign multiplies (6/12 OZ, 500ml×24本), and so does a number of packs
    beside a size (6 PK/28 GR); a count beside a size divides it and is left aside (16 OZ/24 CT).

    >>> parse_size("22 LB"), parse_size("１．５Ｌ")
    (Size(amount=9979032, measure='mass'), Size(amount=1500000, measure='volume'))
    >>> parse_size("6/12 OZ") == parse_size("72 OZ"), parse_size("500ml×24本") == parse_size("12 L")
    (True, True)
    >>> parse_size("2個入"), parse_size("CTN")
    (Size(amount=2000, measure='piece'), None)
    """
    terms = [term for found in _TERM.finditer(_plain(text)) if (term := _term(found)) is not None]
    sizes = [term for term in terms if term.measure != "piece"]
    if not sizes:
        return _size(terms[0].amount, "piece") if terms else None
    packs = [term.amount for term in terms if term.pack]
    return _size(sizes[0].amount * (packs[0] if packs else 1), sizes[0].measure)


def first_size(texts: Iterable[str | None]) -> Size | None:
    """The size of the first text that states one: the size field, then the variant, then the title.

    >>> first_size([None, "blue", "Tea 250 g"])
    Size(amount=250000, measure='mass')
    """
    return next((size for text in texts if text and (size := parse_size(text)) is not None), None)


def without_sizes(text: str) -> str:
    """The text folded, without what states a size: what is left of two titles is the same where only sizes differ.

    >>> without_sizes("Tea 250 g"), without_sizes("ＥＯＳ Ｒ１０")
    ('tea', 'eos r10')
    """
    return " ".join(_TERM.sub(" ", _plain(text)).replace(",", " ").split())


def unit_price(price: int, size: Size | None) -> int:
    """Price per kg, l, 1,000 pieces, 1,000 m or 1,000 m², minor units; without size the price itself.

    Rounded half up.

    >>> unit_price(199, parse_size("500 g")), unit_price(199, None)
    (398, 199)
    """
    return price if size is None else (2 * price * MILLI_PER_LARGE + size.amount) // (2 * size.amount)


@dataclass(frozen=True, slots=True)
class _Term:
    amount: Fraction
    measure: Measure
    pack: bool


def _plain(text: str) -> str:
    return " ".join(fold_width(text).casefold().replace(",", "").split())


def _term(found: re.Match[str]) -> _Term | None:
    measure, scale = _UNITS[found["unit"]]
    amount = _number(found["number"])
    if found["times"]:
        amount = _multiplied(_number(found["times"]), found["by"], amount, measure)
    if found["after"]:
        amount *= int(found["after"])
    if not 0 < amount < _MOST:
        return None
    return _Term(amount * scale, measure, found["unit"] in _PACKS)


def _multiplied(times: Fraction, by: str, amount: Fraction, measure: Measure) -> Fraction:
    """`6/12` and `6-2.12` are packs, `1/2` a half, `18-22` a range (its upper end), `3x5 in` two sides."""
    if by == "-":
        return times * amount if amount < times < _MOST and measure != "piece" else amount
    if by == "/" and amount in _HALVES and (times == 1 or (measure == "length" and times < amount)):
        return times / amount
    if measure == "length":
        return max(times, amount)
    return times * amount if 0 < times < _MOST else amount


def _number(text: str) -> Fraction:
    whole, _, part = text.replace("-", " ").rpartition(" ")
    return Fraction(part) + (Fraction(whole) if whole else 0) if part[-2:] != "/0" else Fraction(0)


def _size(amount: Fraction, measure: Measure) -> Size | None:
    milli = round(amount * 1000)
    return Size(milli, measure) if milli > 0 else None
