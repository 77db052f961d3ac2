"""Filters that were saved at the screen, in a file of the profile's state."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portal.errors import PortalError

FILE = "filters.json"


def read_kept(directory: Path | None) -> dict[str, str]:
    """By name; nothing where the file is not there or says something else."""
    if directory is None:
        return {}
    try:
        found = json.loads((directory / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


async def keep(directory: Path | None, filters: Mapping[str, str]) -> None:
    """Write them anew; raises PortalError where that cannot be done."""
    if directory is None:
        raise PortalError("there is nowhere to keep it", hint="Name it in interface.filters of the settings")
    writer = ThreadPoolExecutor(1, thread_name_prefix="keep")
    try:
        await asyncio.get_running_loop().run_in_executor(writer, _write, directory, dict(filters))
    except OSError as exc:
        raise PortalError(
            f"nothing can be written to {directory}: {exc.strerror}", hint="See portal doctor"
        ) from exc
    finally:
        writer.shutdown(wait=False)


def _write(directory: Path, filters: Mapping[str, str]) -> None:
    """A file that is cut off never takes the place of a whole one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = directory / f"{FILE}.part"
    part.write_text(json.dumps(filters, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(directory / FILE)
