"""What agents read about the tools, in Japanese and English."""

from typing import Final

from tsuide.kit.phrases import Phrases

TITLES: Final = Phrases(
    {
        "recommend_complements": {"ja": "一緒に使う商品", "en": "What goes with it"},
        "recommend_upgrades": {"ja": "上位モデル", "en": "A step up"},
        "recommend_cheaper": {"ja": "予算に合う商品", "en": "What fits the budget"},
        "fill_threshold": {"ja": "送料無料まで", "en": "Reach free shipping"},
        "get_bundle": {"ja": "セット", "en": "A set"},
        "explain_offer": {"ja": "提案の理由", "en": "Why this offer"},
        "record_outcome": {"ja": "お客様の返事を記録", "en": "Record the customer's answer"},
        "list_worklist": {"ja": "訪問・連絡先の優先順位", "en": "Whom to call first"},
        "answer_worklist": {"ja": "担当者の返事を記録", "en": "The rep's own answer"},
        "show_customer": {"ja": "お客様のすべて", "en": "A customer, whole"},
        "list_tasks": {"ja": "やること", "en": "What is to do"},
        "change_task": {"ja": "タスクを進める", "en": "Do, put off or pass on a task"},
        "list_deals": {"ja": "商談", "en": "Deals"},
        "show_deal": {"ja": "商談の詳細", "en": "One deal"},
        "propose_for_deal": {"ja": "商談への提案", "en": "What goes with a deal"},
        "answer_deal_line": {"ja": "お客様の反応を記録", "en": "What was said to a line"},
        "list_deal_promotions": {"ja": "付与できる特典", "en": "What may be given"},
        "give_in_deal": {"ja": "特典を付与", "en": "Give a promotion"},
        "note_customer": {"ja": "対応記録", "en": "Note a talk"},
        "begin_deal": {"ja": "商談を始める", "en": "Begin a deal"},
        "change_deal": {"ja": "商談を変更", "en": "Change a deal"},
        "put_deal_line": {"ja": "商談の明細", "en": "A line of a deal"},
        "price_deal_set": {"ja": "まとめ価格", "en": "One price for several lines"},
        "take_back_in_deal": {"ja": "特典を取り下げ", "en": "Take a promotion back"},
        "quote_deal": {"ja": "見積書を作成", "en": "Write the quote"},
        "send_deal_quote": {"ja": "見積書を送る", "en": "Send the quote"},
        "win_deal_by_order_form": {"ja": "発注書で受注", "en": "Win by the purchase order"},
        "lose_deal": {"ja": "失注", "en": "A deal is lost"},
        "reopen_deal": {"ja": "商談を再開", "en": "Take a lost deal up again"},
        "show_deal_history": {"ja": "商談の履歴", "en": "What was done with a deal"},
        "report_deals": {"ja": "商談のレポート", "en": "Which combinations win"},
        "list_duplicates": {"ja": "重複の候補", "en": "Who are probably one"},
        "show_results": {"ja": "成果レポート", "en": "What offers brought"},
        "list_merges": {"ja": "統合の一覧", "en": "Who was merged"},
        "merge_customers": {"ja": "お客様を統合", "en": "Make two customers one"},
        "undo_merge": {"ja": "統合を取り消す", "en": "Make them two again"},
    }
)

