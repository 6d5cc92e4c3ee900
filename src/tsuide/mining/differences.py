"""In what two alternatives differ, as a customer would say it: sizes, figures of the data sheet, written attributes.

Values that only look different ("１００ｍｌ" beside "100 mL", "0.5kg" beside "500 g") are the same. What neither
attributes nor size say may still stand in the title ("約2410万画素", "1TB"): such figures are read there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from tsuide.kit.phrases import Phrases
from tsuide.kit.text import fold_width
from tsuide.mining.sizes import parse_size, without_sizes

MOST_TOLD: Final = 4  # differences in one breath: more than a customer reads


@dataclass(frozen=True, slots=True)
class Difference:
    """What `other` is beside `item`: the ground of "why is it worth more".

    Args:
        item: the product that the customer looks at.
        other: the alternative.
        brand: (brand of item, brand of other) where they differ, else None.
        size: (size of item, size of other) in milli-units where they differ, else None.
        price: price of other minus price of item, minor units; None where one is not known.
        unit_price_ratio: price per unit of other over that of item; None where they do not compare.
        attributes: key → (value of item, value of other), None where one lacks it; only keys that differ.
        measure: what `size` measures where both measure the same: mass, volume, piece, length or area, else none.
        figures: name of a figure of `FIGURES` → (in the title of item, of other); only where both state it.
    """

    item: str
    other: str
    brand: tuple[str | None, str | None] | None
    size: tuple[int, int] | None
    price: int | None
    unit_price_ratio: float | None
    attributes: Mapping[str, tuple[str | None, str | None]]
    measure: str = "none"
    figures: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def told(self, language: str, most: int = MOST_TOLD) -> list[str]:
        """Sentences, what can be measured first: figures, package, attributes, what it has besides, brand.

        What `other` lacks is left out: a missing entry is no proof that it is missing in the thing.

        Args:
            language: "ja" or "en".
            most: at most so many.

        Raises:
            BadValue: another language.

        >>> found = Difference("a", "b", ("A", "B"), (250_000, 500_000), 300, 0.9, {"味": ("並", "上")}, "mass")
        >>> found.told("ja"), found.told("en", most=2)
        (['内容量：250 g → 500 g。', '味：並 → 上。', 'ブランド：A → B。'],
         ['Package size: 250 g → 500 g.', 'Flavour: 並 → 上.'])
        """
        both = [
            (NAMES.text(key, language), _shown(key, before, language), _shown(key, after, language))
            for key, (before, after) in self.figures.items()
        ]
        sized = any(_key(key) == "package_size" or _amounts(pair) == self.size for key, pair in self.attributes.items())
        if self.size is not None and self.measure in _SHOWN and 0 not in self.size and not sized:
            before, after = (_amount(each, self.measure) for each in self.size)
            both.append((NAMES.text("package_size", language), before, after))
        gained = []
        for key, (old, new) in _for_reader(self.attributes, language).items():
            name = name_of(key, language)
            if new is not None and old is not None:
                both.append((name, fold_width(old), fold_width(new)))
            elif new is not None:
                gained.append(_TOLD.text("gained", language, name=name, after=fold_width(new)))
        both.sort(key=lambda each: not _is_figure(each[1], each[2]))
        if self.brand is not None and None not in self.brand:
            gained.append(_TOLD.text("brand", language, before=self.brand[0], after=self.brand[1]))
        changed = [_TOLD.text("both", language, name=name, before=one, after=two) for name, one, two in both]
        return (changed + gained)[:most]


def _amounts(pair: tuple[str | None, str | None]) -> tuple[int, int] | None:
    """What both values of an attribute measure: a camera's weight is told as its weight, and no package beside it."""
    one, other = (None if text is None else parse_size(text) for text in pair)
    return None if one is None or other is None else (one.amount, other.amount)


