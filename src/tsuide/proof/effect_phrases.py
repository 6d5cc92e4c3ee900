"""What figures of effect are called, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

EFFECT: Final = Phrases(
    {
        "margin": {"ja": "粗利（顧客あたり）", "en": "margin per customer"},
        "revenue": {"ja": "売上（顧客あたり）", "en": "revenue per customer"},
        "orders": {"ja": "注文数", "en": "orders"},
        "units": {"ja": "購入点数", "en": "units"},
        "attached": {"ja": "提案からの明細数", "en": "attached lines"},
        "returned": {"ja": "返品点数", "en": "units returned"},
        "repeated": {"ja": "再購入率", "en": "repeat rate"},
        "unsubscribed": {"ja": "配信停止率", "en": "unsubscribe rate"},
        "complained": {"ja": "苦情率", "en": "complaint rate"},
        "average_order": {"ja": "平均注文額", "en": "average order value"},
        "attach_rate": {"ja": "付帯率", "en": "attach rate"},
        "return_rate": {"ja": "返品率", "en": "return rate"},
        "nps": {"ja": "推奨度（NPS）", "en": "net promoter score"},
        "treated": {"ja": "提案あり", "en": "with offers"},
        "control": {"ja": "比較群", "en": "control"},
        "difference": {"ja": "差（95 %区間）", "en": "difference (95 %)"},
        "always": {"ja": "いつ見ても有効な区間", "en": "always-valid interval"},
        "lift": {"ja": "伸び率", "en": "lift"},
        "total": {"ja": "増分の合計", "en": "incremental in all"},
        "metric": {"ja": "指標", "en": "metric"},
        "gain": {"ja": "効果あり（増加）", "en": "a gain"},
        "loss": {"ja": "損失", "en": "a loss"},
        "not_certain": {"ja": "まだ確かではない", "en": "not certain yet"},
        "verdict": {
            "ja": "{primary}: {verdict}。提案あり {treated} 人、比較群 {control} 人",
            "en": "{primary}: {verdict}. {treated} customers with offers, {control} in control",
        },
        "open_windows": {
            "ja": "期間を終えた顧客は {share} のみの途中の数字です。途中の判断には「いつ見ても有効な区間」を。",
            "en": "Only {share} of the customers have completed their window: before the planned end go by the"
            " always-valid interval.",
        },
        "attributed": {"ja": "帰属売上", "en": "Attributed sales"},
        "suits": {"ja": "クロスセルに向くもの・向かないもの", "en": "What suits cross-selling and what does not"},
        "suits_not_yet": {
            "ja": "まだ判断できるほどの顧客がいません（比較群に各 20 人以上必要）。",
            "en": "Not enough customers to judge by yet (20 in control are needed for each).",
        },
    }
)
