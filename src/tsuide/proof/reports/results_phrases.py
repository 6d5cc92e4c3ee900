"""What the report of results says, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

RESULTS: Final = Phrases(
    {
        "title": {"ja": "提案の成果", "en": "Results of offers"},
        "range": {"ja": "{start} 〜 {end}", "en": "{start} to {end}"},
        "not_in": {
            "ja": "ほかの通貨のご注文は、この表の金額に含みません: {sums}",
            "en": "Orders in other currencies are in none of these amounts: {sums}",
        },
        "of_currency": {"ja": "{amount}（{orders}件）", "en": "{amount} ({orders})"},
        "rep": {"ja": "担当者", "en": "Reps"},
        "tier": {"ja": "お客様のランク", "en": "Tiers of customers"},
        "team": {"ja": "チーム", "en": "Teams"},
        "line": {"ja": "商品ライン", "en": "Product lines"},
        "category": {"ja": "カテゴリ", "en": "Categories"},
        "pair": {"ja": "組み合わせ", "en": "Pairs"},
        "placement": {"ja": "掲載場所", "en": "Placements"},
        "journey": {"ja": "ジャーニー", "en": "Journeys"},
        "segment": {"ja": "セグメント", "en": "Segments"},
        "kind": {"ja": "提案の種類", "en": "Kinds of offers"},
        "product": {"ja": "商品", "en": "Products"},
        "name": {"ja": "名前", "en": "name"},
        "shown": {"ja": "表示", "en": "shown"},
        "clicked": {"ja": "クリック", "en": "clicked"},
        "accepted": {"ja": "承諾", "en": "accepted"},
        "declined": {"ja": "辞退", "en": "declined"},
        "purchased": {"ja": "購入", "en": "purchased"},
        "returned": {"ja": "返品", "en": "returned"},
        "accept_rate": {"ja": "承諾率", "en": "accept rate"},
        "attributed": {"ja": "帰属売上（効果ではない）", "en": "attributed (not an effect)"},
        "customers": {"ja": "新規・既存のお客様", "en": "New and existing customers"},
        "group": {"ja": "区分", "en": "group"},
        "new": {"ja": "新規", "en": "new"},
        "existing": {"ja": "既存", "en": "existing"},
        "people": {"ja": "顧客数", "en": "customers"},
        "orders": {"ja": "注文数", "en": "orders"},
        "revenue": {"ja": "売上", "en": "sales"},
        "first_in_category": {"ja": "カテゴリでの初回購入", "en": "First purchases in a category"},
        "through_offers": {"ja": "うち提案から", "en": "through offers"},
        "searches": {"ja": "満たされなかった検索", "en": "Searches that were not met"},
        "query": {"ja": "検索語", "en": "words"},
        "times": {"ja": "回数", "en": "times"},
        "empty": {"ja": "結果 0 件", "en": "no results"},
        "nowhere": {"ja": "何も見ずに終わった", "en": "led nowhere"},
        "reasons": {"ja": "お断りの理由", "en": "Reasons for no"},
        "reason": {"ja": "理由", "en": "reason"},
        "effect": {"ja": "効果（提案なしの比較群との差）", "en": "Effect against silence"},
        "margin": {"ja": "顧客あたり粗利の差（95 %区間）", "en": "margin per customer, difference (95 %)"},
        "effect_rep": {"ja": "担当者別の効果（比較群との差）", "en": "Effect by rep, against silence"},
        "effect_line": {"ja": "商品ライン別の効果（比較群との差）", "en": "Effect by product line, against silence"},
        "effect_team": {"ja": "チーム別の効果（比較群との差）", "en": "Effect by team, against silence"},
        "effect_tier": {"ja": "お客様ランク別の効果（比較群との差）", "en": "Effect by tier, against silence"},
        "control": {"ja": "比較群", "en": "held out"},
        "treated": {"ja": "提案あり", "en": "treated"},
        "change": {"ja": "顧客あたりの差（95 %区間）", "en": "difference per customer (95 %)"},
        "certain": {"ja": "いつ見ても成り立つ区間", "en": "interval that holds at every look"},
        "total": {"ja": "増分の合計", "en": "incremental in all"},
        "attach_rate": {"ja": "併売率（提案あり／比較群）", "en": "attach rate, treated / held out"},
        "verdict": {"ja": "判定", "en": "verdict"},
        "gain": {"ja": "増えた", "en": "gain"},
        "loss": {"ja": "減った", "en": "loss"},
        "not_certain": {"ja": "まだ分からない", "en": "not certain"},
        "not_enough": {"ja": "お客様の数が足りない", "en": "not enough customers"},
        "groups": {"ja": "グループ別の増分", "en": "incremental by group"},
        "no_effect_too_few": {
            "ja": "効果はまだ読めません: 提案あり・なしのどちらかのお客様の数が足りません。",
            "en": "No effect can be read yet: {why}",
        },
        "no_effect_no_holdout": {
            "ja": "効果は読めません: ポリシーが比較群（holdout）を置いていません。",
            "en": "No effect can be read: {why}",
        },
        "no_effect_off_ratio": {
            "ja": "効果は読めません: 比較群の割合がポリシーと合わず、数字を信用できません。",
            "en": "No effect can be read: {why}",
        },
        "no_effect_other": {"ja": "効果はまだ読めません: {why}", "en": "No effect can be read yet: {why}"},
        "nothing": {"ja": "この期間の記録はありません。", "en": "Nothing on record in this range."},
        "offers": {"ja": "件数", "en": "counts"},
        "incremental": {"ja": "増分", "en": "incremental"},
        "leaf": {"ja": "カテゴリ", "en": "category"},
        "too_dear": {"ja": "高い", "en": "too dear"},
        "not_now": {"ja": "今はいらない", "en": "not now"},
        "have_it": {"ja": "持っている", "en": "has it already"},
        "not_for_me": {"ja": "自分向きでない", "en": "not for them"},
        "none_given": {"ja": "理由なし", "en": "no reason given"},
        "rows": {"ja": "元の行", "en": "rows"},
        "method": {"ja": "数え方", "en": "method"},
        "methods": {"ja": "数え方", "en": "Methods"},
        "method_offers": {
            "ja": "提案ごとに、結果の種類につき 1 回だけ数えます。承諾率 =（承諾または購入）÷ 表示。",
            "en": "Each offer once per outcome. Accept rate = accepted or purchased over shown.",
        },
        "method_attributed": {
            "ja": "クリック 7 日・カート内 2 時間・表示 1 日以内に売れた額。"
            "複数の提案で等分し、返品分を除きます。効果ではありません。",
            "en": "Sold within 7 days of a click, 2 hours in the cart, 1 day of a view; split over several offers,"
            " returns taken off. Not an effect.",
        },
        "method_incremental": {
            "ja": "提案を見せない比較群との差。CUPED で調整し、95 %区間を付けます。",
            "en": "Difference to the holdout, to whom nothing is shown; CUPED; 95 % interval.",
        },
        "method_groups": {
            "ja": "グループごとに比較群との差を読みます。担当者とランクは今の属性によります。"
            "どちらかの群が 20 人未満なら何も言いません。判定は、全グループ同時に、いつ見ても成り立つ区間によります。",
            "en": "Each group against the holdout within it; reps and tiers as attributes say now. With fewer than 20"
            " customers in an arm nothing is said. The verdict is by the interval that holds for all groups together"
            " and at every look.",
        },
        "method_customers": {
            "ja": "最初の注文がこの期間にある人が新規。売上は返品分を除いた支払額です。",
            "en": "New: the first order lies in the range. Sales as paid, returns taken off.",
        },
        "method_first_in_category": {
            "ja": "そのカテゴリの商品を初めて買った人。「提案から」は明細が提案に由来するもの。",
            "en": "Customers who never bought from the category before; through offers: the line came from one.",
        },
        "method_searches": {
            "ja": "結果 0 件と記録された検索、または 30 分以内に何も見なかった検索。",
            "en": "Searches told to have no results, or after which nothing was looked at within 30 minutes.",
        },
        "method_reasons": {
            "ja": "辞退・保留のときに選ばれた理由。",
            "en": "What customers chose when they declined or said later.",
        },
    }
)
