"""A world on containers, as its owner and its engine see it; and what is said when there is no engine."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.backends.containers import removal, wire
from simulator.backends.containers.marks import BACKEND, RUN
from tests.simulator.backends.containers import fake_engine
from tests.simulator.engine_proxy import Proxy
from tests.simulator.engines import engine_url, images
from tests.simulator.harness.worlds import START_SECONDS, World, command, environment, simulator
from tests.simulator.waiting import hold_until

NO_REAPER = {"TESTCONTAINERS_RYUK_DISABLED": "true"}


def _up(directory: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """A world that is not to come up."""
    return subprocess.run(
        command("up", *arguments),
        check=False,
        env=environment(directory / "tmp", **env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )


def _nothing_started(directory: Path) -> None:
    index = directory / "tmp" / f"zerotouch-{os.geteuid()}"
    assert not index.exists() or list(index.iterdir()) == []


def test_without_an_engine_it_says_so_and_starts_nothing(tmp_path: Path) -> None:
    refused = _up(tmp_path, "--ssm", "container", DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"There is no container engine at unix://{tmp_path}/none.sock: install")
    assert refused.stderr.count("\n") == 1
    _nothing_started(tmp_path)


def test_an_engine_that_is_too_old_is_told(tmp_path: Path, short: Path) -> None:
    old = {"GET /version": (200, {**fake_engine.VERSION, "ApiVersion": "1.24"})}
    with fake_engine.engine(short, old) as url:
        refused = _up(tmp_path, "--ssm", "container", DOCKER_HOST=url)
    assert refused.returncode == 1
    assert "is too old (API 1.24; 1.41 is needed)" in refused.stderr
    _nothing_started(tmp_path)


def test_an_image_that_is_no_reference_is_told_whatever_the_tier(tmp_path: Path) -> None:
    refused = _up(tmp_path, "--image", "localstack=Not An Image")
    assert refused.returncode == 1
    assert "is no image reference, such as localstack/localstack" in refused.stderr


def test_an_image_that_cannot_be_pulled_is_told_before_anything_starts(tmp_path: Path, short: Path) -> None:
    words = 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host'
    with fake_engine.engine(short, {"POST /images/create": (500, {"message": words})}) as url:
        refused = _up(tmp_path, "--ssm", "container", DOCKER_HOST=url)
    assert (refused.returncode, refused.stdout) == (1, "")
    pulling, told = refused.stderr.splitlines()
    assert pulling == "pulling localstack/localstack:4.14.0"
    assert told.startswith("The image localstack/localstack:4.14.0 cannot be used: it is not on this machine")
    assert "--image localstack=REF" in told
    _nothing_started(tmp_path)


@pytest.fixture
def url() -> str:
    return engine_url("localstack", "ryuk")


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """What a test that fails would leave in the engine goes all the same."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Ended by `down`, which leaves nothing in the engine."""
    engine = engine_url("localstack", "ryuk")
    directory = tmp_path_factory.mktemp("world")
    env = environment(directory / "tmp", DOCKER_HOST=engine)
    with World(directory / "tmp", "--ssm", "container", "--run-dir", str(directory / "run"), env=env) as up:
        yield up
        assert simulator(directory / "tmp", "down", "--run-dir", str(directory / "run")).returncode == 0
        assert up.supervisor.wait(10) == 0
        assert not _of(engine, up)
    assert not up.run_dir.exists()


def _of(engine: str, world: World) -> list[removal.Left]:
    return removal.marked(engine, f"{RUN}={world.told['run_id']}")


def _rows(world: World) -> dict[str, Any]:
    told = simulator(world.temporary, "status", "--json", "--run-dir", str(world.run_dir))
    (state,) = json.loads(told.stdout)["runs"]
    return {
        "exit": told.returncode,
        "state": state["state"],
        **{row["name"]: row for row in state["backends"]},
    }


@pytest.mark.containers
def test_the_world_says_what_runs_in_a_container(url: str, world: World) -> None:
    assert world.told["tiers"]["ssm"] == "container"
    ssm = _rows(world)["ssm"]
    assert (ssm["product"], ssm["tier"], ssm["detail"]) == ("LocalStack", "container", images().localstack)
    assert ssm["version"].startswith("4.")
    (found,) = _of(url, world)
    _, told = wire.call(url, "GET", found.path.partition("?")[0] + "/json")
    assert told["Config"]["Labels"][BACKEND] == "localstack"
    assert "reaper: minding this run's containers" in world.progress.read_text()


