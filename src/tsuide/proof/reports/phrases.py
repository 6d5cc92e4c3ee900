"""Every word of the newcomer's report, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

PAGE: Final = Phrases(
    {
        "title": {"ja": "注文データからわかること", "en": "What your orders say"},
        "page_title": {"ja": "{source} の分析 — Tsuide", "en": "What {source} says — Tsuide"},
        "tagline": {
            "ja": "何が一緒に売れ、次に何が、いつ売れるか。",
            "en": "What sells together, what sells next, and when.",
        },
        "source": {"ja": "ファイル", "en": "File"},
        "period": {"ja": "期間", "en": "Period"},
        "period_text": {"ja": "{first} 〜 {last}（{days} 日間）", "en": "{first} to {last} ({days} days)"},
        "made": {"ja": "作成", "en": "Made"},
        "skip": {"ja": "本文へ", "en": "Skip to the content"},
        "contents": {"ja": "目次", "en": "Contents"},
        "nav_summary": {"ja": "要約", "en": "In short"},
        "nav_together": {"ja": "一緒に売れる", "en": "Sells together"},
        "nav_ladders": {"ja": "上位・下位", "en": "Better and cheaper"},
        "nav_next": {"ja": "次に売れる", "en": "Sells next"},
        "nav_alone": {"ja": "ついで買いされない", "en": "Never together"},
        "nav_worth": {"ja": "いくらになるか", "en": "What it is worth"},
        "nav_data": {"ja": "データの状態", "en": "Your data"},
        "nav_method": {"ja": "方法と用語", "en": "Method and words"},
        # counts
        "orders": {"ja": "注文", "en": "Orders"},
        "customers": {"ja": "顧客", "en": "Customers"},
        "products": {"ja": "商品", "en": "Products"},
        "several": {"ja": "2 種類以上の注文", "en": "Orders with 2+ products"},
        "returned": {"ja": "また買った顧客", "en": "Customers who came back"},
        "order_value": {"ja": "注文金額の中央値", "en": "Median order"},
        "of_all": {"ja": "{share}", "en": "{share}"},
        "lines_note": {"ja": "明細 {count} 行", "en": "{count} lines"},
        "not_known": {"ja": "不明", "en": "not known"},
        "count_note": {"ja": "{count} 件", "en": "{count}"},
        "people_note": {"ja": "{count} 人", "en": "{count}"},
        # summary
        "summary": {"ja": "要約", "en": "In short"},
        "lead_pairs": {
            "ja": "{orders} 件の注文を調べました。{several} 件に 2 種類以上の商品が入っており、"
            "偶然とは言えない組み合わせが {pairs} 組見つかりました（うち {sure} 組は非常に確か）。",
            "en": "We read {orders} orders. {several} of them hold two or more products, and {pairs} "
            "pairs sell together more often than chance explains; {sure} of these are very sure.",
        },
        "lead_few": {
            "ja": "{orders} 件の注文を調べました。何が一緒に売れるかを言うには、まだ足りません。"
            "目安は約 {needed} 件です。それまでの数字は参考としてご覧ください。",
            "en": "We read {orders} orders. That is too few to say what sells together; about {needed} "
            "would do. Until then, read the figures below as first hints, not as findings.",
        },
        "lead_single": {
            "ja": "{orders} 件の注文を調べましたが、2 種類以上の商品が入った注文がありません。"
            "一緒に売れる商品は、このデータからは言えません。"
            "1 回の買い物が複数の注文に分かれていないか確かめてください。",
            "en": "We read {orders} orders, but none holds two different products, so nothing can be said "
            "about what sells together. Check whether one purchase is split into several orders in "
            "your export.",
        },
        "lead_none": {
            "ja": "{orders} 件の注文を調べました。偶然とは言えない組み合わせはありませんでした。"
            "今の割合が続けば、約 {needed} 件で最初の組み合わせが確かめられます。",
            "en": "We read {orders} orders and found no pair that sells together more often than chance "
            "explains. If the shares stay as they are, about {needed} orders would settle the first one.",
        },
        "lead_next": {
            "ja": "また買った顧客は {returned} 人で、「次に買う商品」の決まった流れが {steps} 通りあります。",
            "en": "{returned} customers came back; next purchases that follow a pattern: {steps}.",
        },
        "lead_groups": {
            "ja": "カテゴリーで見ると、一緒に売れる組が {pairs} 組、次に売れる流れが {steps} 通り確かめられます。",
            "en": "Taken by category, {pairs} pairs that sell together and {steps} next purchases stand out.",
        },
        "in_category": {"ja": "{name}（カテゴリー）", "en": "{name} (category)"},
        "as_table": {"ja": "表で見る", "en": "As a table"},
        "lead_no_customers": {
            "ja": "顧客がわかる注文がないため、「次に何が売れるか」は言えません。",
            "en": "No order names its customer, so nothing can be said about what sells next.",
        },
        "lead_few_returns": {
            "ja": "また買った顧客は {returned} 人で、「次に何が売れるか」を言うにはまだ足りません。",
            "en": "{returned} customers came back: too few to say what sells next.",
        },
        "lead_no_steps": {
            "ja": "また買った顧客は {returned} 人ですが、商品ごとの「次に買う」流れはまだ偶然と見分けられません。",
            "en": "{returned} customers came back, but no single product's next purchase stands out from chance yet.",
        },
        "first": {"ja": "まず、これから", "en": "Do this first"},
        "act_pair": {
            "ja": "「{first}」を買う人に「{second}」を見せる",
            "en": "Show “{second}” to buyers of “{first}”",
        },
        "act_pair_why": {
            "ja": "「{first}」の注文 {n_first} 件のうち {count} 件に入っていました。"
            "偶然の {lift} 倍です（95 % 区間 {low}〜{high} 倍）。商品ページとカートに。",
            "en": "{count} of the {n_first} orders with the first also hold the second: {lift} times what "
            "chance gives (95 % interval {low} to {high}). Put it on the product page and in the cart.",
        },
        "act_step": {
            "ja": "「{first}」の約 {days} 日後に「{then}」を勧める",
            "en": "About {days} days after “{first}”, propose “{then}”",
        },
        "act_step_today": {
            "ja": "「{first}」を買った人に、次は「{then}」をすぐ勧める",
            "en": "Right after “{first}”, propose “{then}”",
        },
        "act_step_why": {
            "ja": "「{first}」の後に戻ってきた {returned} 人のうち {customers} 人が、次の注文で初めて"
            "買いました（偶然の {lift} 倍）。今ちょうどその時期の顧客は {waiting} 人です。",
            "en": "{customers} of the {returned} customers who came back after the first took the second "
            "in their next order, new to them ({lift} times chance). Customers at that point "
            "now: {waiting}.",
        },
        "act_ladder": {
            "ja": "「{low}」の隣に上位の「{high}」を置く",
            "en": "Beside “{low}”, show the better “{high}”",
        },
        "act_ladder_why": {
            "ja": "同じ用途（{need}）で、差額は {difference}（+{ratio}）です。"
            "迷っている人にだけ、逆に手頃な方を見せます。",
            "en": "Both serve the same need ({need}); the step costs {difference} more (+{ratio}). Show the "
            "cheaper one only to those who hesitate.",
        },
        "act_refill": {
            "ja": "「{item}」は約 {days} 日で買い足しを案内する",
            "en": "Remind buyers of “{item}” after about {days} days",
        },
        "act_refill_why": {
            "ja": "買った {customers} 人のうち {again} 人が再び買い、間隔の半分は {q1}〜{q3} 日でした。",
            "en": "{again} of {customers} buyers bought it again; half of the gaps lie between {q1} and {q3} days.",
        },
        "act_quiet": {
            "ja": "「{item}」の横では提案しない",
            "en": "Do not spend an offer beside “{item}”",
        },
        "act_quiet_why": {
            "ja": "{orders} 件の注文のうち、他の商品も入っていたのは {accompanied} 件だけです（店全体では {usual}）。",
            "en": "Only {accompanied} of its {orders} orders hold anything else (usual in this shop: {usual}).",
        },
        "act_quiet_never": {
            "ja": "{orders} 件の注文のうち、他の商品も入っていたものは {accompanied} 件です（店全体では {usual}）。",
            "en": "{accompanied} of its {orders} orders hold anything else (usual in this shop: {usual}).",
        },
        "siblings": {"ja": "同じカテゴリーの中で一緒に売れる組", "en": "Together within one category"},
        "siblings_intro": {
            "ja": "味やサイズの違い、そろえ買いです。提案よりも、まとめ買いやセットに向きます。",
            "en": "Flavours, sizes, things collected: material for multi-buys and sets rather than for offers.",
        },
        "act_collect": {
            "ja": "まず注文データを約 {needed} 件まで集める",
            "en": "First collect about {needed} orders",
        },
        "act_collect_why": {
            "ja": "期間を長くして書き出すと、一番早く増やせます。今の {orders} 件では、強い組み合わせでも"
            "偶然と見分けられません。",
            "en": "Exporting a longer period is the quickest way. With {orders} orders, even a strong pair "
            "cannot be told from chance.",
        },
        "months_chart": {"ja": "月ごとの注文数", "en": "Orders by month"},
        "months_alt": {
            "ja": "棒グラフ：{first} から {last} までの月ごとの注文数。最大は {peak} の {most} 件。",
            "en": "Bar chart: orders by month from {first} to {last}; the most in {peak}: {most}.",
        },
        "month": {"ja": "月", "en": "Month"},
        # together
        "together": {"ja": "一緒に売れるもの", "en": "What sells together"},
        "together_intro": {
            "ja": "同じ注文に、偶然より多く入っている 2 商品です。{tested} 組を検定し、偶然の当たりが"
            "5 % 以下になるよう選びました。上から順に、勧める根拠が強い組です。",
            "en": "Two products that lie in one order more often than chance puts them there. {tested} pairs "
            "were tested, and chosen so that at most 5 % of those shown are luck. The strongest come first.",
        },
        "together_none": {
            "ja": "偶然と見分けられる組み合わせは、まだありません。今の割合のままなら、"
            "約 {needed} 件の注文で最初の組が確かめられます（今は {orders} 件）。",
            "en": "No pair can be told from chance yet. If the shares stay as they are, about {needed} "
            "orders would settle the first one (you have {orders}).",
        },
        "together_chart": {
            "ja": "偶然の何倍か（点）と 95 % 区間（線）",
            "en": "Times more often than chance (dot) with its 95 % interval (line)",
        },
        "together_alt": {
            "ja": "組み合わせごとのリフトと 95 % 区間。同じ数字が下の表にあります。",
            "en": "Lift and 95 % interval of each pair. The table below has the same figures.",
        },
        "together_table": {"ja": "一緒に売れる組み合わせ", "en": "Pairs that sell together"},
        "group_pairs": {"ja": "カテゴリーで見ると", "en": "By category"},
        "group_intro": {
            "ja": "商品をカテゴリーにまとめると、少ない注文でも関係が見えます。"
            "どの商品を選ぶかは、上の表と品ぞろえから。",
            "en": "Taken by category, relations show with fewer orders. Which product to choose follows from the "
            "table above and from your range.",
        },
        "group_steps": {"ja": "カテゴリーで見ると", "en": "By category"},
        "hints": {"ja": "まだ偶然かもしれない組み合わせ", "en": "Seen together, but possibly by chance"},
        "hints_intro": {
            "ja": "一緒に売れてはいますが、この件数では偶然でも起こります。約束には使わず、"
            "試すときの候補としてご覧ください。",
            "en": "These were bought together, but with so few orders luck does the same. Candidates for a "
            "trial, not for a promise.",
        },
        "buyers_of": {"ja": "この商品を買う人に", "en": "Buyers of"},
        "also_take": {"ja": "一緒に勧める", "en": "also take"},
        "count": {"ja": "一緒の注文", "en": "Orders together"},
        "confidence": {"ja": "買う割合", "en": "Share of buyers"},
        "lift": {"ja": "偶然の何倍", "en": "Times chance"},
        "interval": {"ja": "95 % 区間", "en": "95 % interval"},
        "certainty": {"ja": "確かさ", "en": "How sure"},
        "price": {"ja": "価格", "en": "Price"},
        "sure": {"ja": "非常に確か", "en": "very sure"},
        "likely": {"ja": "おそらく", "en": "likely"},
        "open": {"ja": "まだ不明", "en": "open"},
        "both_ways": {"ja": "（逆も同じくらい）", "en": "(and the other way round)"},
        "direction": {"ja": "向き", "en": "Direction"},
        "dir_to": {"ja": "→ 一方向", "en": "→ one way"},
        "dir_both": {"ja": "↔ 両方向", "en": "↔ both ways"},
        # ladders
        "ladders": {"ja": "上位品と手頃な品", "en": "The better one, the cheaper one"},
        "ladders_intro": {
            "ja": "同じ用途の商品を安い順に並べました。高い方へ 1 段がアップセル、安い方へ 1 段がダウンセルです。"
            "ダウンセルは、迷い（カートから外す、何度も見る）が見えた後にだけ使います。",
            "en": "Products of one need, cheapest first. One step up in price is an up-sell, one step down a "
            "down-sell. Use the down-sell only after a hesitation: a removal, repeated views, a word "
            "about the price.",
        },
        "ladders_missing": {
            "ja": "上位・下位の並びを作るには、{missing}が必要です。商品ファイルを足してください：",
            "en": "To build ladders we need {missing}. Add a product file:",
        },
        "ladders_columns": {
            "ja": "列は id, title, category, price だけで足ります（Shopify、EC-CUBE、BASE、Makeshop の"
            "書き出しはそのまま読めます）。",
            "en": "The columns id, title, category, price are enough (exports of Shopify, EC-CUBE, BASE and "
            "Makeshop are read as they are).",
        },
        "ladders_none": {
            "ja": "同じ用途で価格の違う商品が見つかりませんでした。",
            "en": "No products of one need at different prices were found.",
        },
        "missing_prices": {"ja": "価格", "en": "prices"},
        "missing_categories": {"ja": "カテゴリー", "en": "categories"},
        "missing_names": {"ja": "商品名", "en": "product names"},
        "and": {"ja": "と", "en": " and "},
        "rung_orders": {"ja": "{count} 件", "en": "{count} orders"},
        "rung_step": {"ja": "+{difference}（+{ratio}）", "en": "+{difference} (+{ratio})"},
        "ladder_table": {"ja": "用途ごとの価格の段", "en": "Price steps by need"},
        "need": {"ja": "用途", "en": "Need"},
        "from": {"ja": "この商品から", "en": "From"},
        "to": {"ja": "上位の商品へ", "en": "Up to"},
        "difference": {"ja": "差額", "en": "Step"},
        "better": {"ja": "よくなる点", "en": "What is better"},
        # next
        "next": {"ja": "次に何を、いつ買うか", "en": "Who buys what next, and when"},
        "next_intro": {
            "ja": "最初の商品の「次の注文」で、初めて買われた別のカテゴリーの商品です。1 人の顧客は 1 回だけ数えます。"
            "注文の大きさや商品の人気だけでは説明できないものだけを載せています。",
            "en": "Products of another category that customers took in the order right after the first one, new to "
            "them; each customer counts once. Only what order size and popularity do not explain is listed.",
        },
        "next_chart": {
            "ja": "次の注文までの日数：中央値（点）と、真ん中の半分（線）",
            "en": "Days until the next order: median (dot) and middle half (line)",
        },
        "next_alt": {
            "ja": "組み合わせごとの日数。同じ数字が下の表にあります。",
            "en": "Days for each pair. The table below has the same figures.",
        },
        "next_table": {"ja": "次に買われる商品", "en": "What is bought next"},
        "next_none_customers": {
            "ja": "顧客の列（会員番号やメールアドレス）がある注文がありません。列があれば、"
            "「次に何を、いつ」がわかります。",
            "en": "No order names its customer. With a customer column (an id or an e-mail address) this "
            "section says what is bought next, and when.",
        },
        "next_none": {
            "ja": "また買った顧客は {returned} 人です。同じ流れをたどった顧客が 3 人以上いて、"
            "偶然と見分けられるものはまだありません。目安は、また買う顧客が {needed} 人です。",
            "en": "{returned} customers came back. No step was made by three or more of them and stands out "
            "from chance yet; it takes about {needed} returning customers.",
        },
        "after": {"ja": "これを買った後", "en": "After"},
        "then": {"ja": "次に買う", "en": "they take"},
        "people": {"ja": "人数", "en": "Customers"},
        "days": {"ja": "日数（中央値）", "en": "Days (median)"},
        "days_range": {"ja": "{q1}〜{q3} 日", "en": "{q1}–{q3} days"},
        "order_of": {"ja": "先に買う側", "en": "Bought first"},
        "order_share": {"ja": "{before}／{both} 人", "en": "{before} of {both}"},
        "waiting": {"ja": "今その時期", "en": "Due now"},
        "refill": {"ja": "買い足されるもの", "en": "What is bought again"},
        "refill_table": {"ja": "同じ顧客が買い足す商品", "en": "Products that customers buy again"},
        "again": {"ja": "再び買った人", "en": "Bought again"},
        "product": {"ja": "商品", "en": "Product"},
        # alone
        "alone": {"ja": "ついで買いされないもの、されるもの", "en": "What never cross-sells, and what always does"},
        "alone_intro": {
            "ja": "店全体では、商品が注文に入るとき {usual} に他の商品が一緒でした。そこから確かに外れる"
            "商品だけを挙げます。",
            "en": "Across the shop, {usual} of products sold have company in their order. Only products that "
            "surely differ from that are listed.",
        },
        "alone_table": {
            "ja": "いつも単独、またはいつも他と一緒の商品",
            "en": "Products bought alone, and products that always have company",
        },
        "alone_none": {
            "ja": "店全体と確かに違う商品はありませんでした。",
            "en": "No product surely differs from the shop as a whole.",
        },
        "alone_constant": {
            "ja": "すべての注文が同じ形（どれも 1 種類、またはどれも 2 種類以上）なので、商品ごとの違いは言えません。",
            "en": "All orders are alike (each with one product, or each with several), so products cannot "
            "be told apart here.",
        },
        "with_others": {"ja": "他と一緒の割合", "en": "Bought with others"},
        "kind": {"ja": "傾向", "en": "Habit"},
        "never": {"ja": "一度もない", "en": "never so far"},
        "seldom": {"ja": "少ない", "en": "seldom"},
        "always": {"ja": "ほぼいつも", "en": "nearly always"},
        "avoid": {"ja": "避け合う組み合わせ", "en": "Pairs that avoid each other"},
        "avoid_intro": {
            "ja": "よく売れるのに、同じ注文にはめったに入らない組です。多くは代わりになる商品どうしなので、"
            "一緒には勧めません。",
            "en": "Both sell well, but hardly ever in one order. Mostly they replace each other: do not offer "
            "them together.",
        },
        "avoid_table": {"ja": "同じ注文に入らない組み合わせ", "en": "Pairs that are not bought together"},
        "one": {"ja": "商品", "en": "Product"},
        "other": {"ja": "相手", "en": "Other product"},
        "expected": {"ja": "偶然なら", "en": "By chance"},
        # worth
        "worth": {"ja": "提案はいくらになるか", "en": "What offers could be worth"},
        "worth_intro": {
            "ja": "4 つの数字の掛け算です。どれも書き換えられます。",
            "en": "Four numbers, multiplied. Change any of them.",
        },
        "worth_script": {
            "ja": "（スクリプトが無効なため、書き換えても再計算されません。下の表をご覧ください。）",
            "en": "(Scripts are off, so nothing is recomputed here; the table below still holds.)",
        },
        "w_orders": {"ja": "月の注文数", "en": "Orders a month"},
        "w_orders_note": {"ja": "このファイルの平均です。", "en": "The average of this file."},
        "w_orders_short": {
            "ja": "{days} 日分の注文です。1 か月に満たないため、そのままの件数です。",
            "en": "The orders of {days} days: less than a month, taken as they are.",
        },
        "w_fits": {"ja": "提案できる注文の割合", "en": "Orders in which an offer fits"},
        "w_fits_note": {
            "ja": "実測：上の組（商品、カテゴリー）の片方だけが入っていた注文の割合です。",
            "en": "Measured: orders that hold the first of a pair above (products or categories) without the second.",
        },
        "w_fits_guess": {
            "ja": "仮定：確かな組がまだないため、すべての注文としています。",
            "en": "Assumed: no pair is sure yet, so every order is taken.",
        },
        "w_yes": {"ja": "受け入れる人の割合", "en": "Share who say yes"},
        "w_yes_note": {
            "ja": "仮定です。実測ではありません。提案を見せない組と比べて測り、ご自分の数字に置き換えてください。",
            "en": "An assumption, not a measurement. Replace it with your own, measured against people who "
            "were shown nothing.",
        },
        "w_amount": {"ja": "1 件で増える金額", "en": "Amount per accepted offer"},
        "w_amount_note": {
            "ja": "実測：提案する商品の価格の中央値です。",
            "en": "Measured: the median price of the products to offer.",
        },
        "w_amount_guess": {
            "ja": "仮定：全商品の価格の中央値です。",
            "en": "Assumed: the median price of all products.",
        },
        "w_amount_unknown": {
            "ja": "価格がわからないため 0 です。金額を入れてください。",
            "en": "No price is known, so this is 0: type an amount.",
        },
        "w_result": {"ja": "1 か月の売上の増加", "en": "More turnover a month"},
        "w_caveat": {
            "ja": "売上であって利益ではありません。値引き・返品・本来買われたはずの分は引いていません。"
            "本当の効果は、提案を見せない組（ホールドアウト）との差で測ります。",
            "en": "Turnover, not profit: discounts, returns and what would have been bought anyway are not "
            "taken off. The true effect is the difference to a group that is shown nothing (a holdout).",
        },
        "w_table": {"ja": "受け入れる割合が違うと", "en": "With another share who say yes"},
        "w_month": {"ja": "1 か月", "en": "A month"},
        "w_example": {
            "ja": "検算：1,000 件 × 100 % × 35 % × 5 ドル ＝ 月 1,750 ドル。",
            "en": "A check: 1,000 orders × 100 % × 35 % × 5 dollars = 1,750 dollars a month.",
        },
        # data
        "data": {"ja": "データの状態", "en": "The state of your data"},
        "data_intro": {
            "ja": "足りないものは、どの章に響くかとあわせて示します。",
            "en": "What is missing, and which section suffers from it.",
        },
        "data_table": {"ja": "データの確認", "en": "Checks of the data"},
        "checked": {"ja": "見たもの", "en": "Looked at"},
        "found": {"ja": "見つかった数", "en": "Found"},
        "means": {"ja": "意味", "en": "What it means"},
        "good": {"ja": "問題なし", "en": "fine"},
        "note": {"ja": "一部", "en": "in part"},
        "poor": {"ja": "不足", "en": "lacking"},
        "state": {"ja": "状態", "en": "State"},
        "c_rejects": {"ja": "読めなかった行", "en": "Rows left out"},
        "c_rejects_means": {
            "ja": "読めた行だけで計算しました。下に行番号と理由があります。",
            "en": "The report rests on the rows that could be read; lines and reasons stand below.",
        },
        "c_guests": {"ja": "顧客のわからない注文", "en": "Orders without a customer"},
        "c_guests_means": {
            "ja": "「一緒に売れるもの」には使い、「次に何を」には使っていません。",
            "en": "Used for what sells together, not for what sells next.",
        },
        "c_names": {"ja": "名前のない商品", "en": "Products without a name"},
        "c_names_means": {
            "ja": "商品番号で表示します。--products で名前を足せます。",
            "en": "Shown by their id. Add names with --products.",
        },
        "c_prices": {"ja": "価格のわからない商品", "en": "Products without a price"},
        "c_prices_means": {
            "ja": "価格の段と金額の見積もりから外れます。",
            "en": "Left out of ladders and of the estimate.",
        },
        "c_categories": {"ja": "カテゴリーのない商品", "en": "Products without a category"},
        "c_categories_means": {
            "ja": "価格の段に入りません。--products で足せます。",
            "en": "Left out of ladders. Add categories with --products.",
        },
        "c_costs": {"ja": "原価のわからない商品", "en": "Products without a cost"},
        "c_costs_means": {
            "ja": "見積もりは利益ではなく売上で示しています。",
            "en": "So the estimate is turnover, not margin.",
        },
        "c_currencies": {"ja": "他の通貨の注文", "en": "Orders in another currency"},
        "c_currencies_means": {
            "ja": "件数には入れ、金額には入れていません（{currency} のみ）。",
            "en": "Counted, but left out of every amount ({currency} only).",
        },
        "c_returns": {"ja": "返品のあった注文", "en": "Orders with returns"},
        "c_returns_means": {
            "ja": "買われたものとして数えています。",
            "en": "Counted as bought.",
        },
        "c_period": {"ja": "データの日数", "en": "Days of data"},
        "c_period_means": {
            "ja": "{of} 日以上あると、次の購入までの日数が信頼できます。",
            "en": "From {of} days on, the days until the next purchase can be relied on.",
        },
        "mapping_table": {"ja": "列の読み取り", "en": "How the columns were read"},
        "mapping_intro": {
            "ja": "違っていたら --map 項目=列名 で直せます。",
            "en": "Where this is wrong, say --map FIELD=COLUMN.",
        },
        "field": {"ja": "項目", "en": "Field"},
        "rejects_table": {"ja": "読めなかった行", "en": "Rows that were left out"},
        "rejects_more": {
            "ja": "全 {count} 行のうち最初の {shown} 行です。",
            "en": "The first {shown} of {count}.",
        },
        "line": {"ja": "行", "en": "Line"},
        "column": {"ja": "列", "en": "Column"},
        "value": {"ja": "値", "en": "Value"},
        "reason": {"ja": "理由", "en": "Reason"},
        # method
        "method": {"ja": "方法と用語", "en": "Method and words"},
        "words": {"ja": "用語", "en": "Words"},
        "sources": {"ja": "出典", "en": "Sources"},
        "m_pairs": {
            "ja": "組み合わせは 1 注文につき 1 回だけ、もれなく数えます。偶然との差は検定で確かめ、"
            "多くの組を調べた分を Benjamini–Hochberg 法で補正します。",
            "en": "Every pair is counted exactly, once per order. A test tells it from chance, corrected for "
            "the number of pairs by the Benjamini–Hochberg procedure.",
        },
        "m_next": {
            "ja": "偶然の基準は「その人たちが次の注文で初めて買った商品の数だけ、商品ごとの初購入の"
            "多さに応じて引いた場合」です。大きな注文や新しい顧客のせいで関係があるようには見えません。",
            "en": "Chance, for next purchases, is: as many new products as these customers did take in their "
            "next orders, drawn by how often each product is anybody's new one. So neither large orders nor "
            "new customers make everything look related.",
        },
        "m_cause": {
            "ja": "ここにあるのは観察された関係です。勧めれば必ず増えるという意味ではありません。"
            "効果は対照群との比較でだけわかります。",
            "en": "These are observed relations. They do not prove that an offer adds sales; only a "
            "comparison with a control group does.",
        },
        "m_private": {
            "ja": "このページは 1 つのファイルで完結し、外部と通信しません。顧客の名前や番号は含みません。",
            "en": "This page is one file and talks to nobody. It names no customer.",
        },
        "made_by": {"ja": "Tsuide {version} が作成", "en": "Made by Tsuide {version}"},
        # page furniture
        "sort_by": {"ja": "{label}で並べ替え", "en": "Sort by {label}"},
        "filter": {"ja": "商品名で絞り込む", "en": "Filter by product"},
        "shown_rows": {"ja": "{count} 行を表示", "en": "{count} rows shown"},
        "show_all": {"ja": "すべて表示（{count} 行）", "en": "Show all {count} rows"},
        "show_less": {"ja": "少なく表示", "en": "Show fewer"},
        "what_is": {"ja": "「{label}」の意味", "en": "What “{label}” means"},
        "wide_table": {"ja": "横に動かせる表", "en": "Scrollable table"},
    }
)

WORDS: Final = Phrases(
    {
        "support": {
            "ja": "両方が入っていた注文の数と、全注文に占める割合（支持度）。",
            "en": "Orders that hold both, and their share of all orders (support).",
        },
        "confidence": {
            "ja": "左の商品の注文のうち、右の商品も入っていた割合（確信度）。",
            "en": "Of the orders with the first product, the share that also hold the second (confidence).",
        },
        "lift": {
            "ja": "一緒に入る割合が、互いに無関係な場合の何倍か（リフト）。1 なら無関係。",
            "en": "How many times more often the two lie in one order than if they had nothing to do with each "
            "other (lift). 1 = nothing to do with each other.",
        },
        "interval": {
            "ja": "件数の偶然のぶれを考えたとき、本当の値が入る範囲（95 % 信頼区間）。広いほど件数が少ない。",
            "en": "Where the true value lies when the luck of small numbers is taken into account (95 % "
            "confidence interval). The wider, the fewer orders.",
        },
        "certainty": {
            "ja": "偶然にこの差が出る確率を、調べた組の数で補正した値。0.1 % 未満＝非常に確か、"
            "5 % 未満＝おそらく、それ以上＝まだ不明。",
            "en": "The chance of such a result by luck, corrected for the number of pairs tested. Below "
            "0.1 %: very sure; below 5 %: likely; else open.",
        },
        "direction": {
            "ja": "どちらの商品を買う人に勧めるか。価格が 1.5 倍以上違えば安い方を勧め、近ければ買う割合の高い向き。"
            "割合も近ければ両方向。",
            "en": "To whose buyers to offer. Where prices differ by a factor of 1.5 or more, the cheaper is "
            "offered; else the way in which the share of buyers is clearly higher; else both.",
        },
        "people": {
            "ja": "最初の商品の次の注文で、右の商品を初めて買った顧客の数と、戻ってきた顧客に占める割合。",
            "en": "Customers who took the second product, new to them, in the order after the first; and "
            "their share of those who came back.",
        },
        "next_lift": {
            "ja": "その人たちが買った新しい商品の数と、商品の人気から期待される人数の何倍か。",
            "en": "Times the number of customers that the products' popularity and the size of these orders "
            "would lead one to expect.",
        },
        "days": {
            "ja": "2 つの注文の間の日数の中央値。括弧は真ん中の半分（25〜75 %）。",
            "en": "Median of the days between the two orders; beside it the middle half (25–75 %).",
        },
        "order_of": {
            "ja": "両方を別々の注文で買った顧客のうち、左の商品を先に買った人数。",
            "en": "Of the customers who bought both in different orders, those who bought the first one first.",
        },
        "waiting": {
            "ja": "左の商品を買い、右の商品はまだで、買ってからの日数が 75 % 点以内の顧客。今が勧めどき。",
            "en": "Customers who have the first product, not the second, and bought no longer ago than the "
            "75 % point of the days: the ones to write to now.",
        },
        "again": {
            "ja": "同じ商品を、別の注文で 2 回以上買った顧客。",
            "en": "Customers who bought the same product in two or more orders.",
        },
        "with_others": {
            "ja": "この商品の注文のうち、他の商品も入っていた割合。",
            "en": "Of the orders with this product, the share that hold another product too.",
        },
        "expected": {
            "ja": "2 種類以上入った注文の中で、2 商品が互いに無関係なら一緒になるはずの数。",
            "en": "How often the two would meet in orders with several products if they had nothing to do with "
            "each other.",
        },
        "several": {
            "ja": "2 種類以上の商品が入った注文の割合。ついで買いが起きうる注文です。",
            "en": "Share of orders with two or more different products: where cross-selling already happens.",
        },
        "returned": {
            "ja": "別の日時に 2 回以上注文した顧客の割合（顧客のわかる注文だけ）。",
            "en": "Share of known customers who ordered at two or more different times.",
        },
        "order_value": {
            "ja": "1 注文の合計金額を並べたときの真ん中の値。",
            "en": "The middle one of all orders' sums.",
        },
        "difference": {
            "ja": "上位の商品との価格差と、その割合。",
            "en": "What the better product costs more, and by how much in per cent.",
        },
    }
)

SOURCES: Final = (
    "Agrawal, Imieliński, Swami (1993), “Mining association rules between sets of items in large databases”, SIGMOD.",
    (
        "Brin, Motwani, Ullman, Tsur (1997), “Dynamic itemset counting and implication rules for market basket "
        "data”, SIGMOD."
    ),
    (
        "Dunning (1993), “Accurate methods for the statistics of surprise and coincidence”, "
        "Computational Linguistics 19(1)."
    ),
    "Benjamini, Hochberg (1995), “Controlling the false discovery rate”, J. R. Statist. Soc. B 57(1).",
    "Wilson (1927), “Probable inference, the law of succession, and statistical inference”, JASA 22.",
    "Garwood (1936), “Fiducial limits for the Poisson distribution”, Biometrika 28.",
)
