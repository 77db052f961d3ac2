"""The private pool: off the loop, bounded, with deadlines, released on cancellation."""

import asyncio
import gc
import threading

import pytest

from portal.adapters.threads import Threads
from tests.simulator.waiting import until

DEADLINE = 10.0


async def test_a_call_runs_on_another_thread_and_returns_its_value(threads: Threads) -> None:
    assert await threads.call(lambda a, b: a + b, 2, 3, timeout=DEADLINE) == 5
    assert await threads.call(threading.get_ident, timeout=DEADLINE) != threading.get_ident()


async def test_what_the_call_raises_reaches_the_caller(threads: Threads) -> None:
    with pytest.raises(ZeroDivisionError):
        await threads.call(divmod, 1, 0, timeout=DEADLINE)


async def test_a_call_that_outlives_its_deadline_raises_timeout_and_the_loop_stays_free(
    threads: Threads,
) -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError):
        await threads.call(release.wait, DEADLINE, timeout=0.05)
    release.set()


async def test_no_more_calls_run_at_once_than_the_pool_has_threads(threads: Threads) -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    barrier = threading.Barrier(2)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        barrier.wait(DEADLINE)
        with lock:
            running -= 1

    await asyncio.gather(*(threads.call(work, timeout=DEADLINE) for _ in range(6)))
    assert most == 2


async def test_a_cancelled_call_that_waits_for_a_thread_never_starts() -> None:
    ran: list[str] = []
    async with Threads(1) as pool:
        started, release = threading.Event(), threading.Event()

        def occupy() -> None:
            started.set()
            release.wait(DEADLINE)

        first = asyncio.create_task(pool.call(occupy, timeout=DEADLINE))
        queued = asyncio.create_task(pool.call(ran.append, "queued", timeout=DEADLINE))
        await until(started.is_set)
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        release.set()
        await first
        await pool.call(ran.append, "later", timeout=DEADLINE)
    assert ran == ["later"]


async def test_closing_drops_what_is_queued_and_waits_for_what_runs() -> None:
    pool = Threads(1)
    started, release = threading.Event(), threading.Event()
    finished: list[bool] = []

    def occupy() -> None:
        started.set()
        release.wait(DEADLINE)
        finished.append(True)

    first = asyncio.create_task(pool.call(occupy, timeout=DEADLINE))
    queued = asyncio.create_task(pool.call(finished.append, False, timeout=DEADLINE))
    await until(started.is_set)
    release.set()
    await pool.aclose(grace=DEADLINE)
    await first
    with pytest.raises(asyncio.CancelledError):
        await queued
    assert finished == [True]


async def test_a_call_that_fails_while_the_pool_closes_is_not_reported_as_lost() -> None:
    lost: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    started, release = threading.Event(), threading.Event()

    def fail() -> None:
        started.set()
        release.wait(DEADLINE)
        raise ValueError("too late")

    pool = Threads(1)
    with pytest.raises(TimeoutError):
        await pool.call(fail, timeout=0.05)
    assert started.is_set()
    closing = asyncio.ensure_future(pool.aclose())
    await asyncio.sleep(0)
    release.set()
    await closing
    gc.collect()
    assert lost == []
