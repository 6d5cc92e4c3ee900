"""The kernels of a decision, compiled as one: from the gathering of candidates to the chosen ones written down.

Rules, deals, learned chances and the slate read the same rows, so they are asked a few rows at a time, while those lie
in the nearest cache.
"""

import sys
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np

from tsuide.facts import catalogue
from tsuide.offers import (
    ahead,
    block,
    codes,
    columns,
    compiled,
    curated,
    deal_table,
    deals_kernel,
    offer,
    records,
    slate,
    trial,
    write,
)
from tsuide.offers.candidates import (
    alike,
    bestsellers,
    bundles,
    cart,
    chances,
    combined,
    complements,
    contacts,
    content,
    declared,
    fill,
    fillers,
    gather,
    ladder,
    listed,
    members,
    pool,
    promoted,
    visited,
)
from tsuide.offers.links import LINK
from tsuide.offers.offer import PLACEMENTS
from tsuide.offers.policy import chain, fuse, policy, rule
from tsuide.offers.policy.policy import LIMIT, SUPPRESSION

_MADE_OF: Final[tuple[ModuleType, ...]] = (
    ahead, alike, bestsellers, block, bundles, cart, catalogue, chances, chain, codes, columns,
    combined, complements, contacts, content, curated, deal_table, deals_kernel, declared, fill,
    fillers, fuse, gather, ladder, listed, members, offer, policy, pool, promoted, records, rule, slate, trial,
    visited,
)  # fmt: skip

_WHOLE: Final = np.dtype(np.int64)
_DENSE: Final = np.dtype(np.int32)
_REAL: Final = np.dtype(np.float64)
_YES: Final = np.dtype(np.bool_)

GROUND: Final[tuple[tuple[str, np.dtype[Any]], ...]] = (
    ("items", columns.ITEM),
    ("bound", fill.BOUND),
    ("complement_of", _WHOLE),
    ("complement", LINK),
    ("substitute_of", _WHOLE),
    ("substitute", ladder.STEP),
    ("beside_of", _WHOLE),
    ("beside", LINK),
    ("instead_of", _WHOLE),
    ("instead", ladder.STEP),
    ("sibling_of", _WHOLE),
    ("siblings", ladder.STEP),
    ("never_of", _WHOLE),
    ("never", LINK),
    ("main_of", _WHOLE),
    ("mains", LINK),
    ("set_of", _WHOLE),
    ("sets", bundles.SET),
    ("filler_rows", fillers.FILLER),
    ("contents", _DENSE),
    ("lesson_of", _WHOLE),
    ("lessons", _DENSE),
    ("best", _DENSE),
    ("promoted", promoted.PROMOTED),
    ("suppression", SUPPRESSION),
    ("limits", LIMIT),
    ("priors", _WHOLE),
    ("policies", chain.policy_dtype()),
    ("deals", deal_table.DEAL),
    ("deal_order", _WHOLE),
    ("deal_of", _WHOLE),
    ("deal_off", _YES),
    ("savings", _WHOLE),
    ("effects", _REAL),
    ("of_source", _REAL),
    ("kind_placement", _REAL),
    ("pairs", chances.CHANCES),
    ("of_product", _REAL),
    ("curve_scores", _REAL),
    ("curve_shares", _REAL),
    ("taken_share", _REAL),
    ("whole_numbers", _WHOLE),
    ("shares", _REAL),
)
"""What every decision on one state by one policy reads, in the order in which the block holds it."""

WHOLE_NUMBERS: Final = ("baskets", "yen", "page_most", "per_need", "n_categories", "learned")
SHARES: Final = ("temperature", "guard", "lift")
COUNTED: Final = ("candidates", "kept", "cleared")
"""What `decided` counts, in this order; then how many each rule refused."""

ROWS_AT_ONCE: Final = 24  # of 352 bytes: a quarter of the nearest cache
_TABLES: Final = frozenset({"kind_placement", "taken_share"})  # kinds × placements

