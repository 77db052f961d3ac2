"""Trees of files, worked on by several threads at once.

A call that makes or removes a file waits for the disk's journal, or for its turn on a busy machine, far
longer than it works; waits side by side take no longer than one.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

_THREADS = 4
_Item = TypeVar("_Item")


def each(work: Callable[[_Item], None], items: Iterable[_Item]) -> None:
    """Do `work` for every item; raises what the first of them raised, in their order."""
    with ThreadPoolExecutor(_THREADS, "files") as executor:
        for _ in executor.map(work, items):
            pass


def remove(path: Path) -> None:
    """Remove a directory and everything in it, as far as that can be; what is gone already is fine.

    No symbolic link is followed, also not one put in the place of a directory meanwhile.
    """
    # The error of a process that is ending already, which may start no more threads.
    with contextlib.suppress(OSError, RuntimeError), ThreadPoolExecutor(_THREADS, "files") as executor:
        for _, _, files, directory in os.fwalk(path):
            for _ in executor.map(partial(_unlink, directory), files):
                pass
    shutil.rmtree(path, ignore_errors=True)


def _unlink(directory: int, name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=directory)
