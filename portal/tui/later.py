"""Modules that are imported once something is on the screen."""

import asyncio
import concurrent.futures
import importlib

_here: set[str] = set()


async def imported(name: str) -> None:
    """Import a module on a thread of its own, so that keys are answered meanwhile."""
    if name in _here:
        return
    importer = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="import")
    try:
        await asyncio.get_running_loop().run_in_executor(importer, importlib.import_module, name)
    finally:
        importer.shutdown(wait=False)
    _here.add(name)
