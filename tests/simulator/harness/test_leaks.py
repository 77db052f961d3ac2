"""Whoever is killed, and whenever, nothing of a run is left in the engine half a minute later."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.backends.containers import removal
from simulator.backends.containers.marks import REAPER, RUN
from tests.simulator.engines import engine_url
from tests.simulator.families import alive, descendants, running
from tests.simulator.harness.worlds import command, environment
from tests.simulator.waiting import hold_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(240)]
TIERS = ("--postgres", "container", "--pods", "container")
"""With containers, volumes and a network, and without the service that takes long to load itself."""
EVERY = ("--ssm", "container", *TIERS)
IMAGES = ("localstack", "postgres", "ryuk")
GONE_SECONDS = 30.0
START_SECONDS = 150.0
"""On a busy machine, on which most of the time goes by before a service has loaded itself."""
BEFORE, KNOWN, MAKING, UP = "before a word", "its run is known", "a container is being made", "up"
POINTS = (BEFORE, KNOWN, MAKING, *(f"{lines} phases" for lines in range(1, 7)), UP)


def _sampled(*sample: str) -> pytest.MarkDecorator:
    """Every point, those out of the sample marked `long`."""
    points = [pytest.param(point, marks=() if point in sample else pytest.mark.long) for point in POINTS]
    return pytest.mark.parametrize("point", points)


@dataclass
class Starting:
    """A world on its way up, in a process group of its own."""

    run_dir: Path
    progress: Path
    supervisor: "subprocess.Popen[str]"
    engine: str

    def run_id(self) -> str:
        identity = self.run_dir / "run.json"
        return str(json.loads(identity.read_text())["run_id"]) if identity.exists() else ""

    def left(self) -> list[removal.Left]:
        run_id = self.run_id()
        if not run_id:
            return []
        return removal.marked(self.engine, f"{RUN}={run_id}") + removal.marked(
            self.engine, f"{REAPER}={run_id}"
        )

    def reached(self, point: str) -> bool:
        if self.supervisor.poll() is not None:
            raise RuntimeError(f"the world ended by itself: {self.progress.read_text()}")
        match point:
            case "before a word":
                return len(descendants(self.supervisor.pid)) > 1
            case "its run is known":
                return bool(self.run_id())
            case "a container is being made":
                return bool(self.left())
            case "up":
                return (self.run_dir / "world.json").exists()
        return len(self.progress.read_text().splitlines()) >= int(point.split(maxsplit=1)[0])

    def kill(self) -> set[int]:
        """The supervisor with its process group and the world with its own; the rest is returned."""
        table = running()
        worlds = {pid for pid, (parent, _) in table.items() if parent == self.supervisor.pid}
        family = descendants(self.supervisor.pid)
        for leader in (self.supervisor.pid, *worlds):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(leader, signal.SIGKILL)
        self.supervisor.wait()
        return alive(*family)


@contextmanager
def _starting(directory: Path, engine: str, tiers: Sequence[str] = TIERS, **env: str) -> Iterator[Starting]:
    progress = directory / "progress"
    with (
        progress.open("wb") as stderr,
        subprocess.Popen(
            command("up", "--run-dir", str(directory / "run"), *tiers),
            env=environment(directory / "tmp", DOCKER_HOST=engine, **env),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            text=True,
            start_new_session=True,
        ) as supervisor,
    ):
        yield Starting(directory / "run", progress, supervisor, engine)


def _killed_at(point: str, directory: Path, **env: str) -> None:
    with _starting(directory, engine_url(*IMAGES), **env) as starting:
        hold_until(lambda: starting.reached(point), START_SECONDS)
        rest = starting.kill()
        hold_until(lambda: not alive(*rest), GONE_SECONDS)
        assert not starting.left()
        assert not (starting.run_dir / "containers.json").exists()


class TestWithAReaper:
    """Classes, as those of one may run beside those of the other."""

    @_sampled(KNOWN, MAKING, UP)
    def test_the_supervisor_and_the_world_are_killed(self, tmp_path: Path, point: str) -> None:
        _killed_at(point, tmp_path)


class TestWithoutAReaper:
    @_sampled(BEFORE, MAKING, "4 phases", UP)
    def test_the_supervisor_and_the_world_are_killed(self, tmp_path: Path, point: str) -> None:
        _killed_at(point, tmp_path, TESTCONTAINERS_RYUK_DISABLED="true")


def test_everything_is_killed_that_could_remove_it_and_the_reaper_does(tmp_path: Path) -> None:
    engine = engine_url(*IMAGES)
    with _starting(tmp_path, engine, EVERY) as starting:
        hold_until(lambda: starting.reached(UP), START_SECONDS)
        assert {each.kind for each in starting.left()} == {"container", "network", "volume"}
        for pid in starting.kill():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        hold_until(lambda: not starting.left(), GONE_SECONDS)
