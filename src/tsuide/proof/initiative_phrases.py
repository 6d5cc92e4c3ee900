"""What initiatives and their figures are called, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

INITIATIVE: Final = Phrases(
    {
        "due": {"ja": "見直し時期の施策", "en": "Due for review"},
        "waiting": {"ja": "結果待ちの施策", "en": "Over, figures still coming in"},
        "running": {"ja": "実施中の施策", "en": "Running"},
        "planned": {"ja": "予定の施策", "en": "Planned"},
        "learned": {"ja": "わかったこと", "en": "What was learned"},
        "without": {"ja": "仮説のない変更", "en": "In force without a hypothesis"},
        "campaign": {"ja": "キャンペーン", "en": "campaign"},
        "bundle": {"ja": "セット", "en": "bundle"},
        "policy": {"ja": "方針の変更", "en": "change of policy"},
        "journey": {"ja": "ジャーニー", "en": "journey"},
        "late": {"ja": "（開始後に書かれた仮説）", "en": " (hypothesis written after the start)"},
        "none": {
            "ja": "施策はまだありません。tsuide initiative create FILE で始めます。",
            "en": "No initiatives yet. Write one down: tsuide initiative create FILE",
        },
        "id": {"ja": "施策", "en": "id"},
        "sort": {"ja": "種類", "en": "sort"},
        "period": {"ja": "期間", "en": "period"},
        "hypothesis": {"ja": "仮説", "en": "hypothesis"},
        "verdict": {"ja": "判定（95 %区間）", "en": "verdict (95 %)"},
        "next": {"ja": "次の一手", "en": "next step"},
        "review": {"ja": "見直し", "en": "review"},
        "gain": {"ja": "効果あり", "en": "gain"},
        "loss": {"ja": "損失", "en": "loss"},
        "not_certain": {"ja": "まだ確かではない", "en": "not certain"},
        "not_readable": {"ja": "読み取れない", "en": "not readable"},
        "cost": {"ja": "費用", "en": "Cost"},
        "leads": {"ja": "リード", "en": "Leads"},
        "figure": {"ja": "数字", "en": "figure"},
        "incremental": {"ja": "増分（95 %区間）", "en": "incremental (95 %)"},
        "attributed": {"ja": "帰属（効果ではない）", "en": "attributed (not an effect)"},
        "sales": {"ja": "売上", "en": "sales"},
        "margin": {"ja": "粗利", "en": "margin"},
        "return": {"ja": "費用対効果（ROI）", "en": "return on cost (ROI)"},
        "sales_per_cost": {"ja": "費用あたり売上", "en": "sales per cost"},
        "share": {"ja": "売上に占める割合", "en": "share of sales"},
        "cost_per_lead": {"ja": "リード1件の費用", "en": "cost per lead"},
    }
)
