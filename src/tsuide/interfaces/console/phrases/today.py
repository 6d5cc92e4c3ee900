"""What the page “Today” says."""

from typing import Final

from tsuide.interfaces.console.phrases.figures import FIGURES
from tsuide.kit.phrases import Phrases

TODAY: Final = Phrases(
    {
        **FIGURES,
        "effect": {"ja": "提案が増やしたもの", "en": "What offers added"},
        "effect_lead": {
            "ja": "提案を見せた顧客と、何も見せない比較群（ホールドアウト）の差です。1人あたり{days}日間。{since}以降に初めて判断の対象になった顧客。",
            "en": "Customers with offers against a control group that sees none, over {days} days each, of customers first seen since {since}.",
        },
        "as_of": {"ja": "{at} 時点", "en": "as of {at}"},
        "measure": {"ja": "いま集計する", "en": "Measure now"},
        "no_effect": {"ja": "まだ集計していません。", "en": "Not measured yet."},
        "incremental_margin": {"ja": "増えた粗利（合計）", "en": "Incremental margin, in all"},
        "incremental_revenue": {"ja": "増えた売上（合計）", "en": "Incremental revenue, in all"},
        "help_total": {
            "ja": "1人あたりの差 × 提案ありの顧客数。下は95%区間。0をまたぐ間は、増えたとは言えません。",
            "en": "The difference per customer times the customers with offers; below it the 95 % interval. While that spans 0, no gain is certain.",
        },
        "people": {"ja": "顧客", "en": "Customers"},
        "people_value": {"ja": "{treated} / {control}", "en": "{treated} / {control}"},
        "help_people": {"ja": "提案あり / 比較群", "en": "With offers / in the control group."},
        "share_of_sales": {"ja": "売上に占める増分", "en": "Incremental share of sales"},
        "help_share": {"ja": "提案ありの顧客の売上のうち、提案がなければなかった分。", "en": "Of the sales to customers with offers, the part that would not be there without them."},
        "decide": {"ja": "判断が必要なこと", "en": "What needs a decision"},
        "nothing_to_decide": {"ja": "いま判断が必要なことはありません。", "en": "Nothing needs a decision now."},
        "due": {"ja": "施策「{id}」の見直し時期です", "en": "The initiative “{id}” is due for review"},
        "without": {"ja": "仮説のない変更が{n}件あります", "en": "{n} changes are in force without a hypothesis"},
        "job_failed_what": {"ja": "「{what}」が失敗しました: {why}", "en": "“{what}” failed: {why}"},
        "changed": {"ja": "最近の変更", "en": "What changed"},
        "nothing_changed": {"ja": "まだ変更はありません。", "en": "Nothing was changed yet."},
        "whole_log": {"ja": "すべての記録", "en": "The whole log"},
        "health": {"ja": "データの状態", "en": "Health of the data"},
        "healthy": {"ja": "足りないものは見つかりませんでした。", "en": "Nothing is missing."},
        "gap.cost": {"ja": "商品の{share}に原価がありません（{count}点）: 粗利なしで順位づけしています。", "en": "No cost for {share} of products ({count}): ranked without margin."},
        "gap.price": {"ja": "商品の{share}に価格がありません（{count}点）: 提案できません。", "en": "No price for {share} of products ({count}): they cannot be offered."},
        "gap.image": {"ja": "商品の{share}に画像がありません（{count}点）。", "en": "No picture for {share} of products ({count})."},
        "gap.category": {"ja": "商品の{share}にカテゴリがありません（{count}点）: 代わりの品を見つけにくくなります。", "en": "No category for {share} of products ({count}): alternatives are harder to find."},
        "gap.stock": {"ja": "商品の{share}は在庫数が不明です（{count}点）: 在庫ありとみなしています。", "en": "Stock unknown for {share} of products ({count}): taken as available."},
        "gap.quarantine": {"ja": "読めなかったデータが{count}件、隔離されています。", "en": "{count} messages could not be read and wait in quarantine."},
        "gap.learned": {"ja": "最後の学習から{count}日たっています。", "en": "What was learned is {count} days old."},
        "learn_first": {
            "ja": "まだ学習していません。「データ」で注文を取り込み、学習を始めてください。",
            "en": "Nothing was learned yet: import orders under “Data”, then learn.",
        },
    }
)  # fmt: skip
