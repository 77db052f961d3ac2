"""Creating a cluster by a command that is slow, silent or not there."""

import json
import sys
from pathlib import Path

import pytest

from simulator.backends.failure import BackendFailed
from simulator.backends.kind import creation, record, removal
from tests.simulator.families import running

CONFIG = Path("cluster.yaml")
SLEEPER = """
import threading
print(" \u2022 Preparing nodes \U0001f4e6 ...", flush=True)
threading.Event().wait()
"""


def _kind(directory: Path, code: str) -> str:
    """A program that runs `code`."""
    (directory / "logs").mkdir(exist_ok=True)
    script = directory / "kind.py"
    script.write_text(code)
    program = directory / "kind"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    return str(program)


async def _create(made: record.Record, directory: Path, told: list[str], seconds: float = 20.0) -> Path:
    return await creation.create(
        made, directory, config=CONFIG, image="node:1", tell=told.append, seconds=seconds
    )


async def test_a_creation_that_takes_too_long_is_ended_and_its_record_stays(tmp_path: Path) -> None:
    made, told = record.of_run("r1", _kind(tmp_path, SLEEPER)), list[str]()
    with pytest.raises(BackendFailed, match="kind: created no cluster within 2 s; its log"):
        await _create(made, tmp_path, told, seconds=2)
    assert told == ["[kind] Preparing nodes"]
    assert not [args for _, args in running().values() if str(tmp_path) in args]
    assert record.read(tmp_path) == made


async def test_a_program_that_cannot_be_started_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    made = record.of_run("r1", str(tmp_path / "absent"))
    with pytest.raises(BackendFailed, match=r"kind: .*/absent cannot be started \(No such file"):
        await _create(made, tmp_path, [])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("Cannot connect to the Docker daemon at unix:///x", "start Docker"),
        ("failed to pull image kindest/node", "or name another with --image node=REF"),
        ("write /x: no space left on device", "free disk space of the container engine"),
        ("something nobody has seen before", ""),
    ],
)
async def test_what_kind_says_is_shown_with_the_way_out(tmp_path: Path, words: str, hint: str) -> None:
    code = f"import sys\nprint('ERROR: {words}')\nsys.exit(1)\n"
    with pytest.raises(BackendFailed) as failed:
        await _create(record.of_run("r1", _kind(tmp_path, code)), tmp_path, [])
    assert "kind: created no cluster, it ended with status 1" in str(failed.value)
    assert f"ERROR: {words}" in str(failed.value)
    assert hint in str(failed.value)


async def test_a_line_longer_than_any_buffer_is_no_fault(tmp_path: Path) -> None:
    code = "import pathlib, sys\nprint('x' * 200_000)\npathlib.Path(sys.argv[6]).write_text('{}')\n"
    kubeconfig = await _create(record.of_run("r1", _kind(tmp_path, code)), tmp_path, [])
    assert kubeconfig == tmp_path / "kind.kubeconfig"


def test_the_record_names_the_cluster_the_engine_and_the_provider(tmp_path: Path) -> None:
    made = record.of_run("r1", "/bin/kind", "unix:///run/podman.sock", "podman")
    made.write(tmp_path)
    found = record.read(tmp_path)
    assert found == made
    assert found.name == "zerotouch-r1"
    assert found.environment == {
        "DOCKER_HOST": "unix:///run/podman.sock",
        "CONTAINER_HOST": "unix:///run/podman.sock",
        "KIND_EXPERIMENTAL_PROVIDER": "podman",
    }
    assert (tmp_path / record.FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", json.dumps({"name": "x", "more": 1})])
def test_a_damaged_record_is_nothing_to_delete(tmp_path: Path, text: str) -> None:
    (tmp_path / record.FILE).write_text(text)
    assert record.read(tmp_path) is None


def test_without_kind_and_without_an_engine_the_record_stays_and_says_what_to_do(tmp_path: Path) -> None:
    record.of_run("r1", str(tmp_path / "absent")).write(tmp_path)
    told = removal.remove(tmp_path)
    assert told.startswith("The kind cluster zerotouch-r1 is not deleted")
    assert told.endswith("run kind delete cluster --name zerotouch-r1")
    assert record.read(tmp_path) is not None


def test_a_delete_that_hangs_is_given_up(tmp_path: Path) -> None:
    record.of_run("r1", _kind(tmp_path, SLEEPER)).write(tmp_path)
    assert "kind did not end within 1 s" in removal.remove(tmp_path, seconds=1)