DESCRIPTIONS: Final = Phrases(
    {
        "recommend_complements": {
            "ja": "商品やカートと一緒に使うものを、根拠の数字とともに提案します。空なら合うものはありません。",
            "en": "What goes with a product or a cart, with its figures. An empty list is an answer: nothing fits.",
        },
        "recommend_upgrades": {
            "ja": "ある商品の上位モデルを、何が良くなり差額がいくらかとともに提案します。",
            "en": "A better model of a product: what is better, and what it costs more.",
        },
        "recommend_cheaper": {
            "ja": (
                "お客様がためらっているときだけ使ってください。reason はその理由です: "
                "price_sensitivity は安いモデル、product_fit は代わりの商品、"
                "shipping_cost は送料無料に届く商品、timing_deferred は「あとで」の記録になります。"
            ),
            "en": (
                "Only when the customer holds back. `reason` says why: price_sensitivity gives cheaper models, "
                "product_fit gives alternatives, shipping_cost gives what reaches free shipping, "
                "timing_deferred records a 'later'."
            ),
        },
        "fill_threshold": {
            "ja": "送料無料まであといくらかと、それに届く商品を返します。",
            "en": "How much is left to free shipping, and what reaches it.",
        },
        "get_bundle": {
            "ja": "ある商品を主役にしたセットを、セット価格とともに返します。",
            "en": "A set around a product, with the price of the whole.",
        },
        "explain_offer": {
            "ja": "ある提案の理由を、根拠となる数字、方針の版、見送られた候補の数とともに説明します。",
            "en": "Why an offer was made: reasons, figures, policy, and how many candidates each rule refused.",
        },
        "list_worklist": {
            "ja": "担当者が先に連絡すべきお客様を、次の提案・話し方・見込み額・連絡に適した時間とともに返します。",
            "en": "Accounts that a rep should call first, each with its next offer, pitch, value and best time.",
        },
        "answer_worklist": {
            "ja": "リストの提案への担当者の返事です (accept はタスクになります)。お客様の承諾ではありません。",
            "en": "The rep takes an offer up (a task is made), dismisses it or puts it off; never the customer's yes.",
        },
        "show_customer": {
            "ja": "注文・連絡・苦情・ご要望・価値・リスクと、今提案すべきもの・すべきでないもの、その理由。",
            "en": "Orders, contacts, complaints, needs, value and risks; what to offer now, what not, and why.",
        },
        "list_tasks": {
            "ja": "期限の近い順にタスクを返します。担当者、お客様、期限超過で絞れます。",
            "en": "Tasks, those due first; by person, by customer, or only what is overdue.",
        },
        "change_task": {
            "ja": "タスクを完了・取りやめ・再開・延期・割り当て変更します。変更前の内容を返します。",
            "en": "Do, drop, reopen, put off or pass on a task; what it was before comes back.",
        },
        "list_deals": {
            "ja": "商談を、最近動いた順に返します。",
            "en": "Deals, the last changed first.",
        },
        "show_deal": {
            "ja": "一つの商談を、明細と見積とともに返します。",
            "en": "One deal with its lines and quotes.",
        },
        "propose_for_deal": {
            "ja": "商談の品目と一緒に提案するものを、同じポリシーで尋ね、提案行として残します。",
            "en": "Ask what goes with a deal's lines, under the same policy as everywhere; kept as proposed lines.",
        },
        "answer_deal_line": {
            "ja": "提案行へのお客様の反応を担当者が聞いたとおりに記録します。承諾の代わりにはなりません。",
            "en": "Note what the customer said to a proposed line, as the rep heard it. It is no acceptance.",
        },
        "list_deal_promotions": {
            "ja": "この商談で付与できる特典（営業限定を含む）と、それぞれの値引額、または付与できない理由。",
            "en": "What may be given in a deal, also what only reps may give: what each takes off, or why it cannot.",
        },
        "give_in_deal": {
            "ja": "粗利の下限の範囲で、商談の行に特典を付与します。下回る場合は名前を挙げて拒否します。",
            "en": "Give a promotion on lines of a deal. What would break the margin floor is refused by its name.",
        },
        "note_customer": {
            "ja": "お客様との通話・訪問・メモを記録します。",
            "en": "Write down a call, a visit or a note about a customer.",
        },
        "begin_deal": {
            "ja": "商談を始めます。同じ deal_id では二つ目はできません。お客様なしでも残り、flags で分かります。",
            "en": "Begin a deal; the same deal_id makes no second one. Without an account it is kept; flags say so.",
        },
        "change_deal": {
            "ja": "進行中の商談の件名・お客様・担当・ご要望・メモ・段階を変えます。受注はお客様の確定だけです。",
            "en": "Change an open deal's title, account, owner, needs, note or stage. Only the customer's yes wins it.",
        },
        "put_deal_line": {
            "ja": "商品を商談に入れる、数量や単価を変える、0 で外す。独自の単価は粗利の下限を守ります。",
            "en": "Put a product in, change its units or price, or take it out (0). A rep's price keeps the floor.",
        },
        "price_deal_set": {
            "ja": "複数の行に一つの価格を付けます。全行がそろっている間だけ有効で、粗利の下限を守ります。",
            "en": "One price for several lines, while all of them are wanted; within the margin floor.",
        },
        "take_back_in_deal": {
            "ja": "付与した特典を商談から外します。行の価格は元に戻ります。",
            "en": "Take a given promotion out of a deal; its lines cost what they did.",
        },
        "quote_deal": {
            "ja": (
                "商談の見積書を作り、番号・合計・期限・状態・本文を返します。内容が同じなら同じ見積書です。"
                "お客様への送付や確定はせず、確定用リンクは返しません。"
            ),
            "en": (
                "Write the quote of a deal: number, total, expiry, state and text; one that still says the same is "
                "given back. Nothing is sent or confirmed, and the customer's link is never told."
            ),
        },
        "send_deal_quote": {
            "ja": (
                "見積書をお客様に送り、確定を待ちます。宛先は取引先の登録アドレスで、リンクは返しません。"
                "受注になるのはお客様ご自身の確定だけです。人の確認を得てから使ってください。"
            ),
            "en": (
                "Mail the quote to the account's own address; the customer confirms by their link, which is never "
                "told here. Only an admin's key names other addresses or passes the credit limit. Ask a person first."
            ),
        },
        "win_deal_by_order_form": {
            "ja": (
                "送付済みの見積を、お客様の発注書（番号・発注者・保管場所）で受注にします。受け付けるのは担当以外の人です。"
                "注文が作られ、元に戻せません。人の確認を得てから使ってください。"
            ),
            "en": (
                "Win a deal whose quote was sent by the customer's purchase order: number, who ordered, where it is "
                "filed. Not by the deal's own rep. An order is written, for good. Ask a person first."
            ),
        },
        "lose_deal": {
            "ja": "商談を理由とともに失注にします。返事待ちの見積は取り下げられます。reopen_deal で再開できます。",
            "en": "A deal came to nothing, and why; a quote that waits is withdrawn. reopen_deal takes it up again.",
        },
        "reopen_deal": {"ja": "失注した商談を再開します。", "en": "A lost deal goes on, in negotiation."},
        "show_deal_history": {
            "ja": "商談に何がいつ誰によって行われたかを順に返します。",
            "en": "What was done with a deal, when and by whom, in its order.",
        },
        "report_deals": {
            "ja": "どの組み合わせが受注になるか、担当者ごとの結果と失注理由。お客様が確定したものだけを数えます。",
            "en": "Which combinations win, each rep's deals, why deals were lost. Only confirmed lines count.",
        },
        "list_duplicates": {
            "ja": "おそらく同じお客様の組を、根拠とともに、確かな順に返します。統合はしません。",
            "en": "Pairs of customers who are probably one, and why, the surest first. Nothing is merged.",
        },
        "show_results": {
            "ja": (
                "担当者・商品群・ランクごとの提案数、承諾率、提案経由の売上を期間で返します。"
                "attributed は提案の後に売れた額で、効果ではありません。効果は比較群との差 (effect) です。"
            ),
            "en": (
                "Proposals, acceptance and attributed sales of a range by rep, product line and tier. `attributed` is "
                "what was sold after an offer, never an effect; `effect` beside it is the difference to the holdout."
            ),
        },
        "list_merges": {"ja": "統合したお客様を新しい順に返します。", "en": "Who was merged, the newest first."},
        "merge_customers": {
            "ja": "merged のすべてを kept に移します。undo_merge で元に戻せます。人の確認を得てから使ってください。",
            "en": "Everything of `merged` becomes `kept`'s; undo_merge takes it back. Ask a person first.",
        },
        "undo_merge": {
            "ja": "統合を取り消します。統合後に起きたことは kept に残ります。",
            "en": "Both are again as they were; what came since stays with the one who was kept.",
        },
        "record_outcome": {
            "ja": (
                "提案がどうなったかを記録します (shown, clicked, accepted, declined, later)。"
                "お客様に見せたら必ず shown を、断られたら declined を記録してください。"
                "次の提案が変わります。注文にはなりません。"
            ),
            "en": (
                "Say what became of an offer: shown, clicked, accepted, declined, later. Always record shown when the "
                "customer saw it, and declined when they said no: it changes what comes next. It is never an order."
            ),
        },
    }
)

