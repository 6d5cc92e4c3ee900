"""What the settings and everybody's own page say."""

from typing import Final

from tsuide.kit.phrases import Phrases

SETTINGS: Final = Phrases(
    {
        # pages
        "users": {"ja": "利用者", "en": "Users"},
        "keys": {"ja": "APIキー", "en": "API keys"},
        "terms": {"ja": "販売条件", "en": "Terms of sale"},
        "mail": {"ja": "メール", "en": "Mail"},
        "hooks": {"ja": "Webhook", "en": "Webhooks"},
        "environment": {"ja": "環境", "en": "Environment"},
        "doctor": {"ja": "診断", "en": "Check-up"},
        # users
        "role": {"ja": "役割", "en": "Role"},
        "rep_id": {"ja": "担当者ID", "en": "Rep id"},
        "made_at": {"ja": "作成日", "en": "Made"},
        "active": {"ja": "有効", "en": "active"},
        "waiting": {"ja": "招待中", "en": "invited"},
        "ended": {"ja": "停止", "en": "ended"},
        "new_link": {"ja": "新しいリンク", "en": "New link"},
        "end": {"ja": "利用を止める", "en": "End"},
        "let_in": {"ja": "再開する", "en": "Let in again"},
        "invite": {"ja": "招待する", "en": "Invite"},
        "invite_lead": {
            "ja": "パスワードを決めるためのリンクが一度だけ表示されます。ご本人に送ってください（7日間有効）。",
            "en": "A link is shown once, with which they choose their own password. Send it to them; it lasts seven days.",
        },
        "link_of": {"ja": "{name} さんのリンク", "en": "The link of {name}"},
        "link_note": {
            "ja": "この画面でだけ表示されます。コピーしてご本人に送ってください。7日間有効です。",
            "en": "It is shown here and never again. Copy it and send it to them; it lasts seven days.",
        },
        "help_role": {
            "ja": "オーナー: すべて。マーケター: 提案と発信。営業マネージャー: 営業と監督。営業担当: 自分の担当分だけ。監査: 閲覧のみ。",
            "en": "Owner: everything. Marketer: offers and outreach. Sales manager: sales and supervision. "
            "Rep: only what is theirs. Auditor: looks, and changes nothing.",
        },
        "help_rep": {
            "ja": "商談・タスク・訪問リストでの担当者の名前。空欄なら利用者のIDです。",
            "en": "Under which name deals, tasks and the worklist know them; empty = by their user id.",
        },
        "as_the_shop": {"ja": "お店の言語", "en": "The shop's"},
        # own page
        "own_page": {"ja": "自分の設定", "en": "Your own settings"},
        "profile": {"ja": "プロフィール", "en": "Profile"},
        "change_password": {"ja": "パスワードを変える", "en": "Change the password"},
        "password_ends": {
            "ja": "変えると、ほかの端末のログインは終了します。",
            "en": "Sessions on your other devices end.",
        },
        "old_password": {"ja": "いまのパスワード", "en": "Your password now"},
        "new_password": {"ja": "新しいパスワード", "en": "The new password"},
        "sessions": {"ja": "ログイン", "en": "Sessions"},
        "sessions_lead": {
            "ja": "この端末を含む、すべての端末からログアウトします。元には戻せません。",
            "en": "End every session of yours, also this one. This cannot be undone.",
        },
        "sign_out_everywhere": {"ja": "すべての端末からログアウト", "en": "Sign out everywhere"},
        # keys
        "keys_lead": {
            "ja": "ほかのシステムやお店のページが使う鍵です。保存されるのはハッシュだけなので、作ったときに一度だけ表示されます。",
            "en": "With these, pages and other systems call this server. Only a hash is kept: a key is shown once, when made.",
        },
        "no_keys": {
            "ja": "まだAPIキーがありません。下のフォームで作るか、「データ」の「接続」で設定と一緒に作れます。",
            "en": "No keys yet. Make one below, or together with its set-up under “Data”, “Connectors”.",
        },
        "key_id": {"ja": "ID", "en": "Id"},
        "help_key_id": {
            "ja": "鍵のハッシュの先頭12桁。鍵そのものではありません。",
            "en": "The first 12 digits of the key's hash; not the key itself.",
        },
        "scopes": {"ja": "できること", "en": "May"},
        "scope.storefront": {
            "ja": "お店のページ（公開可）: 提案と行動の記録",
            "en": "Storefront (may stand in a page): offers and events",
        },
        "scope.agent": {"ja": "エージェント: 提案の道具（MCP）", "en": "Agent: the tools for agents (MCP)"},
        "scope.rep": {
            "ja": "営業のシステム: 顧客・商談・タスクも",
            "en": "Sales systems: customers, deals and tasks too",
        },
        "scope.admin": {
            "ja": "管理（秘密に）: 取り込みと設定のすべて",
            "en": "Admin (keep it secret): everything, imports and settings too",
        },
        "rate": {"ja": "速さ", "en": "Rate"},
        "help_rate": {
            "ja": "1秒あたりの回数／一度にまとめてよい回数（サーバーのプロセスごと）。0は無制限。",
            "en": "Requests a second / at once, in each process of the server; 0 = no limit.",
        },
        "help_rate_form": {
            "ja": "例: 20/100 は毎秒20回、一度に100回まで。空欄なら通常の速さ、0は無制限。",
            "en": "20/100 = 20 a second, 100 at once; empty = as usual, 0 = no limit.",
        },
        "used_at": {"ja": "最後に使われた", "en": "Last used"},
        "help_used": {
            "ja": "使われてから1分以内に書かれます。",
            "en": "Written within a minute of the use.",
        },
        "revoked": {"ja": "無効", "en": "revoked"},
        "revoke": {"ja": "無効にする", "en": "Revoke"},
        "make_key": {"ja": "鍵を作る", "en": "Make a key"},
        "key_name": {"ja": "用途", "en": "What it is for"},
        "key_name_help": {"ja": "例: ネットショップ、レジ", "en": "Such as: web shop, till"},
        "new_key": {"ja": "新しい鍵", "en": "The new key"},
        "key_note": {
            "ja": "この画面でだけ表示されます。安全な場所に保存してください。",
            "en": "It is shown here and never again: keep it in a safe place.",
        },
        # terms
        "terms_lead": {
            "ja": "特定商取引法により、最後のクリックの前にお客様へ表示する文です。日本語と英語の両方が必要です。",
            "en": "What stands before a customer's last click, as the law asks (特商法); both languages are needed.",
        },
        "terms_unset": {
            "ja": "まだ設定されていません。設定するまで、お客様の「はい」を受け取れません。",
            "en": "Not set yet: until they are, no customer's yes is taken.",
        },
        "payment": {"ja": "支払いの方法と時期", "en": "Payment: how and when"},
        "delivery": {"ja": "引渡しの時期", "en": "Delivery: when"},
        "cancellation": {"ja": "申込みの撤回・返品", "en": "Withdrawal and returns"},
        "shipping": {"ja": "送料（税込）", "en": "Shipping, with tax"},
        "shipping_help": {"ja": "0なら無料", "en": "0 = free"},
        "shipping_tax": {"ja": "送料の税率（%）", "en": "Tax on shipping (%)"},
        "free_from": {"ja": "送料無料になる金額", "en": "Ships free from"},
        "free_from_help": {"ja": "空欄なら、なし", "en": "Empty = never"},
        # basics
        "basics": {"ja": "お店の基本", "en": "Basics"},
        "basics_lead": {
            "ja": "誰も選んでいないときの言語、金額の通貨、日付の時間帯です。変更はすぐに使われ、元に戻せます。",
            "en": "The language where nobody chose one, the currency of amounts, the zone of days. It holds at once and can be undone.",
        },
        "basics_note": {
            "ja": "サーバーの環境変数があれば、そちらが優先されます。すでに取り込んだ金額と日時は変わりません。",
            "en": "A variable of the server's environment wins. Amounts and times that came in already stay as they are.",
        },
        "fixed_by": {
            "ja": "サーバーの環境変数 {name} で決まっています。",
            "en": "Fixed by the server's variable {name}.",
        },
        # consent
        "consent": {"ja": "同意の文言", "en": "Consent"},
        "consent_lead": {
            "ja": "配信設定、会員ページ、アンケートで同意をたずねる文言です。変更は次の表示から使われます。これまでの同意は、お客様が読んだ文言とともに残ります。",
            "en": "The words that ask for consent on preferences, the account page and surveys. A change holds from the next "
            "page on; each consent given before keeps the words that the customer read.",
        },
        "asked.marketing.email": {"ja": "メールのお知らせ", "en": "News by mail"},
        "asked.marketing.line": {"ja": "LINEのお知らせ", "en": "News on LINE"},
        "asked.personalisation.any": {"ja": "購入履歴の利用", "en": "Use of past orders"},
        "asked.analytics.email": {"ja": "開封・クリックの計測", "en": "Measuring of mails"},
        "asked.personalisation.survey": {"ja": "アンケート回答の利用", "en": "Use of answers to surveys"},
        "ask_so": {"ja": "この文言でたずねる", "en": "Ask with these words"},
        "ask_so_again": {"ja": "この版に戻す", "en": "Ask so again"},
        "versions_of_words": {"ja": "これまでの版", "en": "Versions"},
        "versions_of_words_lead": {
            "ja": "版は消えません。どのお客様がどの文言に同意したかは、お客様のページの「同意」で分かります。",
            "en": "No version is ever deleted. What each customer agreed to stands on their page, under consents.",
        },
        "version": {"ja": "版", "en": "Version"},
        "since": {"ja": "開始", "en": "Since"},
        "written_by": {"ja": "書いた人", "en": "By"},
        "as_brought": {"ja": "（初期の文言）", "en": "(as Tsuide brings them)"},
        "words_said": {"ja": "文言", "en": "Words"},
        # mail
        "mail_lead": {
            "ja": "お客様へのメールと、レポートの送信元です。",
            "en": "From where mail to customers and reports goes out.",
        },
        "mail_amiss": {"ja": "メールは送れません:", "en": "No mail can go out:"},
        "no_sender": {
            "ja": "ポリシーに送信者（氏名・住所・配信停止の方法）がありません。特定電子メール法により、広告メールは送られません。",
            "en": "The policy names no sender (name, address, how to opt out): no advertising mail goes out.",
        },
        "not_signed": {
            "ja": "ここではDKIM署名をしていません。メールサーバーが署名しない場合は TSUIDE_DKIM を設定してください。",
            "en": "Mail is not signed here (DKIM): set TSUIDE_DKIM unless the mail server signs.",
        },
        "in_doubt": {
            "ja": "届いたか分からないメールが{n}通あります。tsuide mail held で確認してください。",
            "en": "{n} mails are in doubt, taken or not: see tsuide mail held.",
        },
        "mail_good": {"ja": "メールを送信できる設定です。", "en": "Mail can go out."},
        "as_set": {"ja": "送り方", "en": "How it goes out"},
        "set_beside": {"ja": "そのほか", "en": "Beside that"},
        "help.mail_from": {"ja": "例: ついで商店 <shop@example.com>", "en": "Such as: Tsuide Store <shop@example.com>"},
        "help.smtp": {
            "ja": "例: smtp://利用者:パスワード@mail.example.com:587。パスワードは表示されません。",
            "en": "Such as: smtp://user:password@mail.example.com:587. The password is never shown again.",
        },
        "help.public_url": {
            "ja": "お客様がこのサーバーに届くアドレス。配信停止などのリンクに使います。",
            "en": "Where customers reach this server: for links such as unsubscribing.",
        },
        "help.product_page": {
            "ja": "例: https://shop.example.com/p/{{id}}",
            "en": "Such as: https://shop.example.com/p/{{id}}",
        },
        "help.mail_return": {
            "ja": "例: bounces+{{id}}@example.com。空欄なら差出人。",
            "en": "Such as: bounces+{{id}}@example.com. Empty = to the sender.",
        },
        "help.mail_rates": {
            "ja": "1分の通数。例: docomo.ne.jp=60,*=600。空欄なら制限なし。",
            "en": "Mails a minute, such as: docomo.ne.jp=60,*=600. Empty = no limit.",
        },
        "help.mail_warm_up": {
            "ja": "新しい差出人の初日と通数。例: 2026-12-01=200。毎日1.5倍に増えます。",
            "en": "First day and number of a new sender, such as: 2026-12-01=200; each day half as many again.",
        },
        "dkim": {"ja": "署名", "en": "Signed as"},
        "bounces": {"ja": "不達の受け取り", "en": "Bounces come to"},
        "line_set": {"ja": "LINE", "en": "LINE"},
        "sender": {"ja": "広告メールの送信者（ポリシー）", "en": "Sender of advertising (policy)"},
        "from_environment": {
            "ja": "これらはサーバーの環境変数で決まります。",
            "en": "These come from the server's environment.",
        },
        "test_mail": {"ja": "テストメール", "en": "A test mail"},
        "to": {"ja": "宛先", "en": "To"},
        "send_test": {"ja": "テストメールを送る", "en": "Send a test mail"},
        # webhooks
        "hooks_lead": {
            "ja": "タスク・商談・セグメントなどの変化を、ほかのシステムへ順番どおりに知らせます。受け取られるまで繰り返します。",
            "en": "Other systems are told what changes in tasks, deals and segments: in order, again until they take it.",
        },
        "hooks_unsigned": {
            "ja": "TSUIDE_CARRIER_SECRET が設定されていないため、署名なしで送られます。",
            "en": "TSUIDE_CARRIER_SECRET is not set: what is sent is not signed.",
        },
        "no_hooks": {
            "ja": "まだありません。知らせたいシステムのアドレスを下で登録してください。",
            "en": "None yet. Name the address of a system that is to be told, below.",
        },
        "hook_id": {"ja": "名前", "en": "Name"},
        "hook_id_help": {"ja": "例: crm", "en": "Such as: crm"},
        "hook_url": {"ja": "送り先", "en": "Address"},
        "hook_url_help": {
            "ja": "POSTを受け取る https:// のアドレス。同じ名前で登録すると上書きします。",
            "en": "https:// that takes a POST. The same name again replaces it.",
        },
        "topics": {"ja": "知らせる内容", "en": "About"},
        "topic.tasks": {"ja": "タスク", "en": "Tasks"},
        "topic.worklist": {"ja": "訪問リスト", "en": "Worklist"},
        "topic.deals": {"ja": "商談", "en": "Deals"},
        "topic.segments": {"ja": "セグメント", "en": "Segments"},
        "state": {"ja": "状態", "en": "State"},
        "taken": {"ja": "届いています", "en": "taken"},
        "failing": {"ja": "届きません", "en": "failing"},
        "failing_since": {"ja": "届かなくなった日時", "en": "Failing since"},
        "hook_error": {"ja": "理由", "en": "Why"},
        "remove": {"ja": "外す", "en": "Remove"},
        "set_hook": {"ja": "Webhookを登録する", "en": "Set a webhook"},
        # environment
        "environment_lead": {
            "ja": "サーバーの環境変数、起動時の指定、またはこの画面（お店の基本・メール）で決まる設定です。変数を変えたときは、サーバーを起動し直してください。",
            "en": "What the server's environment, its command's options, or this console (basics, mail) say. A variable takes "
            "effect when the server is started anew.",
        },
        "unknown_settings": {
            "ja": "設定として知らない変数があります（つづりを確認してください）: {names}",
            "en": "Variables that are no settings (check the spelling): {names}",
        },
        "shop_language": {"ja": "お店の言語", "en": "The shop's language"},
        "shop_currency": {"ja": "通貨", "en": "Currency"},
        "shop_zone": {"ja": "時間帯", "en": "Time zone"},
        "help_language": {
            "ja": "誰も言語を選んでいないときの言語。利用者は各自で選べます。",
            "en": "Of texts for which nobody chose another; each user chooses their own.",
        },
        "help_currency": {
            "ja": "通貨の列がない表の金額に使います。",
            "en": "Of tables and messages that name none.",
        },
        "help_zone": {
            "ja": "日付の区切りと表示に使う、お店の時間帯。",
            "en": "The shop's one zone, in which days begin and times are shown.",
        },
        "setting": {"ja": "設定", "en": "Setting"},
        "variable": {"ja": "変数", "en": "Variable"},
        "value": {"ja": "値", "en": "Value"},
        "source": {"ja": "由来", "en": "From"},
        "usual": {"ja": "初期値", "en": "default"},
        "chosen": {"ja": "指定", "en": "set"},
        "kept_here": {"ja": "この画面で設定", "en": "set here"},
        # check-up
        "examine": {"ja": "診断する", "en": "Look it over"},
        "not_examined": {
            "ja": "まだ診断していません。「診断する」を押してください。",
            "en": "Not looked over yet: press “Look it over”.",
        },
        "amiss_n": {"ja": "直すとよい点が{n}件あります。", "en": "{n} things to mend."},
        "all_well": {"ja": "問題は見つかりませんでした。", "en": "Nothing is amiss."},
        "as_of": {"ja": "（{at} 時点）", "en": "(as of {at})"},
        "grade": {"ja": "判定", "en": "Grade"},
        "good": {"ja": "良好", "en": "good"},
        "mind": {"ja": "注意", "en": "mind"},
        "bad": {"ja": "要対応", "en": "to mend"},
        "looked_at": {"ja": "対象", "en": "What"},
        "found": {"ja": "見つかったこと（英語）", "en": "Found"},
        "do": {"ja": "対処（英語）", "en": "What to do"},
    }
)
