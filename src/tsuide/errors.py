"""Every error that Tsuide raises, as one tree.

::

    TsuideError                  anything that Tsuide itself reports
    ├── BadInput                 what came in cannot be used as it is
    │   ├── BadArray             an array has the wrong shape, type or values
    │   ├── BadFile              a file cannot be read at all (empty, truncated, wrong encoding)
    │   ├── BadColumns           a table lacks columns that it must have, or they cannot be told apart
    │   ├── BadValue             one value is not what its key asks for (money, time, number, choice)
    │   ├── BadLine              something in a file is wrong; carries the line
    │   │   ├── BadPolicy        a policy
    │   │   ├── BadJourney       a journey
    │   │   └── BadSurvey        a survey
    │   ├── BadCondition         a segment's condition is wrong; points at the character
    │   ├── MixedCurrencies      amounts of different currencies would have been added
    │   └── BadSetting           a setting (environment, option) is missing or wrong
    ├── NotFound                 an id that nothing is known by
    │   ├── UnknownProduct
    │   ├── UnknownCustomer
    │   └── UnknownDecision
    ├── NotReady                 the state that the call needs is not there
    │   ├── NothingLearned       no snapshot yet: import orders, then learn
    │   ├── TooFewData           there are data, but not enough to say anything honest
    │   ├── SnapshotDamaged      a snapshot's files do not match their checksums
    │   ├── StoreOutdated        the store's schema is older or newer than this code
    │   └── MissingExtra         an optional part is not installed
    ├── Refused                  understood, and not allowed
    │   ├── WrongKey             an API key that is unknown or has not the scope
    │   ├── Conflict             the same id was used for something else
    │   ├── ReplayRefused        the customer was erased or the state is gone: the decision cannot be replayed
    │   ├── SampleRatioMismatch  an experiment's arms are not split as planned: it must not be read
    │   └── NoSupport            the log never tried what the question asks for: no honest answer
    └── Unavailable              a part that is needed does not answer now (store, lock held by another)

An error says what was wrong, with key and value, and the way out:

>>> error = BadValue("not an amount of money", key="price", value="12,3x", way_out="write 1234 or 12.34")
>>> print(error)
not an amount of money: price = '12,3x'. Way out: write 1234 or 12.34
>>> error.code
'bad-value'
"""

import re
import unicodedata


class TsuideError(Exception):
    """Anything that Tsuide itself reports.

    Args:
        what: what is wrong, one sentence without its full stop.
        key: the name of the column, option, field or id that is at fault.
        value: what stood there; cut to 200 characters when shown.
        way_out: what the user can do about it.
    """

    def __init__(self, what: str, *, key: str | None = None, value: object = None, way_out: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.key = key
        self.value = value
        self.way_out = way_out

    @property
    def code(self) -> str:
        """The class's name in kebab case: stable, for machines and translations."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(self).__name__).lower()

    def __str__(self) -> str:
        text = self.what
        if self.key is not None:
            text += f": {self.key}"
            if self.value is not None:
                shown = _shown(self.value)
                text += f" = {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"
        if self.way_out:
            text += f". Way out: {self.way_out}"
        return text


_SHOWN = 200


def _shown(value: object) -> str:
    try:
        return repr(value)
    except (RecursionError, ValueError):  # nested a thousand levels deep, a number of more than 4,300 digits
        return f"<{type(value).__name__}>"


class BadInput(TsuideError):
    """What came in cannot be used as it is."""


class BadArray(BadInput):
    """An array has the wrong shape, type or values."""


class BadFile(BadInput):
    """A file cannot be read at all."""


class BadColumns(BadInput):
    """A table lacks columns that it must have, or they cannot be told apart."""


class BadValue(BadInput):
    """One value is not what its key asks for."""


class BadLine(BadInput):
    """Something in a file is wrong. `line` is the line of the file, from 1, where it is known."""

    def __init__(
        self,
        what: str,
        *,
        key: str | None = None,
        value: object = None,
        way_out: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(what if line is None else f"line {line}: {what}", key=key, value=value, way_out=way_out)
        self.line = line


class BadCondition(BadInput):
    """A segment's condition is wrong at one place.

    Args:
        what: what is wrong.
        text: the whole condition.
        start: the first character at fault, from 0.
        end: the one behind the last.
        way_out: what the user can do about it.

    >>> print(BadCondition("not a fact", text="spemt > 5", start=0, end=5, way_out="did you mean spent?"))
    line 1, character 1: not a fact
        spemt > 5
        ^^^^^
    Way out: did you mean spent?
    """

    def __init__(self, what: str, *, text: str, start: int, end: int, way_out: str | None = None) -> None:
        self.text = text
        self.start = min(max(start, 0), len(text))
        self.end = min(max(end, self.start + 1), max(len(text), self.start + 1))
        self.line = text.count("\n", 0, self.start) + 1
        self.character = self.start - (text.rfind("\n", 0, self.start) + 1) + 1
        place = f"line {self.line}, character {self.character}"
        super().__init__(f"{place}: {what}", key="condition", value=text[self.start : self.end], way_out=way_out)

    def __str__(self) -> str:
        shown = self.text.split("\n")[self.line - 1] if self.text else ""
        before, at_fault = shown[: self.character - 1], shown[self.character - 1 :][: self.end - self.start]
        pointer = " " * _cells(before) + "^" * max(_cells(at_fault), 1)
        told = [self.what, f"    {shown}", f"    {pointer}"]
        return "\n".join([*told, f"Way out: {self.way_out}"] if self.way_out else told)


def _cells(text: str) -> int:
    """How wide a terminal shows it: a Japanese character takes two places."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


class BadPolicy(BadLine):
    """A policy is wrong."""


class BadJourney(BadLine):
    """A journey is wrong."""


class BadSurvey(BadLine):
    """A survey is wrong."""


class MixedCurrencies(BadInput):
    """Amounts of different currencies would have been added."""


class BadSetting(BadInput):
    """A setting is missing or wrong."""


class NotFound(TsuideError):
    """An id that nothing is known by."""


class UnknownProduct(NotFound):
    """No product has this id."""


class UnknownCustomer(NotFound):
    """No customer has this id."""


class UnknownDecision(NotFound):
    """No decision has this id."""


class NotReady(TsuideError):
    """The state that the call needs is not there."""


class NothingLearned(NotReady):
    """No snapshot has been learned yet."""


class TooFewData(NotReady):
    """There are data, but not enough to say anything honest."""


class SnapshotDamaged(NotReady):
    """A snapshot's files do not match their checksums."""


class StoreOutdated(NotReady):
    """The store's schema is older or newer than this code."""


class MissingExtra(NotReady):
    """An optional part is not installed."""


class Refused(TsuideError):
    """Understood, and not allowed."""


class WrongKey(Refused):
    """An API key that is unknown, or has not the scope that the call needs."""


class Conflict(Refused):
    """The same id was used for something else."""


class ReplayRefused(Refused):
    """The decision cannot be replayed: its customer was erased, or its state is gone."""


class SampleRatioMismatch(Refused):
    """An experiment's arms are not split as planned (χ², p < .001): whatever it shows is not to be believed."""


class NoSupport(Refused):
    """The log never tried what the question asks for, or too seldom: no honest answer can be given."""


class Unavailable(TsuideError):
    """A part that is needed does not answer now."""
