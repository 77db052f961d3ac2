"""Children get the environment given, log to a file, and end when told to."""

import os
import signal
import sys
from pathlib import Path

import pytest

from simulator.backends.environment import constructed
from simulator.backends.process import Child, start
from tests.simulator.waiting import DEADLINE, until


async def _python(code: str, directory: Path, stdin: bytes | None = None) -> Child:
    return await start(
        [sys.executable, "-c", code],
        env={"ONLY": "this"},
        cwd=directory,
        log=directory / "child.log",
        stdin=stdin,
    )


async def _logged(child: Child, text: str) -> None:
    await until(lambda: text in child.log.read_text())


async def test_a_child_sees_exactly_the_environment_it_was_given(tmp_path: Path) -> None:
    env = {"ONLY": "this"}
    child = await start(["/usr/bin/env"], env=env, cwd=tmp_path, log=tmp_path / "child.log")
    assert await child.wait() == 0
    assert child.log.read_text() == "ONLY=this\n"
    assert child.log.stat().st_mode & 0o077 == 0


async def test_it_runs_where_told_in_the_process_group_of_its_parent(tmp_path: Path) -> None:
    child = await _python("import os; print(os.getcwd(), os.getpgrp())", tmp_path)
    assert await child.wait() == 0
    assert child.last_lines() == f"{tmp_path} {os.getpgrp()}"


async def test_standard_input_is_passed_whole_and_closed(tmp_path: Path) -> None:
    text = b"secret line\n" * 50_000
    child = await _python("import sys; print(len(sys.stdin.read()))", tmp_path, stdin=text)
    assert await child.wait() == 0
    assert child.last_lines() == str(len(text))


async def test_a_child_that_never_reads_its_input_does_no_harm(tmp_path: Path) -> None:
    child = await _python("pass", tmp_path, stdin=b"x" * 1_000_000)
    assert await child.wait() == 0


async def test_without_input_a_child_reads_end_of_file(tmp_path: Path) -> None:
    child = await _python("import sys; print(repr(sys.stdin.read()))", tmp_path)
    assert await child.wait() == 0
    assert child.last_lines() == "''"


async def test_stop_asks_first_so_that_a_child_can_end_in_order(tmp_path: Path) -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(3)))\n"
        "print('up', flush=True)\n"
        "while True: signal.pause()"
    )
    child = await _python(code, tmp_path)
    await _logged(child, "up")
    assert await child.stop(DEADLINE) == 3
    assert child.last_lines(1) == "bye"


async def test_a_child_deaf_to_the_request_is_killed_after_the_grace(tmp_path: Path) -> None:
    code = (
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True)\n"
        "while True: signal.pause()"
    )
    child = await _python(code, tmp_path)
    await _logged(child, "up")
    assert await child.stop(0.05) == -signal.SIGKILL
    assert child.returncode == -signal.SIGKILL


async def test_stopping_what_has_ended_returns_its_status_again(tmp_path: Path) -> None:
    child = await _python("raise SystemExit(4)", tmp_path)
    assert await child.wait() == 4
    assert await child.stop() == 4


async def test_a_program_that_does_not_exist_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await start(["/nonexistent/program"], env={}, cwd=tmp_path, log=tmp_path / "child.log")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change to another user")
async def test_root_can_start_a_child_as_another_user_without_extra_groups(tmp_path: Path) -> None:
    child = await start(["/usr/bin/id"], env={}, cwd=Path("/"), log=tmp_path / "child.log", user=65534)
    assert await child.wait() == 0
    assert child.last_lines().startswith("uid=65534")
    assert "(root)" not in child.last_lines()


def test_the_constructed_environment_keeps_nothing_personal() -> None:
    inherited = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOME": "/home/someone",
        "AWS_PROFILE": "production",
        "KUBECONFIG": "/home/someone/.kube/config",
        "SSH_AUTH_SOCK": "/run/agent",
        "HTTPS_PROXY": "http://proxy",
    }
    assert constructed({"X": "1"}, inherited=inherited) == {"PATH": "/bin", "LC_ALL": "C", "X": "1"}
    assert constructed(inherited={})["PATH"]
