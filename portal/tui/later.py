"""What is put off until something is on the screen."""

import asyncio
import concurrent.futures
import gc
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def threaded(make: Callable[[], T]) -> T:
    """What `make` makes, mostly by importing, on a thread of its own: keys are answered meanwhile."""
    importer = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="import")
    try:
        return await asyncio.get_running_loop().run_in_executor(importer, make)
    finally:
        importer.shutdown(wait=False)


def put_off_collecting() -> None:
    """Collect no garbage before the first paint: modules that are being imported are none."""
    gc.disable()


def collect_from_now_on() -> None:
    """Collect garbage again where that was put off; what is there by now stays as long as the process."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
