"""What is put off until something is on the screen."""

import asyncio
import concurrent.futures
import gc
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def threaded(make: Callable[[], T]) -> T:
    """What `make` makes, by importing or writing, on a thread of its own: keys are answered meanwhile."""
    thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="later")
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, make)
    finally:
        thread.shutdown(wait=False)


class Collecting:
    """When garbage is collected: not while modules are imported, which are none."""

    def __init__(self) -> None:
        self._put_off = False

    def put_off(self) -> None:
        """Not before the first paint."""
        self._put_off = True
        gc.disable()

    def begin(self) -> None:
        """From now on; nothing where it was never put off."""
        if self._put_off:
            self.spare()
            gc.enable()

    def spare(self) -> None:
        """What is there by now stays as long as the process, and is not looked through again and again."""
        if self._put_off:
            gc.freeze()


COLLECTING = Collecting()
"""Of this process."""
