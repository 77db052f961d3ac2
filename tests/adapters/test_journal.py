"""The journal: durable, private, torn tails ignored, foreign formats refused."""

import asyncio
import fcntl
import json
import os
import resource
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from portal.adapters.journal import FileJournal
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.errors import PrerequisiteError, RefusedError, UsageError
from portal.ports import JournalEntry
from tests.adapters.blocking import loop_guard

T = TypeVar("T")

TENANT = TenantKey("identity-service", "dev")


def entry(step: str = "neon.role", kind: str = "intent", tenant: TenantKey = TENANT) -> JournalEntry:
    return JournalEntry(
        "run1", tenant, kind, step, "2026-01-01T00:00:00Z", {"role": "identity", "version": 3}
    )


def file_of(state: Path, tenant: TenantKey = TENANT) -> Path:
    return state / "journal" / tenant.environment / f"{tenant.service}.jsonl"


@pytest.fixture
def journal(tmp_path: Path, threads: Threads) -> FileJournal:
    return FileJournal(tmp_path / "state", threads)


async def test_what_is_appended_comes_back_in_order(journal: FileJournal) -> None:
    written = tuple(entry(step) for step in ("a", "b", "ü\n\u2028c"))
    for one in written:
        await journal.append(one)
    assert await journal.entries(TENANT) == written


async def test_a_tenant_without_journal_has_no_entries(journal: FileJournal) -> None:
    assert await journal.entries(TENANT) == ()
    assert await journal.tenants() == ()


async def test_tenants_with_a_journal_are_listed(journal: FileJournal) -> None:
    other = TenantKey("billing", "prod")
    for tenant in (TENANT, other):
        await journal.append(entry(tenant=tenant))
    assert await journal.tenants() == (other, TENANT)


async def test_directories_and_files_are_readable_by_their_owner_alone(
    journal: FileJournal, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        await journal.append(entry())
    finally:
        os.umask(before)
    path = file_of(tmp_path / "state")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for directory in (path.parent, path.parent.parent, tmp_path / "state"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


async def test_every_line_carries_the_format_version(journal: FileJournal, tmp_path: Path) -> None:
    await journal.append(entry())
    (line,) = file_of(tmp_path / "state").read_text().splitlines()
    assert json.loads(line)["v"] == 1


@pytest.mark.parametrize(
    "tail", ['{"v":1,"run":"r', "\x00\x00\x00", '{"v":1}'], ids=["cut", "zeros", "no line feed"]
)
async def test_a_torn_last_line_is_ignored_and_the_next_append_replaces_it(
    journal: FileJournal, tmp_path: Path, tail: str
) -> None:
    await journal.append(entry("first"))
    with file_of(tmp_path / "state").open("a") as file:
        file.write(tail)
    assert await journal.entries(TENANT) == (entry("first"),)
    await journal.append(entry("second"))
    assert await journal.entries(TENANT) == (entry("first"), entry("second"))


async def test_a_torn_tail_longer_than_a_block_leaves_the_complete_lines(
    journal: FileJournal, tmp_path: Path
) -> None:
    await journal.append(entry("first"))
    with file_of(tmp_path / "state").open("a") as file:
        file.write("x" * 20_000)
    await journal.append(entry("second"))
    assert [one.step for one in await journal.entries(TENANT)] == ["first", "second"]


async def test_a_newer_format_is_refused(journal: FileJournal, tmp_path: Path) -> None:
    await journal.append(entry())
    with file_of(tmp_path / "state").open("a") as file:
        file.write('{"v":2,"anything":"else"}\n')
    for attempt in (journal.entries(TENANT), journal.append(entry())):
        with pytest.raises(RefusedError, match="newer portal"):
            await attempt


@pytest.mark.parametrize("line", ["", "not json", "[]", '{"v":1}', '{"run":"r"}'])
async def test_a_damaged_complete_line_is_refused_with_its_number(
    journal: FileJournal, tmp_path: Path, line: str
) -> None:
    await journal.append(entry("first"))
    with file_of(tmp_path / "state").open("a") as file:
        file.write(line + "\n")
    kept = file_of(tmp_path / "state").read_bytes()
    with pytest.raises(RefusedError, match=r"the last line of .* is damaged"):
        await journal.append(entry("third"))
    with pytest.raises(RefusedError, match="line 2"):
        await journal.entries(TENANT)
    assert file_of(tmp_path / "state").read_bytes() == kept


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda lines: [lines[0].replace("first", "other"), *lines[1:]], "line 1"),
        (lambda lines: [lines[0], lines[1].replace('"version":3', '"version":4'), lines[2]], "line 2"),
        (lambda lines: [lines[0], lines[2]], "line 2"),
        (lambda lines: [lines[1], lines[0], lines[2]], "line 1"),
        (lambda lines: [*lines, lines[2]], "line 4"),
    ],
    ids=["a step", "a version", "a line left out", "an order", "a line twice"],
)
async def test_an_edited_journal_is_refused_kept_and_explained(
    journal: FileJournal, tmp_path: Path, edit: Callable[[list[str]], list[str]], words: str
) -> None:
    for step in ("first", "second", "third"):
        await journal.append(entry(step))
    path = file_of(tmp_path / "state")
    edited = "".join(f"{line}\n" for line in edit(path.read_text().splitlines()))
    path.write_text(edited)
    with pytest.raises(RefusedError, match=f"{words} of .* was edited") as refusal:
        await journal.entries(TENANT)
    assert path.read_text() == edited
    source, kept = refusal.value.hint.partition("mv ")[2].partition(",")[0].split()
    Path(source).rename(kept)
    assert await journal.entries(TENANT) == ()
    assert await journal.tenants() == ()