_TEXT: Final = """
from numba import carray
from tsuide.kit.money import RATE_UNIT
from tsuide.offers import deals_kernel as _deals
from tsuide.offers import slate as _slate
from tsuide.offers.block import pointer
from tsuide.offers.candidates import chances as _chances
from tsuide.offers.candidates import fill as _fill
from tsuide.offers.candidates import gather as _gather
from tsuide.offers.kernels import GROUND

{types}
_apply = _deals.apply
_correct = _chances.correct
_choose = _slate.choose


@outermost
def apply({apply}):
    return _apply({apply})


@outermost
def correct({correct}):
    return _correct({correct})


@outermost
def choose({choose}):
    return _choose({choose})


@kernel
def _tell(pool, picks, chosen, items, told, told_shares):
    for c in range(chosen):
        row = pool[picks[c].row]
{told}


@outermost
def decided(
    block, pool, verdict, counted, picks, told, told_shares, customers, requests, slots, cart, looked_at, free_at,
    tier, tier_fillers, owned, owned_at, kin, due, expected, session, liked, wanted, tastes, touches, excluded, shown,
    categories, mandatory, mandatory_kind, unfit, weights, economics, qualified, segments, kept, now, seed, ranking,
    whole,
):
{ground}
    refused = counted[{counted}:]
    request = requests[0]
    customer = customers[0]
    rules = policies[0]
    overshoot = rules.filler_gap_overshoot if rules.filler_gap_on != 0 else -1
    found = _gather.gather(
        pool, items, bound, complement_of, complement, substitute_of, substitute, beside_of, beside, instead_of,
        instead, sibling_of, siblings, never_of, never, main_of, mains, set_of, sets, filler_rows, contents, lesson_of,
        lessons, best, baskets, cart, looked_at, free_at, yen, owned, owned_at, kin, due, expected, session, liked,
        promoted, wanted, tastes, touches, excluded, shown, mandatory,
        mandatory_kind, unfit, suppression, limits, priors, overshoot, tier, tier_fillers, customer, request, now,
    )
    count, slots_, marks, size, owned_marks, kin_marks, rests, wide, said, left, right = found
    cleared = 0
    for start in range(0, count, {at_once}):
        end = min(start + {at_once}, count)
        _fill.fill(
            pool, start, end, count, items, bound, sets, never_of, never, slots_, marks, size, categories, rests, wide,
            said, weights, economics, qualified, left, right, now,
        )
        part = pool[start:end]
        _apply(
            part, end - start, request.placement, segments, items, sets, deals, deal_order, deal_of, deal_off, savings,
            lift, RATE_UNIT, now,
        )
        if learned:
            _correct(
                part, end - start, items, request.placement, effects, of_source, kind_placement, pairs, n_categories,
                of_product, curve_scores, curve_shares, taken_share,
            )
        if customer.moved != RATE_UNIT:
            for i in range(end - start):
                part[i].propensity = min(part[i].propensity * customer.moved / RATE_UNIT, 1.0)
        cleared += verdicts(part, end - start, customers, requests, policies, verdict[start:end], refused)
    counted[0] = count
    counted[1] = _fill.kept_of(marks, owned_marks, kin, kin_marks, kept) if len(kept) > 0 else 0
    counted[2] = cleared
    if ranking == _slate.RANDOM:  # every one of what is allowed is as likely: a draw's probability is then exact
        temperature, guard = 1.0, 1.0
    chosen = _choose(
        pool, count, verdict, items, sets, slots, page_most, per_need, temperature, guard, seed, priors, picks,
        ranking, whole,
    )
    _tell(pool, picks, chosen, items, told, told_shares)
    return chosen
"""


@cache
def kernels() -> ModuleType:
    """The compiled kernels, one module per process.

    `decided` is a whole decision; `verdicts` asks the rules (see `policy.fuse`); `apply` lays deals over candidates
    (`deals_kernel.apply`), `correct` the learned chances (`candidates.chances.correct`), `choose` fills the slate.
    """
    rules = chain.rules()
    text = fuse.kernel_source(rules) + _TEXT.format(
        types="\n".join(_type(place, *each) for place, each in enumerate(GROUND)),
        apply=_arguments(deals_kernel.apply),
        correct=_arguments(chances.correct),
        choose=_arguments(slate.choose),
        told="\n".join(_told("told", write.WHOLE) + _told("told_shares", write.REAL)),
        ground="\n".join((*_read(), *_numbers("whole_numbers", WHOLE_NUMBERS), *_numbers("shares", SHARES))),
        counted=len(COUNTED),
        at_once=ROWS_AT_ONCE,
    )
    made_of = (*_MADE_OF, sys.modules[__name__], *(each.module for each in rules))
    return compiled.generated("tsuide_decide", text, made_of)


def _type(place: int, name: str, kind: np.dtype[Any]) -> str:
    """Named, and told in full, so that another layout makes another file."""
    return f"_{name.upper()} = GROUND[{place}][1]  # {kind.str if kind.names is None else kind}"


def _read() -> list[str]:
    lines = []
    for place, (name, _) in enumerate(GROUND):
        at = place * block.WIDTH
        rows, columns_ = f"block[{at + 1}]", len(PLACEMENTS)
        shape = f"({rows} // {columns_}, {columns_})" if name in _TABLES else f"({rows},)"
        lines.append(f"    {name} = carray(pointer(block[{at}]), {shape}, _{name.upper()})")
    return lines


def _numbers(array: str, names: Sequence[str]) -> list[str]:
    return [f"    {name} = {array}[{place}]" for place, name in enumerate(names)]


def _told(array: str, names: Sequence[str]) -> list[str]:
    return [
        f"        {array}[c, {place}] = {write.COLUMN.get(name, f'row.{name}')}" for place, name in enumerate(names)
    ]


def _arguments(function: object) -> str:
    code = function.py_func.__code__  # type: ignore[attr-defined]  # a numba dispatcher
    return ", ".join(code.co_varnames[: code.co_argcount])
