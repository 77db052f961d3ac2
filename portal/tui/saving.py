"""Files the person at the screen asked for."""

from functools import partial
from pathlib import Path

from portal.errors import PortalError
from portal.tui.later import threaded

_MOST = 1000


async def save(directory: Path, stem: str, suffix: str, text: str) -> Path:
    """Write a new file and return where it is; one that is there is never overwritten.

    Raises PortalError when the directory cannot be written.
    """
    try:
        return await threaded(partial(_write, directory, f"{stem}{{}}.{suffix}", text))
    except OSError as exc:
        raise PortalError(
            f"nothing can be written to {directory}: {exc.strerror}", hint="Start the portal elsewhere"
        ) from exc


def _write(directory: Path, name: str, text: str) -> Path:
    for number in range(_MOST):
        path = directory / name.format(f"-{number}" if number else "")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(17, f"{_MOST} files of that name are there already")
