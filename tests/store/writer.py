"""A process that writes through the journal and prints each id after its commit was acknowledged.

Started by test_journal.py, which kills it. Arguments: database URL, this writer's name, how many callers.
"""

import asyncio
import itertools
import sys

from tsuide.store.database import open_store
from tsuide.store.journal import Journal
from tsuide.store.rows import Row


async def call(journal: Journal, name: str, caller: int) -> None:
    """Write without end, records and traces in turn, and acknowledge each on stdout."""
    for n in itertools.count():
        for grade in ("trace", "record"):
            row = Row("event", {"id": f"{name}-{caller}-{n}-{grade}", "kind": "view", "at": n})
            write = journal.trace if grade == "trace" else journal.record
            assert await write(row) == (True,)
            sys.stdout.write(f"{row.values['id']}\n")
            sys.stdout.flush()


async def main(url: str, name: str, callers: int) -> None:
    """Run all callers on one journal."""
    journal = open_store(url).journal()
    await asyncio.gather(*(call(journal, name, caller) for caller in range(callers)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
