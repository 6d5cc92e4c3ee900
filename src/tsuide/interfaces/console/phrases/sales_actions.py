"""What was changed in the rooms of sales, in words."""

from collections.abc import Mapping
from typing import Final

SALES_ACTIONS: Final[Mapping[str, Mapping[str, str]]] = {
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
