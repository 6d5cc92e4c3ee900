"""Why a message went out, waits or was refused, in a sentence each; and the words of its states."""

from typing import Final

from tsuide.kit.phrases import Phrases

GATE: Final = Phrases(
    {
        "allowed": {"ja": "送信できます", "en": "may go out"},
        "too_late": {"ja": "送信の期限を過ぎました", "en": "too late: its moment has passed"},
        "no_customer": {"ja": "お客様の登録がありません", "en": "nobody is known by this id"},
        "no_address": {"ja": "この経路の宛先がありません", "en": "no address on this channel"},
        "undeliverable": {"ja": "宛先に届かないため停止中です", "en": "the address bounced: nothing goes there"},
        "complained": {"ja": "迷惑メールとして報告されたため停止中です", "en": "reported as spam: no advertising"},
        "consent": {"ja": "お客様の同意がありません", "en": "the customer has not consented"},
        "sender_named": {
            "ja": "差出人と配信停止の方法がポリシーにありません",
            "en": "the policy names no sender and opt-out",
        },
        "opt_in_record": {"ja": "同意の記録がありません", "en": "there is no record of the opt-in"},
        "open_complaint": {"ja": "未解決のご意見があるため控えます", "en": "a complaint or ticket is open"},
        "bad_score": {"ja": "満足度が低いため控えます", "en": "the last satisfaction score was bad"},
        "best_channel": {
            "ja": "お客様の反応が最も良い経路を選びました",
            "en": "chosen: the channel the customer reacts on most",
        },
        "quiet_hours": {"ja": "配信を控える時間帯です", "en": "quiet hours, by the customer's clock"},
        "contact_limit": {"ja": "連絡回数の上限に達しています", "en": "the contact limit is reached"},
        "chosen_frequency": {
            "ja": "お客様が選ばれた頻度を超えます",
            "en": "more often than the customer chose",
        },
        "no_offer": {"ja": "お勧めできる商品がありません", "en": "nothing worth offering"},
        "no_carrier": {"ja": "この経路の送信手段が設定されていません", "en": "nobody carries this channel"},
        "template_failed": {"ja": "文面を作成できませんでした", "en": "the template could not be rendered"},
        "warm_up": {"ja": "ウォームアップの1日の上限です", "en": "the day's share while the sender warms up"},
        "left_journey": {"ja": "ジャーニーを離れたため取り下げました", "en": "withdrawn: they have left the journey"},
        "closed": {"ja": "お客様が閉じました", "en": "closed by the customer"},
        "domain_rate": {"ja": "宛先ドメインへの送信速度の上限です", "en": "the rate for the receiving domain"},
    }
)

KINDS: Final = Phrases(
    {
        "cross_sell": {"ja": "ご一緒に", "en": "Goes well"},
        "up_sell": {"ja": "上位の品", "en": "A step up"},
        "down_sell": {"ja": "お手頃な品", "en": "For less"},
        "alternative": {"ja": "代わりの品", "en": "Instead"},
        "bundle": {"ja": "セット", "en": "Set"},
        "filler": {"ja": "あと少しで送料無料", "en": "Towards free shipping"},
        "replenish": {"ja": "そろそろ補充", "en": "Time to refill"},
        "content": {"ja": "読みもの", "en": "To read"},
    }
)

STATES: Final = Phrases(
    {
        "waiting": {"ja": "待機中", "en": "waiting"},
        "sending": {"ja": "送信中", "en": "being sent"},
        "sent": {"ja": "送信済み", "en": "sent"},
        "refused": {"ja": "見送り", "en": "held back"},
        "failed": {"ja": "不達", "en": "failed"},
        "in_doubt": {"ja": "要確認", "en": "in doubt"},
    }
)

PURPOSES: Final = Phrases(
    {
        "personalisation": {"ja": "履歴にもとづく提案", "en": "offers by their history"},
        "marketing": {"ja": "お知らせ・ご案内", "en": "news and offers"},
        "analytics": {"ja": "開封・クリックの計測", "en": "measuring"},
        "transactional": {"ja": "注文に関するご連絡", "en": "messages about orders"},
    }
)
CHANNELS: Final = Phrases(
    {
        "site": {"ja": "サイト", "en": "site"},
        "app": {"ja": "アプリ", "en": "app"},
        "email": {"ja": "メール", "en": "mail"},
        "line": {"ja": "LINE", "en": "LINE"},
        "sms": {"ja": "SMS", "en": "SMS"},
        "phone": {"ja": "電話", "en": "phone"},
        "post": {"ja": "郵便", "en": "post"},
        "rep": {"ja": "担当者", "en": "rep"},
        "till": {"ja": "レジ", "en": "till"},
        "agent": {"ja": "エージェント", "en": "agent"},
        "any": {"ja": "すべて", "en": "any"},
    }
)
