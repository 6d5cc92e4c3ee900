"""What a rule is: a code, a stage of the funnel, parameters, and a pure predicate in its file."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Literal, TypeAlias, get_args

Stage: TypeAlias = Literal["eligibility", "applicability", "suitability", "contact"]
Unit: TypeAlias = Literal["count", "days", "rate", "ratio", "money", "minute", "yes", "kinds", "placements", "score"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number that a person may set.

    Args:
        unit: rate and ratio are kept in basis points (10,000 = 1); kinds and placements as bits.
        default: as kept.
        low, high: what is allowed, as kept.
        about: what it means, one sentence.
    """

    name: str
    unit: Unit
    default: int
    about: str
    low: int = 0
    high: int = 1 << 40


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's face; its file also holds `refuses(candidate, customer, request, policy) -> bool`.

    Args:
        code: stable name, the file's name.
        on: whether it holds where the policy says nothing of it.
        fixed: cannot be switched off: law, consent, and what no shop can want.
        source: the law or document that it rests on.
    """

    code: str
    stage: Stage
    parameters: tuple[Parameter, ...] = ()
    on: bool = True
    fixed: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A rule with its predicate and the file that holds it."""

    rule: Rule
    refuses: Callable[[Any, Any, Any, Any], bool]
    module: ModuleType
