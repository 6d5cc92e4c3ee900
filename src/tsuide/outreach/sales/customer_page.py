"""A customer or account whole, as one page that loads nothing: for a rep before a call, printed or on a phone."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from tsuide.kit.money import Money
from tsuide.kit.phrases import Phrases
from tsuide.outreach.phrases import CHANNELS, KINDS, PURPOSES
from tsuide.outreach.sales.happened import what_happened

_MOST: Final = 40
PHRASES: Final = Phrases(
    {
        "person": {"ja": "個人のお客様", "en": "Person"},
        "company": {"ja": "法人のお客様", "en": "Company"},
        "above": {"ja": "上位", "en": "Belongs to"},
        "same_address": {"ja": "同じメールアドレスのお客様", "en": "The same mail address stands at"},
        "open_complaint": {
            "ja": "未解決の苦情があります。解決するまで何もお勧めしません。",
            "en": "A complaint is open: nothing is sold to them until it is answered.",
        },
        "owner": {"ja": "担当", "en": "Looked after by"},
        "offer": {"ja": "いまご提案するもの", "en": "To offer now"},
        "nothing": {"ja": "いまは何も提案しません。", "en": "Nothing is proposed now."},
        "unlearned": {"ja": "まだ学習していません。", "en": "Nothing has been learned yet."},
        "ask": {"ja": "先に伺うこと", "en": "Ask first"},
        "not": {"ja": "提案しないものとその理由", "en": "What not, and why"},
        "times": {"ja": "{n}件", "en": "{n} products"},
        "earns": {"ja": "見込み利益 {range}", "en": "expected margin {range}"},
        "owned_by": {"ja": "お持ちの方: {names}", "en": "owned by {names}"},
        "figures": {"ja": "数字", "en": "Figures"},
        "no_orders": {"ja": "注文はまだありません。", "en": "No orders yet."},
        "currency": {"ja": "通貨", "en": "currency"},
        "orders": {"ja": "注文", "en": "orders"},
        "amount": {"ja": "金額", "en": "amount"},
        "back": {"ja": "返品", "en": "returned"},
        "last": {"ja": "最終注文", "en": "last order"},
        "expected": {"ja": "今後{days}日の見込み", "en": "Expected in {days} days"},
        "purchases": {"ja": "購入 {n} 回", "en": "{n} purchases"},
        "revenue": {"ja": "売上 {amount}", "en": "revenue {amount}"},
        "margin": {"ja": "利益 {amount}", "en": "margin {amount}"},
        "stated": {"ja": "ご要望・目標・好み", "en": "Needs, goals and tastes stated"},
        "risks": {"ja": "ご注意", "en": "Mind"},
        "consents": {"ja": "同意", "en": "Agreed to"},
        "no_consents": {"ja": "同意はありません。", "en": "Agreed to nothing."},
        "tasks": {"ja": "やること", "en": "To do"},
        "tree": {"ja": "拠点・担当者", "en": "Sites and contacts"},
        "name": {"ja": "名前", "en": "name"},
        "owned": {"ja": "お持ちのもの", "en": "Owns"},
        "happened": {"ja": "これまでのこと", "en": "What happened"},
        "at": {"ja": "日付", "en": "date"},
        "who": {"ja": "お客様", "en": "who"},
        "what": {"ja": "内容", "en": "what"},
        "nothing_happened": {"ja": "まだ何もありません。", "en": "Nothing yet."},
        "made": {"ja": "{at} 現在", "en": "as of {at}"},
    }
)  # fmt: skip


def customer_page(told: Mapping[str, Any], language: str, now: datetime, zone: ZoneInfo) -> str:
    """The HTML file.

    Args:
        told: a customer whole with its offers, as `GET /v1/customers/{id}/whole` tells it.
        language: ja or en.
        now: UTC; when it was asked.
        zone: of the dates.

    Raises:
        BadValue: another language.
    """

    def say(name: str, **blanks: object) -> str:
        return PHRASES.text(name, language, **blanks)

    def day(text: str | None) -> str:
        return "–" if text is None else f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d}"

    def money(amount: int | None, currency: str) -> str:
        return "–" if amount is None else Money(amount, currency).text(language)

    return _template().render(
        told=told,
        language=language,
        say=say,
        day=day,
        money=money,
        kinds=lambda kind: KINDS.text(kind, language),
        purpose=lambda name: PURPOSES.text(name, language),
        channel=lambda name: CHANNELS.text(name, language),
        happened=what_happened(told, language)[:_MOST],
        made=say("made", at=f"{now.astimezone(zone):%Y-%m-%d %H:%M}"),
    )


@cache
def _template() -> Template:
    loader = PackageLoader("tsuide.outreach.sales", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("customer.html")
