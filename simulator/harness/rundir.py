"""The run directory: where it is, who holds it, and what is left of it afterwards.

A run is alive exactly as long as its lock is held: the supervisor takes it and hands it to the world, so it
is free once both have ended, however they ended. Runs are found through an index in the system's directory
for temporary files; nothing is kept under the home directory.
"""

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from simulator.backends import trees
from simulator.backends.containers import removal
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.harness import outside

_CONTAINERS = "containers.json"
_OWED = frozenset({"run.json", _CONTAINERS, *outside.FILES})
"""What stays of a removed run until its engine has let go of its containers, and its cluster is gone."""
_KEPT_AFTER_FAILURE = frozenset({"logs", "world.json", *_OWED})
_FAILED_RUNS_KEPT = 3
_LEAST_DEPTH = 3
_REMOVE_SECONDS = 1.0
_ENGINE_SECONDS = 5.0
_LOOK_SECONDS = 0.25


class Unusable(Exception):
    """Why a directory cannot be that of a run, and what to do; one sentence."""


class RunDirectory:
    """The paths of one run; making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.world_file = path / "world.json"
        self.cleanup_file = path / "cleanup.txt"
        self.keep_file = path / "keep"
        self.faults_file = path / "faults.json"
        self.containers_file = path / _CONTAINERS
        self._identity = path / "run.json"
        self._lock = path / "run.lock"

    def claim(self, run_id: str, created: bool) -> int:
        """Take the lock, write who we are; returns the descriptor that holds it."""
        self.logs.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        identity = {
            "run_id": run_id,
            "supervisor_pid": os.getpid(),
            "created": created,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_private(self._identity, json.dumps(identity))
        return descriptor

    def ended(self) -> bool:
        """Whether it is certain that nobody holds it: not so of one this user may not look into."""
        try:
            self._lock.lstat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return os.access(self._lock, os.R_OK | os.W_OK) and not self.alive()

    def alive(self) -> bool:
        """Whether a supervisor or a world still holds it."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def identity(self) -> dict[str, Any]:
        """run_id, supervisor_pid, created, started_at; empty where no run of ours is."""
        return _read_json(self._identity)

    def world(self) -> dict[str, Any]:
        """What `up` printed; empty until everything accepted requests."""
        return _read_json(self.world_file)

    def remove_outside(self) -> list[str]:
        """Remove what the run had elsewhere: the absolute paths its cleanup file lists, and clusters.

        One sentence for each thing that could not be; its record stays, until another attempt succeeds.
        """
        with contextlib.suppress(OSError):
            for line in self.cleanup_file.read_text().splitlines():
                path = Path(line.strip())
                if path.is_absolute() and len(path.parts) >= _LEAST_DEPTH:
                    _remove_surely(path)
        return outside.remove(self.path)

    def owes_outside(self) -> bool:
        """Whether a cluster may still hold something of the run."""
        return outside.pending(self.path)

    def record_containers(self, engine: str, run_id: str) -> None:
        """Note, before anything is made there, the engine that has to be asked to remove it again."""
        write_private(self.containers_file, json.dumps({"engine": engine, "run_id": run_id}))

    def containers(self) -> dict[str, Any]:
        """engine, run_id; empty where no engine may hold anything of the run."""
        return _read_json(self.containers_file)

    def remove_containers(self, *, final: bool = True, quiet_seconds: float = 0.0) -> str:
        """Remove what the run has in an engine; returns what is in the way of that, empty when nothing is.

        The record of the engine goes when nothing is left there, has appeared for `quiet_seconds`, and this
        is `final`: whoever calls it otherwise is not the last.
        """
        record = self.containers()
        if not record:
            return ""
        pause, quiet_since = threading.Event(), monotonic()
        while True:
            try:
                found, left = removal.remove(record["engine"], record["run_id"], seconds=_ENGINE_SECONDS)
            except ContainersUnavailable as exc:
                return str(exc)
            quiet_since = monotonic() if found else quiet_since
            if monotonic() - quiet_since >= quiet_seconds:
                break
            pause.wait(_LOOK_SECONDS)
        if left:
            return f"The engine does not remove {', '.join(each.name for each in left)}."
        if final:
            self._release()
        return ""

    def _release(self) -> None:
        """The engine owes nothing any more; a run removed but for that goes now."""
        self.containers_file.unlink(missing_ok=True)
        self.forget_if_empty()

    def forget_if_empty(self) -> None:
        """Let a run go of which nothing but the records of what it owed is left."""
        if {entry.name for entry in _entries(self.path)} <= _OWED:
            self.remove()

    def strip(self) -> None:
        """Remove every credential and all state; logs stay, to be read."""
        for entry in _entries(self.path):
            if entry.name not in _KEPT_AFTER_FAILURE:
                _remove(entry)

    def abandon(self) -> None:
        """Remove all but the logs, here and elsewhere: nobody is left who would use the rest."""
        self.remove_outside()
        self.strip()

    def remove(self) -> None:
        """Remove the run; a directory that was there before it stays, empty.

        As long as something of it may be left elsewhere, its name and the records of that stay.
        """
        created = self.identity().get("created", False)
        owed = self.containers_file.exists() or outside.pending(self.path)
        for entry in _entries(self.path):
            if not (owed and entry.name in _OWED):
                _remove(entry)
        if owed:
            return
        if created:
            with contextlib.suppress(OSError):
                self.path.rmdir()
        _forget(self.path)


