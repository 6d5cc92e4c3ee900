"""A process that confirms one acceptance when told to go, and prints what it got. Arguments: database URL, id."""

import sys
from datetime import UTC, datetime

from tsuide.store.database import open_store

if __name__ == "__main__":
    store = open_store(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    answer = store.confirmations.confirm(sys.argv[2], ("click", "racer"), {}, datetime(2026, 1, 1, tzinfo=UTC))
    store.close()
    sys.stdout.write(f"{answer}\n")
