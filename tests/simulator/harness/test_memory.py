"""What processes take is read of this very machine, in either of the two ways there are."""

import os
import subprocess
import sys

from simulator.harness import memory
from simulator.harness.memory import Process
from tests.simulator.waiting import hold_until

CHILD = "import sys; sys.stdin.read()"


def test_a_family_is_told_with_its_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        hold_until(lambda: len(memory.of_world(os.getpid())) > 0)
        (row,) = memory.of_world(child.pid)
        child.stdin.close()
    assert (row["name"], row["count"]) == ("other", 1)
    assert row["rss_mb"] > 1


def test_ps_knows_who_started_whom() -> None:
    table = memory._from_ps()
    assert table[os.getpid()].parent == os.getppid()
    assert table[os.getpid()].rss > 1024
    assert table[os.getpid()].pss is None


def test_who_is_gone_takes_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    assert memory.of_world(child.pid) == []


def test_processes_are_known_by_what_they_run() -> None:
    kinds = {
        "/x/python -m simulator up --run-dir /tmp/git": "supervisor",
        "/x/python -P -s -m simulator world --run-dir=/tmp/postgres": "world",
        "/x/valkey-server 127.0.0.1:1": "valkey-server",
        "postgres: checkpointer": "postgres",
        "/bin/sleep 1": "other",
    }
    assert {command: Process(1, command, 1, None).kind for command in kinds} == kinds
