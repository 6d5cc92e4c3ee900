"""What a model may be told: numbers of the right kind, refused by name before any array is touched."""

import math
from collections.abc import Mapping
from numbers import Integral, Real

from tsuide.errors import BadValue


def must_be_whole(key: str, value: object, least: int = 0, most: int | None = None) -> None:
    """Refuse what is no whole number in least … most; numpy's integers are whole numbers, True and 2.0 are not.

    Raises:
        BadValue: it is not.

    >>> must_be_whole("top", 1.5, 1)
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be a whole number: top = 1.5. Way out: at least 1
    """
    bounds = f"at least {least}" if most is None else f"{least} … {most}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise BadValue("must be a whole number", key=key, value=value, way_out=bounds)
    number = int(value)
    if number < least:
        raise BadValue(f"must be at least {least}", key=key, value=value, way_out=bounds)
    if most is not None and number > most:
        raise BadValue(f"must lie in {least} … {most}", key=key, value=value, way_out=bounds)


def must_be_number(
    key: str, value: object, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> None:
    """Refuse what is no finite number within the bounds: above < value, least ≤ value ≤ most.

    Raises:
        BadValue: it is not.

    >>> must_be_number("shrink", "much", above=0)
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be a number: shrink = 'much'. Way out: above 0
    """
    stated = (("above", above), ("at least", least), ("at most", most))
    bounds = ", ".join(f"{word} {bound:g}" for word, bound in stated if bound is not None) or "any number"
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise BadValue("must be a number", key=key, value=value, way_out=bounds)
    number = float(value)
    if above is not None and number <= above:
        what = "must be positive" if above == 0 else f"must be above {above:g}"
        raise BadValue(what, key=key, value=value, way_out=bounds)
    if (least is not None and number < least) or (most is not None and number > most):
        raise BadValue("is out of range", key=key, value=value, way_out=bounds)


def must_be_choices(*, seed: object, tune: object = False) -> None:
    """Refuse a seed that is no whole number from 0 on, and a `tune` that is neither True nor False.

    Raises:
        BadValue: one of them is.

    >>> must_be_choices(seed=-1)
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be at least 0: seed = -1. Way out: at least 0
    """
    must_be_whole("seed", seed)
    must_be_flag("tune", tune)


def must_be_flag(key: str, value: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        BadValue: it is.
    """
    if not isinstance(value, bool):
        raise BadValue("must be True or False", key=key, value=value, way_out="True or False")


def must_be_groups(groups: object) -> None:
    """Refuse what is neither None nor a mapping from item ids to categories.

    Raises:
        BadValue: it is.

    >>> must_be_groups(["teas"])
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be a mapping: groups = ['teas']. Way out: item id → category, or None
    """
    if groups is not None and not isinstance(groups, Mapping):
        raise BadValue("must be a mapping", key="groups", value=groups, way_out="item id → category, or None")


def must_be_list(key: str, value: object, of: str) -> None:
    """Refuse a single text, or what cannot be gone through, where a list is needed.

    Args:
        key: name of the argument.
        value: what was given.
        of: what the list holds, for the way out.

    Raises:
        BadValue: it is no list.

    >>> must_be_list("cart", 3, "item ids")
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be a list: cart = 3. Way out: a list of item ids
    """
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise BadValue("must be a list", key=key, value=value, way_out=f"a list of {of}")
