"""Leftovers are judged by the lock a run holds, not by process ids that others may have by now."""

import fcntl
import json
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.shell import portal

NO_ENGINE = "unix:///nonexistent/docker.sock"
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


def _findings(index: Path, code: int, engine: str = NO_ENGINE) -> dict[str, tuple[str, str]]:
    here = index if index.is_dir() else index.parent
    told = {"HOME": str(index), "TMPDIR": str(index.parent), "DOCKER_HOST": engine}
    result = portal("doctor", "--leftovers", "-o", "json", cwd=here, **told)
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


@contextmanager
def _engine(run: Path) -> Iterator[str]:
    """The address of an engine that has one container, of that run."""
    labels = {
        "dev.zerotouch.run": run.name,
        "dev.zerotouch.run-directory": str(run),
        "dev.zerotouch.host": socket.gethostname(),
    }
    container = {"Id": "c1", "Names": ["/zerotouch-postgres"], "Labels": labels}

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            answer = {"/containers/json": [container], "/networks": []}.get(path, {"Volumes": None})
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with (
        tempfile.TemporaryDirectory(prefix="zt") as short,
        socketserver.ThreadingUnixStreamServer(f"{short}/docker.sock", Api) as server,
    ):
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield f"unix://{short}/docker.sock"
        finally:
            server.shutdown()
            serving.join()


def test_a_container_of_an_ended_run_is_found_in_the_engine(index: Path) -> None:
    run = _run(index, "r1", supervisor=NOBODY, lock=False)
    with _engine(run) as engine:
        found = _findings(index, 1, engine)
    assert found["container zerotouch-postgres"] == ("bad", "of r1, which has ended")


def test_a_container_of_a_run_that_lives_is_none_that_was_left(index: Path) -> None:
    run = _run(index, "r1", supervisor=os.getpid(), lock=True)
    with _held(run), _engine(run) as engine:
        assert _findings(index, 0, engine) == {"r1": ("good", "a world that is running")}


def test_an_engine_that_does_not_answer_is_unknown_only_where_a_run_has_a_record_of_it(index: Path) -> None:
    run = _run(index, "r1", supervisor=NOBODY, lock=False)
    assert "containers" not in _findings(index, 0)
    (run / "containers.json").write_text(json.dumps({"engine": NO_ENGINE, "run_id": "r1"}))
    outcome, reason = _findings(index, 4)["containers"]
    assert outcome == "unknown"
    assert NO_ENGINE in reason


@pytest.mark.parametrize("engine", ["ssh://somebody@elsewhere", "tcp://elsewhere:2375"])
def test_an_engine_of_another_machine_is_not_asked(index: Path, engine: str) -> None:
    index.rmdir()
    assert _findings(index, 0, engine) == {"rehearsals": ("good", "nothing is left")}


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
        "hetzner_region": "fsn1",
        "hetzner_url": "http://127.0.0.1:1",
        "hetzner_credentials_file": "c",
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
