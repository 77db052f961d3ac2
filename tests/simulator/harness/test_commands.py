"""Commands where no world is, and where one cannot be: a sentence, a status, nothing started."""

import os
import subprocess
import sys
from pathlib import Path

from tests.simulator.harness.worlds import command, environment, simulator


def test_without_a_world_commands_say_how_to_start_one(tmp_path: Path) -> None:
    status = simulator(tmp_path / "tmp", "status")
    rules = simulator(tmp_path / "tmp", "fault", "list")
    down = simulator(tmp_path / "tmp", "down")
    assert (status.returncode, rules.returncode, down.returncode) == (0, 1, 0)
    assert rules.stderr == "No rehearsal is running. Start one: python -m simulator up\n"


def test_wrong_usage_is_status_two(tmp_path: Path) -> None:
    speeds = [["up", "--speed", speed] for speed in ("-1", "nan", "fast")]
    for arguments in (*speeds, ["up", "--environment", "moon"], ["fly"], []):
        assert simulator(tmp_path / "tmp", *arguments).returncode == 2, arguments


def test_help_offers_only_what_there_is(tmp_path: Path) -> None:
    shown = simulator(tmp_path / "tmp", "--help").stdout
    assert all(name in shown for name in ("up", "status", "down", "reset", "fault"))
    assert "{" not in shown
    assert "--lock" not in shown


def test_an_unusable_run_directory_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = simulator(tmp_path / "tmp", "up", "--run-dir", str(tmp_path / "file" / "run"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "cannot be used: Not a directory. Name a new or empty directory" in refused.stderr


def test_a_missing_git_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    env = {**environment(tmp_path / "tmp"), "PATH": str(tmp_path)}
    refused = subprocess.run(
        command("up"), check=False, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        refused.stderr == "git is not on PATH: install git, the tenants repository of a rehearsal needs it.\n"
    )
    assert not (tmp_path / "tmp" / f"zerotouch-{os.geteuid()}").exists()


def test_a_shared_index_directory_is_refused(tmp_path: Path) -> None:
    index = tmp_path / "tmp" / f"zerotouch-{os.geteuid()}"
    index.mkdir(parents=True)
    index.chmod(0o777)
    refused = simulator(tmp_path / "tmp", "up")
    assert refused.returncode == 1
    assert "is not a private directory of yours" in refused.stderr


def test_an_old_python_is_told_so(tmp_path: Path) -> None:
    code = (
        "import sys; sys.version_info = (3, 10, 4); sys.version = '3.10.4 '; sys.argv = ['simulator', 'up']\n"
    )
    code += "from simulator.__main__ import main; sys.exit(main())"
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        env=environment(tmp_path / "tmp"),
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert told.stderr == "Python 3.11 or newer is needed, this is 3.10.4: run it with a newer one.\n"


def test_the_supervisor_imports_the_standard_library_only() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nimport simulator.harness.commands\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(names - set(sys.stdlib_module_names) - {'simulator'}))"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == ""
