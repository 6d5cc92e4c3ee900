"""What people write in YAML, read strictly: every error names the line, the key, and the key that was meant."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tsuide.errors import BadLine

_SHOWN: Final = 100
_SCALARS: Final = frozenset({"str", "int", "float", "bool", "null", "timestamp"})
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Written(Generic[Model]):
    """How texts of one kind are read.

    Args:
        model: what a text must be; strict.
        error: raised of what is wrong.
        longest: characters of a text.
        start: where one begins who has nothing.
    """

    model: type[Model]
    error: type[BadLine]
    longest: int
    start: str

    def read(self, text: str) -> tuple[Model, yaml.Node]:
        """The model that a text describes, and its nodes, for the lines of further faults.

        Raises:
            BadLine: of the kind `error`: not YAML, an unknown key, a wrong value.
        """
        top = self._composed(text)
        try:
            return self.model.model_validate(self._plain(top, "")), top
        except ValidationError as exc:
            raise self._told(exc, top) from exc

    def _composed(self, text: str) -> yaml.Node:
        if len(text) > self.longest:
            raise self.error("too long", key="characters", value=len(text), way_out=f"at most {self.longest}")
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    line = event.start_mark.line + 1 if event.start_mark else None
                    raise self.error("aliases are not read", line=line)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as exc:
            line = exc.problem_mark.line + 1 if exc.problem_mark else None
            raise self.error(f"not YAML: {exc.problem}", line=line) from exc
        except (yaml.YAMLError, RecursionError) as exc:
            raise self.error("not YAML", value=str(exc)[:_SHOWN], key="text") from exc
        if not isinstance(node, yaml.MappingNode):
            raise self.error("must be keys with values", line=1, way_out=self.start)
        return node

    def _plain(self, node: yaml.Node, path: str) -> Any:  # noqa: ANN401 - whatever a file may hold
        """Plain values; a key that stands twice would be a step that somebody believes in."""
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(each, f"{path}.{place}") for place, each in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key, value in node.value:
                name = str(key.value)
                if name in found:
                    raise self.error("stands twice", key=f"{path}.{name}".lstrip("."), line=key.start_mark.line + 1)
                found[name] = self._plain(value, f"{path}.{name}")
            return found
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Any:  # noqa: ANN401 - text, number, yes or no, nothing
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _SCALARS:
            raise self.error("tags are not read", value=node.tag, line=node.start_mark.line + 1)
        if kind == "timestamp" or (kind == "int" and ":" in node.value):  # 10:00 is 600 to YAML 1.1
            return str(node.value)
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError):
            return str(node.value)

    def _told(self, error: ValidationError, top: yaml.Node) -> BadLine:
        """The first fault, with the line on which it stands."""
        first = error.errors()[0]
        where: list[str | int] = [each for each in first["loc"] if not isinstance(each, str) or each not in _BRANCHES]
        path = ".".join(str(each) for each in where)
        node, way_out = _at(top, where), None
        kind, line = first["type"], node.start_mark.line + 1
        value = str(node.value)[:_SHOWN] if isinstance(node, yaml.ScalarNode) else None
        if kind == "missing":
            return self.error(f"{where[-1]} is needed", key=path, line=line)
        if kind == "extra_forbidden":
            known = _known(self.model, where)
            close = difflib.get_close_matches(str(where[-1]), known, 1)
            way_out = f"did you mean {close[0]}?" if close else f"one of {', '.join(known)}"
            return self.error("unknown key", key=path, way_out=way_out, line=_key_line(top, where) or line)
        what = str(first["msg"]).removeprefix("Value error, ")
        return self.error(what[:1].lower() + what[1:], key=path or None, value=value, line=line)


_BRANCHES: Final = frozenset({"literal['never','always']", "constrained-str", "function-after"})


def _known(model: Any, where: Sequence[str | int]) -> list[str]:  # noqa: ANN401 - the model of a part
    """The keys that may stand where an unknown one does."""
    for part in where[:-1]:
        field = getattr(model, "model_fields", {}).get(str(part)) or _by_alias(model, part)
        if field is not None:
            model = _model_of(field.annotation)
    return [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]


def _by_alias(model: Any, part: str | int) -> Any:  # noqa: ANN401 - pydantic's own
    fields = getattr(model, "model_fields", {}).values()
    return next((field for field in fields if field.alias == part), None)


def _model_of(annotation: Any) -> Any:  # noqa: ANN401 - pydantic's own
    """The model inside ``X | None``, ``list[X]`` and the like."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next((found for each in getattr(annotation, "__args__", ()) if (found := _model_of(each)) is not None), None)


def _at(node: yaml.Node, where: Sequence[str | int]) -> yaml.Node:
    """The node at a path, or the last one on the way to it."""
    for part in where:
        if isinstance(node, yaml.MappingNode):
            below = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            below = node.value[part]
        else:
            below = None
        if below is None:
            return node
        node = below
    return node


def _key_line(top: yaml.Node, where: Sequence[str | int]) -> int | None:
    above = _at(top, where[:-1])
    if not isinstance(above, yaml.MappingNode):
        return None
    return next((key.start_mark.line + 1 for key, _ in above.value if key.value == where[-1]), None)


def line_at(top: yaml.Node, where: Sequence[str | int]) -> int:
    """The line on which the node at a path begins, from 1; where it is not there, the last one on the way to it."""
    return int(_at(top, where).start_mark.line) + 1
