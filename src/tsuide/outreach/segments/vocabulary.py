"""What a condition may name: facts with their types, and what people did; each with its words in ja and en.

A fact is a column of a customer's sheet (`sheets.py`), or, where its kind is `days` or `age`, what the clock makes of
one. Attributes of customers are no part of this list: a name that is not here is one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.consent import CHANNELS, PURPOSES

Kind: TypeAlias = Literal["text", "whole", "money", "number", "yes", "moment", "days", "age"]
"""Whole numbers, money (minor units) and numbers are compared as such; days and ages move with the clock."""
Deed: TypeAlias = Literal["bought", "gave", "returned", "viewed", "added", "registered", "attended"]
DEEDS: Final[tuple[Deed, ...]] = get_args(Deed)
Who: TypeAlias = Literal["customers", "visitors", "everyone"]
WHO: Final[tuple[Who, ...]] = get_args(Who)

NUMERIC: Final[frozenset[Kind]] = frozenset({"whole", "money", "number"})
CLOCKED: Final[frozenset[Kind]] = frozenset({"days", "age"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of every customer, or not.

    Args:
        name: in conditions.
        kind: its type.
        column: of the sheet, on which it stands.
        ja: its words in Japanese.
        en: in English.
        learned: learning says so, not the customer's own doing.
        choices: the only words that it takes; empty = any.
    """

    name: str
    kind: Kind
    column: str
    ja: str
    en: str
    learned: bool = False
    choices: tuple[str, ...] = ()


def _own(name: str, kind: Kind, ja: str, en: str, *, choices: tuple[str, ...] = ()) -> Fact:
    return Fact(name, kind, name, ja, en, choices=choices)


def _learned(name: str, kind: Kind, ja: str, en: str, *, choices: tuple[str, ...] = ()) -> Fact:
    return Fact(name, kind, name, ja, en, learned=True, choices=choices)


_MOMENTS: Final = (
    ("created", "created_at", "登録日", "known since"),
    ("first_order", "first_order_at", "最初の注文", "first order"),
    ("last_order", "last_order_at", "最後の注文", "last order"),
    ("last_seen", "last_seen_at", "最後の訪問", "last seen"),
    ("last_view", "last_view_at", "最後の閲覧", "last view of a product"),
    ("last_cart", "last_cart_at", "最後のカート投入", "last put into a cart"),
    ("last_contact", "last_contact_at", "最後の連絡", "last contact by us"),
    ("last_click", "last_click_at", "最後の提案クリック", "last click on an offer"),
    ("last_decline", "last_decline_at", "最後の辞退", "last offer declined"),
    ("last_complaint", "last_complaint_at", "最後の苦情", "last complaint"),
    ("last_score", "last_score_at", "最後の満足度回答", "last score given"),
    ("last_review", "last_review_at", "最後のレビュー", "last review"),
)
_FACTS: Final = (
    _own("kind", "text", "種別", "kind", choices=("person", "company", "visitor")),
    _own("language", "text", "言語", "language"),
    _own("currency", "text", "通貨", "currency of most of their orders, and of their money here"),
    _own("has_email", "yes", "メールアドレスあり", "has a mail address"),
    _own("has_phone", "yes", "電話番号あり", "has a phone number"),
    _own("open_complaint", "yes", "未解決の苦情あり", "has an open complaint"),
    *(Fact(column, "moment", column, ja, en) for _, column, ja, en in _MOMENTS),
    *(Fact(f"days_since_{name}", "days", column, f"{ja}からの日数", f"days since {en}")
      for name, column, ja, en in _MOMENTS),
    Fact("age", "age", "born", "年齢", "age"),
    _own("order_count", "whole", "注文回数", "orders"),
    _own("units_bought", "whole", "購入点数", "units bought"),
    _own("products_bought", "whole", "購入した商品数", "different products bought"),
    _own("categories_bought", "whole", "購入したカテゴリ数", "different categories bought"),
    _own("spent", "money", "購入金額", "spent"),
    _own("average_order", "money", "平均注文金額", "average order"),
    _own("largest_order", "money", "最大注文金額", "largest order"),
    _own("order_interval", "number", "平均購入間隔（日）", "average days between orders"),
    _own("discount_share", "number", "値引きで買った点数の割合", "share of units bought at a discount"),
    _own("gift_orders", "whole", "ギフト注文の回数", "orders with a gift"),
    _own("gift_share", "number", "ギフト注文の割合", "share of orders with a gift"),
    _own("returned_units", "whole", "返品点数", "units returned"),
    _own("return_rate", "number", "返品率", "share of units returned"),
    _own("view_count", "whole", "商品閲覧回数", "views of products"),
    _own("cart_count", "whole", "カート投入回数", "times put into a cart"),
    _own("contact_count", "whole", "連絡回数", "contacts by us"),
    _own("click_count", "whole", "提案クリック回数", "clicks on offers"),
    _own("decline_count", "whole", "辞退回数", "offers declined"),
    _own("review_count", "whole", "レビュー数", "reviews written"),
    _own("average_rating", "number", "平均評価", "average stars given"),
    _own("last_score", "whole", "最後の満足度（0〜10）", "last score (0 … 10)"),
    _learned("churn_risk", "number", "離脱確率", "probability of having left"),
    _learned("expected_orders", "number", "1年間の予想注文回数", "orders expected in a year"),
    _learned("expected_spend", "money", "1年間の予想購入金額", "spend expected in a year"),
    _learned("expected_margin", "money", "1年間の予想粗利", "margin expected in a year"),
    _learned("return_risk", "number", "返品確率", "probability that a unit comes back"),
    _learned("payment_risk", "number", "未払い確率", "probability that a bill stays unpaid"),
    _learned("uplift", "number", "提案による購入確率の変化", "what offers change in the chance to buy"),
    _learned("uplift_group", "text", "提案への反応グループ", "how offers move them",
             choices=("persuadable", "sure_thing", "lost_cause", "do_not_disturb")),
)  # fmt: skip
FACTS: Final[Mapping[str, Fact]] = {fact.name: fact for fact in _FACTS}

