"""What the shop sells, read from `catalogue/*.yaml`: one `Item` per thing that can be bought, variants written out.

Fields of a product in the files:

| field | what |
|---|---|
| in | its category |
| ja, en, price, brand | as shown; the price includes tax; `brand` is ``ja|en`` and defaults to the category's |
| colours, sizes | one variant for each |
| is | attributes; ``name_ja`` and ``name_en`` where the value is a word |
| need | what it is for (alternatives and steps of a ladder share it); defaults to the category |
| weight | how often it is chosen among its like |
| each | units that are usually bought at once |
| then | what follows: ``PARTNER same/later@days`` in percent of buyers |
| refill, keeps | usual interval in days, and the percent who buy again each time |
| part | what it does not work without |
| goes_with, better | what people declare: accessories, and the step above |
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from tsuide.errors import BadValue

FILES: Final = ("cameras", "phones", "garden", "cosmetics", "groceries")
COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    "black": ("ブラック", "black"), "white": ("ホワイト", "white"), "silver": ("シルバー", "silver"),
    "grey": ("グレー", "grey"), "pink": ("ピンク", "pink"), "rose": ("ローズ", "rose"), "red": ("レッド", "red"),
    "coral": ("コーラル", "coral"), "berry": ("ベリー", "berry"), "brown": ("ブラウン", "brown"),
    "terracotta": ("テラコッタ", "terracotta"), "orange": ("オレンジ", "orange"), "gold": ("ゴールド", "gold"),
    "yellow": ("イエロー", "yellow"), "cream": ("クリーム", "cream"), "ivory": ("アイボリー", "ivory"),
    "beige": ("ベージュ", "beige"), "ochre": ("オークル", "ochre"), "olive": ("オリーブ", "olive"),
    "green": ("グリーン", "green"), "blue": ("ブルー", "blue"), "navy": ("ネイビー", "navy"),
    "purple": ("パープル", "purple"), "clear": ("クリア", "clear"),
}  # fmt: skip
_THEN: Final = re.compile(r"(\w+) (\d+)/(\d+)@(\d+)")


@dataclass(frozen=True, slots=True)
class Then:
    """What follows a purchase: of buyers, `same` percent take it along and `later` percent come back after `days`."""

    partner: str
    same: int
    later: int
    days: int


@dataclass(frozen=True, slots=True)
class Category:
    """One shelf.

    Args:
        path_ja, path_en: from the department down.
        begins: how often a need begins here, among the department's categories.
    """

    key: str
    department: str
    path_ja: tuple[str, str]
    path_en: tuple[str, str]
    begins: int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be bought.

    Args:
        id: of the variant; `base` is the product's own.
        brand: ja, en.
        cost: of one unit, ex tax, yen.
        tax: percent.
        attributes: words end in ``_ja`` and ``_en``; the rest reads the same in both languages.
        variant: ja, en; None for a product that has only one.
        drawing, colour: its picture.
        the rest: as in the files.
    """

    id: str
    base: str
    category: Category
    ja: str
    en: str
    brand: tuple[str, str]
    price: int
    cost: int
    tax: int
    kind: str
    durable: bool | None
    need: str
    goals: str
    attributes: Mapping[str, str]
    variant: tuple[str, str] | None
    drawing: str
    colour: str
    weight: float
    each: int
    then: tuple[Then, ...]
    refill: int
    keeps: int
    part: str | None
    goes_with: tuple[str, ...]
    better: str | None


@dataclass(frozen=True, slots=True)
class Department:
    """One file: its share of all needs, and the month of its season (0 = none)."""

    key: str
    share: int
    peak: int


@dataclass(frozen=True, slots=True)
class Assortment:
    """Everything on the shelves.

    Args:
        looks: outfits and rooms: ids of items, the main one first.
    """

    departments: tuple[Department, ...]
    categories: tuple[Category, ...]
    items: tuple[Item, ...]
    looks: tuple[tuple[str, ...], ...]

    def of_base(self, base: str) -> tuple[Item, ...]:
        """The variants of a product.

        Raises:
            BadValue: no such product.
        """
        found = tuple(each for each in self.items if each.base == base)
        if not found:
            raise BadValue("no such product in the catalogue files", key="product", value=base)
        return found


