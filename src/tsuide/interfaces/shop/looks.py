"""A calm drawing and tint for products that have no picture, by the words of their category.

The narrowest name of the category path decides first; within a name the first rule that fits. The page's script
gets the same table, so that an offer looks like the product's own page.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple


class Look(NamedTuple):
    """A symbol of static/tiles.svg and a class of shop.css that sets the tint."""

    glyph: str
    tint: str


_RULES: Final[tuple[tuple[str, str, int], ...]] = (  # part of a category's name, glyph, tint
    ("ice cream", "sweet", 9),
    ("bread", "bread", 2),
    ("buns", "bread", 2),
    ("roll", "bread", 2),
    ("bagel", "bread", 2),
    ("dough", "bread", 2),
    ("hot dog", "meat", 0),
    ("ice ", "snow", 7),
    ("frozen pizza", "snow", 0),
    ("frozen", "snow", 7),
    ("frzn", "snow", 7),
    ("baby", "baby", 6),
    ("infant", "baby", 6),
    ("diaper", "baby", 6),
    ("pet ", "paw", 1),
    ("cat food", "paw", 1),
    ("cat litter", "paw", 1),
    ("dog", "paw", 1),
    ("bird", "paw", 1),
    ("milk", "milk", 7),
    ("yogurt", "milk", 10),
    ("margarine", "milk", 2),
    ("butter", "milk", 2),
    ("cheese", "cheese", 2),
    ("egg", "egg", 1),
    ("coffee", "cup", 1),
    ("tea", "cup", 4),
    ("cocoa", "cup", 1),
    ("beer", "bottle", 2),
    ("wine", "bottle", 11),
    ("liquor", "bottle", 1),
    ("spirit", "bottle", 1),
    ("soft drink", "bottle", 0),
    ("drink", "bottle", 6),
    ("drnk", "bottle", 6),
    ("water", "bottle", 7),
    ("juice", "bottle", 1),
    ("baking", "bread", 2),
    ("cake", "sweet", 10),
    ("pie", "sweet", 1),
    ("cookie", "sweet", 1),
    ("candy", "sweet", 11),
    ("sweet good", "sweet", 10),
    ("pastry", "bread", 10),
    ("snack", "bag", 1),
    ("chip", "bag", 1),
    ("cracker", "bag", 2),
    ("nut", "bag", 1),
    ("cereal", "bowl", 2),
    ("brkfst", "bowl", 2),
    ("soup", "bowl", 0),
    ("pasta", "bowl", 1),
    ("noodle", "bowl", 1),
    ("dinner", "bowl", 0),
    ("rice", "bowl", 3),
    ("fish", "fish", 7),
    ("seafood", "fish", 7),
    ("salmon", "fish", 0),
    ("shrimp", "fish", 0),
    ("crab", "fish", 0),
    ("beef", "meat", 0),
    ("pork", "meat", 11),
    ("chicken", "meat", 1),
    ("turkey", "meat", 1),
    ("bacon", "meat", 0),
    ("sausage", "meat", 0),
    ("ham", "meat", 11),
    ("meat", "meat", 0),
    ("deli", "meat", 1),
    ("salad", "leaf", 4),
    ("vegetable", "leaf", 4),
    ("onion", "leaf", 3),
    ("potato", "leaf", 2),
    ("tomato", "fruit", 0),
    ("pepper", "leaf", 5),
    ("carrot", "leaf", 1),
    ("herb", "leaf", 4),
    ("mushroom", "leaf", 2),
    ("banana", "fruit", 2),
    ("fruit", "fruit", 0),
    ("apple", "fruit", 0),
    ("berr", "fruit", 11),
    ("grape", "fruit", 9),
    ("citrus", "fruit", 1),
    ("melon", "fruit", 4),
    ("produce", "leaf", 4),
    ("flower", "flower", 10),
    ("floral", "flower", 10),
    ("garden", "flower", 4),
    ("lawn", "flower", 4),
    ("tissue", "roll", 8),
    ("towel", "roll", 8),
    ("paper", "roll", 8),
    ("wrap", "roll", 8),
    ("detergent", "spray", 7),
    ("clean", "spray", 6),
    ("bleach", "spray", 7),
    ("soap", "spray", 6),
    ("hair", "face", 9),
    ("makeup", "face", 10),
    ("cosmetic", "face", 10),
    ("skin", "face", 10),
    ("deodorant", "face", 8),
    ("oral", "face", 6),
    ("shaving", "face", 8),
    ("vitamin", "pill", 4),
    ("cold", "pill", 8),
    ("remed", "pill", 8),
    ("medicine", "pill", 8),
    ("analgesic", "pill", 8),
    ("antacid", "pill", 10),
    ("drug", "pill", 8),
    ("nutrition", "pill", 4),
    ("magazine", "book", 8),
    ("card", "book", 10),
    ("book", "book", 8),
    ("stationery", "book", 8),
    ("school", "book", 8),
    ("batter", "plug", 8),
    ("bulb", "plug", 2),
    ("electr", "plug", 8),
    ("photo", "camera", 8),
    ("video", "camera", 9),
    ("fuel", "pump", 8),
    ("gas", "pump", 8),
    ("auto", "pump", 8),
    ("coupon", "ticket", 2),
    ("travel", "ticket", 7),
    ("apparel", "shirt", 8),
    ("hosiery", "shirt", 10),
    ("sock", "shirt", 8),
    ("sauce", "can", 0),
    ("condiment", "can", 0),
    ("canned", "can", 3),
    ("shelf stable", "can", 3),
    ("beans", "can", 1),
    ("hispanic", "bowl", 1),
    ("restaurant", "bowl", 0),
    ("chef", "bowl", 1),
    ("cigarette", "box", 8),
    ("grocery", "bag", 4),
)
RULES: Final = tuple((word, Look(glyph, f"h{tint}")) for word, glyph, tint in _RULES)
PLAIN: Final = Look("box", "h5")


def look_of(category: Sequence[str]) -> Look:
    """The drawing and tint of a category path.

    >>> look_of(["GROCERY", "FLUID MILK PRODUCTS"]), look_of([])
    (Look(glyph='milk', tint='h7'), Look(glyph='box', tint='h5'))
    """
    for name in reversed(category):
        folded = f"{name.lower()} "
        for word, look in RULES:
            if word in folded:
                return look
    return PLAIN
