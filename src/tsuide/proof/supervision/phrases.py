"""What supervision calls things, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

SUPERVISION: Final = Phrases(
    {
        "attach_rate": {"ja": "付帯率が高い", "en": "attach rate"},
        "instant_yes": {"ja": "1 分以内の承諾", "en": "yes within a minute"},
        "slow_yes": {"ja": "遅い・無回答の確認", "en": "late or no answer"},
        "quick_cancel": {"ja": "2 週間以内の取消・返品", "en": "cancelled within two weeks"},
        "dormant": {"ja": "60 日以上使われない開設", "en": "opened and never used"},
        "after_hours": {"ja": "時間外の連続入力", "en": "bursts after hours"},
        "quota_gaming": {"ja": "ノルマ対策の疑い", "en": "looks like quota gaming"},
        "look": {"ja": "要確認", "en": "look at the rows"},
        "top_seller": {"ja": "成績上位（問題なし）", "en": "a top seller, nothing wrong"},
        "rep": {"ja": "担当者", "en": "rep"},
        "pattern": {"ja": "見立て", "en": "reads as"},
        "sign": {"ja": "兆候", "en": "sign"},
        "share": {"ja": "割合", "en": "share"},
        "usual": {"ja": "他の担当者", "en": "other reps"},
        "rows": {"ja": "該当行", "en": "rows"},
        "none": {
            "ja": "偶然を超える担当者はいません（{reps} 人を比較）。",
            "en": "Nobody is beyond chance ({reps} reps compared).",
        },
        "too_few": {
            "ja": "比較できる担当者が 5 人未満です。",
            "en": "Fewer than five reps can be compared.",
        },
        "label": {
            "ja": "統計上の所見です。該当行を見て人が判断するまで、不正とはみなしません。",
            "en": "A finding is a reason to look at the rows, never a verdict: a person decides.",
        },
        "audit": {"ja": "同意・承諾の監査", "en": "Audit of consents and acceptances"},
        "message_without_consent": {"ja": "同意のない配信", "en": "messages without consent"},
        "grant_without_evidence": {"ja": "根拠のない同意記録", "en": "grants without source or evidence"},
        "yes_on_paper": {"ja": "書面による承諾", "en": "yeses on paper"},
        "rep_gave_the_yes": {"ja": "担当者名義の承諾", "en": "yeses that name the rep as evidence"},
        "yes_without_order": {"ja": "承諾後 30 日注文なし", "en": "yeses without an order after 30 days"},
        "never_answered": {"ja": "期限切れ・無回答", "en": "expired without an answer"},
        "case": {"ja": "案件", "en": "case"},
        "opened": {"ja": "開始", "en": "opened"},
        "done": {"ja": "実施済み", "en": "done"},
        "missing": {"ja": "未実施", "en": "missing"},
        "closed": {"ja": "完了", "en": "closed"},
        "reversal": {"ja": "取消", "en": "reversal"},
        "refund": {"ja": "返金", "en": "refund"},
        "notice": {"ja": "お客様への連絡", "en": "notice to the customer"},
        "training": {"ja": "研修", "en": "training"},
        "waived": {"ja": "不要と判断", "en": "waived"},
        "closure": {"ja": "終了", "en": "closure"},
        "no_cases": {"ja": "案件はありません。", "en": "No cases."},
    }
)