async def test_a_journal_put_in_the_place_of_another_tenants_is_refused(
    journal: FileJournal, tmp_path: Path
) -> None:
    await journal.append(entry())
    other = TenantKey("billing", "dev")
    file_of(tmp_path / "state").rename(file_of(tmp_path / "state", other))
    with pytest.raises(RefusedError, match="was edited"):
        await journal.entries(other)


@pytest.mark.parametrize("name", ["../escape", "", "a/b", "UPPER", ".hidden", "a\nb"])
async def test_names_that_could_leave_the_directory_are_refused(journal: FileJournal, name: str) -> None:
    with pytest.raises(UsageError):
        await journal.append(entry(tenant=TenantKey(name, "dev")))
    with pytest.raises(UsageError):
        await journal.entries(TenantKey("identity-service", name))


async def test_a_state_directory_that_cannot_be_made_is_one_sentence_with_the_way_out(
    tmp_path: Path, threads: Threads
) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    with pytest.raises(PrerequisiteError, match="name a writable state directory"):
        await FileJournal(occupied, threads).append(entry())


async def test_a_full_disk_leaves_no_part_of_a_line(journal: FileJournal, tmp_path: Path) -> None:
    await journal.append(entry("first"))
    path = file_of(tmp_path / "state")
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
    try:
        with pytest.raises(PrerequisiteError, match="cannot write the journal"):
            await journal.append(entry("second"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    await journal.append(entry("third"))
    assert [one.step for one in await journal.entries(TENANT)] == ["first", "third"]


async def test_an_append_waits_for_another_process_to_finish_its_own(
    journal: FileJournal, tmp_path: Path
) -> None:
    await journal.append(entry("first"))
    holder = os.open(file_of(tmp_path / "state"), os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    second = asyncio.create_task(journal.append(entry("second")))
    done, _ = await asyncio.wait([second], timeout=0.1)
    assert not done
    os.close(holder)
    await second
    assert [one.step for one in await journal.entries(TENANT)] == ["first", "second"]


async def test_a_disk_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, Stuck())
    with pytest.raises(PrerequisiteError, match="did not answer"):
        await journal.append(entry())


class Stuck(Threads):
    """A pool whose calls never come back in time."""

    async def call(self, fn: Callable[..., T], *args: object, timeout: float) -> T:  # noqa: ASYNC109 - as the pool
        raise TimeoutError(fn, args, timeout)


async def test_concurrent_appends_never_mix_their_lines(journal: FileJournal) -> None:
    steps = [f"step-{number}" for number in range(20)]
    await asyncio.gather(*(journal.append(entry(step)) for step in steps))
    assert sorted(one.step for one in await journal.entries(TENANT)) == sorted(steps)


async def test_a_writer_killed_at_once_after_append_returned_has_lost_nothing(tmp_path: Path) -> None:
    program = """
import asyncio, os, pathlib, signal, sys
from portal.adapters.journal import FileJournal
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.ports import JournalEntry
async def main():
    journal = FileJournal(pathlib.Path(sys.argv[1]), Threads())
    await journal.append(JournalEntry("r", TenantKey("identity-service", "dev"), "intent", "s", "t", {}))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path))
    assert await child.wait() == -9
    async with Threads() as pool:
        (found,) = await FileJournal(tmp_path, pool).entries(TENANT)
    assert found.step == "s"


async def test_nothing_of_it_blocks_the_loop(journal: FileJournal) -> None:
    with loop_guard() as seen:
        await journal.append(entry())
        await journal.entries(TENANT)
        await journal.tenants()
    assert seen == []
