"""Why a rule refused, in a sentence each, for people who read a trace or a what-if."""

from typing import Final

from tsuide.kit.phrases import Phrases

RULES: Final = Phrases(
    {
        "excluded": {"ja": "リクエストで除外されています", "en": "excluded by the request"},
        "category_filter": {
            "ja": "指定されたカテゴリーの外です",
            "en": "outside the categories asked for",
        },
        "kind_allowed": {
            "ja": "この場所では、この種類の提案をしません",
            "en": "this kind is not asked for, or not allowed here",
        },
        "sellable": {"ja": "今は販売していません", "en": "cannot be bought now"},
        "in_stock": {"ja": "在庫がありません", "en": "out of stock"},
        "same_currency": {
            "ja": "カートと通貨が異なります",
            "en": "another currency than the cart's",
        },
        "consent": {"ja": "お客様の同意がありません", "en": "the customer has not consented"},
        "age_limit": {
            "ja": "年齢の制限があります",
            "en": "has a minimum age that is not met or not known",
        },
        "region": {
            "ja": "お客様の地域では販売していません",
            "en": "not for the customer's region",
        },
        "lesson_audience": {"ja": "対象の方が異なります", "en": "meant for other people"},
        "ships_together": {
            "ja": "カートの商品と同梱できません",
            "en": "cannot ship together with the cart",
        },
        "sender_named": {
            "ja": "差出人と配信停止の方法がポリシーにありません",
            "en": "the policy names no sender and opt-out",
        },
        "quiet_hours": {"ja": "配信を控える時間帯です", "en": "quiet hours"},
        "qualification": {
            "ja": "担当者に必要な資格がありません",
            "en": "the rep lacks the qualification it asks for",
        },
        "need_recorded": {
            "ja": "お客様のご要望がまだ記録されていません",
            "en": "no need of the customer is recorded yet",
        },
        "final_confirmation": {
            "ja": "契約期間と解約方法の記載がありません",
            "en": "term and cancellation are not written down",
        },
        "premium_limit": {
            "ja": "景品の限度額を超えます",
            "en": "above the legal limit for premiums",
        },
        "honest_price": {
            "ja": "比較対照価格に販売実績がありません",
            "en": "the crossed-out price has no price history",
        },
        "in_cart": {"ja": "すでにカートに入っています", "en": "in the cart already"},
        "already_owned": {"ja": "すでにお持ちです", "en": "owned already"},
        "lesson_over": {"ja": "すでに開催が始まっています", "en": "it has begun already"},
        "lesson_joined": {"ja": "すでにお申し込み・ご参加済みです", "en": "registered for or attended already"},
        "lesson_prerequisite": {"ja": "先に受けていただく内容があります", "en": "something else comes first"},
        "not_due": {
            "ja": "補充にはまだ早いようです",
            "en": "bought lately and not used up yet",
        },
        "never_with": {
            "ja": "一緒に提案しない組み合わせです",
            "en": "declared never to go with this",
        },
        "required_part": {
            "ja": "必要な部品です。追加としてではなく、合計に含めてご確認いただきます",
            "en": "a required part: shown in the total, not sold as an extra",
        },
        "main_product": {
            "ja": "お使いの本体そのものです。付属品に合わせてはご提案しません",
            "en": "the main product: its accessory does not bring it",
        },
        "too_early": {"ja": "提案にはまだ早いようです", "en": "too early after the purchase"},
        "too_late": {"ja": "提案の時期を過ぎています", "en": "too late after the purchase"},
        "down_sell_hesitation": {
            "ja": "お客様は迷っておられません",
            "en": "a cheaper one without any sign of hesitation",
        },
        "down_sell_first": {
            "ja": "お手頃なものを最初には提案しません",
            "en": "never the cheaper one first",
        },
        "after_win": {
            "ja": "成果または満足の記録がまだありません",
            "en": "no success or satisfaction on record yet",
        },
        "shown_on_earlier_page": {
            "ja": "前のページで提案しました",
            "en": "an earlier page of this visit proposed it",
        },
        "filler_gap": {
            "ja": "送料無料までの差額に合いません",
            "en": "does not close the gap well",
        },
        "payment_default": {"ja": "お支払いが済んでいません", "en": "a bill is unpaid"},
        "open_complaint": {
            "ja": "お問い合わせに未回答です",
            "en": "a complaint or ticket is open",
        },
        "bad_score": {
            "ja": "最近の満足度が低いままです",
            "en": "the last satisfaction score is bad",
        },
        "frequent_returner": {
            "ja": "返品が多いお客様です",
            "en": "the customer returns most of what they buy",
        },
        "cost_to_serve": {
            "ja": "対応の費用が利益を上回っています",
            "en": "serving costs more than it brings",
        },
        "budget": {"ja": "ご予算を超えます", "en": "above the budget"},
        "price_reach": {
            "ja": "一緒に買うには高すぎます",
            "en": "too dear beside what it would go with",
        },
        "upgrade_reach": {
            "ja": "上位モデルとの価格差が範囲の外です",
            "en": "the step up is too large or none",
        },
        "down_sell_reach": {
            "ja": "お手頃さの範囲の外です",
            "en": "the step down is too small or too large",
        },
        "alternative_reach": {
            "ja": "代わりとしては価格が離れています",
            "en": "costs too differently for an alternative",
        },
        "margin_floor": {"ja": "利益率の下限を下回ります", "en": "below the margin floor"},
        "worthless": {
            "ja": "提案しても利益になりません",
            "en": "nothing would be earned by it",
        },
        "quality_floor": {"ja": "評価が低い商品です", "en": "its buyers rate it badly"},
        "often_returned": {"ja": "返品の多い商品です", "en": "comes back too often"},
        "evidence": {"ja": "根拠となるデータが足りません", "en": "rests on too little evidence"},
        "unlikely": {
            "ja": "選ばれる見込みがほとんどありません",
            "en": "hardly ever taken",
        },
        "have_it": {"ja": "「持っている」とのご回答です", "en": "the customer said: I have it"},
        "not_for_me": {
            "ja": "「自分には合わない」とのご回答です",
            "en": "the customer said: not for me",
        },
        "not_now": {"ja": "「今はいらない」とのご回答です", "en": "the customer said: not now"},
        "too_dear": {"ja": "「高すぎる」とのご回答です", "en": "the customer said: too dear"},
        "suppressed": {
            "ja": "何度も提案したため、お休み中です",
            "en": "shown or declined too often: resting",
        },
        "contact_limit": {
            "ja": "連絡の上限に達しています",
            "en": "the contact limit of the channel is reached",
        },
        "offers_per_page": {
            "ja": "一ページの提案数の上限です",
            "en": "the page holds no more offers",
        },
    }
)
