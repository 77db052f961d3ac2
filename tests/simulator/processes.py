"""The command lines of this machine's processes, as any local user sees them, and what ours were given."""

import asyncio
from pathlib import Path


async def arguments() -> list[str]:
    """One line per process."""
    if Path("/proc/self/cmdline").exists():
        return [line for path in Path("/proc").glob("[0-9]*/cmdline") if (line := _line(path))]
    listing = await asyncio.create_subprocess_exec("ps", "-axo", "args=", stdout=asyncio.subprocess.PIPE)
    output, _ = await listing.communicate()
    return output.decode(errors="replace").splitlines()


async def environment(pid: int) -> list[str]:
    """`NAME=value` of a process of ours, with the words of its command line where only `ps` tells."""
    file = Path(f"/proc/{pid}/environ")
    if file.exists():
        return file.read_bytes().decode().split("\0")
    shown = await asyncio.create_subprocess_exec(
        "ps", "-E", "-ww", "-o", "command=", "-p", str(pid), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await shown.communicate()
    return output.decode(errors="replace").split()


def _line(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
