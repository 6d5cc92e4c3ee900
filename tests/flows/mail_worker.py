"""A worker that sends what is due until it is killed. Arguments: home, store, mail server, seconds ahead."""

import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from tsuide.app.sending import Outreach
from tsuide.app.wiring import open_shop
from tsuide.config import Settings


def main(home: str, store: str, server: str, ahead: float) -> None:
    """Send for ever."""
    settings = Settings(
        home=Path(home),
        database_url=store,
        smtp=SecretStr(server),
        mail_from="shop@example.com",
        public_url="https://shop.example.com",
    )
    clock = lambda: datetime.now(UTC) + timedelta(seconds=ahead)  # noqa: E731 - a clock
    outreach = Outreach(open_shop(settings), None, clock, lambda: secrets.randbits(64))
    while True:
        outreach.deliver_due(threads=2)
        sys.stdout.write("idle\n")
        sys.stdout.flush()
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
