"""Blocking calls on threads of their own: a loop never waits for one, and the process ends without them."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_thread(work: Callable[[], T], name: str) -> "asyncio.Future[T]":
    """Run `work`; the future brings its value or error. Cancelling the future leaves the thread at work."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(value: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]  # without an error there is a value

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as exc:  # noqa: BLE001 - whatever it is belongs to who waits for it
            error = exc
        tell(loop, lambda: deliver(value, error))

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def tell(loop: asyncio.AbstractEventLoop, what: Callable[[], object]) -> None:
    """Call `what` on the loop; nobody is told once the loop has ended."""
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:
        return
