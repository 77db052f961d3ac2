"""`portal journal` as a shell sees it."""

import asyncio
import json
from pathlib import Path

from portal.adapters.journal import FileJournal
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.ports import JournalEntry
from tests.cli.shell import portal

TENANT = "identity-service/dev"


def _journal(home: Path, *entries: JournalEntry, tail: str = "") -> Path:
    """As the portal writes it, and then the tail."""
    state = home / ".local/state/zerotouch-portal/default"

    async def write() -> None:
        async with Threads() as threads:
            for entry in entries:
                await FileJournal(state, threads).append(entry)

    asyncio.run(write())
    path = state / "journal/dev/identity-service.jsonl"
    with path.open("a") as file:
        file.write(tail)
    return path


def _line(kind: str, step: str = "", **data: str | int) -> JournalEntry:
    return JournalEntry("r", TenantKey("identity-service", "dev"), kind, step, "2026-01-31T12:00:00Z", data)


def test_unfinished_work_is_told_with_its_next_step_and_what_to_type(tmp_path: Path) -> None:
    begun = _line("plan", digest="d", planned="role database commit")
    _journal(tmp_path, begun, _line("intent", "role"), _line("done", "role"), _line("intent", "database"))
    told = portal("journal", cwd=tmp_path)
    assert told.returncode == 3, told.stderr
    assert f"{TENANT}  ✖ unfinished" in told.stdout
    for line in ("done: role", "in doubt, looked at first: database", "next: database"):
        assert line in told.stdout
    assert "portal apply -f service.yaml -e dev" in told.stdout
    (document,) = json.loads(portal("journal", TENANT, "-o", "json", cwd=tmp_path).stdout)
    assert (document["state"], document["next"], document["in_doubt"]) == (
        "unfinished",
        "database",
        ["database"],
    )
    assert portal("journal", "other/dev", cwd=tmp_path).returncode == 0


def test_a_torn_last_line_was_never_said(tmp_path: Path) -> None:
    _journal(tmp_path, _line("plan", digest="d", planned="role"), tail='{"v":1,"run":"r","ki')
    assert "next: role" in portal("journal", cwd=tmp_path).stdout


def test_a_journal_that_was_edited_or_is_newer_is_kept_and_explained(tmp_path: Path) -> None:
    path = _journal(tmp_path, _line("plan", digest="d"), tail="edited\n")
    told = portal("journal", cwd=tmp_path)
    assert told.returncode == 4
    assert "line 2 of" in told.stdout
    assert f"mv {path} {path}.kept" in told.stdout
    newer = '{"v":99,"anything":"else"}\n'
    path.write_text(newer)
    told = portal("journal", cwd=tmp_path)
    assert told.returncode == 4
    assert "written by a newer portal (format 99" in told.stdout
    assert path.read_text() == newer


def test_nothing_unfinished_is_told_as_that(tmp_path: Path) -> None:
    told = portal("journal", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (0, "")
    assert "nothing is unfinished" in told.stderr


def test_nothing_to_resume_is_one_sentence(tmp_path: Path) -> None:
    refused = portal("apply", "--resume", TENANT, "-f", "service.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--resume TENANT" in refused.stderr
