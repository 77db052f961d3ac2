"""Read trees and blobs straight from the object database: no checkout, no filters, no attributes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.adapters.repo.git import Git
from portal.errors import Protocol

FILE_MODES = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a tree; `size` is in bytes, 0 for what is not a file."""

    path: str
    mode: str
    blob: str
    size: int

    @property
    def is_file(self) -> bool:
        """A plain file: no link, no submodule."""
        return self.mode in FILE_MODES


async def entries(git: Git, treeish: str, *paths: str) -> dict[str, Entry]:
    """Every entry at or below `paths` that exists, by path."""
    output = await git.local("ls-tree", "-r", "-z", "-l", "--full-tree", treeish, "--", *paths)
    found: dict[str, Entry] = {}
    for line in output.stdout.decode(errors="replace").split("\0"):
        if line:
            head, _, path = line.partition("\t")
            mode, _, blob, size = head.split()
            found[path] = Entry(path, mode, blob, int(size) if size.isdigit() else 0)
    return found


async def blobs(git: Git, ids: Iterable[str]) -> Mapping[str, bytes]:
    """The content of each blob, all through one process."""
    wanted = tuple(dict.fromkeys(ids))
    if not wanted:
        return {}
    request = "".join(f"{one}\n" for one in wanted).encode()
    stream = (await git.local("cat-file", "--batch", stdin=request)).stdout
    found: dict[str, bytes] = {}
    at = 0
    for one in wanted:
        end = stream.find(b"\n", at)
        head = stream[at:end].split()
        if end < 0 or len(head) != 3:  # noqa: PLR2004 - id, type, size
            raise Protocol("the mirror lacks an object", system="git", operation="cat-file", target=one)
        start = end + 1
        size = int(head[2])
        found[one] = stream[start : start + size]
        at = start + size + 1
    return found
