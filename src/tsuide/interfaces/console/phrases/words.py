"""Words of the closed vocabularies, as forms and tables of these pages name them."""

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind.cross_sell": {"ja": "クロスセル", "en": "Cross-sell"},
    "kind.up_sell": {"ja": "アップセル", "en": "Up-sell"},
    "kind.down_sell": {"ja": "ダウンセル", "en": "Down-sell"},
    "kind.alternative": {"ja": "代わりの品", "en": "Alternative"},
    "kind.bundle": {"ja": "セット", "en": "Bundle"},
    "kind.filler": {"ja": "送料無料まで", "en": "Filler"},
    "kind.replenish": {"ja": "補充", "en": "Refill"},
    "kind.content": {"ja": "読みもの", "en": "Content"},
}
PLACEMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "placement.home": {"ja": "トップ", "en": "Home"},
    "placement.category": {"ja": "カテゴリ", "en": "Category"},
    "placement.search": {"ja": "検索", "en": "Search"},
    "placement.product": {"ja": "商品ページ", "en": "Product page"},
    "placement.cart": {"ja": "カート", "en": "Cart"},
    "placement.checkout": {"ja": "注文手続き", "en": "Checkout"},
    "placement.confirmation": {"ja": "注文完了", "en": "Confirmation"},
    "placement.account": {"ja": "マイページ", "en": "Account"},
    "placement.app": {"ja": "アプリ", "en": "App"},
    "placement.email": {"ja": "メール", "en": "Email"},
    "placement.line": {"ja": "LINE", "en": "LINE"},
    "placement.rep": {"ja": "営業担当", "en": "Rep"},
    "placement.till": {"ja": "レジ", "en": "Till"},
    "placement.agent": {"ja": "エージェント", "en": "Agent"},
}
METRICS: Final[Mapping[str, Mapping[str, str]]] = {
    "metric.margin": {"ja": "粗利（顧客あたり）", "en": "Margin per customer"},
    "metric.revenue": {"ja": "売上（顧客あたり）", "en": "Revenue per customer"},
    "metric.orders": {"ja": "注文数", "en": "Orders"},
    "metric.units": {"ja": "購入点数", "en": "Units"},
    "metric.attached": {"ja": "提案からの明細数", "en": "Attached lines"},
    "metric.repeated": {"ja": "再購入率", "en": "Repeat rate"},
    "metric.returned": {"ja": "返品点数", "en": "Units returned"},
    "metric.unsubscribed": {"ja": "配信停止率", "en": "Unsubscribe rate"},
    "metric.complained": {"ja": "苦情率", "en": "Complaint rate"},
}
