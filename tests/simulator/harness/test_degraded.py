"""A backend that dies leaves a world degraded: `status` names it, `up` on the same directory heals it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.harness.worlds import World, command, environment, simulator
from tests.simulator.waiting import hold_until


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("degraded")
    with World(directory / "tmp", "--run-dir", str(directory / "run")) as up:
        yield up


def _rows(world: World) -> dict[str, Any]:
    told = simulator(world.temporary, "status", "--json", "--run-dir", str(world.run_dir))
    (state,) = json.loads(told.stdout)["runs"]
    return {
        "exit": told.returncode,
        "state": state["state"],
        **{row["name"]: row for row in state["backends"]},
    }


def _kill_moto(world: World) -> None:
    os.kill(_rows(world)["ssm"]["pid"], signal.SIGKILL)
    hold_until(lambda: _rows(world)["state"] == "degraded")


def _again(world: World, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return simulator(world.temporary, "up", "--run-dir", str(world.run_dir), *arguments)


def test_it_is_told_with_its_last_lines_and_the_way_to_heal_it(world: World) -> None:
    assert (_rows(world)["exit"], _rows(world)["state"]) == (0, "up")
    _kill_moto(world)
    rows = _rows(world)
    assert rows["exit"] == 3
    for name in ("ssm", "s3", "hetzner"):
        assert (rows[name]["state"], rows[name]["pid"]) == ("degraded", None)
        assert rows[name]["what"] == "ended with status -9 while it was needed"
        assert rows[name]["last_lines"]
    assert rows["neon"]["state"] == "up"
    told = simulator(world.temporary, "status", "--run-dir", str(world.run_dir))
    assert told.returncode == 3
    assert "ssm is degraded: ended with status -9 while it was needed" in told.stdout
    assert f"python -m simulator up --run-dir {world.run_dir}" in told.stdout
    _again(world)


def test_up_on_the_same_directory_starts_it_again_and_says_what_was_lost(world: World) -> None:
    ssm = world.parameters()
    ssm.put_parameter(Name="/zerotouch/dev/a/key", Value="v", Type="SecureString")
    _kill_moto(world)
    healed = _again(world)
    assert healed.returncode == 0
    assert "ssm, s3 and hetzner started again; it kept everything in memory: every parameter" in healed.stderr
    told = json.loads(healed.stdout)
    assert told["ssm_url"] == world.told["ssm_url"]
    assert told == json.loads((world.run_dir / "world.json").read_text())
    assert (_rows(world)["exit"], _rows(world)["ssm"]["last_lines"]) == (0, "")
    gone = "/zerotouch/dev/a/key"
    assert ssm.get_parameters(Names=[gone])["InvalidParameters"] == [gone]
    assert ssm.put_parameter(Name="/zerotouch/dev/a/key", Value="v", Type="SecureString")["Version"] == 1
    ssm.close()


def test_several_may_heal_it_at_once(world: World) -> None:
    _kill_moto(world)
    up = command("up", "--run-dir", str(world.run_dir))
    env = environment(world.temporary)
    quiet = subprocess.DEVNULL
    healing = [subprocess.Popen(up, env=env, stdin=quiet, stdout=quiet, stderr=quiet) for _ in range(2)]
    assert sorted(each.wait(60) for each in healing) in ([0, 0], [0, 1])
    hold_until(lambda: _rows(world)["state"] == "up")


def test_a_world_that_is_whole_is_refused_as_ever(world: World) -> None:
    refused = _again(world)
    assert refused.returncode == 1
    assert f"A rehearsal is running in {world.run_dir}" in refused.stderr


def test_what_cannot_be_started_again_is_told_and_the_world_goes_on(world: World) -> None:
    in_the_way = world.run_dir / "home" / "moto.new"
    in_the_way.mkdir()
    _kill_moto(world)
    refused = _again(world)
    assert refused.returncode == 1
    assert "ssm, s3 and hetzner cannot be started again: moto: ended with status 1 at start" in refused.stderr
    assert _rows(world)["state"] == "degraded"
    in_the_way.rmdir()
    assert _again(world).returncode == 0
