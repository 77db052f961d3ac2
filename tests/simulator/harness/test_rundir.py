"""A run directory is private, known to be alive by its lock, and leaves what it should."""

import os
from pathlib import Path

import pytest

from simulator.harness.rundir import Unusable, new_run_id, prepare, write_private


def test_a_new_directory_is_private_and_alive_while_its_lock_is_held(tmp_path: Path) -> None:
    run, created = prepare(tmp_path / "run", new_run_id())
    assert created
    assert run.path.stat().st_mode & 0o077 == 0
    lock = run.claim("r1", created)
    assert run.alive()
    os.close(lock)
    assert not run.alive()


def test_a_directory_that_holds_something_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(Unusable, match=r"is not empty\. Name a new or empty directory with --run-dir"):
        prepare(tmp_path, new_run_id())


def test_a_directory_in_which_a_world_lives_is_refused_with_the_way_out(tmp_path: Path) -> None:
    run, created = prepare(tmp_path / "run", new_run_id())
    lock = run.claim("r1", created)
    with pytest.raises(Unusable, match=r"A rehearsal is running in .* down --run-dir"):
        prepare(run.path, new_run_id())
    os.close(lock)


def test_a_directory_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unusable, match="cannot be used: Not a directory"):
        prepare(tmp_path / "file" / "run", new_run_id())


def test_after_a_failure_logs_stay_and_credentials_go(tmp_path: Path) -> None:
    run, created = prepare(tmp_path / "run", new_run_id())
    os.close(run.claim("r1", created))
    (run.logs / "world.log").write_text("why")
    write_private(run.path / "neon_api_key", "secret")
    (run.path / "aws").mkdir()
    (run.path / "aws" / "credentials").write_text("secret")
    run.strip()
    assert sorted(entry.name for entry in run.path.iterdir()) == ["logs", "run.json"]
    assert (run.logs / "world.log").read_text() == "why"


def test_a_directory_of_the_user_is_emptied_and_stays(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    run, created = prepare(given, new_run_id())
    os.close(run.claim("r1", created))
    run.remove()
    assert list(given.iterdir()) == []


def test_a_directory_made_for_the_run_goes_with_it(tmp_path: Path) -> None:
    run, created = prepare(tmp_path / "run", new_run_id())
    os.close(run.claim("r1", created))
    run.remove()
    assert not run.path.exists()


def test_only_what_the_cleanup_file_lists_is_removed_outside(tmp_path: Path) -> None:
    listed, other = tmp_path / "listed", tmp_path / "other"
    for directory in (listed, other):
        (directory / "deep").mkdir(parents=True)
    run, created = prepare(tmp_path / "run", new_run_id())
    os.close(run.claim("r1", created))
    run.cleanup_file.write_text(f"{listed}\nrelative/path\n/\n{tmp_path / 'absent'}\n")
    run.remove_outside()
    assert not listed.exists()
    assert other.exists()


def test_a_private_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, "first")
    write_private(path, "second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]
