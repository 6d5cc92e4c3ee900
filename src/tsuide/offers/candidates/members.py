"""An offer of several products, seen as one: what holds of any member that stands in the way holds of the whole."""

from tsuide.offers import codes
from tsuide.offers.candidates.bundles import MEMBERS
from tsuide.offers.compiled import Row, Rows, kernel


@kernel
def member(row: Row, sets: Rows, k: int) -> int:
    """The k-th product of the offer beside its first, from 0; -1 = there are no more."""
    if row.second >= 0:
        return int(row.second) if k == 0 else -1
    if row.set >= 0 and k + 2 < MEMBERS:
        return int(sets[row.set].items[k + 2])
    return -1


@kernel
def join(row: Row, item: Row, bound: Row) -> None:
    """Add a member: prices and margins add up, the strictest of everything else counts."""
    both = row.price >= 0 and item.price >= 0
    row.price = row.price + item.price if both else -1
    row.list_price = row.price
    row.net_price = row.net_price + item.net if both else -1
    row.margin += bound.margin
    if bound.basis == codes.UNKNOWN_MARGIN or row.margin_basis == codes.UNKNOWN_MARGIN:  # noqa: PLR1714 - a kernel
        row.margin_basis = codes.UNKNOWN_MARGIN
    elif bound.basis == codes.MARGIN_FROM_RATE:
        row.margin_basis = codes.MARGIN_FROM_RATE
    if item.status != codes.ACTIVE or item.currency != row.currency:
        row.status = -1  # cannot be sold as one
    if item.stock >= 0:
        row.stock = item.stock if row.stock < 0 else min(row.stock, item.stock)
    if item.kind == codes.SUBSCRIPTION:
        row.product_kind = item.kind
        row.has_terms = item.has_terms
    if item.shipping != row.shipping:
        row.shipping = -2  # no class: ships with nothing
    if item.regions != 0:
        row.regions = item.regions if row.regions == 0 else row.regions & item.regions
        if row.regions == 0:
            row.status = -1
    row.min_age = max(row.min_age, item.min_age)
    row.returns = max(row.returns, item.returns)
    if item.reviews > 0 and (row.reviews == 0 or item.rating < row.rating):
        row.rating = item.rating
        row.reviews = item.reviews


@kernel
def share_a_product(one: Row, other: Row, sets: Rows) -> bool:
    """Whether two offers hold the same product."""
    k = -1
    while True:
        product = one.item if k < 0 else member(one, sets, k)
        if product < 0:
            return False
        if _holds(other, sets, product):
            return True
        k += 1


@kernel
def _holds(row: Row, sets: Rows, product: int) -> bool:
    if row.item == product:
        return True
    k = 0
    while True:
        at = member(row, sets, k)
        if at < 0:
            return False
        if at == product:
            return True
        k += 1


@kernel
def declared_apart(never_of: Rows, never: Rows, one: int, other: int) -> bool:
    """Whether a person declared that two products never go together."""
    for at in range(never_of[one], never_of[one + 1]):  # noqa: SIM110 - a kernel takes no generators
        if never[at].item == other:
            return True
    return False
