"""`down`: end a world in order, by force when it must be, and remove what is left of it."""

import argparse
import contextlib
import os
import signal
import threading
import time

from simulator.harness import outside
from simulator.harness.remote import NoAnswer, call
from simulator.harness.rundir import RunDirectory
from simulator.harness.selection import Refusal, living, the_run
from simulator.harness.talk import say

_ORDERLY_SECONDS = 6.0
_FORCED_SECONDS = 5.0
_POLL_SECONDS = 0.05


def run(arguments: argparse.Namespace) -> int:
    """0 when nothing of it is left, also when nothing was."""
    if arguments.run_dir is None and not living():
        say("No rehearsal is running.")
        return 0
    if arguments.run_dir is not None and not arguments.run_dir.exists():
        say(f"There is no rehearsal in {arguments.run_dir}.")
        return 0
    directory = the_run(arguments.run_dir)
    if arguments.keep:
        directory.keep_file.touch()
    if directory.alive():
        _end(directory)
    left = directory.remove_outside()
    if in_the_way := directory.remove_containers():
        left.append(f"{in_the_way} Its containers go with the next: python -m simulator leftovers --remove")
    if not arguments.keep:
        directory.remove()
    if left:
        raise Refusal("\n".join(left))
    return 0


def _end(directory: RunDirectory) -> None:
    """Ask the world, then its supervisor; raises Refusal when neither lets go."""
    try:
        call(directory, "POST", "/shutdown")
    except NoAnswer:
        _signal(directory, signal.SIGTERM)
    if _gone(directory, _ORDERLY_SECONDS + (outside.SECONDS if outside.pending(directory.path) else 0)):
        return
    _signal(directory, signal.SIGTERM)
    if not _gone(directory, _FORCED_SECONDS):
        raise Refusal(f"The world in {directory.path} does not end; look at {directory.logs}")


def _signal(directory: RunDirectory, number: signal.Signals) -> None:
    """To the supervisor, which holds the lock; the lock is what makes its number trustworthy."""
    with contextlib.suppress(ProcessLookupError, PermissionError, KeyError):
        os.kill(directory.identity()["supervisor_pid"], number)


def _gone(directory: RunDirectory, seconds: float) -> bool:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while directory.alive():
        if time.monotonic() >= deadline:
            return False
        pause.wait(_POLL_SECONDS)
    return True
