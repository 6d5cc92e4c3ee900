"""Who was erased, as salted hashes: kept in the store, beside it, and beside every backup, so that a restore heeds it.

A hash of an id that can be guessed can be guessed, too: the list names nobody to a reader, it does not hide from
somebody who has all ids and tries each. That is what it is for: a restore tries each id of the backup.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tsuide.app.wiring import Shop
from tsuide.errors import BadFile, NotFound

LIST: Final = "erased.jsonl"
_SALT: Final = "privacy.salt"
_FOLDERS: Final = "privacy.backup_folders"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Somebody who was erased: when (microseconds), and the hash of an id of theirs with the salt it was made with."""

    at: int
    mark: str
    salt: str

    def is_of(self, customer_id: str) -> bool:
        """Whether it is this id's."""
        return hmac.compare_digest(self.mark, mark_of(self.salt, customer_id))


def mark_of(salt: str, customer_id: str) -> str:
    """The mark of an id.

    >>> mark_of("00", "c1") == mark_of("00", "c1"), mark_of("00", "c1") == mark_of("01", "c1")
    (True, False)
    """
    return hmac.new(bytes.fromhex(salt), customer_id.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def salt_of(shop: Shop, now: datetime) -> str:
    """The shop's salt; drawn when the first person is erased."""
    return shop.store.settings.get(_SALT) or shop.store.settings.put_once(_SALT, secrets.token_hex(_BYTES), now)


def marks_of(shop: Shop, customer_ids: Iterable[str], now: datetime) -> list[str]:
    """The marks of some ids."""
    salt = salt_of(shop, now)
    return [mark_of(salt, each) for each in customer_ids]


def write_lists(shop: Shop, now: datetime) -> list[Path]:
    """Bring the list beside the store and those beside its backups up to date; the files written.

    A folder that is away gets its list with the next backup that is written there.
    """
    salt = salt_of(shop, now)
    known = {Mark(at, mark, salt) for mark, at in shop.store.erased.all_marks()}
    written = []
    for folder in (shop.settings.home, *_folders(shop)):
        if folder.is_dir():
            try:
                _write(folder / LIST, known | set(read_list(folder / LIST)))
            except OSError:
                continue
            written.append(folder / LIST)
    return written


def note_folder(shop: Shop, folder: Path, now: datetime) -> None:
    """From now on the list lies in this folder, too: backups are kept there."""
    folders = _folders(shop)
    if folder.absolute() not in folders:
        shop.store.settings.put(_FOLDERS, json.dumps([str(each) for each in (*folders, folder.absolute())]), now)
    write_lists(shop, now)


def read_list(path: Path, *, must: bool = False) -> list[Mark]:
    """The marks of a file, the oldest first; none where there is no file.

    Raises:
        NotFound: it `must` be there, and is not.
        BadFile: it cannot be read.
    """
    if not path.exists():
        if must:
            raise NotFound("no such list", key="erased", value=str(path))
        return []
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return sorted(Mark(int(each["at"]), str(each["mark"]), str(each["salt"])) for each in lines)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise BadFile("the list of erased people cannot be read", key="file", value=str(path)) from exc


def _folders(shop: Shop) -> tuple[Path, ...]:
    return tuple(Path(each) for each in json.loads(shop.store.settings.get(_FOLDERS) or "[]"))


def _write(path: Path, marks: Iterable[Mark]) -> None:
    lines = [json.dumps({"mark": each.mark, "at": each.at, "salt": each.salt}) for each in sorted(marks)]
    beside = path.with_suffix(".part")
    beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    beside.chmod(0o600)
    beside.replace(path)
