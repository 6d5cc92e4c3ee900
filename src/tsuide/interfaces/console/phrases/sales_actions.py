"""What was changed in the rooms of sales, in words."""

from collections.abc import Mapping
from typing import Final

SALES_ACTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "did.customers.note": {"ja": "{subject} との接点を記録しました", "en": "Noted a contact with {subject}"},
    "did.customers.win": {"ja": "{subject} の成果を記録しました", "en": "Noted a result of {subject}"},
    "did.customers.change": {"ja": "{subject} の情報を変更しました", "en": "Changed what is known of {subject}"},
    "did.customers.consent": {"ja": "{subject} の同意を記録しました", "en": "Recorded a consent of {subject}"},
    "did.customers.merge": {"ja": "重複を {subject} に統合しました", "en": "Merged a duplicate into {subject}"},
    "did.customers.import": {"ja": "「{subject}」の取り込みを始めました", "en": "Began to import “{subject}”"},
    "did.customers.erase": {"ja": "顧客を1件消去しました", "en": "Erased a customer"},
    "did.worklist.accept": {
        "ja": "{subject} への提案に取り組みます（タスクにしました）",
        "en": "Took up the offer to {subject}: it is a task now",
    },
    "did.worklist.dismiss": {"ja": "{subject} への提案を見送りました", "en": "Dismissed the offer to {subject}"},
    "did.worklist.snooze": {"ja": "{subject} をあとに回しました", "en": "Put {subject} off"},
    "did.worklist.note": {"ja": "商品 {subject} に経験を書き添えました", "en": "Added to the pitch of {subject}"},
    "did.worklist.thresholds": {"ja": "訪問リストのしきい値を変更しました", "en": "Changed the worklist's thresholds"},
    "did.tasks.add": {"ja": "タスクを追加しました", "en": "Added a task"},
    "did.tasks.done": {"ja": "タスクを完了にしました", "en": "Marked a task as done"},
    "did.tasks.drop": {"ja": "タスクを取りやめました", "en": "Dropped a task"},
    "did.tasks.open": {"ja": "タスクを未完了に戻しました", "en": "Opened a task again"},
    "did.tasks.snooze": {"ja": "タスクを先送りしました", "en": "Put a task off"},
    "did.tasks.assign": {"ja": "タスクの担当を替えました", "en": "Passed a task on"},
    "did.tasks.rule": {"ja": "タスクのルール「{subject}」を保存しました", "en": "Saved the task rule “{subject}”"},
    "did.tasks.rule_on": {"ja": "ルール「{subject}」を有効にしました", "en": "Switched the rule “{subject}” on"},
    "did.tasks.rule_off": {"ja": "ルール「{subject}」を止めました", "en": "Switched the rule “{subject}” off"},
}
