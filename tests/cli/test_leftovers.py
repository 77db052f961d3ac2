"""Leftovers are judged by the lock a run holds, not by process ids that others may have by now."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 2**22 - 1  # beyond what a system hands out in a test's time


@pytest.fixture(name="index")
def _index(tmp_path: Path) -> Path:
    index = tmp_path / f"zerotouch-{os.geteuid()}"
    index.mkdir(mode=0o700)
    return index


def _run(index: Path, name: str, *, supervisor: int, lock: bool) -> Path:
    run = index / name
    run.mkdir()
    (run / "run.json").write_text(json.dumps({"run_id": name, "supervisor_pid": supervisor}))
    (run / "world.json").write_text(json.dumps({"supervisor_pid": supervisor, "pid": supervisor}))
    if lock:
        (run / "run.lock").touch()
    return run


@contextmanager
def _held(run: Path) -> Iterator[None]:
    with (run / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _findings(index: Path, code: int) -> dict[str, tuple[str, str]]:
    result = subprocess.run(
        [sys.executable, "-m", "portal", "doctor", "--leftovers", "-o", "json"],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(index),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TMPDIR": str(index.parent),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == code, result.stderr
    found = json.loads(result.stdout)
    return {Path(item["check"]).name: (item["outcome"], item["detail"]) for item in found}


def test_where_nothing_is_left_it_says_so(index: Path) -> None:
    index.rmdir()
    assert _findings(index, 0) == {"rehearsals": ("good", "nothing is left")}


def test_a_run_whose_lock_is_held_is_running(index: Path) -> None:
    with _held(_run(index, "r1", supervisor=os.getpid(), lock=True)):
        assert _findings(index, 0) == {"r1": ("good", "a world that is running")}


def test_a_held_lock_without_a_supervisor_is_a_world_nobody_owns(index: Path) -> None:
    with _held(_run(index, "r1", supervisor=NOBODY, lock=True)):
        assert _findings(index, 1) == {"r1": ("bad", "a world that runs without its supervisor")}


def test_a_free_lock_is_an_ended_run_whoever_has_its_process_id_now(index: Path) -> None:
    _run(index, "r1", supervisor=os.getpid(), lock=True)
    assert _findings(index, 1) == {"r1": ("bad", "the directory of a world that has ended")}


def test_the_logs_of_a_failed_run_are_no_running_world(index: Path) -> None:
    _run(index, "r1", supervisor=os.getpid(), lock=False)
    assert _findings(index, 0) == {"r1": ("good", "logs of a world that ended badly")}


def test_what_is_not_a_run_is_not_looked_at(index: Path) -> None:
    (index / "gone").symlink_to(index / "nowhere")
    (index / "other").mkdir()
    (index / "other" / "world.json").write_text("{}")
    assert _findings(index, 0) == {"rehearsals": ("good", "nothing is left")}


def test_a_world_that_has_ended_is_not_contacted(index: Path) -> None:
    run = _run(index, "r1", supervisor=NOBODY, lock=True)
    facts = {
        "run_dir": str(run),
        "run_id": "r1",
        "environment": "dev",
        "neon_projects": {"dev": "p"},
        "neon_url": "http://127.0.0.1:1",
        "neon_api_key_file": "k",
        "aws_region": "x",
        "ssm_url": "http://127.0.0.1:1",
        "s3_url": "http://127.0.0.1:1",
        "aws_config_file": "c",
        "aws_credentials_file": "c",
        "kubeconfig": "k",
        "tenants_repo": "file:///nowhere",
    }
    (run / "world.json").write_text(json.dumps(facts))
    result = subprocess.run(
        [sys.executable, "-m", "portal", "--world", str(run), "status"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(index), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "has ended" in result.stderr
