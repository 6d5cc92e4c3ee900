"""Valid examples, changed at random: trees of JSON, texts and bytes; and campaigns of them against one reader.

Every input follows from a seed and a number, which a failure names:
``TSUIDE_FUZZ_SEED=7 TSUIDE_FUZZ_INPUT=1234 python -m pytest tests/fuzz -k segment`` tries that one alone.
"""

# ruff: noqa: E501 - examples and pieces stand side by side

import functools
import json
import math
import os
import random
import resource
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from tsuide.errors import TsuideError

SECONDS: Final = float(os.environ.get("TSUIDE_FUZZ_SECONDS", "600"))
"""CPU time of one family of a soak."""
LONGEST: Final = 2.0  # seconds of CPU for one input
MOST_MEMORY: Final = 768 * 1024  # KiB that the process may grow while one campaign runs
_SHOWN: Final = 3_000
_LARGEST: Final = 5_000  # values in one tree
_DEEPEST: Final = 1_000  # orjson reads 1,024 levels, so somebody can send about as many

Tree = Any
Target = Callable[[random.Random], object]


class Hangs(Exception):
    """One input took longer than it may."""


@dataclass
class Tally:
    """What became of a campaign's inputs."""

    name: str
    seed: int
    tried: int = 0
    refused: int = 0
    accepted: int = 0
    cpu: float = 0.0
    slowest: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {many:,}" for name, many in sorted(self.reasons.items(), key=lambda one: -one[1]))
        return (
            f"{self.name} (seed {self.seed}): {self.tried:,} inputs in {self.cpu:.1f} s of CPU, {self.refused:,} "
            f"refused ({kinds}), {self.accepted:,} accepted; the slowest took {self.slowest * 1000:.0f} ms"
        )


def seed_of(*, soak: bool) -> int:
    """The seed that is asked for; else the same one in every `make test`, and another one in every soak."""
    asked = os.environ.get("TSUIDE_FUZZ_SEED")
    return int(asked) if asked else secrets.randbelow(10**6) if soak else 1


def run(name: str, target: Target, *, inputs: int | None = None, seconds: float | None = None) -> Tally:
    """Try so many inputs, or for so many seconds of CPU; only Tsuide's own errors may come out.

    Args:
        name: of the campaign.
        target: makes one input of the dice and reads it; False = the reader itself told that it refuses it.
        inputs: how many.
        seconds: how long.

    Raises:
        AssertionError: another exception, a hang, or memory that grew; names the seed and the number.
    """
    tally = Tally(name, seed_of(soak=seconds is not None))
    only = os.environ.get("TSUIDE_FUZZ_INPUT")
    memory, start = _memory(), time.process_time()
    for number in [int(only)] if only else _numbers(start, inputs, seconds):
        _one(tally, target, number)
    tally.cpu = time.process_time() - start
    grown = _memory() - memory
    assert grown < MOST_MEMORY, f"{tally}; grew by {grown} KiB"
    print(f"\n{tally}")  # noqa: T201 - figures for who looks
    return tally


def _numbers(start: float, inputs: int | None, seconds: float | None) -> Iterator[int]:
    number = 0
    while number < inputs if inputs is not None else time.process_time() - start < (seconds or 0):
        yield number
        number += 1


def _one(tally: Tally, target: Target, number: int) -> None:
    dice = random.Random(f"{tally.name} {tally.seed} {number}")  # noqa: S311 - a test's dice
    before = time.process_time()
    try:
        with _bounded():
            refused = target(dice) is False
        reason = "told"
    except TsuideError as error:
        refused, reason = True, error.code
        assert str(error)  # noqa: PT017 - whichever it is, it can be told
    except Exception as error:
        shown = repr(getattr(error, "__notes__", ""))[:_SHOWN]
        raise AssertionError(
            f"{type(error).__name__}: {error}\n"
            f"TSUIDE_FUZZ_SEED={tally.seed} TSUIDE_FUZZ_INPUT={number} {tally.name}\n{shown}"
        ) from error
    tally.tried += 1
    tally.slowest = max(tally.slowest, time.process_time() - before)
    if refused:
        tally.refused += 1
        tally.reasons[reason] = tally.reasons.get(reason, 0) + 1
    else:
        tally.accepted += 1


