"""How changes of the policy are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo
from tsuide.app.policies import activate_version
from tsuide.app.users import User
from tsuide.app.wiring import Shop


def _policy(shop: Shop, undo: Mapping[str, Any], _who: User, _now: datetime) -> None:
    """The version before in force again, unless somebody has put another one there since."""
    name, version = undo["over"]
    activate_version(shop, undo["name"], undo["version"], over=(name, version))


POLICY_WAYS: Final[Mapping[str, Undo]] = {"policy.save": _policy, "policy.restore": _policy}
