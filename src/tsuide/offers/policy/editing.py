"""Change a value of a policy's YAML and leave everything else as its author wrote it, comments and order included.

The text is the truth: a form edits it place by place. What was written is read again, and an edit that would have
changed anything else is refused, so that a form can never spoil a file that it does not understand.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import yaml

from tsuide.errors import BadPolicy
from tsuide.offers.policy.reading import Place, read

Path: TypeAlias = tuple[str | int, ...]
"""Keys and places of lists from the top, as ``("contact_limits", 0, "most")``."""
_PLAIN: Final = re.compile(r"[^\W\d_][\w ・ー＆&/().+-]*[\w).]|[+-]?\d[\d_]*(\.\d+)?\s?%?|\w", re.UNICODE)
_SEVERAL: Final = ("[", "{")


def scalar(text: str) -> str:
    """A value as YAML on one line: plain where that means the same, else in quotes.

    >>> scalar("12.5%"), scalar("21:00"), scalar("A: b")
    ('12.5%', '"21:00"', '"A: b"')
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return text
    return '"' + "".join(_escaped(each) for each in text) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def flow(values: Mapping[str, str] | Sequence[str]) -> str:
    """A mapping or a list of texts on one line.

    >>> flow({"channel": "email", "most": "1"}), flow(["bundle", "filler"])
    ('{channel: email, most: 1}', '[bundle, filler]')
    """
    if isinstance(values, Mapping):
        return "{" + ", ".join(f"{scalar(name)}: {value}" for name, value in _valued(values)) + "}"
    return "[" + ", ".join(scalar(each) for each in values) + "]"


def _valued(values: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value if value.startswith(_SEVERAL) else scalar(value)) for name, value in values.items()]


def edited(text: str, path: Path, value: str | None) -> str:
    r"""The text with one value changed, added (a list's next place adds a row), or taken out.

    Args:
        text: YAML that `reading.read` accepts.
        path: of the value; what leads there is made where it is missing.
        value: YAML on one line, as `scalar` and `flow` make it; None takes the key or the row out.

    Raises:
        BadPolicy: the text cannot be read, or this place cannot be changed without changing others.

    >>> edited("rules:\n  in_stock: {least: 1}  # units\n", ("rules", "in_stock", "least"), "2")
    'rules:\n  in_stock: {least: 2}  # units\n'
    >>> edited("name: a\n", ("rules", "evidence", "count"), "9")
    'name: a\nrules:\n  evidence: {count: 9}\n'
    """
    top = read(text)
    where = ".".join(str(each) for each in path)
    made = _without(text, top, path) if value is None else _with(text, top, path, value)
    try:
        wanted = _changed(_said(top.node), path, None if value is None else _said(read(value).node))
        same = _alike(_said(read(made).node), wanted)
    except BadPolicy:
        same = False
    if not same:
        raise BadPolicy(
            "the form cannot change this place alone", key=where, line=_line(top, path), way_out="change the YAML"
        )
    return made


_Said: TypeAlias = tuple[str, str] | list[Any] | dict[str, Any]
"""What a node says, without where it stands; a scalar with what YAML takes it for."""


def _said(node: yaml.Node) -> _Said:
    if isinstance(node, yaml.MappingNode):
        return {str(name.value): _said(value) for name, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_said(each) for each in node.value]
    return (str(node.tag), str(node.value))


def _with(text: str, top: Place, path: Path, value: str) -> str:
    node, depth = _deepest(top, path)
    rest = path[depth:]
    if not rest:
        return _replaced(text, node, value)
    if not isinstance(node, yaml.CollectionNode) or isinstance(rest[0], int) > isinstance(node, yaml.SequenceNode):
        return _replaced(text, node, _nested(rest, value))
    if isinstance(node, yaml.SequenceNode):
        return _row_added(text, node, _nested(rest[1:], value))
    return _key_added(text, node, str(rest[0]), rest[1:], value, top=depth == 0)


def _nested(rest: Path, value: str) -> str:
    """A value with what leads to it, on one line.

    >>> _nested(("count",), "9"), _nested((0, "most"), "1")
    ('{count: 9}', '[{most: 1}]')
    """
    for key in reversed(rest):
        value = f"[{value}]" if isinstance(key, int) else f"{{{scalar(str(key))}: {value}}}"
    return value


def _deepest(top: Place, path: Path) -> tuple[yaml.Node, int]:
    """The node that the path reaches as far as it exists, and how far that is."""
    node = top.node
    for depth, key in enumerate(path):
        inner = _inner(node, key)
        if inner is None:
            return node, depth
        node = inner
    return node, len(path)


