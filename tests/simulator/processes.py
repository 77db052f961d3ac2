"""The command lines of this machine's processes, as any local user sees them."""

import asyncio
from pathlib import Path


async def arguments() -> list[str]:
    """One line per process."""
    if Path("/proc/self/cmdline").exists():
        return [line for path in Path("/proc").glob("[0-9]*/cmdline") if (line := _line(path))]
    listing = await asyncio.create_subprocess_exec("ps", "-axo", "args=", stdout=asyncio.subprocess.PIPE)
    output, _ = await listing.communicate()
    return output.decode(errors="replace").splitlines()


def _line(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