_TOLD: Final = Phrases(
    {
        "both": {"ja": "{name}：{before} → {after}。", "en": "{name}: {before} → {after}."},
        "gained": {"ja": "{name}：{after}。", "en": "{name}: {after}."},
        "brand": {"ja": "ブランド：{before} → {after}。", "en": "Brand: {before} → {after}."},
    }
)
NAMES: Final = Phrases(
    {
        "package_size": {"ja": "内容量", "en": "Package size"},
        "pixels": {"ja": "画素数", "en": "Resolution"},
        "memory": {"ja": "記憶容量", "en": "Storage"},
        "screen": {"ja": "画面サイズ", "en": "Screen size"},
        "power": {"ja": "電力", "en": "Power"},
        "battery": {"ja": "電池容量", "en": "Battery"},
        "zoom": {"ja": "ズーム", "en": "Zoom"},
        "hours": {"ja": "使用時間", "en": "Running time"},
        "colour": {"ja": "色", "en": "Colour"},
        "material": {"ja": "素材", "en": "Material"},
        "weight": {"ja": "重さ", "en": "Weight"},
        "size": {"ja": "サイズ", "en": "Size"},
        "capacity": {"ja": "容量", "en": "Capacity"},
        "rating": {"ja": "評価", "en": "Rating"},
        "warranty": {"ja": "保証", "en": "Warranty"},
        "origin": {"ja": "産地", "en": "Origin"},
        "flavour": {"ja": "味", "en": "Flavour"},
        "sensor": {"ja": "センサー", "en": "Sensor"},
        "mount": {"ja": "マウント", "en": "Mount"},
        "stabiliser": {"ja": "手ぶれ補正", "en": "Stabiliser"},
        "focal": {"ja": "焦点距離", "en": "Focal length"},
        "aperture": {"ja": "明るさ", "en": "Aperture"},
        "filter": {"ja": "フィルター径", "en": "Filter thread"},
        "speed": {"ja": "速さ", "en": "Speed"},
        "camera": {"ja": "カメラ", "en": "Camera"},
        "waterproof": {"ja": "防水", "en": "Waterproof to"},
        "noise": {"ja": "騒音", "en": "Noise"},
        "skin": {"ja": "肌質", "en": "Skin"},
        "spf": {"ja": "日焼け防止", "en": "Sun protection"},
        "roast": {"ja": "焙煎", "en": "Roast"},
        "term": {"ja": "契約期間", "en": "Term"},
        "cancellation": {"ja": "解約", "en": "Cancellation"},
        "min_age": {"ja": "対象年齢", "en": "Minimum age"},
    }
)
_SAME_NAME: Final = {  # other ways to write a key of NAMES
    "内容量": "package_size", "net_weight": "package_size", "入数": "package_size",
    "画素数": "pixels", "有効画素数": "pixels", "画素": "pixels", "resolution": "pixels", "megapixels": "pixels",
    "storage": "memory", "ストレージ": "memory", "記憶容量": "memory",
    "画面サイズ": "screen", "screen_size": "screen", "display": "screen",
    "消費電力": "power", "wattage": "power", "電池容量": "battery", "バッテリー容量": "battery",
    "ズーム": "zoom", "光学ズーム": "zoom", "optical_zoom": "zoom", "連続使用時間": "hours", "使用時間": "hours",
    "色": "colour", "カラー": "colour", "color": "colour", "素材": "material", "材質": "material",
    "重さ": "weight", "重量": "weight", "サイズ": "size", "容量": "capacity", "評価": "rating", "レビュー": "rating",
    "保証": "warranty", "保証期間": "warranty", "産地": "origin", "原産国": "origin", "country": "origin",
    "味": "flavour", "flavor": "flavour",
}  # fmt: skip
_NOT_TOLD: Final = frozenset(
    {
        "jan",
        "ean",
        "gtin",
        "upc",
        "mpn",
        "sku",
        "asin",
        "isbn",
        "need",
        "goals",
        "tags",
        "about",
        "audience",
        "prerequisite",
        "starts_at",
        "shipping",
        "qualification",
        "regions",
        "id",
        "url",
        "image",
        "型番",
        "品番",
        "商品コード",
        "janコード",
    }
)

_N: Final = r"(?<![\d.])(\d+(?:\.\d+)?)\s*"
FIGURES: Final[Mapping[str, re.Pattern[str]]] = {
    "pixels": re.compile(_N + r"(万画素|億画素|mp\b|megapixels?)"),
    "memory": re.compile(_N + r"(mb|gb|tb)\b"),
    "screen": re.compile(_N + r"(インチ|型|inch(?:es)?\b|v型)"),
    "power": re.compile(_N + r"(kw|w)\b"),
    "battery": re.compile(_N + r"(mah|wh)\b"),
    "zoom": re.compile(_N + r"(倍ズーム|倍|x zoom)"),
    "hours": re.compile(_N + r"(時間|hours?\b)"),
}
_SCALE: Final[Mapping[str, Fraction]] = {
    "億画素": Fraction(10_000), "mp": Fraction(100), "megapixel": Fraction(100), "megapixels": Fraction(100),
    "gb": Fraction(1000), "tb": Fraction(1_000_000), "kw": Fraction(1000),
}  # fmt: skip


def figures_of(title: str) -> dict[str, str]:
    """Figures of the data sheet that a title states, as they are written there, by name; the first of each kind.

    >>> figures_of("デジタルカメラ　約２４１０万画素　光学３０倍"), figures_of("USB stick 64 GB, 5.0x")
    ({'pixels': '2410万画素', 'zoom': '30倍'}, {'memory': '64 GB'})
    """
    plain = " ".join(fold_width(title).replace(",", "").split())
    found = {name: pattern.search(plain.casefold()) for name, pattern in FIGURES.items()}
    return {name: plain[hit.start() : hit.end()] for name, hit in found.items() if hit is not None}