@pytest.mark.containers
def test_nothing_of_a_run_that_lives_is_left_over(world: World, url: str) -> None:
    env = environment(world.temporary, DOCKER_HOST=url)
    told = subprocess.run(
        command("leftovers", "--json"), check=False, env=env, capture_output=True, text=True, timeout=60
    )
    assert world.told["run_id"] not in {row["run"] for row in json.loads(told.stdout)["leftovers"]}


@pytest.mark.containers
def test_a_container_that_is_removed_degrades_the_world_and_up_starts_another(url: str, world: World) -> None:
    (before,) = _of(url, world)
    removal.remove_all(url, [before])
    hold_until(lambda: _rows(world)["state"] == "degraded")
    rows = _rows(world)
    assert rows["exit"] == 3
    assert rows["ssm"]["what"].startswith("its container ")
    assert "Ready." in rows["ssm"]["last_lines"]
    healed = simulator(world.temporary, "up", "--run-dir", str(world.run_dir))
    assert healed.returncode == 0, healed.stderr
    assert "started again; it kept everything in memory: every parameter" in healed.stderr
    assert json.loads(healed.stdout)["ssm_url"] == world.told["ssm_url"]
    (after,) = _of(url, world)
    assert after.path != before.path
    assert (_rows(world)["exit"], _rows(world)["ssm"]["state"]) == (0, "up")
    assert httpx.get(world.told["ssm_url"], trust_env=False).status_code == 400


@pytest.mark.containers
def test_a_world_that_is_killed_leaves_its_logs_and_nothing_in_the_engine(tmp_path: Path, url: str) -> None:
    env = environment(tmp_path / "tmp", DOCKER_HOST=url, **NO_REAPER)
    with World(tmp_path / "tmp", "--ssm", "container", env=env) as world:
        os.kill(world.pid, signal.SIGKILL)
        assert world.supervisor.wait(15) == 1
        assert not _of(url, world)
        left = {"logs", "run.json", "world.json"}
        hold_until(lambda: {entry.name for entry in world.run_dir.iterdir()} == left)


@pytest.mark.containers
def test_what_an_engine_that_was_lost_still_holds_goes_once_it_is_back(
    tmp_path: Path, short: Path, url: str, cleanup: ExitStack
) -> None:
    with Proxy(short, url) as proxy:
        env = environment(tmp_path / "tmp", DOCKER_HOST=proxy.url, **NO_REAPER)
        with World(tmp_path / "tmp", "--ssm", "container", env=env) as world:
            cleanup.callback(removal.remove, url, world.told["run_id"])
            proxy.close()
            hold_until(lambda: _rows(world)["state"] == "degraded")
            assert "its engine does not answer" in _rows(world)["ssm"]["what"]
            down = simulator(tmp_path / "tmp", "down", "--run-dir", str(world.run_dir))
            assert down.returncode == 1
            assert "There is no container engine at" in down.stderr
            assert "leftovers --remove" in down.stderr
            world.supervisor.wait(10)
        assert {entry.name for entry in world.run_dir.iterdir()} == {"run.json", "containers.json"}
        leftovers = ("leftovers", "--run-dir", str(world.run_dir))
        away = simulator(tmp_path / "tmp", *leftovers)
        assert (away.returncode, away.stdout) == (1, "")
        assert "There is no container engine at" in away.stderr
        proxy.open()
        shown = simulator(tmp_path / "tmp", *leftovers, "--json")
        assert shown.returncode == 3
        (left,) = json.loads(shown.stdout)["leftovers"]
        assert (left["kind"], left["run"]) == ("container", world.told["run_id"])
        assert simulator(tmp_path / "tmp", *leftovers, "--remove").returncode == 0
        assert simulator(tmp_path / "tmp", *leftovers).returncode == 0
    assert not _of(url, world)
    assert not world.run_dir.exists()


@pytest.mark.containers
def test_the_next_world_removes_what_the_one_before_could_not(
    tmp_path: Path, short: Path, url: str, cleanup: ExitStack
) -> None:
    with Proxy(short, url) as proxy:
        env = environment(tmp_path / "tmp", DOCKER_HOST=proxy.url, **NO_REAPER)
        with World(tmp_path / "tmp", "--ssm", "container", env=env) as world:
            cleanup.callback(removal.remove, url, world.told["run_id"])
            proxy.close()
        assert len(_of(url, world)) == 1
        proxy.open()
        with World(tmp_path / "tmp", env=environment(tmp_path / "tmp")):
            assert not _of(url, world)
            assert not world.run_dir.exists()
