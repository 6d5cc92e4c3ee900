"""What stands before a customer at the last click, in words: every item that 特商法 12条の6 names, ja and en."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from tsuide.kit.money import Money
from tsuide.kit.phrases import Phrases
from tsuide.offers.acceptance import Confirmation, Item

PHRASES: Final = Phrases(
    {
        "item": {"ja": "商品", "en": "Item"},
        "item_text": {"ja": "{title} × {quantity}: {amount}", "en": "{title} × {quantity}: {amount}"},
        "item_off": {
            "ja": "{title} × {quantity}: {amount}（{discount}引き）",
            "en": "{title} × {quantity}: {amount} ({discount} off)",
        },
        "asked_for": {"ja": "価格は要見積もり", "en": "price on request"},
        "shipping": {"ja": "送料", "en": "Shipping"},
        "tax": {"ja": "うち消費税（{rate}%）", "en": "of which tax ({rate}%)"},
        "total": {"ja": "合計（税込）", "en": "Total, tax included"},
        "term": {"ja": "契約期間", "en": "Term"},
        "points": {"ja": "ポイント", "en": "Points"},
        "renewal": {"ja": "更新", "en": "Renewal"},
        "payment": {"ja": "お支払い", "en": "Payment"},
        "delivery": {"ja": "お届け・提供時期", "en": "Delivery"},
        "cancellation": {"ja": "キャンセル・解約・返品", "en": "Cancellation and returns"},
        "expires": {"ja": "お申し込み期限", "en": "You can say yes until"},
        "entered_by": {"ja": "入力した担当者", "en": "Entered for you by"},
        "nothing_yet": {
            "ja": "「確定する」を押すまで、注文は成立しません。",
            "en": "Nothing is ordered until you press “confirm”.",
        },
    }
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the final confirmation."""

    key: str
    label: str
    text: str


def shown(confirmed: Confirmation, language: str, zone: ZoneInfo) -> list[Shown]:
    """The rows, in the order in which they are read.

    Args:
        confirmed: what is confirmed.
        language: ja or en.
        zone: the shop's display time zone.

    Raises:
        BadValue: another language.
    """

    def row(key: str, text: str, **blanks: object) -> Shown:
        return Shown(key, PHRASES.text(key, language, **blanks), text)

    def money(amount: int) -> str:
        return Money(amount, confirmed.currency).text(language)

    rows = [row("item", _item_text(item, confirmed.currency, language)) for item in confirmed.items]
    if confirmed.shipping:
        rows.append(row("shipping", money(confirmed.shipping)))
    total = PHRASES.text("asked_for", language) if confirmed.total is None else money(confirmed.total)
    rows.append(row("total", total))
    rows += [row("tax", money(tax), rate=f"{rate / 100:g}") for rate, tax in confirmed.taxes.items()]
    rows += [row("points", f"{count:,} {unit}") for unit, count in confirmed.points.items()]
    rows += [row(name, text) for name in ("term", "renewal") if (text := getattr(confirmed, name))]
    terms = confirmed.terms
    cancellation = confirmed.cancellation or terms.cancellation.get(language, "")
    words = {"payment": terms.payment.get(language, ""), "delivery": terms.delivery.get(language, "")}
    rows += [row(name, text) for name, text in {**words, "cancellation": cancellation}.items() if text]
    until = confirmed.expires_at.astimezone(zone)
    rows.append(row("expires", f"{until:%Y-%m-%d %H:%M} {until.tzname() or ''}".strip()))
    return rows if confirmed.entered_by is None else [*rows, row("entered_by", confirmed.entered_by)]


def _item_text(item: Item, currency: str, language: str) -> str:
    amount = PHRASES.text("asked_for", language) if item.amount is None else Money(item.amount, currency).text(language)
    key = "item_off" if item.discount else "item_text"
    discount = Money(item.discount, currency).text(language)
    return PHRASES.text(key, language, title=item.title, quantity=item.quantity, amount=amount, discount=discount)
