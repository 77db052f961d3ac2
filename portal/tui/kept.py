"""Filters that were saved at the screen, in a file of the profile's state."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from portal.errors import PortalError
from portal.tui.later import threaded

FILE = "filters.json"


def read_kept(directory: Path | None) -> dict[str, str]:
    """By name; raises PortalError for a file that cannot be read, which is then left as it is."""
    if directory is None or not (directory / FILE).exists():
        return {}
    try:
        found = json.loads((directory / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise _unreadable(directory) from exc
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise _unreadable(directory)
    return found


async def keep(directory: Path | None, filters: Mapping[str, str]) -> None:
    """Write them anew; raises PortalError where that cannot be done."""
    if directory is None:
        raise PortalError("there is nowhere to keep it", hint="Name it in interface.filters of the settings")
    try:
        await threaded(partial(_write, directory, dict(filters)))
    except OSError as exc:
        raise PortalError(
            f"nothing can be written to {directory}: {exc.strerror}", hint="See portal doctor"
        ) from exc


def _unreadable(directory: Path) -> PortalError:
    return PortalError(
        f"saved filters cannot be read from {directory / FILE}", hint="Mend the file, or move it away"
    )


def _write(directory: Path, filters: Mapping[str, str]) -> None:
    """A file that is cut off never takes the place of a whole one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = directory / f"{FILE}.part"
    part.write_text(json.dumps(filters, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(directory / FILE)
