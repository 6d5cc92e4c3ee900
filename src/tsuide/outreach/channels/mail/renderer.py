"""A process of its own that renders users' templates; `sandbox.Sandbox` starts it and ends it.

Jinja's sandbox keeps a template from reaching Python, but not from ``'a' * 10**8`` or from a loop that never ends. So
it runs here: the kernel bounds the memory, a timer each rendering, and whoever waits for the answer ends the process
where even the timer does not get through. Imports nothing of Tsuide: it starts in a tenth of a second.

Speaks in frames of four bytes of length and JSON, several mails a frame: of each ``{"parts": {name: source}, "escaped":
[names], "context": {…}}`` → ``{"parts": {name: text}}`` or ``{"error": …, "part": …, "line": …}``.
"""

import json
import resource
import signal
import struct
import sys
import traceback
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

_SLACK = 64 << 20  # beyond what the process holds when it starts


class _TooLong(Exception):
    """The timer of a rendering has run down."""


class _Missing(StrictUndefined):
    """What is not there: a test finds it false where its owner is there; printed, or with no owner, it is an error."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # its own never returns
        if self._undefined_obj is missing:
            self._fail_with_undefined_error()
        return False


class _Environment(ImmutableSandboxedEnvironment):
    """Nothing may be called but macros, loops' own, and the harmless methods of texts, lists and mappings."""

    intercepted_binops = frozenset({"**", "*"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - a template's values
        """Multiplication that cannot make a value larger than a mail."""
        if operator == "**" or isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            size, times = (left, right) if isinstance(left, str | list | tuple) else (right, left)
            if operator == "**" or not isinstance(times, int) or len(size) * times > _MOST:
                raise SecurityError(f"{operator} makes too much")
        return super().call_binop(context, operator, left, right)


_MOST = 200_000


@pass_context
def _survey(context: Context, name: str, score: int | None = None) -> str:
    """The page of a survey for whoever reads this mail; with the score that a link stands for already chosen."""
    pages: dict[str, str] = context.get("surveys") or {}
    if name not in pages:
        raise UndefinedError(f"no such survey: {name}; one of {', '.join(sorted(pages))}")
    chosen = "" if score is None else f"&score={int(score)}"
    return f"{pages[name]}?lang={context.get('language', '')}{chosen}"


@lru_cache(maxsize=512)
def _template(environment: _Environment, source: str) -> Template:
    return environment.from_string(source)


def render(environments: dict[bool, _Environment], asked: dict[str, Any]) -> dict[str, Any]:
    """The parts of one mail, or why they could not be made."""
    made, part = {}, ""
    try:
        for part, source in asked["parts"].items():
            environment = environments[part in asked["escaped"]]
            text = _template(environment, source).render(asked["context"])
            if len(text) > _MOST:
                return {"error": f"more than {_MOST:,} characters", "part": part, "line": None}
            made[part] = text
    except (TemplateError, SecurityError) as error:
        return {"error": str(error)[:300], "part": part, "line": getattr(error, "lineno", None) or _line(error)}
    except _TooLong:
        return {"error": "takes too long", "part": part, "line": None}
    except MemoryError:
        return {"error": "takes too much memory", "part": part, "line": None}
    except Exception as error:  # noqa: BLE001 - whatever a template does, its author is told
        return {"error": f"{type(error).__name__}: {error}"[:300], "part": part, "line": _line(error)}
    return {"parts": made}


def _line(error: BaseException) -> int | None:
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == "<template>"), None)


def _ring(*_: object) -> None:
    raise _TooLong


def serve(inward: BinaryIO, outward: BinaryIO, seconds: float, prelude: str) -> None:
    """Answer frames until there are no more.

    Args:
        inward: frames that ask.
        outward: frames that answer.
        seconds: of each rendering.
        prelude: macros that every template may use.
    """
    environments = {each: _Environment(undefined=_Missing, autoescape=each) for each in (True, False)}
    for environment in environments.values():
        module = environment.from_string(prelude).module
        environment.globals["survey"] = _survey
        environment.globals.update({name: each for name, each in vars(module).items() if not name.startswith("_")})
    signal.signal(signal.SIGALRM, _ring)
    while len(head := inward.read(4)) == 4:  # noqa: PLR2004 - a frame's length
        asked = json.loads(inward.read(struct.unpack(">I", head)[0]))
        body = json.dumps([_timed(environments, each, seconds) for each in asked]).encode()
        outward.write(struct.pack(">I", len(body)) + body)
        outward.flush()


def _timed(environments: dict[bool, _Environment], asked: dict[str, Any], seconds: float) -> dict[str, Any]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return render(environments, asked)
    except _TooLong:
        return {"error": "takes too long", "part": "", "line": None}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bound(memory: int) -> None:
    """From here on the kernel gives no more memory, no new file and no longer one."""
    try:
        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:  # no /proc: the timer, and whoever waits for the answer, must do
        held = 1 << 40
    resource.setrlimit(resource.RLIMIT_AS, (held + _SLACK + memory, held + _SLACK + memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _bound(int(sys.argv[1]))
    serve(sys.stdin.buffer, sys.stdout.buffer, float(sys.argv[2]), sys.argv[3])
