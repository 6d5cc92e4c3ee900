"""Letters as LINE messages, by LINE's own SDK: pushed by the shop's official account to who added it as a friend."""

import importlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tsuide.errors import MissingExtra
from tsuide.outreach.channels.channel import Answer, Letter

TIMEOUT_S: Final = 15.0
LONGEST: Final = 5_000  # UTF-16 code units of one text message; LINE counts so
MOST: Final = 5  # messages of one push
_KEYS: Final = uuid.UUID("6f5a7c1e-35b0-5b0e-9d62-0f6a2f1d7c55")  # any, and always the same
_PASSING: Final = frozenset({0, 408, 425, 429})  # 0: TLS failed before anything was sent
_CONFLICT: Final = 409
_WORDS: Final = 300


class LineChannel:
    """Pushes each letter as text to one user id of LINE.

    Every try of a letter has the same ``X-Line-Retry-Key``: what LINE took once it does not deliver again (for 24
    hours), and says so; that is as good as having taken it now.

    Args:
        token: the channel access token.
        endpoint: ``https://api.line.me``, or another that speaks the same; "" = LINE's own.
        timeout: seconds for each step.

    Raises:
        MissingExtra: LINE's SDK is not installed.
    """

    def __init__(self, token: str, endpoint: str = "", *, timeout: float = TIMEOUT_S) -> None:
        self._sdk = line_sdk()
        settings = self._sdk.Configuration(access_token=token, host=endpoint.rstrip("/") or None)
        settings.retries = False  # a try is the outbox's to repeat; and no redirect is followed
        self._client = self._sdk.ApiClient(settings)
        self._api = self._sdk.MessagingApi(self._client)
        self._timeout = timeout

    def deliver(self, letter: Letter) -> Answer:
        """Push one letter; one that does not fit into a push fails, rather than lose its end."""
        texts = list(pieces(words_of(letter)))
        if len(texts) > MOST:
            return Answer("failed", "too_long", f"more than {MOST} messages of {LONGEST} characters")
        if not texts:
            return Answer("failed", "empty", "LINE takes no empty text")
        return self._pushed(letter, texts)

    def _pushed(self, letter: Letter, texts: Sequence[str]) -> Answer:
        asked = self._sdk.PushMessageRequest(
            to=letter.to, messages=[self._sdk.TextMessage(text=each) for each in texts]
        )
        network = importlib.import_module("urllib3.exceptions")
        try:
            said = self._api.push_message(
                asked, x_line_retry_key=retry_key(letter.key), _request_timeout=(self._timeout, self._timeout)
            )
        except self._sdk.ApiException as error:
            return _refused(error, letter)
        except (network.NewConnectionError, network.ConnectTimeoutError) as error:
            return Answer("waiting", "no_server", f"{type(error).__name__}: {error}"[:_WORDS])
        except (network.HTTPError, OSError) as error:
            self.close()
            return Answer("in_doubt", "no_answer", f"{type(error).__name__}: {error}"[:_WORDS])
        except ValueError:  # it was taken, and the answer cannot be read
            return Answer("sent", reference=letter.id)
        taken = said.sent_messages if said is not None else None
        return Answer("sent", reference=taken[0].id if taken else letter.id)

    def close(self) -> None:
        """Close the connections."""
        self._client.rest_client.pool_manager.clear()


def line_sdk(module: str = "linebot.v3.messaging") -> Any:  # noqa: ANN401 - a module of an optional package
    """LINE's SDK, imported when it is first needed.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as exc:
        raise MissingExtra("LINE's SDK is not installed", key="line", way_out="pip install 'tsuide[line]'") from exc


def retry_key(key: str) -> str:
    """The same UUID for the same letter, whoever asks and when.

    >>> retry_key("cart/1842/first")
    '088de2c4-9ecd-51be-8103-672cc218ffa9'
    """
    return str(uuid.uuid5(_KEYS, key))


def words_of(letter: Letter) -> str:
    """Subject and text, as LINE has no subjects.

    A text that begins with its subject does not say it twice.
    """
    subject, text = " ".join(letter.subject.split()), letter.text.strip()
    return text if not subject or text.startswith(subject) else f"{subject}\n\n{text}".strip()


def pieces(text: str, longest: int = LONGEST) -> Iterator[str]:
    r"""A text in parts of at most `longest` UTF-16 code units, cut at ends of lines where there are any.

    >>> list(pieces("one\ntwo\nthree", 8))
    ['one\ntwo', 'three']
    >>> list(pieces("茶🍵🍵", 3))
    ['茶🍵', '🍵']
    """
    rest = text.strip()
    while rest:
        fits = _fitting(rest, longest)
        if fits < len(rest):
            end = rest.rfind("\n", 1, fits + 1)
            fits = end if end > 0 else fits
        yield rest[:fits].rstrip()
        rest = rest[fits:].lstrip()


def _fitting(text: str, longest: int) -> int:
    """How many characters of a text fit: those beyond the basic plane (emoji) count twice."""
    used = 0
    for place, each in enumerate(text):
        used += 2 if ord(each) > 0xFFFF else 1  # noqa: PLR2004 - the end of the basic plane
        if used > longest:
            return place
    return len(text)


def _refused(error: Any, letter: Letter) -> Answer:  # noqa: ANN401 - the SDK's own
    status = int(error.status or 0)
    if status == _CONFLICT:  # this very letter was taken before
        return Answer("sent", reference=(error.headers or {}).get("x-line-accepted-request-id") or letter.id)
    passing = status >= 500 or status in _PASSING  # noqa: PLR2004 - HTTP: the server's own trouble
    words = str(error.body or error.reason or "")[:_WORDS]
    return Answer("waiting" if passing else "failed", f"http_{status}" if status else "no_server", words)
