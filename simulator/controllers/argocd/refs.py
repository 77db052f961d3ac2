"""The refs of a repository on this machine, told apart without a process: by the files that hold them."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

Mark = frozenset[tuple[str, int, int, int]]
"""Name, inode, time and size of every file; git writes a new file for every ref it moves."""

_AT_TOP = ("HEAD", "packed-refs", "reftable/tables.list")


def mark(url: str) -> Mark | None:
    """Of the refs of `url`; equal marks mean equal refs. None when it is not a folder here."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return None
    folder = Path(url2pathname(parts.path))
    folder = folder / ".git" if (folder / ".git").is_dir() else folder
    found = frozenset(_marks(folder))
    return found or None


def _marks(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    below = [Path(above, name) for above, _, files in os.walk(folder / "refs") for name in files]
    for path in [*(folder / each for each in _AT_TOP), *below]:
        try:
            seen = path.stat()
        except OSError:
            continue
        yield str(path), seen.st_ino, seen.st_mtime_ns, seen.st_size
