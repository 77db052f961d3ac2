"""Whoever is killed, nothing of a world is left five seconds later."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.families import alive, descendants
from tests.simulator.harness.worlds import START_SECONDS, World, command, environment, simulator
from tests.simulator.waiting import hold_until

OWNER = """
import subprocess, sys
world = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
world.wait()
"""


def _gone(pids: set[int]) -> None:
    """A world has several processes; all of them end within five seconds."""
    assert len(pids) >= 3
    hold_until(lambda: not alive(*pids), 5)


def test_the_owner_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, *command("up")],
        env=environment(tmp_path / "tmp"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        told = json.loads(owner.stdout.readline())
        family = descendants(owner.pid)
        owner.kill()
        _gone(family)
    hold_until(lambda: not Path(told["run_dir"]).exists(), 5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_supervisor_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    with World(tmp_path / "tmp") as world:
        world.wake_a_database()
        world.deploy_a_cache()
        family = world.family()
        world.supervisor.send_signal(number)
        _gone(family)
        hold_until(lambda: not world.run_dir.exists(), 5)


def test_the_world_is_killed_and_its_logs_stay_without_a_credential(tmp_path: Path) -> None:
    with World(tmp_path / "tmp") as world:
        world.wake_a_database()
        world.deploy_a_cache()
        family = world.family()
        outside = _outside(world)
        os.kill(world.pid, signal.SIGKILL)
        assert world.supervisor.wait(5) == 1
        _gone(family)
        left = {entry.name for entry in world.run_dir.iterdir()}
    assert left == {"logs", "run.json", "world.json"}
    assert not [path for path in outside if path.exists()]
    assert "The world ended with status -9. Its logs stay in" in world.progress.read_text()


def _outside(world: World) -> list[Path]:
    """What the world keeps outside its run directory: the data of PostgreSQL, when root runs it."""
    record = world.run_dir / "cleanup.txt"
    paths = [Path(line) for line in record.read_text().splitlines()] if record.exists() else []
    assert bool(paths) == (os.geteuid() == 0)
    assert all(path.exists() for path in paths)
    return paths


def test_the_supervisor_and_the_world_are_killed_in_the_same_instant(tmp_path: Path) -> None:
    with World(tmp_path / "tmp") as world:
        world.wake_a_database()
        world.deploy_a_cache()
        family = world.family()
        outside = _outside(world)
        os.kill(world.supervisor.pid, signal.SIGKILL)
        os.kill(world.pid, signal.SIGKILL)
        _gone(family)
        hold_until(lambda: not [path for path in outside if path.exists()], 5)
        hold_until(lambda: {e.name for e in world.run_dir.iterdir()} == {"logs", "run.json", "world.json"}, 5)


def test_a_world_that_hangs_is_killed_when_its_owner_goes(tmp_path: Path) -> None:
    with World(tmp_path / "tmp") as world:
        world.wake_a_database()
        world.deploy_a_cache()
        family = world.family()
        os.kill(world.pid, signal.SIGSTOP)
        world.close_input()
        _gone(family)
        assert world.supervisor.wait(10) == 0
    assert "The world did not end within 2.5 s and was killed." in world.progress.read_text()


def test_a_backend_that_does_not_come_up_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "flask.py").write_text("raise ImportError('no flask today')")
    env = environment(tmp_path / "tmp")
    started = subprocess.run(
        command("up"),
        check=False,
        env={**env, "PYTHONPATH": os.pathsep.join([str(broken), env["PYTHONPATH"]])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert started.returncode == 1
    assert started.stdout == ""
    assert "moto: ended with status 1 at start; its log" in started.stderr
    assert "ImportError: no flask today" in started.stderr
    (run,) = (tmp_path / "tmp" / f"zerotouch-{os.geteuid()}").iterdir()
    assert {entry.name for entry in run.iterdir()} == {"logs", "run.json"}


def test_down_ends_it_keeps_what_it_is_told_to_and_ending_it_again_is_no_error(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    with World(temporary) as world:
        family = world.family()
        first = simulator(temporary, "down", "--keep")
        _gone(family)
        assert world.supervisor.wait(5) == 0
    assert (world.run_dir / "logs" / "gateway.jsonl").exists()
    by_name = simulator(temporary, "down", "--run-dir", str(world.run_dir))
    assert not world.run_dir.exists()
    again = simulator(temporary, "down", "--run-dir", str(world.run_dir))
    assert again.returncode == simulator(temporary, "down").returncode == 0
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    assert (by_name.returncode, by_name.stdout) == (0, "")
    assert list((temporary / f"zerotouch-{os.geteuid()}").iterdir()) == []


@pytest.mark.parametrize("lines", [0, 1])
def test_an_interrupt_before_it_is_up_leaves_nothing(tmp_path: Path, lines: int) -> None:
    """Before its first word of progress, when the world has only been started, and after it."""
    temporary = tmp_path / "tmp"
    with subprocess.Popen(
        command("up"),
        env=environment(temporary),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as supervisor:
        assert supervisor.stderr is not None
        hold_until(lambda: len(descendants(supervisor.pid)) > 1)
        for _ in range(lines):
            supervisor.stderr.readline()
        family = descendants(supervisor.pid)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(10) == 130
    hold_until(lambda: not alive(*family), 1)
    assert list((temporary / f"zerotouch-{os.geteuid()}").iterdir()) == []
