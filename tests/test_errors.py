"""The printed tree at the top of errors.py is the tree of classes."""

import inspect
import re

from tsuide import errors
from tsuide.errors import BadPolicy, TsuideError


def printed_tree() -> dict[str, str]:
    """Name → parent, as the top of errors.py prints it: depth by the column in which a name begins."""
    parents, above = {}, [("Exception", -1)]
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)", line)
        if found:
            depth = len(found[1])
            while above[-1][1] >= depth:
                above.pop()
            parents[found[2]] = above[-1][0]
            above.append((found[2], depth))
    return parents


def test_the_printed_tree_is_the_tree_of_classes() -> None:
    classes = [thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, TsuideError)]
    assert printed_tree() == {thing.__name__: thing.__mro__[1].__name__ for thing in classes}


def test_every_error_is_documented() -> None:
    for name, thing in inspect.getmembers(errors, inspect.isclass):
        assert thing.__doc__, name


def test_a_bad_policy_names_its_line() -> None:
    assert str(BadPolicy("unknown rule", key="rules", value="stok", line=7)) == "line 7: unknown rule: rules = 'stok'"


def test_a_long_value_is_cut_when_shown() -> None:
    text = str(TsuideError("too long", key="id", value="x" * 10_000))
    assert len(text) < 300
    assert text.endswith("…")


def test_a_value_that_cannot_be_written_is_told_by_its_type() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert str(TsuideError("no", key="a", value=deep)) == "no: a = <list>"
    assert str(TsuideError("no", key="a", value=10**5_000)) == "no: a = <int>"