@contextmanager
def _bounded() -> Iterator[None]:
    """Raises Hangs where what is inside takes too much CPU; other threads of the process count, too."""

    def ring(_signal: int, _frame: object) -> None:
        raise Hangs(f"more than {LONGEST} s of CPU")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def shown(value: object) -> Iterator[None]:
    """Whatever goes wrong inside shows the input."""
    try:
        yield
    except TsuideError:
        raise
    except Exception as error:
        try:
            error.add_note(repr(value)[:_SHOWN])
        except RecursionError:
            error.add_note("<nested too deeply to be shown>")
        raise


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# --- trees -----------------------------------------------------------------------------------------------------

_WORDS: Final = (
    "", " ", "0", "-1", "1e999", "NaN", "inf", "1e-999", "9e999999", "0e999999", "null", "true", "None", "x" * 201, "x" * 2_001, "9" * 40,
    "1" * 400, "i" * 10_240, "茶" * 400, "\x00", "a\x00b", "\ud800", "a\udfffb", "\u202eevil", "😀" * 60, "é", "e\u0301", "ﾊﾝｶｸ",
    "\ufeff", "\u2028", "\r\n", "\t", "\x1b[31m", "'", '"', "\\", "`", "<script>", "{{ 7 * 7 }}", "{% for x in y %}", "${x}",
    "%s%n", "../../etc/passwd", "=1+1", "'; drop table orders; --", "0001-01-01T00:00:00Z", "0000-00-00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z", "2026-02-30", "2026-11-22T25:00:00Z", "2026-11-22T09:00:00+99:00",
    "2026-11-22", "20261122T090000Z", "2026-W47-7", "1,2,3", "1.234,56", "¥1,000", "１２３", "٣", "²", "Ⅷ", "1_000", "0x10", "+5", "JPY", "XXX",
    "usd", "ｕｓｄ", "dec_1.1", "any", "email", "marketing", "__class__", "id", "_\x7f",
)  # fmt: skip
_NUMBERS: Final = (
    0, -0.0, -1, 1, 2, 0.1, 1.5, -1.5, 1e-320, 1e300, -1e300, 10**9, 10**15, 10**15 + 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1,
    2**64, 10**30, 10**400, -(10**400), math.nan, math.inf, -math.inf, True, False,
)  # fmt: skip


def leaf(dice: random.Random) -> Tree:
    """Something hostile in place of a value."""
    kind = dice.random()
    if kind < 0.5:
        return dice.choice(_WORDS)
    if kind < 0.8:
        return dice.choice(_NUMBERS)
    return _copied(
        dice.choice(
            [None, [], {}, [[]], [None], [{}], {"": ""}, {"id": {"id": 1}}, [1, "2", 3.0], {"x": [1, [2, [3]]]}]
        )
    )


def tree(dice: random.Random, value: Tree, others: Sequence[Tree] = (), *, deepest: int = _DEEPEST) -> Tree:
    """A copy with one to five changes.

    Args:
        dice: chance.
        value: of dicts, lists and scalars.
        others: trees of which parts may be put in.
        deepest: levels of what is nested on purpose.
    """
    made = {"": _copied(value)}
    for _ in range(dice.choice((1, 1, 1, 2, 3, 5))):
        places = list(_places(made))
        if len(places) > _LARGEST:
            break
        holder, key = dice.choice(places)
        _change(dice, holder, key, places, others, deepest)
    return made.get("")


def _copied(value: Tree) -> Tree:
    """A copy, without recursion: what was nested on purpose is deep."""
    made = [value]
    stack: list[Any] = [made]
    while stack:
        holder = stack.pop()
        for key, each in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
            if isinstance(each, (dict, list)):
                holder[key] = type(each)(each)
                stack.append(holder[key])
    return made[0]