TEXTS: Final = Phrases(
    {
        "instructions": {
            "ja": (
                "この店の提案です。お客様の役に立つものだけを、理由とともに勧めてください。"
                "空の結果は「今は何も勧めない」という判断です。見せた提案と返事は record_outcome で記録してください。"
                "お客様の承諾なしに購入してはいけません。"
            ),
            "en": (
                "Offers of this shop. Propose only what helps the customer, and say why. An empty list means: propose "
                "nothing now. Record what you showed and what they answered with record_outcome. Never buy without the "
                "customer's yes."
            ),
        },
        "silent": {"ja": "今お勧めするものはありません。", "en": "There is nothing to propose now."},
        "offered": {"ja": "{title}（{price}）: {reasons}", "en": "{title} ({price}): {reasons}"},
        "ask_price": {"ja": "価格はお問い合わせください", "en": "price on request"},
        "later": {
            "ja": "「あとで」を記録しました。今は何も勧めません。",
            "en": "Recorded 'later'; nothing is proposed now.",
        },
        "gap": {"ja": "あと{gap}で送料無料です。", "en": "{gap} more for free shipping."},
        "reached": {"ja": "送料無料です。", "en": "Shipping is free."},
        "no_threshold": {
            "ja": "この店には送料無料の基準額がありません。",
            "en": "This shop has no free-shipping threshold.",
        },
        "move_down_sell": {
            "ja": "価格でためらっています: recommend_cheaper を price_sensitivity で呼んでください。",
            "en": "The price holds them back: call recommend_cheaper with price_sensitivity.",
        },
        "move_filler": {
            "ja": "送料でためらっています: fill_threshold を呼んでください。",
            "en": "Shipping costs hold them back: call fill_threshold.",
        },
        "move_alternative": {
            "ja": "商品が合っていません: recommend_cheaper を product_fit で呼んでください。",
            "en": "The product does not fit: call recommend_cheaper with product_fit.",
        },
        "move_later": {
            "ja": "今ではありません。またの機会に。",
            "en": "Not now: leave it at that.",
        },
        "move_none": {"ja": "次の手はありません。", "en": "There is no next move."},
    }
)
