"""How each kind of change is taken back."""

from collections.abc import Mapping
from typing import Final

from tsuide.app.changes import Undo
from tsuide.interfaces.console.offers_undoing import OFFERS_WAYS
from tsuide.interfaces.console.outreach_undoing import OUTREACH_WAYS
from tsuide.interfaces.console.policy_undoing import POLICY_WAYS
from tsuide.interfaces.console.proof_undoing import PROOF_WAYS
from tsuide.interfaces.console.sales_undoing import SALES_WAYS
from tsuide.interfaces.console.shop_undoing import SHOP_WAYS

WAYS: Final[Mapping[str, Undo]] = {
    **SALES_WAYS,
    **OFFERS_WAYS,
    **PROOF_WAYS,
    **OUTREACH_WAYS,
    **POLICY_WAYS,
    **SHOP_WAYS,
}
"""Action → how it is undone: with the plain values that were recorded as `undo`."""
