"""What deals are called by, wherever they are told: stages, what a line is, quotes, deeds, reasons, what is lacking."""

from collections.abc import Mapping
from typing import Final

DEAL_STAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "stage_lead": {"ja": "見込み", "en": "lead"},
    "stage_qualified": {"ja": "課題確認", "en": "qualified"},
    "stage_quoted": {"ja": "見積提出", "en": "quoted"},
    "stage_negotiation": {"ja": "交渉中", "en": "negotiation"},
    "stage_won": {"ja": "受注", "en": "won"},
    "stage_lost": {"ja": "失注", "en": "lost"},
}

NO_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "why_have_it": {"ja": "すでにお持ち", "en": "have it already"},
    "why_too_dear": {"ja": "価格が合わない", "en": "too dear"},
    "why_not_now": {"ja": "時期ではない", "en": "not now"},
    "why_not_for_me": {"ja": "必要に合わない", "en": "not what they need"},
}
"""Why a customer wants none of what was offered (`offers.offer.NO_REASONS`)."""

DEAL_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    **DEAL_STAGES,
    **NO_WORDS,
    "flag_no_account": {"ja": "取引先がありません", "en": "no account"},
    "flag_unknown_account": {"ja": "取引先が見つかりません", "en": "nobody knows this account"},
    "flag_no_owner": {"ja": "担当者がいません", "en": "nobody's"},
    "flag_no_lines": {"ja": "品目がありません", "en": "nothing is wanted yet"},
    "flag_no_price": {"ja": "価格が未定です", "en": "a price is missing"},
    "flag_several_currencies": {"ja": "通貨が混在しています", "en": "several currencies"},
    "flag_not_confirmed": {"ja": "お客様の確定がありません", "en": "no customer has confirmed it"},
    "state_accepted": {"ja": "希望", "en": "wanted"},
    "state_proposed": {"ja": "提案中", "en": "proposed"},
    "state_declined": {"ja": "見送り", "en": "declined"},
    "quote_written": {"ja": "作成済み（未送付）", "en": "written, not sent"},
    "quote_waiting": {"ja": "お客様の確定待ち", "en": "waits for the customer's yes"},
    "quote_accepted": {"ja": "お客様が確定", "en": "confirmed by the customer"},
    "quote_used": {"ja": "お客様が確定・受注済み", "en": "confirmed and ordered"},
    "quote_declined": {"ja": "お客様が見送り", "en": "declined by the customer"},
    "quote_expired": {"ja": "取り下げ・期限切れ", "en": "taken back or expired"},
    "deed_made": {"ja": "作成", "en": "begun"},
    "deed_changed": {"ja": "変更", "en": "changed"},
    "deed_stage": {"ja": "段階の変更", "en": "moved on"},
    "deed_line": {"ja": "品目の変更", "en": "line changed"},
    "deed_priced": {"ja": "価格の変更", "en": "price changed"},
    "deed_proposed": {"ja": "提案", "en": "proposals asked for"},
    "deed_given": {"ja": "特典を付与", "en": "promotion given"},
    "deed_taken_back": {"ja": "特典を取り下げ", "en": "promotion taken back"},
    "deed_answered": {"ja": "お客様の反応を記録", "en": "an answer noted"},
    "deed_quoted": {"ja": "見積書を作成", "en": "quote written"},
    "deed_sent": {"ja": "見積書を送付", "en": "quote sent"},
    "deed_customer_declined": {"ja": "お客様が見送り", "en": "declined by the customer"},
    "deed_customer_later": {"ja": "お客様が保留", "en": "put off by the customer"},
    "deed_won": {"ja": "お客様が確定し受注", "en": "confirmed by the customer, ordered"},
    "deed_lost": {"ja": "失注", "en": "lost"},
    "deed_reopened": {"ja": "再開", "en": "taken up again"},
    "why_replaced": {"ja": "別の品に替えた", "en": "another was taken instead"},
    "why_price": {"ja": "価格", "en": "price"},
    "why_competitor": {"ja": "競合", "en": "a competitor"},
    "why_no_need": {"ja": "必要なし", "en": "no need"},
    "why_no_budget": {"ja": "予算なし", "en": "no budget"},
    "why_timing": {"ja": "時期", "en": "timing"},
    "why_no_answer": {"ja": "返事なし", "en": "no answer"},
    "why_other": {"ja": "その他", "en": "other"},
}
"""For the table of a door's own `Phrases`: ``Phrases({**DEAL_WORDS, …})``."""
