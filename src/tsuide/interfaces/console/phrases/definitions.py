"""What the figures in tables mean, where a room has no definition of its own: shown on hover and focus."""

from typing import Final

from tsuide.kit.phrases import Phrases

DEFINITIONS: Final = Phrases(
    {
        "of_version": {
            "ja": "保存のたびに1つ増える番号。前の版には戻せます。",
            "en": "Grows by one with each save; any former one can be restored.",
        },
        "of_rows_kept": {
            "ja": "このお客様について、その表に保存されている行の数。",
            "en": "Rows of that table that are kept about this customer.",
        },
        "of_order_amount": {
            "ja": "注文の合計。値引き後、税・送料込みで店が記録した金額。",
            "en": "The order's total as the shop recorded it, after discounts.",
        },
        "of_owned": {
            "ja": "買って手元に残した数。返品と贈り物は除き、下の担当者・拠点の分も含みます。",
            "en": "Units bought and kept by everybody of the account, without gifts and what came back.",
        },
        "of_returned": {"ja": "返品された数。", "en": "Units that came back."},
        "of_deal_total": {
            "ja": "商談の税込合計。通貨が複数あるときは最初の通貨の分。",
            "en": "The deal's total with tax; of several currencies, the first.",
        },
        "of_score": {
            "ja": "お客様が付けた点数。0〜10（おすすめ度）。",
            "en": "The score that the customer gave: 0 to 10, would they recommend the shop.",
        },
        "of_rating": {"ja": "レビューの星の数。", "en": "Stars of the review."},
        "of_viewed": {"ja": "この商品のページを見た回数。", "en": "How often the product's page was looked at."},
        "of_price": {"ja": "カタログの価格。", "en": "The price in the catalogue."},
        "of_stock": {
            "ja": "販売できる在庫数。空欄は在庫管理なし。",
            "en": "Units that can be sold; empty where stock is not kept.",
        },
        "of_snapshot": {"ja": "学習するたびに1つ増える番号。", "en": "Grows by one with each learning."},
        "of_learned_orders": {"ja": "この学習結果が読んだ注文の数。", "en": "Orders that this learning read."},
        "of_open_deals": {
            "ja": "期間内に作られ、まだ決まっていない商談。",
            "en": "Deals of the period that are neither won nor lost yet.",
        },
        "of_won_deals": {"ja": "お客様本人が見積を確定した商談。", "en": "Deals whose quote the customer confirmed."},
        "of_lost_deals": {"ja": "失注として閉じた商談。", "en": "Deals that were closed as lost."},
        "of_arm_share": {"ja": "この群に入る対象の割合。", "en": "Share of those taking part who are in this arm."},
        "of_shown": {
            "ja": "画面や担当者から実際に見せた提案の数。",
            "en": "Offers that were really shown, on a page or by a rep.",
        },
        "of_accepted": {"ja": "お客様が受け入れた提案の数。", "en": "Offers that the customer accepted."},
        "of_accept_share": {
            "ja": "受け入れ ÷ 表示。群の違いによる効果ではありません。",
            "en": "Accepted ÷ shown; not the effect of the arm.",
        },
        "of_entry": {"ja": "記録した費用または金額。", "en": "The cost or amount that was entered."},
        "of_people_treated": {"ja": "提案を見せた側のお客様の数。", "en": "Customers to whom offers were shown."},
        "of_people_control": {
            "ja": "見せなかった側（ホールドアウト）のお客様の数。",
            "en": "Customers of the holdout, to whom none were shown.",
        },
        "of_taken": {
            "ja": "効きそうな順に並べたとき、上から何%までに提案したか。",
            "en": "Offers go to so large a share of customers, those first whom they should move most.",
        },
        "of_extra": {
            "ja": "そこまでに提案したことで増えた購入者の数。ホールドアウトと比べた推定（Qini）。",
            "en": "Additional buyers by then, estimated against the holdout (Qini).",
        },
        "of_group_size": {"ja": "この区分に入ったお客様の数。", "en": "Customers in this group."},
        "of_bounds": {
            "ja": "95%区間。真の値は、20回のうち19回この中にあります。",
            "en": "95 % interval: in 19 of 20 such readings the true value lies within.",
        },
        "of_moves": {
            "ja": "期間中にこの段階から次へ進んだ回数。",
            "en": "How often somebody went from this step to the next within the range.",
        },
        "of_median_days": {
            "ja": "次の段階までの日数の中央値。半分はこれより早く進みました。",
            "en": "Median days to the next step: half went on sooner.",
        },
        "of_days_onward": {
            "ja": "次の段階までの日数。進んだ先ごとの中央値を、回数で重み付けした平均です。",
            "en": "Days to the next step: the median of each way on, weighted by how often it was taken.",
        },
        "of_quarantine": {
            "ja": "読めなかったメッセージの数。理由とともに保管し、直したあとで読み直せます。",
            "en": "Messages that could not be read: kept with the reason, and read again once that is mended.",
        },
        "of_departures": {
            "ja": "この段階にいて、その先が観察できた回数。",
            "en": "How often somebody was at this step and what followed could be observed.",
        },
        "of_followed": {
            "ja": "購入後7日以内にフォローした人の数。",
            "en": "People who were followed up within 7 days of the purchase.",
        },
        "of_bought_followed": {
            "ja": "フォローした人のうち、その後に買った割合。",
            "en": "Of those followed up, who bought then.",
        },
        "of_not_followed": {"ja": "フォローしなかった人の数。", "en": "People who were not followed up."},
        "of_bought_others": {
            "ja": "フォローしなかった人のうち、その後に買った割合。",
            "en": "Of those not followed up, who bought then.",
        },
        "of_difference": {
            "ja": "提案した人としなかった人（ホールドアウト）の、1人あたりの金額の差。",
            "en": "Difference per customer between those with offers and the holdout.",
        },
        "of_window": {
            "ja": "次の購入が、いつもより確かに多い期間。",
            "en": "The days in which the next purchase comes more often than usual, for certain.",
        },
        "of_bought_next": {"ja": "この順に買われた回数。", "en": "How often they were bought in this order."},
        "of_candidate_price": {"ja": "この判断のときの価格。", "en": "The price when this was decided."},
        "of_plan_days": {"ja": "実験を続ける日数。", "en": "Days that the experiment runs."},
        "of_plan_customers": {"ja": "それまでに参加するお客様の数。", "en": "Customers who take part by then."},
        "of_can_see": {
            "ja": "その人数で、決めた検出力で見つけられる最も小さな差。",
            "en": "The smallest difference that so many show with the chosen power.",
        },
        "of_offers_changed": {
            "ja": "記録された判断のうち、この規則で結果が変わる提案の数。",
            "en": "Recorded offers whose fate this rule would change.",
        },
        "of_budget": {
            "ja": "この販促に使ってよい値引きの総額。使い切ると止まります。",
            "en": "What it may give away in all; when that is spent it ends.",
        },
        "of_uses": {
            "ja": "この販促を使って成立した購入の数。",
            "en": "How often it was used in a purchase that the customer accepted.",
        },
        "of_discount": {
            "ja": "ばらで買うときの合計からの値引き率。",
            "en": "Share taken off what the parts cost one by one.",
        },
        "of_set_price": {"ja": "その値引きでのセット価格。", "en": "The set's price at that discount."},
        "of_margin_rate": {"ja": "（価格 − 原価）÷ 価格。", "en": "(Price − cost) ÷ price."},
        "of_sum_revenue": {"ja": "これらの注文の売上の合計。", "en": "Revenue of these orders together."},
        "of_sum_margin": {
            "ja": "これらの注文の粗利の合計（税抜）。原価の分からない行がある注文は含みません。",
            "en": "Margin of these orders together, without tax; orders with a line whose cost is unknown are left out.",
        },
        "of_value_band": {"ja": "注文金額の幅。", "en": "The band of order values."},
        "of_orders_in_band": {"ja": "金額がこの幅に入る注文の数。", "en": "Orders whose value lies in the band."},
        "of_customers": {"ja": "期間中に買ったお客様の数。", "en": "Customers who bought within the range."},
        "of_orders": {"ja": "期間中の注文の数。取り消しは除きます。", "en": "Orders within the range, none cancelled."},
        "of_revenue": {"ja": "期間中の売上。返品を引いた額。", "en": "Revenue within the range, less what came back."},
        "of_through_offers": {
            "ja": "そのうち、初めての購入が提案から入った人。因果ではありません。",
            "en": "Of these, whose first purchase came from an offer; no effect is claimed.",
        },
        "of_searches": {"ja": "この言葉で検索された回数。", "en": "How often these words were searched for."},
        "of_empty_searches": {
            "ja": "そのうち、1件も見つからなかった回数。",
            "en": "Of these, how often nothing was found.",
        },
        "of_noes": {"ja": "お客様がこの理由で断った回数。", "en": "How often customers said no for this reason."},
        "of_hits": {"ja": "この兆候に当てはまった件数。", "en": "How many of them show the sign."},
        "of_trials": {"ja": "調べた件数。", "en": "How many were looked at."},
        "of_hit_share": {"ja": "該当 ÷ 件数。", "en": "Hits ÷ looked at."},
        "of_found": {"ja": "この点検で見つかった記録の数。", "en": "Records that this check found."},
    }
)