DEED_WORDS: Final[Mapping[Deed, tuple[str, str]]] = {
    "bought": ("購入した", "bought"),
    "gave": ("ギフトとして購入した", "bought as a gift"),
    "returned": ("返品した", "sent back"),
    "viewed": ("閲覧した", "looked at"),
    "added": ("カートに入れた", "put into a cart"),
    "registered": ("申し込んだ", "registered for"),
    "attended": ("参加した", "attended"),
}
CONTACT_CHANNELS: Final = ("email", "line", "sms", "phone", "post", "rep")
"""Those by which we go to the customer: what is shown there is a contact."""
FUNCTIONS: Final = (*DEEDS, "consented", "birthday_within", "coalesce")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"purpose": PURPOSES, "channel": CHANNELS}

TEXT_COLUMNS: Final = ("kind", "language", "currency", "uplift_group")
NUMBER_COLUMNS: Final = tuple(dict.fromkeys(fact.column for fact in _FACTS if fact.kind == "number"))
WHOLE_COLUMNS: Final = (
    *dict.fromkeys(fact.column for fact in _FACTS if fact.kind in {"whole", "money", "yes", "moment"}),
    "born",
    "age_given",
    "birthday",
)
"""Of `born` (YYYYMMDD) and `birthday` (MMDD) the clock makes ages; `age_given` is an age that somebody wrote down."""
LEARNED_COLUMNS: Final = tuple(fact.column for fact in _FACTS if fact.learned)


def described() -> list[dict[str, object]]:
    """Every fact as plain JSON, for a form that lets a person choose.

    >>> [each["name"] for each in described()][:2]
    ['kind', 'language']
    """
    return [
        {"name": fact.name, "kind": fact.kind, "ja": fact.ja, "en": fact.en, "learned": fact.learned}
        | ({"choices": list(fact.choices)} if fact.choices else {})
        for fact in _FACTS
    ]
