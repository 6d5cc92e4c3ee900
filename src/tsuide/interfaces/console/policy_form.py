"""The policy as a form beside its YAML: what stands in each field, and what a changed field does to the text.

The YAML is the truth. A form brings the text from which it was made (`shown`) along: only fields that differ from it
were changed by a person, and only these places of the text are edited.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from tsuide.errors import BadPolicy
from tsuide.facts.consent import CHANNELS
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.offers.offer import KINDS, OUTCOMES, PLACEMENTS
from tsuide.offers.policy import chain
from tsuide.offers.policy.editing import Path, edited, flow, scalar
from tsuide.offers.policy.load import load_policy
from tsuide.offers.policy.policy import SCOPES, Policy
from tsuide.offers.policy.rule import Parameter, Rule

Fields: TypeAlias = Mapping[str, tuple[str, ...]]
"""Name → the values that stand there: one of a field, several of ticks, none where nothing is ticked."""
ROWS: Final[Mapping[str, Sequence[str]]] = {
    "contact_limits": ("channel", "most", "days"),
    "suppression": ("outcome", "scope", "channel", "count", "within_days", "rest_days"),
    "levers": ("percent", "kinds", "placements", "category", "product", "segment", "hesitating"),
}
"""Lists that the form edits row by row."""
NEEDED: Final[Mapping[str, str]] = {"contact_limits": "most", "suppression": "count", "levers": "percent"}
"""The field without which a new row is no row."""
_TICKS: Final = frozenset({"kinds", "placements"})
_NEW: Final = "new"
_PAGE_MOST: Final = "offers_per_page"  # its number stands under page.offers


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy that somebody is working on.

    Args:
        text: YAML, as it stands.
        shown: the last text that could be read: from it the form was made.
        base: name and version that were in force when it was begun.
        sent: of the form, where it could not be written into the text.
        problem: why the text, or the form, cannot be used.
        policy: what the text says, as far as it can be read.
    """

    text: str
    shown: str
    base: tuple[str, str]
    sent: Fields = field(default_factory=dict)
    problem: BadPolicy | None = None
    policy: Policy | None = None

    @property
    def good(self) -> bool:
        """Whether it may be put in force."""
        return self.problem is None

    @property
    def fields(self) -> Fields:
        """What stands in the form."""
        return fields_of(load_policy(self.shown, kept=True)) | dict(self.sent)


def taken(text: str, shown: str, base: tuple[str, str], sent: Fields | None = None) -> Draft:
    """A draft as it was sent: changed fields are written into the text, where the text can be read.

    Args:
        text: of the YAML side.
        shown: from which the form was made.
        base: what was in force.
        sent: of the form; None = only the text was sent.
    """
    text = text.replace("\r\n", "\n")
    try:
        load_policy(text, kept=True)
    except BadPolicy as error:
        return Draft(text, shown, base, sent or {}, error)
    try:
        written = text
        for path, value in changes(fields_of(load_policy(shown, kept=True)), sent or {}):
            written = edited(written, path, value)
        policy = load_policy(written, kept=True)
    except BadPolicy as error:  # the text is good; what is wrong stands in the form
        told = BadPolicy(error.what, key=error.key, value=error.value, way_out=error.way_out)
        return Draft(text, shown, base, sent or {}, told)
    try:
        load_policy(written)
    except BadPolicy as error:
        return Draft(written, written, base, {}, error, policy)
    return Draft(written, written, base, {}, None, policy)


