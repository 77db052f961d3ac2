"""Private directories beside the mirror, for what must not be seen half done."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from portal.adapters.durable_file import WAY_OUT
from portal.adapters.threads import Threads
from portal.errors import PrerequisiteError

_DISK_SECONDS = 30.0
_PREFIX = "change-"


@asynccontextmanager
async def workspace(root: Path, threads: Threads) -> AsyncIterator[Path]:
    """A private directory for one change, gone afterwards; those of portals that were killed go too."""
    try:
        directory = await threads.call(_make, root, timeout=_DISK_SECONDS)
    except OSError as exc:
        raise unwritable(root, exc) from exc
    try:
        yield directory
    finally:
        await threads.call(shutil.rmtree, directory, True, timeout=_DISK_SECONDS)


async def write(threads: Threads, place: Path, texts: Mapping[str, bytes]) -> None:
    """Files below `place`, by relative path. Raises PrerequisiteError when the disk does not take them."""
    try:
        await threads.call(_write, place, texts, timeout=_DISK_SECONDS)
    except OSError as exc:
        raise unwritable(place, exc) from exc


def unwritable(place: Path, exc: OSError) -> PrerequisiteError:
    """What a failure of the disk means to a person."""
    return PrerequisiteError(
        f"cannot write {place}: {exc.strerror or 'the disk does not answer'}",
        hint=WAY_OUT,
    )


def _make(root: Path) -> Path:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in root.glob(f"{_PREFIX}*"):
        if not _alive(left.name.split("-")[1]):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root)).resolve()


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _write(place: Path, texts: Mapping[str, bytes]) -> None:
    place.mkdir(mode=0o700, exist_ok=True)
    for name, content in texts.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
