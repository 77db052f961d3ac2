"""Where and as whom PostgreSQL runs, given that it refuses to run as root."""

import os
import pwd
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulator.backends import trees

ACCOUNT = "nobody"
CLEANUP = "cleanup.txt"
MARK = "zerotouch-rehearsal-"


@dataclass(frozen=True, slots=True)
class Quarters:
    """A 0700 directory and the uid its processes run as; None means as the caller."""

    directory: Path
    user: int | None

    def own(self, path: Path) -> None:
        """Hand a path just made by the caller to the uid of these quarters."""
        if self.user is not None:
            os.chown(path, self.user, _group(self.user))

    def remove(self) -> None:
        """Take the directory and everything in it away; what is gone already is fine."""
        trees.remove(self.directory)


@cache
def _group(user: int) -> int:
    return pwd.getpwuid(user).pw_gid


def quarters(run_dir: Path, name: str) -> Quarters:
    """A directory for server data: inside the run directory, except for root.

    Root gets one outside it, owned by an unprivileged uid that could not enter the 0700 run directory; its
    path is appended to `cleanup.txt` of the run directory before anything is put into it.
    """
    if os.geteuid() != 0:
        return Quarters(Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run_dir)), None)
    user = pwd.getpwnam(ACCOUNT).pw_uid
    made = Quarters(Path(tempfile.mkdtemp(prefix=f"{MARK}{name}-", dir=_shared_directory(user))), user)
    with (run_dir / CLEANUP).open("a") as record:
        record.write(f"{made.directory}\n")
    made.own(made.directory)
    return made


def enterable(path: Path, user: int | None) -> bool:
    """Whether `user` may enter every directory on the way to `path`; None stands for the caller."""
    return user is None or all(_may_enter(parent, user) for parent in path.resolve().parents)


def _may_enter(directory: Path, user: int) -> bool:
    status = directory.stat()
    return bool(status.st_mode & 0o001) or (status.st_uid == user and bool(status.st_mode & 0o100))


def _shared_directory(user: int) -> Path:
    for candidate in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - only the parent of a mkdtemp directory
        if candidate.is_dir() and enterable(candidate / "x", user):
            return candidate
    raise PermissionError(
        f"no temporary directory the account {ACCOUNT} can enter: set TMPDIR to one not private to root"
    )
