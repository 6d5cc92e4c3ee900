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

PARAMETERS: Final = Phrases(
    {
        "in_stock.least": {"ja": "1点の提案に必要な在庫数", "en": "units that must be there for one unit offered"},
        "age_limit.unknown_refused": {
            "ja": "年齢が不明な方も対象外とする",
            "en": "somebody of unknown age counts as too young",
        },
        "ships_together.kinds": {
            "ja": "カートと同梱できる必要がある提案の種類",
            "en": "kinds that must ship with the cart",
        },
        "quiet_hours.start": {"ja": "配信を控え始める時刻", "en": "from when nothing goes out"},
        "quiet_hours.end": {"ja": "配信を再開する時刻", "en": "until when"},
        "qualification.hand_over": {
            "ja": "有資格者への引き継ぎとして残す",
            "en": "the offer stays, marked: hand over to a qualified colleague",
        },
        "already_owned.days": {
            "ja": "購入後、持っているとみなす日数",
            "en": "days that a purchase counts as owned",
        },
        "already_owned.variants": {
            "ja": "色・サイズ違いも持っているとみなす",
            "en": "another colour or size of what is owned counts as owned",
        },
        "not_due.share": {
            "ja": "いつもの購入間隔のうち、過ぎている必要がある割合",
            "en": "of the usual interval that must have passed",
        },
        "not_due.least_days": {"ja": "間隔が分からない場合の日数", "en": "days, where no interval is known"},
        "too_early.tolerance": {"ja": "時期より早くてもよい日数", "en": "days that it may come before the window"},
        "too_late.tolerance": {"ja": "時期より遅くてもよい日数", "en": "days that it may come after the window"},
        "after_win.score": {
            "ja": "満足とみなす直近の評価（0〜10）",
            "en": "last score from 0 to 10 that counts as good satisfaction",
        },
        "filler_gap.overshoot": {
            "ja": "差額を超えてよい割合（差額に対して）",
            "en": "how far beyond the gap its price may go, as a share of the gap",
        },
        "bad_score.least": {
            "ja": "提案を控える評価の境目（0〜10、これ未満）",
            "en": "score from 0 to 10 below which there is silence",
        },
        "frequent_returner.rate": {"ja": "返品した割合", "en": "share of bought units that came back"},
        "frequent_returner.units": {"ja": "判断に必要な購入点数", "en": "from how many units on"},
        "price_reach.of_main": {
            "ja": "一緒に買う品の価格に対する上限（ふだんの価格帯なら除く）",
            "en": "of the dearest thing beside it, unless it is within the customer's own band",
        },
        "price_reach.within_band": {
            "ja": "ふだんの価格帯でも超えない上限（一緒に買う品に対して）",
            "en": "of the dearest thing beside it, that even what is within the customer's own band may cost",
        },
        "price_reach.of_band": {
            "ja": "ふだん支払う価格（上位10%の境目）に対する上限",
            "en": "of the 90th percentile of what they paid for one unit",
        },
        "upgrade_reach.most": {
            "ja": "見ている品の価格に対する上限",
            "en": "at most, of the price looked at",
        },
        "upgrade_reach.least": {
            "ja": "見ている品の価格に対する下限",
            "en": "at least, of that price: below it is no upgrade",
        },
        "upgrade_reach.from_free_most": {
            "ja": "無料プランの次に提案する上限額",
            "en": "the most that follows a free plan, minor units",
        },
        "down_sell_reach.most": {
            "ja": "見ている品の価格に対する上限",
            "en": "at most, of the price looked at",
        },
        "down_sell_reach.least": {
            "ja": "見ている品の価格に対する下限",
            "en": "at least, of that price: below it is something else",
        },
        "alternative_reach.most": {
            "ja": "元の品の価格に対する上限",
            "en": "at most, of the price it stands for",
        },
        "alternative_reach.least": {
            "ja": "元の品の価格に対する下限",
            "en": "at least, of the price of what it stands for",
        },
        "alternative_reach.steps": {
            "ja": "近い品がない場合に範囲を広げる回数",
            "en": "how often that distance may be gone where nothing is nearer",
        },
        "margin_floor.rate": {"ja": "最低の粗利率（税抜価格に対して）", "en": "least margin, of the price ex tax"},
        "quality_floor.rating": {"ja": "平均評価の下限（1〜5）", "en": "least mean rating, 1 … 5"},
        "quality_floor.reviews": {"ja": "判断に必要なレビュー件数", "en": "from how many reviews on"},
        "often_returned.rate": {"ja": "返品された割合", "en": "share of bought units that came back"},
        "evidence.count": {"ja": "一緒に買われた注文の最低件数", "en": "baskets that held both"},
        "evidence.lift": {
            "ja": "偶然に対する倍率の下限（95%区間の下端）",
            "en": "least lower end of the 95 % interval of lift",
        },
        "unlikely.least": {"ja": "受け入れられる確率の下限", "en": "least probability of acceptance"},
        "not_for_me.days": {"ja": "控える日数", "en": "days of rest"},
        "not_now.days": {"ja": "控える日数", "en": "days of rest"},
        "too_dear.days": {"ja": "控える日数", "en": "days of rest"},
        "offers_per_page.most": {"ja": "1つの枠の提案数", "en": "offers in one slot"},
    }
)
"""What each parameter of a rule means, as ``rule.parameter``."""

STAGES: Final = Phrases(
    {
        "eligibility": {"ja": "提案してよいか", "en": "Eligibility"},
        "applicability": {"ja": "いま関係があるか", "en": "Applicability"},
        "suitability": {"ja": "お客様のためになるか", "en": "Suitability"},
        "contact": {"ja": "しつこくないか", "en": "Contact limits"},
    }
)
"""The stages of the funnel, in order."""
