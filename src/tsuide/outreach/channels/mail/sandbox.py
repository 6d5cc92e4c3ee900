"""Renders users' templates in a process that may be ended at any moment."""

import json
import os
import selectors
import struct
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final, Self

from tsuide.errors import BadValue, Unavailable

SECONDS: Final = 1.0
MEMORY: Final = 64 << 20  # bytes
_GRACE: Final = 2.0  # seconds beyond which the process is ended from outside
_START_S: Final = 20.0
_RENDERER: Final = Path(__file__).with_name("renderer.py")


class Sandbox:
    """Renders parts of mails; may be shared by threads, which then take turns.

    Args:
        prelude: macros that every template may use.
        seconds: of one mail's rendering.
        memory: bytes beyond what the process starts with.

    >>> with Sandbox() as sandbox:
    ...     sandbox.render({"subject": "{{ name }} & co"}, [], {"name": "<A>"})
    {'subject': '<A> & co'}
    """

    def __init__(self, prelude: str = "", *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._prelude = prelude
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def render(self, parts: Mapping[str, str], escaped: Collection[str], context: Mapping[str, Any]) -> dict[str, str]:
        """Each part's text.

        Args:
            parts: name → Jinja source.
            escaped: names of those in which values are escaped as HTML.
            context: plain JSON.

        Raises:
            BadValue: a template is wrong, names what is not there, takes too long, or makes too much.
            Unavailable: the process cannot be started.
        """
        (answer,) = self.render_many([(parts, escaped, context)])
        if isinstance(answer, BadValue):
            raise answer
        return answer

    def render_many(
        self, asked: Sequence[tuple[Mapping[str, str], Collection[str], Mapping[str, Any]]]
    ) -> list[dict[str, str] | BadValue]:
        """As `render` for several mails at once, each with time of its own; an error stands in its place.

        Raises:
            Unavailable: the process cannot be started.
        """
        frames = [
            {"parts": dict(parts), "escaped": list(escaped), "context": dict(context)}
            for parts, escaped, context in asked
        ]
        with self._turn:
            return [_told(each) for each in self._answers(frames)]

    def close(self) -> None:
        """End the process; the next rendering starts another."""
        with self._turn:
            self._end()

    def _answers(self, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not frames:
            return []
        try:
            return self._asked(self._running(), frames, self._seconds * len(frames) + _GRACE)
        except (OSError, TimeoutError, EOFError) as error:
            self._end()
            if len(frames) == 1:
                late = isinstance(error, TimeoutError)
                return [{"error": "takes too long" if late else "takes too much memory", "part": ""}]
        return [one for frame in frames for one in self._answers([frame])]  # one of them took the process down: which?

    def _asked(
        self, process: "subprocess.Popen[bytes]", frames: list[dict[str, Any]], seconds: float
    ) -> list[dict[str, Any]]:
        assert process.stdin is not None  # noqa: S101 - it was started with pipes
        deadline, body = monotonic() + seconds, json.dumps(frames).encode()
        process.stdin.write(struct.pack(">I", len(body)) + body)
        process.stdin.flush()
        (size,) = struct.unpack(">I", _read(process, 4, deadline))
        answers: list[dict[str, Any]] = json.loads(_read(process, size, deadline))
        return answers

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._end()
            command = [sys.executable, "-I", str(_RENDERER), str(self._memory), str(self._seconds), self._prelude]
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
            )
            try:
                self._asked(
                    self._process, [], _START_S
                )  # it answers: whatever happens from here on is a template's doing
            except (OSError, TimeoutError, EOFError) as error:
                self._end()
                raise Unavailable("the process for templates does not start", key="template") from error
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process.kill()
        self._process.wait()
        self._process = None


def _told(answer: Mapping[str, Any]) -> dict[str, str] | BadValue:
    if "error" in answer:
        line = f" (line {answer['line']})" if answer.get("line") else ""
        return BadValue(f"the template cannot be rendered{line}: {answer['error']}", key=answer["part"] or "template")
    return {str(name): str(text) for name, text in answer["parts"].items()}


def _read(process: "subprocess.Popen[bytes]", size: int, deadline: float) -> bytes:
    """Exactly so many bytes, by the deadline."""
    assert process.stdout is not None  # noqa: S101 - it was started with pipes
    found = b""
    with selectors.DefaultSelector() as ready:  # select() itself knows no file beyond the first 1,024
        ready.register(process.stdout, selectors.EVENT_READ)
        while len(found) < size:
            left = deadline - monotonic()
            if left <= 0 or not ready.select(left):
                raise TimeoutError
            more = os.read(process.stdout.fileno(), size - len(found))
            if not more:
                raise EOFError
            found += more
    return found