def _places(value: Tree) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of every value."""
    stack = [value]
    while stack:
        holder = stack.pop()
        for key, each in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            yield holder, key
            if isinstance(each, (dict, list)):
                stack.append(each)


def _change(  # noqa: C901 - one arm per kind of change
    dice: random.Random, holder: Any, key: Any, places: Sequence[Any], others: Sequence[Tree], deepest: int
) -> None:
    old = holder[key]
    match dice.randrange(11):
        case 0 if "" not in holder:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.insert(dice.randrange(len(holder) + 1), _copied(old))
        case 2:
            other_holder, other_key = dice.choice(places)
            holder[key] = _copied(other_holder[other_key])
        case 3:
            holder[key] = _retyped(dice, old)
        case 4 if isinstance(holder, dict) and "" not in holder:
            holder[str(dice.choice(_WORDS))] = holder.pop(key)
        case 5 if isinstance(holder, dict):
            holder[str(dice.choice(_WORDS)) or "x"] = leaf(dice)
        case 6 if others:
            places_of_other = list(_places({"": dice.choice(others)}))
            other_holder, other_key = dice.choice(places_of_other)
            holder[key] = _copied(other_holder[other_key])
        case 7 if dice.random() < 0.3:
            deep: Tree = old
            for _ in range(dice.randint(2, deepest)):
                deep = [deep] if dice.random() < 0.5 else {"x": deep}
            holder[key] = deep
        case 8 if isinstance(holder, list) and dice.random() < 0.3:
            holder.extend(
                _copied(old) for _ in range(dice.choice((3, 30) if isinstance(old, (dict, list)) else (3, 1_100)))
            )
        case 9 if isinstance(old, str) and old:
            holder[key] = text(dice, old)
        case _:
            holder[key] = leaf(dice)


def _retyped(dice: random.Random, value: Tree) -> Tree:  # noqa: PLR0911 - one return per type
    match dice.randrange(7):
        case 0:
            return [value]
        case 1:
            return {"value": value}
        case 2 if isinstance(value, (str, int, float)):
            return str(value)
        case 3 if isinstance(value, (int, float)):
            return -value
        case 4 if isinstance(value, dict):
            return list(value)
        case 5 if isinstance(value, list):
            return {str(place): each for place, each in enumerate(value)}
        case 6 if isinstance(value, (str, int, float)):
            return bool(value)
    return None


# --- texts and bytes -------------------------------------------------------------------------------------------

_OF_YAML: Final = (
    "&a ", "*a", "<<: *a", "!!python/object/apply:os.system [ls]", "!!binary |", "!!set", "!!str ", "!x ", "? ", "- ", ": ", "|", ">", "%YAML 1.2\n",
    "---\n", "...\n", "\t", "\ufeff", "{", "}", "[", "]", ",", "#", "'", '"', "~", ".nan", ".inf", "0x7f", "1_000", "1:30:00", "2026-01-01", "yes", "off",
    "a: &x [1,1,1,1,1,1,1,1]\nb: &y [*x,*x,*x,*x,*x,*x,*x]\nc: [*y,*y,*y,*y,*y]\n", "[" * 200, "{a: " * 200, "\n", "  ", "\r", "@", "`", "0.00001", "100%",
)  # fmt: skip
_OF_CONDITIONS: Final = (
    "(", ")", "'", '"', "not ", " and ", " or ", ";", "--", "/*", "*/", "=>", "->", "||", "::int", "case when 1 then 2 end", "(select 1)", "{{x}}", "@x",
    "$1", "?", ":x", "1e999", "1e-12", "0x1F", "null", " is null", " is not null", " between 1 and 2", " in (1, 2)", " in ()", " like '%\\'", " ilike ",
    "spent", "age", "prefecture", "bought('x')", "bought('a', within => 90)", "at_least => 2", "consented('marketing', 'email')", "birthday_within(7)",
    "true", "false", "- -", "+", "*", "/", "%", "/ 0", "0", "-1", "coalesce(spent, 0)", "\\", "#", "`x`", "[1]", "x.y.z", "*", "''", "(" * 120, "not " * 60,
    "~", "!", "<=>", "!=", "==", "<", ">", ",", "。", "　", "“茶”", "last_order", "'2026-01-31'", "interval '1' day", "cast(spent as text)", "exists",
)  # fmt: skip
_OF_TABLES: Final = (
    ",", ";", "\t", "|", '"', '""', "\n", "\r\n", "\r", "\x00", "\ufeff", "=1+1", "2026/13/40", "3/4/2017", "1/1/1", "0000-00-00", "9999-12-31",
    "令和8年1月5日", "¥1,000", "(500)", "-0", "1e5", "1e999", "NaN", "∞", "１，２３４", "▲500", "--", "yes", "いいえ", "JPY", "EUR", "99999999999999999999",
    "0.0000000001", "1.234.567,89", "€", "x" * 1_100, "\u2028", "\u200b", "\x1a", "\x85", "#N/A", "null", " ", "　",
)  # fmt: skip
TOKENS: Final = {"yaml": _OF_YAML, "condition": _OF_CONDITIONS, "table": _OF_TABLES, "": _WORDS}


def text(dice: random.Random, value: str, others: Sequence[str] = (), tokens: str = "") -> str:
    """A copy with one to six changes: cut, doubled, swapped, spliced, single characters changed, hostile pieces put in."""
    for _ in range(dice.choice((1, 1, 2, 3, 6))):
        value = _changed(dice, value, others, TOKENS[tokens])
    return value


def _changed(dice: random.Random, value: str, others: Sequence[str], tokens: Sequence[str]) -> str:  # noqa: PLR0911
    start, end = sorted((dice.randrange(len(value) + 1), dice.randrange(len(value) + 1)))
    end = min(end, start + dice.choice((1, 3, 20, 200)))
    match dice.randrange(10):
        case 0:
            return value[:start] + value[end:]
        case 1:
            return value[:end] + value[start:end] * dice.choice((1, 1, 2, 50)) + value[end:]
        case 2 if value:
            at = min(start, len(value) - 1)
            return value[:at] + chr((ord(value[at]) ^ (1 << dice.randrange(8))) or 1) + value[at + 1 :]
        case 3 if others:
            other = dice.choice(others)
            return value[:start] + other[dice.randrange(len(other) + 1) :]
        case 4:
            lines = value.split("\n")
            one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
            return "\n".join(lines)
        case 5:
            return value[: dice.randrange(len(value) + 1)]
        case 6:
            numbers = [at for at, char in enumerate(value) if char.isdigit()]
            if numbers:
                at = dice.choice(numbers)
                return value[:at] + str(dice.choice(_NUMBERS)) + value[at + 1 :]
            return value
        case 7:
            return value[:start] + str(dice.choice(_WORDS)) + value[end:]
        case _:
            return value[:start] + dice.choice(tokens) + value[start if dice.random() < 0.6 else end :]


def data(dice: random.Random, value: bytes) -> bytes:
    """A copy with one to six bytes flipped, dropped or cut."""
    made = bytearray(value)
    for _ in range(dice.choice((1, 2, 6))):
        if not made:
            break
        at = dice.randrange(len(made))
        match dice.randrange(4):
            case 0:
                made[at] ^= 1 << dice.randrange(8)
            case 1:
                made[at : at + dice.choice((1, 2, 50))] = b""
            case 2:
                made[at:at] = dice.choice(
                    (b"\xff", b"\x00", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x81\x39", b"\xff\xfe")
                )
            case _:
                del made[at:]
    return bytes(made)


@functools.cache
def _read(value: str) -> Tree:
    return yaml.safe_load(value)


def written(dice: random.Random, value: str, others: Sequence[str]) -> str:
    """A text of YAML, changed as a text or as a tree."""
    if dice.random() < 0.5:
        return text(dice, value, others, "yaml")
    made = tree(dice, _read(value), [_read(dice.choice(others))], deepest=150)
    if dice.random() < 0.5:
        return json.dumps(made, ensure_ascii=dice.random() < 0.5)
    try:
        return str(yaml.safe_dump(made, allow_unicode=True, sort_keys=False))
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return json.dumps(made)
