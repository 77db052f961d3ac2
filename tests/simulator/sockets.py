"""Where processes listen: from the kernel's tables on Linux, from `lsof` on macOS."""

import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

_LISTEN = "0A"


def listening(pids: Iterable[int]) -> set[tuple[str, int]]:
    """Address and port of every listening TCP socket of these processes."""
    if Path("/proc/net/tcp").exists():
        return set(_from_kernel(set(pids)))
    if shutil.which("lsof") is None:
        pytest.skip("neither /proc/net nor lsof tells where processes listen here")
    return set(_from_lsof(set(pids)))


def _from_kernel(pids: set[int]) -> Iterator[tuple[str, int]]:
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            local, state, inode = (line.split()[column] for column in (1, 3, 9))
            if state == _LISTEN and inode in inodes:
                address, port = local.split(":")
                words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
                yield socket.inet_ntop(family, b"".join(words)), int(port, 16)


def _sockets(pid: int) -> Iterator[str]:
    try:
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return
    yield from (link[8:-1] for link in links if link.startswith("socket:["))


def _from_lsof(pids: set[int]) -> Iterator[tuple[str, int]]:
    told = subprocess.run(
        ["lsof", "-nP", "-iTCP", "-sTCP:LISTEN", "-a", "-p", ",".join(map(str, pids)), "-Fn"],  # noqa: S607 - where the system has it
        check=False, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for line in told.splitlines():
        if line.startswith("n"):
            address, _, port = line[1:].rpartition(":")
            yield address.strip("[]"), int(port)
