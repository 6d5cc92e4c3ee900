"""Letters as tasks of the people who look after customers: they call, write or visit, in their own words."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tsuide.errors import TsuideError
from tsuide.kit.clock import to_micros
from tsuide.outreach.channels.channel import Answer, Letter

_LONGEST_TITLE: Final = 200  # characters: a list of tasks has one line for each
_WORDS: Final = 300


class RepChannel:
    """Makes each letter one task, under the letter's key: a second letter of the same key makes none.

    Args:
        give: writes a task down; False where its key has one.
        owner: customer id → who looks after them; "" = nobody in particular.
    """

    def __init__(self, give: Callable[[Mapping[str, Any]], bool], owner: Callable[[str], str]) -> None:
        self._give = give
        self._owner = owner

    def deliver(self, letter: Letter) -> Answer:
        """Write one task down; it is due at once."""
        try:
            row = task_of(letter, self._owner(letter.customer_id))
            self._give(row)
        except TsuideError as error:  # written whole or not at all, and once for its key: it may be tried again
            return Answer("waiting", "no_store", str(error)[:_WORDS])
        return Answer("sent", reference=str(row["id"]))

    def close(self) -> None:
        """Nothing is kept open."""


def task_of(letter: Letter, assignee: str) -> dict[str, Any]:
    """A letter as a row of the table of tasks.

    Its words stand in both languages' places: they were written in one of them, and a rep reads them as they are.
    """
    subject = " ".join(letter.subject.split())
    text = letter.text.strip()
    title = subject or next(iter(text.splitlines()), "") or letter.key
    moment = to_micros(letter.at)
    return {
        "id": "tsk_" + letter.id.removeprefix("m_"),
        "key": letter.key,
        "customer_id": letter.customer_id,
        "source": "message",
        "title": _in_both(title[:_LONGEST_TITLE]),
        "note": _in_both(text) if text else None,
        "assignee": assignee,
        "state": "open",
        "due_at": moment,
        "made_at": moment,
        "changed_at": moment,
        "reason": None,
    }


def _in_both(words: str) -> str:
    return json.dumps({"ja": words, "en": words}, ensure_ascii=False)
