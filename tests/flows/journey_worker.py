"""A worker of a shop's journeys whose clock runs faster, so that leases end while a test waits.

Started by test_journeys.py, which kills it. Arguments: home, database, mail server, how many times as fast, the moment
that all workers began at (ISO), this one's seconds then.
"""

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits
from signal import SIGTERM, signal

from pydantic import SecretStr

from tsuide.app.keeping import keep_going
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.kit.ids import ENTROPY_BITS


def main(home: str, url: str, smtp: str, times: float, begin: datetime, seconds: float) -> None:
    """Work until told to end."""
    settings = Settings(
        home=Path(home),
        database_url=url,
        smtp=SecretStr(smtp),
        mail_from="shop@example.com",
        public_url="https://shop.example.com",
    )
    ended = threading.Event()
    signal(SIGTERM, lambda *_: ended.set())

    def clock() -> datetime:
        return begin + timedelta(seconds=(time.time() - seconds) * times)

    with opened(settings) as shop:
        keep_going(shop, clock, lambda: randbits(ENTROPY_BITS), ended, time.monotonic)


if __name__ == "__main__":
    home, url, smtp, times, begin, seconds = sys.argv[1:]
    main(home, url, smtp, float(times), datetime.fromisoformat(begin).astimezone(UTC), float(seconds))