def figures_that_differ(one: str, other: str) -> dict[str, tuple[str, str]]:
    """Figures that both titles state, with another value.

    >>> figures_that_differ("Disk 500GB", "Disk 1 TB"), figures_that_differ("Disk 1000GB", "Disk 1TB")
    ({'memory': ('500GB', '1 TB')}, {})
    """
    left, right = figures_of(one), figures_of(other)
    both = {name: (left[name], right[name]) for name in left if name in right}
    return {name: pair for name, pair in both.items() if _value(name, pair[0]) != _value(name, pair[1])}


def attributes_that_differ(
    one: Mapping[str, str], other: Mapping[str, str]
) -> dict[str, tuple[str | None, str | None]]:
    """Written attributes whose values are not the same thing; codes and addresses are left out.

    >>> attributes_that_differ({"容量": "５００ml", "JAN": "1"}, {"容量": "0.5 L", "JAN": "2", "色": "赤"})
    {'色': (None, '赤')}
    """
    keys = sorted(key for key in {*one, *other} if _folded(key).replace("_", "") not in _NOT_TOLD)
    pairs = {key: (one.get(key), other.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if not _same(*pair)}


def _for_reader(
    attributes: Mapping[str, tuple[str | None, str | None]], language: str
) -> dict[str, tuple[str | None, str | None]]:
    """Each attribute once: of ``roast`` and its twin ``roast_en`` the one in the reader's language.

    >>> _for_reader({"roast": ("浅", "深"), "roast_en": ("light", "dark")}, "en")
    {'roast': ('light', 'dark')}
    """
    own = f"_{language}"
    plain = {key: pair for key, pair in attributes.items() if not key.endswith(("_ja", "_en"))}
    return plain | {key.removesuffix(own): pair for key, pair in attributes.items() if key.endswith(own)}


def name_of(key: str, language: str) -> str:
    """An attribute's name for a reader: translated where it is a common one, else as written.

    >>> name_of("package_size", "ja"), name_of("画素数", "en"), name_of("shutter_speed", "en")
    ('内容量', 'Resolution', 'shutter speed')
    """
    known = _key(key)
    return NAMES.text(known, language) if known in NAMES.all(language) else key.replace("_", " ")


def _key(key: str) -> str:
    plain = _folded(key).replace(" ", "_")
    return _SAME_NAME.get(plain, plain)


def _folded(text: str) -> str:
    return " ".join(fold_width(text).casefold().split())


def _same(one: str | None, other: str | None) -> bool:
    """Whether two values say the same, however they are written."""
    if one is None or other is None:
        return one is other
    if _folded(one) == _folded(other):
        return True
    size = parse_size(one)
    return size is not None and size == parse_size(other) and without_sizes(one) == without_sizes(other)


def _value(name: str, text: str) -> Fraction:
    hit = FIGURES[name].search(_folded(text))
    return Fraction(hit[1]) * _SCALE.get(hit[2], Fraction(1)) if hit is not None else Fraction(0)


_ENGLISH: Final = {
    "億画素": " MP", "万画素": " MP", "インチ": " in", "型": " in", "v型": " in",
    "倍": "×", "倍ズーム": "×", "時間": " h",
}  # fmt: skip


def _shown(name: str, text: str, language: str) -> str:
    """A figure for a reader of this language: 2410万画素 is 24.1 MP."""
    hit = FIGURES[name].search(_folded(text))
    if language == "ja" or hit is None or hit[2] not in _ENGLISH:
        return text
    value = _value(name, text) / 100 if name == "pixels" else Fraction(hit[1])
    return f"{float(value):g}{_ENGLISH[hit[2]]}"


_BARE: Final = re.compile(r"\s*約?\s*\d[\d.,/x× ]*\s*\D{0,6}\s*")


def _is_figure(one: str, other: str) -> bool:
    """Whether both are a number with perhaps a unit."""
    return all(_BARE.fullmatch(fold_width(each)) is not None for each in (one, other))


_SHOWN: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {  # from how many milli-units, in which unit
    "mass": ((1_000_000, "kg"), (1_000, "g"), (1, "mg")),
    "volume": ((1_000_000, "l"), (1_000, "ml"), (1, "µl")),
    "piece": ((1_000, "×"),),
    "length": ((1_000, "m"), (10, "cm"), (1, "mm")),
    "area": ((1_000, "m²"),),
}


def _amount(milli: int, measure: str) -> str:
    """A size as one writes it: 250 g, 1.5 l, ×12."""
    scale, unit = next((each for each in _SHOWN[measure] if milli >= each[0]), _SHOWN[measure][-1])
    number = f"{milli / scale:.3f}".rstrip("0").rstrip(".")
    return f"×{number}" if unit == "×" else f"{number} {unit}"
