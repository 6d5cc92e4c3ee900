"""Letters over SMTP: one connection that is kept, and an answer for everything that can happen on it."""

import contextlib
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from tsuide.errors import BadSetting, BadValue
from tsuide.outreach.channels.channel import Answer, Letter
from tsuide.outreach.channels.mail.compose import Identity, mail_of
from tsuide.outreach.channels.mail.signature import DkimKey

TIMEOUT_S: Final = 30.0
_LONGEST_S: Final = 120
_PORTS: Final = {"smtp": 25, "smtps": 465}
_MOST_WORDS: Final = 300
_TAKEN: Final = frozenset({250, 251, 252})
_GO_ON: Final = 354


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in.

    Args:
        encrypted: from the first byte; else STARTTLS where the server offers it.
        timeout: seconds that it may take for each answer.
    """

    host: str
    port: int
    encrypted: bool = False
    user: str = ""
    password: str = ""
    timeout: float = TIMEOUT_S

    @classmethod
    def read(cls, address: str) -> "Server":
        """``smtp://user:password@host:587`` or ``smtps://…``; ``?timeout=10`` where 30 seconds are not right.

        Raises:
            BadSetting: not an address of a server.

        >>> Server.read("smtps://me:p%40ss@mail.example.com").port
        465
        """
        missing = BadSetting("no mail server is named", key="TSUIDE_SMTP", way_out="smtp://user:password@host:587")
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError as error:  # a port that is no number, a bracket without its other
            raise missing from error
        if parts.scheme not in _PORTS or not parts.hostname:
            raise missing
        return cls(
            parts.hostname,
            port or _PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            _seconds(parts.query),
        )

    def connect(self, timeout: float | None = None, own_name: str | None = None) -> smtplib.SMTP:
        """A connection on which mail may be handed in, encrypted where the server offers it; logged in, with a user.

        Args:
            timeout: seconds that the server may take for each answer; None = its own.
            own_name: how we call ourselves; None = the machine's name.

        Raises:
            OSError, smtplib.SMTPException: the server does not answer, or lets nobody in.
        """
        make = smtplib.SMTP_SSL if self.encrypted else smtplib.SMTP
        line = make(self.host, self.port, timeout=timeout or self.timeout, local_hostname=own_name)
        try:
            line.ehlo_or_helo_if_needed()
            if not self.encrypted and line.has_extn("starttls"):
                line.starttls()
                line.ehlo()
            if self.user:
                line.login(self.user, self.password)
        except BaseException:
            line.close()
            raise
        return line


def _seconds(query: str) -> float:
    """What ``timeout=`` says.

    >>> _seconds(""), _seconds("timeout=10")
    (30.0, 10.0)
    """
    name, _, text = query.partition("=")
    if not query:
        return TIMEOUT_S
    if name != "timeout" or not text.isdecimal() or not 1 <= int(text) <= _LONGEST_S:
        raise BadSetting("not a time to wait", key="TSUIDE_SMTP", value=query, way_out="smtp://host:587?timeout=30")
    return float(text)


class SmtpChannel:
    """Carries letters as mails.

    Args:
        server: where they are handed in.
        identity: who they are from.
        key: signs them; None = they go unsigned (the server signs).
        feedback: Feedback-ID of a letter.
        timeout: seconds that the server may take for each answer; None = as the server's address says.
    """

    def __init__(
        self,
        server: Server,
        identity: Identity,
        key: DkimKey | None = None,
        feedback: Callable[[Letter], str] = lambda _: "",
        timeout: float | None = None,
    ) -> None:
        self._server = server
        self._identity = identity
        self._key = key
        self._feedback = feedback
        self._timeout = timeout
        self._line: smtplib.SMTP | None = None

    def deliver(self, letter: Letter) -> Answer:
        """Hand in one letter.

        Until the server has been given the whole letter every failure means that it did not go out; between the last
        byte and the answer nobody knows.
        """
        reference = self._identity.message_id(letter.id)
        try:
            text = mail_of(letter, self._identity, self._key, self._feedback(letter))
            utf8 = not letter.to.isascii()
        except BadValue as error:
            return Answer("failed", "bad_address", str(error))
        given = False
        try:
            line = self._connected()
            _announce(line, self._identity.envelope(letter.id), letter.to, utf8=utf8)
            given = True
            line.send(_quoted(text))
            _want(*line.getreply())
        except _RefusedError as refused:
            self._reset()
            return _answer(refused)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self.close()
            told = f"{type(error).__name__}: {error}"[:_MOST_WORDS]
            if given:
                return Answer("in_doubt", "no_answer", told, reference)
            return Answer("waiting", "no_server", told)
        return Answer("sent", reference=reference)

    def close(self) -> None:
        """Say goodbye."""
        if self._line is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if self._line.sock is not None:
                    self._line.sock.settimeout(2)
                self._line.quit()
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._line.close()
            self._line = None

    def _reset(self) -> None:
        try:
            if self._line is not None:
                self._line.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _connected(self) -> smtplib.SMTP:
        if self._line is None:
            self._line = self._server.connect(self._timeout, self._identity.domain)
        return self._line


def _announce(line: smtplib.SMTP, sender: str, recipient: str, *, utf8: bool) -> None:
    """MAIL, RCPT and DATA; in one write where the server takes them so (RFC 2920)."""
    option = " SMTPUTF8" if utf8 and line.has_extn("smtputf8") else ""
    commands = [f"MAIL FROM:<{sender}>{option}", f"RCPT TO:<{recipient}>", "DATA"]
    if not line.has_extn("pipelining"):
        for command, wanted in zip(commands, (250, 250, _GO_ON), strict=True):
            _want(*line.docmd(command), wanted=wanted)
        return
    line.send("".join(f"{command}\r\n" for command in commands).encode("utf-8" if option else "ascii"))
    answers = [line.getreply() for _ in commands]
    if answers[2][0] == _GO_ON and any(code not in _TAKEN for code, _ in answers[:2]):
        line.send(b".\r\n")  # it waits for a letter to nobody
        line.getreply()
    for (code, words), wanted in zip(answers, (250, 250, _GO_ON), strict=True):
        _want(code, words, wanted)


class _RefusedError(Exception):
    """The server's answer is not the one that is wanted."""

    def __init__(self, code: int, words: bytes) -> None:
        super().__init__(code)
        self.code = code
        self.words = words.decode("utf-8", "replace")[:_MOST_WORDS]


def _want(code: int, words: bytes, wanted: int = 250) -> None:
    if code != wanted and not (wanted in _TAKEN and code in _TAKEN):
        raise _RefusedError(code, words)


def _answer(refused: _RefusedError) -> Answer:
    passing = 400 <= refused.code < 500  # noqa: PLR2004 - SMTP: 4yz may go later, 5yz never will
    return Answer("waiting" if passing else "failed", f"smtp_{refused.code}", refused.words)


def _quoted(text: bytes) -> bytes:
    """The letter (its lines end as SMTP wants) with leading dots doubled, and the dot that ends it."""
    quoted = text.replace(b"\r\n.", b"\r\n..")
    if quoted.startswith(b"."):
        quoted = b"." + quoted
    return quoted + (b"" if quoted.endswith(b"\r\n") else b"\r\n") + b".\r\n"
