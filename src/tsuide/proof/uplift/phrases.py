"""What groups and figures of uplift are called, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

UPLIFT: Final = Phrases(
    {
        "persuadable": {"ja": "提案で動く人", "en": "persuadables"},
        "sure_thing": {"ja": "提案がなくても買う人", "en": "sure things"},
        "lost_cause": {"ja": "提案しても買わない人", "en": "lost causes"},
        "do_not_disturb": {"ja": "提案が逆効果の人", "en": "do-not-disturbs"},
        "group": {"ja": "グループ", "en": "group"},
        "customers": {"ja": "顧客数", "en": "customers"},
        "effect": {"ja": "購入率の差（95 %区間）", "en": "difference in buyers (95 %)"},
        "used": {"ja": "提案への反映", "en": "used in offers"},
        "factor": {"ja": "承諾確率を {factor} 倍", "en": "P × {factor}"},
        "not_supported": {"ja": "比較群では確かめられていない", "en": "no: the holdout does not show it"},
        "trial": {
            "ja": "提案あり {treated} 人・比較群 {holdout} 人の {days} 日間の購入から学習（{date}）",
            "en": "Learned from {treated} customers with offers, {holdout} in the holdout, {days} days each ({date})",
        },
        "qini": {
            "ja": "Qini（0 = 偶然、1 = 最良）: {value} ± {deviation}（購入予測だけなら {response}）",
            "en": "Qini (0 chance, 1 best): {value} ± {deviation} (a mere response model: {response})",
        },
        "top": {"ja": "上位 {k} の顧客", "en": "first {k} of customers"},
        "definition": {
            "ja": "最初の提案判断から {days} 日以内の購入確率が、"
            "提案によって {least} ポイント以上上がる（persuadable）、または下がる（do_not_disturb）と予測された顧客。"
            "提案なしでも買う人は sure_thing、買わない人は lost_cause。",
            "en": "Customers whose chance to buy within {days} days of their first decision offers are predicted to"
            " raise (persuadable) or lower (do_not_disturb) by {least} points or more; of the others those who buy"
            " anyway (sure_thing) and those who do not (lost_cause).",
        },
        "members": {"ja": "顧客", "en": "customer"},
    }
)
