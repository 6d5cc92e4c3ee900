"""Long jobs about the shop's data and its installation."""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from tsuide.app.doctor import examine
from tsuide.app.jobs import Tell, Work
from tsuide.app.taking_back import imports_of
from tsuide.app.uploads import file_of, rejects_of, try_upload, upload_of
from tsuide.app.wiring import Shop

_SHOWN: Final = 20


def _doctor(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    del wanted
    tell("read", 0, 0)
    return {"findings": [asdict(each) for each in examine(shop.settings, now)]}


def _imported(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime, *, dry_run: bool) -> dict[str, Any]:
    upload = upload_of(shop, str(wanted["upload"]))
    language = str(wanted.get("language", ""))
    report = try_upload(shop, upload, now, tell, language=language, dry_run=dry_run)
    examples: list[list[str]] = []
    if report.rejects is not None:
        with rejects_of(shop, upload).open(encoding="utf-8-sig", newline="") as file:
            examples = list(islice(csv.reader(file), 1, 1 + _SHOWN))
    told = {"file": upload.name, "rejects": report.rejects is not None, "examples": examples}
    return report.to_json() | told | {"number": imports_of(file_of(shop, upload))}


DATA_WORKS: Final[Mapping[str, Work]] = {
    "doctor": _doctor,
    "import_try": partial(_imported, dry_run=True),
    "import": partial(_imported, dry_run=False),
}
