"""Signals end every wait of a real process, also the wait for a person or a pipe that says nothing."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _init(home: Path, stdin: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "portal", "init", "--set", "neon.url=http://127.0.0.1:9"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _until(process: "subprocess.Popen[bytes]", words: bytes, seconds: float = 30.0) -> bytes:
    """What the process said up to `words`."""
    assert process.stderr is not None
    said, deadline = b"", time.monotonic() + seconds
    while words not in said:
        ready, _, _ = select.select([process.stderr], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, said
        piece = os.read(process.stderr.fileno(), 4096)
        assert piece, said
        said += piece
    return said


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_prompt_and_leaves_the_terminal_as_it_was(tmp_path: Path, name: str) -> None:
    ours, theirs = pty.openpty()
    try:
        before = termios.tcgetattr(theirs)
        with _init(tmp_path, theirs) as process:
            _until(process, b"Neon API key: ")
            process.send_signal(getattr(signal, name))
            _, err = process.communicate(timeout=10)
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert termios.tcgetattr(theirs)[3] == before[3]
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_typed_at_a_prompt_is_not_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        with _init(tmp_path, theirs) as process:
            _until(process, b"Neon API key: ")
            os.write(ours, b"canary-typed\n")
            out, err = process.communicate(timeout=60)
        assert process.returncode == 1
        shown, _, _ = select.select([ours], [], [], 0)
        echoed = os.read(ours, 4096) if shown else b""
        assert b"canary-typed" not in out + err + echoed
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_pipe_that_says_nothing_can_be_left(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        with _init(tmp_path, reading) as process:
            os.write(writing, b"half a key")
            _until_reading(process, reading)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=10)
        assert process.returncode == 130
        assert err == b"interrupted\n"
    finally:
        os.close(reading)
        os.close(writing)


def _until_reading(process: "subprocess.Popen[bytes]", pipe: int) -> None:
    """Return once the process took what stood in the pipe."""
    deadline = time.monotonic() + 30
    while select.select([pipe], [], [], 0)[0]:
        assert process.poll() is None
        assert time.monotonic() < deadline
        select.select([], [], [], 0.02)


def test_a_system_that_does_not_answer_holds_nobody_back_after_a_signal(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "KUBECONFIG": str(tmp_path / "none"),
            "AWS_ACCESS_KEY_ID": "LKIATEST",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        command = [sys.executable, "-m", "portal", "doctor", "--set", f"aws.ssm_endpoint={endpoint}"]
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            caller, _ = silent.accept()
            with caller:
                assert caller.recv(1)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=7)
        assert process.returncode == 130
        assert err == b"interrupted\n"
