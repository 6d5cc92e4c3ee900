"""Blocking work is ended before what it works with may be closed."""

import asyncio
import threading
import time

import pytest

from tsuide.kit.threads import to_its_end


def test_a_task_that_is_cancelled_ends_after_its_work_however_often_it_is_cancelled() -> None:
    begun, told = threading.Event(), []

    def work() -> None:
        begun.set()
        time.sleep(0.2)
        told.append("done")

    async def run() -> list[str]:
        task = asyncio.create_task(to_its_end(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(told)

    assert asyncio.run(run()) == ["done"]


def test_what_work_raises_is_raised_and_after_a_cancel_dropped(caplog: pytest.LogCaptureFixture) -> None:
    async def cancelled() -> None:
        begun = threading.Event()

        def work() -> None:
            begun.set()
            time.sleep(0.05)
            raise ValueError

        task = asyncio.create_task(to_its_end(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with pytest.raises(ZeroDivisionError):
        asyncio.run(to_its_end(divmod, 1, 0))
    asyncio.run(cancelled())
    assert not caplog.records
