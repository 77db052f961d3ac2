"""The sweeper: a small process that outlives its world for a moment and ends what the world left behind.

    python -m simulator.harness.sweeper RUN_DIR GROUP SUPERVISOR

It holds the reading ends of two pipes, standard input from the world and the descriptor SUPERVISOR from the
supervisor, and stands in a session of its own, so that both of them may be killed in the same instant.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.harness.rundir import RunDirectory


class Sweeper:
    """The world's side of it: started before anything else, dismissed when the world ends in order."""

    def __init__(self, run_dir: Path) -> None:
        """To be made by the leader of the group to sweep, whose standard input is the supervisor's pipe."""
        supervisor = os.dup(sys.stdin.fileno())
        try:
            self._process = subprocess.Popen(
                [*_COMMAND, str(run_dir), str(os.getpgrp()), str(supervisor)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[supervisor],
            )
        finally:
            os.close(supervisor)

    def dismiss(self) -> None:
        """Whoever ends the world sees to the rest."""
        self._process.kill()
        with self._process:
            self._process.wait()


_QUIET_SECONDS = 5.0
"""How long nothing of the run must appear in its engine: what was asked for before the end may come late."""
_COMMAND = (sys.executable, "-P", "-s", "-m", "simulator.harness.sweeper")


def main(argv: Sequence[str]) -> int:
    """Wait for the end of the world, kill its group, and remove its secrets when nobody else is there to.

    What it left in a container engine goes in any case, also what appears there late.
    """
    run_dir, group, supervisor = Path(argv[0]), int(argv[1]), int(argv[2])
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    directory = RunDirectory(run_dir)
    if _ended(supervisor):
        directory.abandon()
    directory.remove_containers(quiet_seconds=_QUIET_SECONDS)
    return 0


def _ended(pipe: int) -> bool:
    """Whether nobody holds the writing end any more; the supervisor never writes."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        return bool(selector.select(0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
