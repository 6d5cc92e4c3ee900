"""Letters as lines of a file, for senders that Tsuide does not speak to itself."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from tsuide.outreach.channels.channel import Answer, Letter


class FileChannel:
    """Appends each letter to ``letters-YYYY-MM-DD.jsonl``, a JSON object a line, on the disk before it is told.

    Args:
        folder: made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, letter: Letter) -> Answer:
        """Append one letter; a line is whole or not there."""
        path = self._folder / f"letters-{letter.at:%Y-%m-%d}.jsonl"
        line = json.dumps(as_json(letter), ensure_ascii=False).encode() + b"\n"
        begun = False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)  # other processes append to the same file
                _mend(handle)
                begun = True
                if os.write(handle, line) != len(line):
                    return Answer("in_doubt", "disk_full", str(path), letter.id)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            return Answer("in_doubt" if begun else "waiting", "no_file", str(error)[:300])
        return Answer("sent", reference=letter.id)

    def close(self) -> None:
        """Nothing is kept open."""


def as_json(letter: Letter) -> dict[str, Any]:
    """A letter for machines: what is wanted of them, and the key by which they drop a second copy."""
    return {
        "id": letter.id,
        "key": letter.key,
        "customer_id": letter.customer_id,
        "to": letter.to,
        "purpose": letter.purpose,
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "unsubscribe": letter.unsubscribe,
        "at": letter.at.isoformat(),
        **letter.more,
    }


def _mend(handle: int) -> None:
    """End a line that a crash cut off, so that the next one stands for itself."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.write(handle, b"\n")
