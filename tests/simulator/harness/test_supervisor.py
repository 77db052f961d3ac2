"""A supervised process and whatever it started end with its owner, its supervisor's orders, or itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.simulator.families import alive
from tests.simulator.waiting import hold_until

# A stand-in world: it starts a deaf child, tells both numbers, then does as its mode says.
WORLD = """
import json, os, signal, subprocess, sys, time
mode = sys.argv[1]
if mode == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mode == "orderly":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
child = subprocess.Popen([sys.executable, "-c", "import signal\\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\nprint(flush=True)\\nwhile True: signal.pause()"],
    stdout=subprocess.PIPE)
child.stdout.readline()
print(json.dumps({"world": os.getpid(), "child": child.pid, "env": dict(os.environ)}), flush=True)
if mode == "ends":
    sys.exit(7)
while True:
    signal.pause()
"""
SUPERVISOR = """
import os, sys
from simulator.harness.supervisor import Supervisor
supervisor = Supervisor([sys.executable, "-c", sys.argv[1], sys.argv[2]], {"ONLY": "this"})
status = supervisor.run(lambda piece: os.write(1, piece))
print(status, supervisor.asked_to_end, flush=True)
"""


class Supervised:
    """A supervisor process over the stand-in world."""

    def __init__(self, mode: str, stdin: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, WORLD, mode],
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]},
        )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.world, self.child, self.environment = told["world"], told["child"], told["env"]

    def last_words(self) -> str:
        """What it said at its end."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline().strip()
        self.process.wait()
        return said

    def close(self) -> None:
        with self.process:
            for pid in alive(self.process.pid, self.world, self.child):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def supervised() -> Iterator[Supervised]:
    started = Supervised("orderly", subprocess.PIPE)
    yield started
    started.close()


@pytest.fixture
def deaf() -> Iterator[Supervised]:
    started = Supervised("deaf", subprocess.PIPE)
    yield started
    started.close()


@pytest.fixture
def brief() -> Iterator[Supervised]:
    started = Supervised("ends", subprocess.DEVNULL)
    yield started
    started.close()


def _close_input(supervised: Supervised) -> None:
    assert supervised.process.stdin is not None
    supervised.process.stdin.close()


def test_the_end_of_the_owners_pipe_ends_all_of_it(supervised: Supervised) -> None:
    _close_input(supervised)
    assert supervised.last_words() == "0 True"
    hold_until(lambda: not alive(supervised.world, supervised.child), 1)


def test_a_world_that_does_not_end_when_asked_is_killed_within_five_seconds(deaf: Supervised) -> None:
    began = monotonic()
    _close_input(deaf)
    assert deaf.last_words() == f"{-signal.SIGKILL} True"
    hold_until(lambda: not alive(deaf.world, deaf.child), 1)
    assert monotonic() - began < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_supervisor_ends_all_of_it(supervised: Supervised, number: signal.Signals) -> None:
    supervised.process.send_signal(number)
    assert supervised.last_words() == "0 True"
    hold_until(lambda: not alive(supervised.world, supervised.child), 1)


def test_when_the_world_is_killed_what_it_started_dies_too(supervised: Supervised) -> None:
    os.kill(supervised.world, signal.SIGKILL)
    assert supervised.last_words() == f"{-signal.SIGKILL} False"
    hold_until(lambda: not alive(supervised.child), 1)


def test_the_status_of_a_world_that_ends_is_told_and_its_children_are_swept(brief: Supervised) -> None:
    assert brief.last_words() == "7 False"
    hold_until(lambda: not alive(brief.child), 1)


def test_the_world_sees_only_the_environment_it_is_given(supervised: Supervised) -> None:
    assert supervised.environment.pop("ONLY") == "this"
    assert set(supervised.environment) <= {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}


def test_without_a_pipe_the_end_of_input_means_nothing() -> None:
    started = Supervised("orderly", subprocess.DEVNULL)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            started.process.wait(0.3)
        started.process.terminate()
        assert started.last_words() == "0 True"
    finally:
        started.close()
