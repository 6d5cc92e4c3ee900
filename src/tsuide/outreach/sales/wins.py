"""Which recorded results of other accounts a rep may tell of, and how: near the account, without its name. Pure.

What a customer hears names nobody: an industry stands for the account, and only where three accounts or more are of it.
Its name, and the evidence, which may hold the name, a rep sees of their own accounts and of those of their team.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TRAITS: Final = ("industry", "size", "prefecture")
LEAST_ALIKE: Final = 3  # accounts of an industry, so that it points at none of them
_SHORTEST_NAME: Final = 2


@dataclass(frozen=True, slots=True)
class Winner:
    """A result with whose it is.

    Args:
        account: the top account that it counts for.
        name: of that account.
        names: of everybody whose name must not be told: the account's and the person's.
        owner, team: attributes of the account; "" = none.
        traits: its industry, size and prefecture, as far as they are known.
        bought: products that it bought.
        lines: product lines that it bought of.
    """

    win_id: str
    account: str
    name: str
    names: tuple[str, ...]
    owner: str
    team: str
    traits: Mapping[str, str]
    metric: str
    before: str
    after: str
    evidence: str
    at: datetime
    bought: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """A result as a rep is told of it.

    Args:
        industry: that stands for the account before the customer; None = not even that.
        whose: the account's name, and
        evidence: what shows it; both None where the rep may not know whose it is.
        bought: whether that account bought what is offered, or of its line.
    """

    win_id: str
    metric: str
    before: str
    after: str
    at: datetime
    industry: str | None
    whose: str | None
    evidence: str | None
    bought: bool


def wins_for(
    winners: Sequence[Winner],
    account: str,
    traits: Mapping[str, str],
    product_id: str,
    line: str | None,
    *,
    rep: str,
    team: str,
    industries: Mapping[str, int],
    most: int = 2,
) -> list[Told]:
    """The results that bear on an offer to an account, the nearest first.

    A result bears on it where that account bought what is offered or of its line, or is of the same industry. One whose
    words hold a name is told only to whom the name may be told.

    Args:
        winners: of the whole shop, in any order.
        account: to whom it is offered; its own results are no others'.
        traits: of it.
        product_id: what is offered.
        line: of what is offered.
        rep: who asks.
        team: of the account's attributes; "" = none.
        industries: how many accounts are of each.
        most: so many at most.
    """
    near = []
    for each in winners:
        if each.account == account:
            continue
        used = product_id in each.bought or (line is not None and line in each.lines)
        same_industry = bool(traits.get("industry")) and each.traits.get("industry") == traits.get("industry")
        own = each.owner == rep or (bool(team) and each.team == team)
        if not (used or same_industry) or (not own and _names_somebody(each)):
            continue
        alike = sum(bool(traits.get(name)) and each.traits.get(name) == traits.get(name) for name in TRAITS)
        near.append(((product_id in each.bought, used, alike, each.at, each.win_id), each, used, own))
    near.sort(key=lambda found: found[0], reverse=True)
    return [_told(each, industries, used=used, own=own) for _, each, used, own in near[:most]]


def _told(each: Winner, industries: Mapping[str, int], *, used: bool, own: bool) -> Told:
    industry = each.traits.get("industry")
    known = industry if industry and industries.get(industry, 0) >= LEAST_ALIKE else None
    return Told(
        each.win_id, each.metric, each.before, each.after, each.at, known, each.name if own else None,
        each.evidence if own else None, used,
    )  # fmt: skip


def _names_somebody(each: Winner) -> bool:
    words = _folded(f"{each.metric} {each.before} {each.after}")
    return any(name in words for name in _long_enough(each.names))


def _long_enough(names: Collection[str]) -> list[str]:
    return [folded for each in names if len(folded := _folded(each)) >= _SHORTEST_NAME]


def _folded(text: str) -> str:
    """Without what distinguishes two writings of one name.

    >>> _folded("ＧＴＸ Pro")
    'gtxpro'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