def new_run_id() -> str:
    return f"r{datetime.now(UTC):%m%d-%H%M%S}-{secrets.token_hex(2)}"


def index() -> Path:
    """The 0700 directory of this user's runs; raises Unusable when it cannot be ours."""
    path = Path(tempfile.gettempdir()).resolve() / f"zerotouch-{os.geteuid()}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as exc:
        raise Unusable(
            f"Cannot make {path}: {exc.strerror}. Point TMPDIR at a directory you can write."
        ) from exc
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise Unusable(f"{path} is not a private directory of yours. Remove it, or point TMPDIR elsewhere.")
    return path


def prepare(given: Path | None, run_id: str) -> tuple[RunDirectory, bool]:
    """An empty private directory for a run, and whether it was made now; raises Unusable."""
    _prune()
    if given is None:
        path = index() / run_id
        path.mkdir(mode=0o700)
        return RunDirectory(path), True
    path = given.absolute()
    created = _make_empty(path)
    with contextlib.suppress(OSError, Unusable):
        (index() / run_id).symlink_to(path)
    return RunDirectory(path), created


def runs() -> list[RunDirectory]:
    """Every run of this user that the index knows, alive or not, oldest first."""
    found = (RunDirectory(entry.resolve()) for entry in sorted(_entries(index())))
    return [run for run in found if run.identity()]


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file in one step: readers see the old text or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


def _make_empty(path: Path) -> bool:
    way_out = "Name a new or empty directory with --run-dir, or leave the option away."
    try:
        created = not path.exists()
        if created:
            path.mkdir(mode=0o700)
        elif RunDirectory(path).alive():
            raise Unusable(
                f"A rehearsal is running in {path}. End it: python -m simulator down --run-dir {path}"
            )
        elif any(path.iterdir()):
            raise Unusable(f"The run directory {path} is not empty. {way_out}")
        path.chmod(0o700)
        probe = path / "run.probe"
        probe.touch()
        probe.unlink()
    except OSError as exc:
        raise Unusable(f"The run directory {path} cannot be used: {exc.strerror}. {way_out}") from exc
    return created


def _prune() -> None:
    """Drop what the index knows of runs removed by hand, and all but the newest logs of failed ones."""
    with contextlib.suppress(OSError, Unusable):
        entries = sorted(_entries(index()))
        for entry in entries:
            if entry.is_symlink() and not entry.exists():
                entry.unlink()
        ended = [RunDirectory(entry) for entry in entries if entry.is_dir() and not entry.is_symlink()]
        for run in [run for run in ended if run.identity() and not run.alive()][:-_FAILED_RUNS_KEPT]:
            run.remove()
        for run in runs():
            if run.containers_file.exists() and not run.alive():
                run.remove_containers()
            if run.owes_outside() and not run.alive():
                run.remove_outside()
                run.forget_if_empty()


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError, Unusable):
        for entry in _entries(index()):
            if entry.is_symlink() and entry.resolve() == path:
                entry.unlink()


def _entries(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError:
        return []


def _remove_surely(path: Path) -> None:
    """Remove it again while dying processes still write into it, for a moment."""
    deadline, pause = monotonic() + _REMOVE_SECONDS, threading.Event()
    _remove(path)
    while path.exists() and monotonic() < deadline:
        pause.wait(0.05)
        _remove(path)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        trees.remove(entry)
    else:
        with contextlib.suppress(OSError):
            entry.unlink()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