def _inner(node: yaml.Node, key: str | int) -> yaml.Node | None:
    if isinstance(key, int):
        rows = node.value if isinstance(node, yaml.SequenceNode) else []
        return rows[key] if key < len(rows) else None
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if str(name.value) == key), None)


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, _end(node)
    if start == end:  # a key with nothing behind it
        gap = "" if text[start - 1 : start].isspace() else " "
        return text[:start] + gap + value + text[end:]
    return text[:start] + value + text[end:]


def _end(node: yaml.Node) -> int:
    """Behind the last character of a node; a block's own mark stands behind the comments that follow it."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _line_end(text: str, at: int) -> int:
    """Behind the line that holds a place, its newline included."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _line_added(text: str, after: int, line: str) -> str:
    at = _line_end(text, after)
    head = text[:at]
    return (head if not head or head.endswith("\n") else head + "\n") + line + "\n" + text[at:]


def _row_added(text: str, node: yaml.SequenceNode, value: str) -> str:
    if node.flow_style or not node.value:
        return _into_brackets(text, node, value)
    dash = text.rfind("\n", 0, node.value[-1].start_mark.index) + 1
    indent = re.match(r"[ ]*", text[dash:])
    return _line_added(text, _end(node), f"{indent[0] if indent else ''}- {value}")


def _into_brackets(text: str, node: yaml.CollectionNode, value: str) -> str:
    closing = int(node.end_mark.index) - 1
    head = text[:closing].rstrip() if node.value else text[:closing]
    comma = "" if not node.value or head.endswith(",") else ","
    return f"{head}{comma}{' ' if node.value else ''}{value}{text[closing:]}"


def _key_added(text: str, node: yaml.CollectionNode, key: str, rest: Path, value: str, *, top: bool) -> str:
    if node.flow_style or not node.value:
        return _into_brackets(text, node, f"{scalar(key)}: {_nested(rest, value)}")
    indent = " " * int(node.value[0][0].start_mark.column)
    if top and rest:  # a block of its own, as people write them
        if isinstance(rest[0], int):
            return _line_added(text, _end(node), f"{key}:\n  - {_nested(rest[1:], value)}")
        return _line_added(text, _end(node), f"{key}:\n  {scalar(rest[0])}: {_nested(rest[1:], value)}")
    return _line_added(text, _end(node), f"{indent}{scalar(key)}: {_nested(rest, value)}")


def _without(text: str, top: Place, path: Path) -> str:
    holder, depth = _deepest(top, path[:-1])
    node = _inner(holder, path[-1]) if depth == len(path) - 1 else None
    if node is None or not isinstance(holder, yaml.CollectionNode):
        return text
    start = _key_start(holder, path[-1])
    end = _end(node)
    if holder.flow_style:
        return _out_of_brackets(text, start, end)
    if len(holder.value) == 1 and depth:  # a block must not become nothing at all
        return _replaced(text, holder, "{}" if isinstance(holder, yaml.MappingNode) else "[]")
    first = text.rfind("\n", 0, start) + 1
    return text[:first] + text[_line_end(text, end) :]


def _key_start(holder: yaml.CollectionNode, key: str | int) -> int:
    if isinstance(key, int):
        return int(holder.value[key].start_mark.index)
    return next(int(name.start_mark.index) for name, _ in holder.value if str(name.value) == key)


def _out_of_brackets(text: str, start: int, end: int) -> str:
    after = re.match(r"\s*,\s*", text[end:])
    if after:
        return text[:start] + text[end + after.end() :]
    head = text[:start].rstrip()
    return head.removesuffix(",") + text[end:]


def _changed(before: _Said | None, path: Path, value: _Said | None) -> _Said:
    """What the file should say afterwards; None = without it."""
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        rows = before if isinstance(before, list) else []
        inner = None if value is None and not rest else _inside(rows[key] if key < len(rows) else None, rest, value)
        return [*rows[:key], *([] if inner is None else [inner]), *rows[key + 1 :]]
    pairs = before if isinstance(before, dict) else {}
    if value is None and (not rest or key not in pairs):
        return {name: each for name, each in pairs.items() if name != key}
    return pairs | {key: _inside(pairs.get(key), rest, value)}


def _inside(before: _Said | None, rest: Path, value: _Said | None) -> _Said:
    if rest:
        return _changed(before, rest, value)
    return {} if value is None else value


def _alike(found: _Said, wanted: _Said) -> bool:
    """Whether both say the same; nothing and an empty list or mapping do."""
    if _nothing(found) and _nothing(wanted):
        return True
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_alike(value, wanted[name]) for name, value in found.items())
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(_alike(a, b) for a, b in zip(found, wanted, strict=True))
    return found == wanted


def _nothing(said: _Said) -> bool:
    return not said or (isinstance(said, tuple) and said[0].endswith(":null"))


def _line(top: Place, path: Path) -> int:
    node, _ = _deepest(top, path)
    return int(node.start_mark.line) + 1
