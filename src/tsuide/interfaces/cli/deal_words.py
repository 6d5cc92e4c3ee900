"""The words of `tsuide deal`."""

from typing import Final

from tsuide.kit.phrases import Phrases
from tsuide.outreach.sales.deal_words import DEAL_WORDS

PHRASES: Final = Phrases(
    {
        **DEAL_WORDS,
        "id": {"ja": "ID", "en": "id"},
        "title": {"ja": "件名", "en": "title"},
        "account": {"ja": "取引先", "en": "account"},
        "rep": {"ja": "担当", "en": "rep"},
        "stage": {"ja": "段階", "en": "stage"},
        "total": {"ja": "合計（税込）", "en": "total, tax included"},
        "tax": {"ja": "うち消費税{rate:g}%", "en": "of which tax {rate:g}%"},
        "lacks": {"ja": "不足", "en": "lacks"},
        "line": {"ja": "行", "en": "line"},
        "product": {"ja": "商品", "en": "product"},
        "role": {"ja": "区分", "en": "role"},
        "main": {"ja": "主", "en": "main"},
        "attached": {"ja": "併せて", "en": "attached"},
        "state": {"ja": "状態", "en": "state"},
        "quantity": {"ja": "数量", "en": "units"},
        "unit_price": {"ja": "単価", "en": "unit price"},
        "discount": {"ja": "値引", "en": "discount"},
        "amount": {"ja": "金額", "en": "amount"},
        "least": {"ja": "最低数量", "en": "from units"},
        "with": {"ja": "合わせる品", "en": "with"},
        "kind": {"ja": "種類", "en": "kind"},
        "why": {"ja": "理由", "en": "why"},
        "at": {"ja": "日時", "en": "at"},
        "deed": {"ja": "内容", "en": "what"},
        "who": {"ja": "人", "en": "who"},
        "reason": {"ja": "理由", "en": "reason"},
        "lines_proposed": {"ja": "提案数", "en": "proposed"},
        "answered": {"ja": "回答あり", "en": "answered"},
        "won": {"ja": "受注", "en": "won"},
        "lost": {"ja": "失注", "en": "lost"},
        "open": {"ja": "進行中", "en": "open"},
        "share": {"ja": "受注率（95%区間）", "en": "won (95%)"},
        "win_rate": {"ja": "受注率（95%区間）", "en": "win rate (95%)"},
        "attach_rate": {"ja": "併売率（95%区間）", "en": "attach rate (95%)"},
        "confirmed": {"ja": "お客様が確定した額", "en": "confirmed"},
        "hoped": {"ja": "未確定", "en": "not confirmed yet"},
        "promotion": {"ja": "特典", "en": "promotion"},
        "rep_only": {"ja": "営業限定", "en": "reps only"},
        "lines": {"ja": "対象の行", "en": "lines"},
        "no_promotions": {
            "ja": "いま付与できる特典はありません: tsuide promotion set FILE",
            "en": "Nothing to give now: tsuide promotion set FILE",
        },
        "none": {"ja": "商談はありません: tsuide deal add 件名", "en": "No deals: tsuide deal add TITLE"},
        "sent": {"ja": "{number} を送りました: {to}", "en": "{number} is out: {to}"},
        "settled": {"ja": "{count} 件の注文を作成しました", "en": "{count} orders written"},
        "silence": {
            "ja": "提案できるものはありません。黙っていることもひとつの判断です。",
            "en": "Nothing to propose: silence is a decision too.",
        },
        "handed_over": {
            "ja": "有資格の担当者へお引き継ぎください: {products}",
            "en": "For a qualified colleague to propose: {products}",
        },
        "no_seller": {
            "ja": "まだ設定されていません: tsuide deal seller FILE",
            "en": "Not set: tsuide deal seller FILE",
        },
        "prices_kept": {
            "ja": "{kept} 件を取り込み、{wrong} 件を除きました",
            "en": "{kept} prices kept, {wrong} set aside",
        },
        "no_lists": {
            "ja": "価格表はありません: tsuide deal prices NAME FILE",
            "en": "No lists: tsuide deal prices NAME FILE",
        },
    }
)


def reason_told(reason: str | None, language: str) -> str:
    """A reason in words; "–" where none was given.

    >>> reason_told("too_dear", "ja"), reason_told(None, "en")
    ('価格が合わない', '–')
    """
    return "–" if reason is None else PHRASES.text(f"why_{reason}", language)
