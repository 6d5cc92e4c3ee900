"""All predicates fused into one compiled kernel.

The kernel's module is generated (see `compiled`): its name holds a hash of every rule's source, of the records
and codes they read, and of this file, so that a stale kernel cannot be found, let alone run. (A stale cache
once let refused offers through, silently.)
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias, cast

import numpy as np

from tsuide.offers import codes, compiled, offer, records
from tsuide.offers.policy import chain
from tsuide.offers.policy.rule import LoadedRule

Kernel: TypeAlias = Callable[[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], int]
"""verdicts(candidates, count, customer, request, policy, verdict, refused) -> how many no rule refused.

Writes `verdict[i]` = place of the first rule that refuses candidate i in the chain, -1 = none, and adds to
`refused[place]`. `customer`, `request`, `policy` are arrays of one record.
"""

_GROUND: Final[tuple[ModuleType, ...]] = (codes, offer, records, chain)


def kernel_source(rules: Sequence[LoadedRule]) -> str:
    """The text of the generated module."""
    lines = ['"""Generated from the rules; not to be edited, safe to delete."""\n']
    lines.append("from tsuide.offers.compiled import kernel, outermost\n")
    lines.extend(f"from {each.module.__name__} import refuses as _plain_{each.rule.code}\n" for each in rules)
    lines.append("\n")
    lines.extend(f"_{each.rule.code} = kernel(_plain_{each.rule.code})\n" for each in rules)
    lines.append(
        "\n\n@outermost\n"
        "def verdicts(candidates, count, customers, requests, policies, verdict, refused):\n"
        "    customer, request, policy = customers[0], requests[0], policies[0]\n"
        "    cleared = 0\n"
        "    for i in range(count):\n"
        "        candidate = candidates[i]\n"
        "        verdict[i] = -1\n"
    )
    for place, each in enumerate(rules):
        code = each.rule.code
        lines.append(
            f"        if policy.{chain.field(code, 'on')} != 0 and "
            f"_{code}(candidate, customer, request, policy):\n"
            f"            verdict[i] = {place}\n"
            f"            refused[{place}] += 1\n"
            "            continue\n"
        )
    lines.append("        cleared += 1\n    return cleared\n")
    return "".join(lines)


def fuse(rules: Sequence[LoadedRule], folder: Path | None = None) -> Kernel:
    """The compiled chain.

    Args:
        rules: in their order.
        folder: where generated modules and their machine code are kept; None = the default cache.

    Compiling takes some seconds once per machine and version of the rules, then about 0.2 s per process.
    """
    made_of = (*_GROUND, sys.modules[__name__], *(each.module for each in rules))
    return cast("Kernel", compiled.generated("tsuide_rules", kernel_source(rules), made_of, folder).verdicts)


def plain_verdict(rules: Sequence[LoadedRule], records_: tuple[Any, Any, Any, Any]) -> int:
    """The verdict by the same functions in plain Python: the oracle, and what explain uses.

    Args:
        rules: in their order.
        records_: candidate, customer, request, policy as plain records.
    """
    policy = records_[3]
    for place, each in enumerate(rules):
        if getattr(policy, chain.field(each.rule.code, "on")) and each.refuses(*records_):
            return place
    return -1


def all_refusals(rules: Sequence[LoadedRule], records_: tuple[Any, Any, Any, Any]) -> list[str]:
    """The codes of all rules that refuse the candidate, in order."""
    policy = records_[3]
    return [
        each.rule.code
        for each in rules
        if getattr(policy, chain.field(each.rule.code, "on")) and each.refuses(*records_)
    ]
