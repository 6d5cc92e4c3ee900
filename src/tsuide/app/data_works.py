"""Long jobs about the shop's data and its installation."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from tsuide.app.doctor import examine
from tsuide.app.jobs import Tell, Work
from tsuide.app.wiring import Shop


def _doctor(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    del wanted
    tell("read", 0, 0)
    return {"findings": [asdict(each) for each in examine(shop.settings, now)]}


DATA_WORKS: Final[Mapping[str, Work]] = {"doctor": _doctor}