def fields_of(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Every field of the form as the policy has it."""
    found: dict[str, tuple[str, ...]] = {
        "holdout": (share(policy.holdout),),
        "page.offers": (str(policy.value(_PAGE_MOST, "most")),),
        "page.per_need": (str(policy.per_need),),
    }
    for loaded in chain.rules():
        rule = loaded.rule
        found[f"rules.{rule.code}"] = ("on",) if policy.value(rule.code, "on") else ()
        for each in rule.parameters if rule.code != _PAGE_MOST else ():
            found[f"rules.{rule.code}.{each.name}"] = written(each, policy.value(rule.code, each.name))
    for placement, kinds in zip(PLACEMENTS, policy.kinds_of_placement.tolist(), strict=True):
        found[f"placements.{placement}"] = names_of(kinds, KINDS)
    for name in ROWS:
        for place, row in enumerate(rows_of(policy, name)):
            found |= {f"{name}[{place}].{key}": value for key, value in row.items()}
    found |= {f"margin_rates.{name}": (share(rate),) for name, rate in policy.margin_rates.items()}
    return found


def rows_of(policy: Policy, name: str) -> list[dict[str, tuple[str, ...]]]:
    """The rows of a list as the form shows them."""
    match name:
        case "contact_limits":
            return [
                {"channel": (_channel(row["channel"]),), "most": (str(row["most"]),), "days": (_days(row["window"]),)}
                for row in policy.limits
            ]
        case "suppression":
            return [
                {
                    "outcome": (OUTCOMES[row["outcome"]],),
                    "scope": (SCOPES[row["scope"]],),
                    "channel": (_channel(row["channel"]),),
                    "count": (str(row["count"]),),
                    "within_days": (_days(row["window"]),),
                    "rest_days": (_days(row["rest"]),),
                }
                for row in policy.suppression
            ]
        case _:
            return [
                {
                    "percent": (str(each.percent),),
                    "kinds": names_of(each.kinds, KINDS),
                    "placements": names_of(each.placements, PLACEMENTS),
                    "category": (each.category or "",),
                    "product": (each.product or "",),
                    "segment": (each.segment or "",),
                    "hesitating": ("yes",) if each.hesitating else (),
                }
                for each in policy.levers
            ]


def changes(was: Fields, sent: Fields) -> list[tuple[Path, str | None]]:
    """What a person changed in the form, as edits of the text in the order in which they must be made."""
    edits: list[tuple[Path, str | None]] = []
    if not sent:
        return edits
    plain = ("holdout", "page.offers", "page.per_need")
    edits += [(tuple(name.split(".")), scalar(_one(sent, name))) for name in plain if _differ(was, sent, name)]
    for loaded in chain.rules():
        edits += _of_rule(loaded.rule, was, sent)
    for placement in PLACEMENTS:
        name = f"placements.{placement}"
        if _differ(was, sent, name):
            edits.append((("placements", placement), _list(sent[name], KINDS)))
    for name, keys in ROWS.items():
        edits += _of_rows(name, keys, was, sent)
    return edits + _of_rates(was, sent)


def _of_rule(rule: Rule, was: Fields, sent: Fields) -> Iterable[tuple[Path, str | None]]:
    name = f"rules.{rule.code}"
    on, is_on = bool(was.get(name)), bool(sent.get(name, was.get(name)))
    if on and not is_on:
        return [(("rules", rule.code), "off")]
    if not is_on:
        return []
    changed = [each for each in rule.parameters if _differ(was, sent, f"{name}.{each.name}")]
    values = {each.name: _value(each, sent[f"{name}.{each.name}"]) for each in changed}
    if not on:
        return [(("rules", rule.code), flow(values) if values else "on")]
    return [(("rules", rule.code, key), _yaml(value)) for key, value in values.items()]


def _of_rows(name: str, keys: Sequence[str], was: Fields, sent: Fields) -> list[tuple[Path, str | None]]:
    edits: list[tuple[Path, str | None]] = []
    gone, place = [], 0
    while f"{name}[{place}].{keys[0]}" in was:
        at = f"{name}[{place}]"
        if sent.get(f"{at}.remove"):
            gone.append(place)
        else:
            changed = [key for key in keys if _differ(was, sent, f"{at}.{key}")]
            edits += [((name, place, key), _of_key(key, sent[f"{at}.{key}"])) for key in changed]
        place += 1
    edits += [((name, each), None) for each in reversed(gone)]
    new = {key: sent.get(f"{name}[{_NEW}].{key}", ()) for key in keys}
    if _first(new[NEEDED[name]]):
        values = {key: _of_key(key, value) for key, value in new.items()}
        edits.append(((name, place - len(gone)), flow({key: value for key, value in values.items() if value})))
    return edits


def _of_key(key: str, value: tuple[str, ...]) -> str | None:
    """A row's value; None = it says nothing and need not stand there."""
    match key:
        case "kinds":
            return None if len(value) in {0, len(KINDS)} else _list(value, KINDS)
        case "placements":
            return None if len(value) in {0, len(PLACEMENTS)} else _list(value, PLACEMENTS)
        case "hesitating":
            return "yes" if value else None
        case "category" | "product" | "segment":
            return scalar(_first(value)) if _first(value) else None
        case "channel":
            return scalar(_first(value) or "any")
        case _:
            return scalar(_first(value))


def _of_rates(was: Fields, sent: Fields) -> list[tuple[Path, str | None]]:
    edits: list[tuple[Path, str | None]] = []
    for name in was:
        head, _, category = name.partition(".")
        if head == "margin_rates" and _differ(was, sent, name):
            edits.append(((head, category), scalar(_one(sent, name)) if _one(sent, name) else None))
    category = _first(sent.get(f"margin_rates[{_NEW}].category", ()))
    if category:
        edits.append((("margin_rates", category), scalar(_first(sent.get(f"margin_rates[{_NEW}].rate", ())))))
    return edits


def _differ(was: Fields, sent: Fields, name: str) -> bool:
    return name in sent and tuple(sent[name]) != tuple(was.get(name, ()))


def _one(fields: Fields, name: str) -> str:
    return _first(fields[name])


def _first(value: tuple[str, ...]) -> str:
    return value[0].strip() if value else ""


def _value(parameter: Parameter, value: tuple[str, ...]) -> str:
    match parameter.unit:
        case "yes":
            return "yes" if value else "no"
        case "kinds":
            return _list(value, KINDS)
        case "placements":
            return _list(value, PLACEMENTS)
        case _:
            return _first(value)


def _yaml(value: str) -> str:
    return value if value.startswith("[") else scalar(value)


def _list(value: Sequence[str], options: Sequence[str]) -> str:
    """A list of ticks in their own order; all of them as ``all``."""
    chosen = [each for each in options if each in value]
    return "all" if len(chosen) == len(options) else flow(chosen)


def written(parameter: Parameter, value: int) -> tuple[str, ...]:  # noqa: PLR0911 - one return per unit
    """A parameter as the form shows it.

    >>> written(Parameter("rate", "rate", 0, ""), 250), written(Parameter("start", "minute", 0, ""), 1290)
    (('2.5%',), ('21:30',))
    """
    match parameter.unit:
        case "rate" | "ratio":
            return (share(value),)
        case "minute":
            return (f"{value // 60}:{value % 60:02}",)
        case "yes":
            return ("yes",) if value else ()
        case "kinds":
            return names_of(value, KINDS)
        case "placements":
            return names_of(value, PLACEMENTS)
        case "score":
            return (f"{value / 100:g}",)
        case _:
            return (str(value),)


def share(points: int) -> str:
    """Basis points as a share.

    >>> share(1250), share(500)
    ('12.5%', '5%')
    """
    return f"{points / 100:g}%" if points < 100_000_000 else f"{points // 100}%"  # noqa: PLR2004 - beyond, %g rounds


def names_of(bits: int, options: Sequence[str]) -> tuple[str, ...]:
    """The options that are set.

    >>> names_of(5, ("a", "b", "c"))
    ('a', 'c')
    """
    return tuple(each for place, each in enumerate(options) if bits >> place & 1)


def _channel(code: int) -> str:
    return "any" if code < 0 else CHANNELS[code]


def _days(micros: int) -> str:
    return str(int(micros) // MICROS_PER_DAY)


def as_plain(draft: Draft) -> dict[str, Any]:
    """A draft as it is kept."""
    sent = {name: list(value) for name, value in draft.sent.items()}
    return {"text": draft.text, "shown": draft.shown, "base": list(draft.base), "sent": sent}


def from_plain(kept: Mapping[str, Any]) -> Draft:
    """A draft that was kept, judged anew."""
    sent = {name: tuple(value) for name, value in kept["sent"].items()}
    return taken(kept["text"], kept["shown"], (kept["base"][0], kept["base"][1]), sent)