@cache
def read_assortment() -> Assortment:
    """The shop's catalogue.

    Raises:
        BadValue: a file names a product that there is not.

    >>> found = read_assortment()
    >>> [each.id for each in found.of_base("M1")], found.of_base("M1")[0].then[0]
    (['M1-black', 'M1-white'], Then(partner='SD64', same=34, later=5, days=6))
    """
    departments: list[Department] = []
    categories: list[Category] = []
    items: list[Item] = []
    looks: list[tuple[str, ...]] = []
    for name in FILES:
        file = yaml.safe_load(files(__package__).joinpath("catalogue", f"{name}.yaml").read_text(encoding="utf-8"))
        head = file["department"]
        departments.append(Department(head["key"], head["share"], head.get("peak", 0)))
        shelves = {key: _category(key, head, told) for key, told in file["categories"].items()}
        categories.extend(shelves.values())
        for base, told in file["products"].items():
            items.extend(_items(base, told, file["categories"][told["in"]], shelves[told["in"]]))
        looks.extend(tuple(look) for look in file["looks"])
    made = Assortment(tuple(departments), tuple(categories), tuple(items), tuple(looks))
    known = {each.base for each in made.items} | {each.id for each in made.items}
    for name in _named(made):
        if name not in known:
            raise BadValue("no such product in the catalogue files", key="product", value=name)
    return made


def _named(made: Assortment) -> Iterator[str]:
    for item in made.items:
        yield from (then.partner for then in item.then)
        yield from item.goes_with
        yield from (each for each in (item.part, item.better) if each)
    for look in made.looks:
        yield from look


def _category(key: str, head: Mapping[str, Any], told: Mapping[str, Any]) -> Category:
    return Category(key, head["key"], (head["ja"], told["ja"]), (head["en"], told["en"]), int(told.get("begins", 0)))


def _items(base: str, told: Mapping[str, Any], shelf: Mapping[str, Any], category: Category) -> Iterator[Item]:
    colours, sizes = told.get("colours", []), told.get("sizes", [])
    ways = [(colour, size) for colour in colours or [None] for size in sizes or [None]]
    for colour, size in ways:
        several = len(ways) > 1
        names = [COLOURS[colour] if colour and len(colours) > 1 else None, (size, size) if size else None]
        variant = (
            (" / ".join(each[0] for each in names if each), " / ".join(each[1] for each in names if each))
            if several
            else None
        )
        suffix = "-".join(each for each in (colour if len(colours) > 1 else None, size) if each)
        tax = int(told.get("tax", shelf.get("tax", 10)))
        price = int(told["price"])
        brand_ja, _, brand_en = str(told.get("brand", shelf["brand"])).partition("|")
        durable = told.get("durable", shelf.get("durable"))
        yield Item(
            id=f"{base}-{suffix}" if suffix else base,
            base=base,
            category=category,
            ja=f"{told['ja']} {variant[0]}" if variant else told["ja"],
            en=f"{told['en']}, {variant[1]}" if variant else told["en"],
            brand=(brand_ja, brand_en),
            price=price,
            cost=price * 100 // (100 + tax) * int(shelf["cost"]) // 100,
            tax=tax,
            kind=told.get("kind", shelf.get("kind", "physical")),
            durable=durable,
            need=str(told.get("need", told.get("need_as", told.get("need_of", category.key)))),
            goals=str(told.get("goals", "")),
            attributes={name: str(value) for name, value in told.get("is", {}).items()} | _shown(colour, several, size),
            variant=variant,
            drawing=told.get("drawing", shelf["drawing"]),
            colour=colour or "plain",
            weight=float(told["weight"]) / len(ways),
            each=int(told.get("each", 1)),
            then=tuple(_then(each) for each in told.get("then", [])),
            refill=int(told.get("refill", 0)),
            keeps=int(told.get("keeps", 0)),
            part=told.get("part"),
            goes_with=tuple(told.get("goes_with", [])),
            better=told.get("better"),
        )


def _shown(colour: str | None, several: bool, size: str | None) -> dict[str, str]:  # noqa: FBT001 - private
    words = {"colour_ja": COLOURS[colour][0], "colour_en": COLOURS[colour][1]} if colour and several else {}
    return words | ({"size": size} if size else {})


def _then(text: str) -> Then:
    found = _THEN.fullmatch(text)
    if found is None:
        raise BadValue("write PARTNER same/later@days", key="then", value=text)
    return Then(found[1], int(found[2]), int(found[3]), int(found[4]))
