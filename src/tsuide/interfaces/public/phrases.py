"""The words of the public pages."""

from typing import Final

from tsuide.kit.phrases import Phrases

PUBLIC: Final = Phrases(
    {
        "unsubscribe_title": {"ja": "配信の停止", "en": "Unsubscribe"},
        "unsubscribe_ask": {
            "ja": "お知らせメールの配信を停止しますか。ご注文やお手続きに関するメールは、引き続きお送りします。",
            "en": "Shall we stop sending you news? Mails about your orders and your account still reach you.",
        },
        "unsubscribe_do": {"ja": "配信を停止する", "en": "Unsubscribe"},
        "unsubscribe_or": {"ja": "種類や頻度だけを変更する", "en": "Only change what you receive, or how often"},
        "unsubscribed_title": {"ja": "配信を停止しました", "en": "You are unsubscribed"},
        "unsubscribed": {
            "ja": "今後、お知らせメールはお送りしません。これまでご覧いただき、ありがとうございました。",
            "en": "We will send you no more news. Thank you for reading so far.",
        },
        "undo": {"ja": "元に戻す・設定を変更する", "en": "Undo this, or change what you receive"},
        "preferences_title": {"ja": "配信の設定", "en": "What you receive"},
        "preferences_lead": {
            "ja": "お受け取りになるものと頻度をお選びください。いつでも変更できます。",
            "en": "Choose what you receive and how often. You can change it at any time.",
        },
        "news": {"ja": "お知らせ・おすすめ", "en": "News and suggestions"},
        "frequency": {"ja": "メールの頻度", "en": "How often by mail"},
        "every_0": {"ja": "特に指定しない", "en": "As it comes"},
        "every_7": {"ja": "週に1通まで", "en": "Once a week at most"},
        "every_30": {"ja": "月に1通まで", "en": "Once a month at most"},
        "every_90": {"ja": "3か月に1通まで", "en": "Once in three months at most"},
        "data": {"ja": "データの利用", "en": "Use of data"},
        "save": {"ja": "保存する", "en": "Save"},
        "saved": {"ja": "保存しました。", "en": "Saved."},
        "survey_title": {"ja": "アンケート", "en": "Survey"},
        "survey_send": {"ja": "回答を送信する", "en": "Send my answers"},
        "survey_needed": {"ja": "必須", "en": "required"},
        "survey_low": {"ja": "まったく思わない", "en": "not at all likely"},
        "survey_high": {"ja": "とても思う", "en": "extremely likely"},
        "survey_before": {
            "ja": "すでにご回答をいただいています。変更して送信すると、新しい回答に置き換わります。",
            "en": "You have answered this already. If you change something and send it, the new answers hold.",
        },
        "survey_wrote": {
            "ja": "ご記入いただいた内容はお預かりしています。空欄のまま送信すると、そのまま残ります。",
            "en": "We have kept what you wrote. Leave this empty to leave it as it is.",
        },
        "survey_faulty": {"ja": "ご確認ください", "en": "Please check your answers"},
        "survey_fault_needed": {"ja": "お答えください。", "en": "Please answer this one."},
        "survey_fault_unknown": {"ja": "選択肢からお選びください。", "en": "Please choose one of the answers."},
        "survey_fault_long": {"ja": "{most}文字以内でご記入ください。", "en": "At most {most} characters, please."},
        "survey_fault_nothing": {
            "ja": "まだ何も回答されていません。お答えになる質問を一つ以上お選びください。",
            "en": "Nothing is answered yet. Please answer at least one question.",
        },
        "survey_thanks": {"ja": "ご回答ありがとうございました", "en": "Thank you for your answers"},
        "survey_thanks_text": {"ja": "ご回答を承りました。", "en": "We have received them."},
        "survey_change": {"ja": "回答を変更する", "en": "Change my answers"},
        "survey_over": {"ja": "このアンケートは終了しました", "en": "This survey is over"},
        "survey_expired": {
            "ja": "回答の受付期間が終わりました。ご関心をお寄せいただき、ありがとうございました。",
            "en": "The time for answers is over. Thank you for your interest.",
        },
        "survey_closed": {
            "ja": "このアンケートの受付は終了しました。ご関心をお寄せいただき、ありがとうございました。",
            "en": "This survey takes no more answers. Thank you for your interest.",
        },
        "quote_ask_title": {"ja": "お見積りのご確認", "en": "Your quotation"},
        "quote_ask": {
            "ja": "内容をご確認ください。「確定する」を押すまで、注文は成立しません。",
            "en": "Please check it. Nothing is ordered until you press “confirm”.",
        },
        "quote_confirm": {"ja": "この内容で確定する（注文する）", "en": "Confirm and order"},
        "quote_put_off": {"ja": "あとで決める", "en": "Not now"},
        "quote_refuse_legend": {"ja": "見送る場合", "en": "If you would rather not"},
        "quote_refuse": {"ja": "見送る", "en": "No, thank you"},
        "quote_reason_have_it": {"ja": "すでに持っている", "en": "We have it already"},
        "quote_reason_too_dear": {"ja": "価格が合わない", "en": "It is too dear"},
        "quote_reason_not_now": {"ja": "いまは時期ではない", "en": "It is not the time"},
        "quote_reason_not_for_me": {"ja": "必要に合わない", "en": "It is not what we need"},
        "quote_yes_title": {"ja": "ご注文を承りました", "en": "Your order is placed"},
        "quote_yes": {
            "ja": "下の内容で確定しました。ありがとうございます。",
            "en": "You have confirmed what stands below. Thank you.",
        },
        "quote_no_title": {"ja": "見送りを承りました", "en": "We have noted your no"},
        "quote_no": {"ja": "注文は成立していません。", "en": "Nothing was ordered."},
        "quote_later_title": {"ja": "お待ちしています", "en": "We will wait"},
        "quote_later": {
            "ja": "有効期限まで、このページから確定していただけます。注文はまだ成立していません。",
            "en": "You can confirm on this page as long as the quotation is valid. Nothing is ordered yet.",
        },
        "quote_over_title": {"ja": "このお見積りは終了しました", "en": "This quotation is over"},
        "quote_over": {
            "ja": "期限が過ぎたか、新しいお見積りに替わりました。注文は成立していません。担当者にご連絡ください。",
            "en": "It has expired, or a newer one has replaced it. Nothing was ordered. Please ask your contact.",
        },
        "bad_title": {"ja": "このリンクは使えません", "en": "This link does not work"},
        "bad": {
            "ja": "リンクが途中で切れているか、変更されています。最新のメールのリンクからお試しください。",
            "en": "It was cut off or changed on the way. Please use the link in the newest mail.",
        },
        "trouble_title": {"ja": "ただいま処理できません", "en": "Not possible right now"},
        "trouble": {
            "ja": "しばらくしてから、もう一度お試しください。",
            "en": "Please try again in a moment.",
        },
        "other_language": {"ja": "English", "en": "日本語"},
    }
)
