"""What was changed, in words: of every action that the audit log may hold."""

from typing import Final

from tsuide.kit.phrases import Phrases

ACTIONS: Final = Phrases(
    {
        "did.user.invite": {"ja": "{subject} さんを招待しました", "en": "Invited {subject}"},
        "did.user.change": {"ja": "利用者 {subject} を変更しました", "en": "Changed the user {subject}"},
        "did.user.end": {"ja": "利用者 {subject} の利用を止めました", "en": "Ended the user {subject}"},
        "did.user.again": {"ja": "利用者 {subject} の利用を再開しました", "en": "Let the user {subject} in again"},
        "did.api.change": {"ja": "APIから変更しました: {subject}", "en": "Changed over the API: {subject}"},
        "did.job.begin": {"ja": "ジョブ「{subject}」を始めました", "en": "Began the job “{subject}”"},
    }
)
