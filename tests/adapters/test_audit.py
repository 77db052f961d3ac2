"""The audit trail on disk: durable, private, refused where it was touched, and in the way of every deed."""

import asyncio
import json
import os
import resource
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.adapters.audit import FileAudit
from portal.adapters.threads import Threads
from portal.core.audit import AuditEvent, Outcome
from portal.errors import PrerequisiteError, RefusedError
from tests.adapters.blocking import loop_guard


def event(target: str = "/zerotouch/dev/billing/key", outcome: Outcome = Outcome.INTENT) -> AuditEvent:
    return AuditEvent("2026-01-01T00:00:00Z", "run1", "billing/dev", "reveal", target, outcome, 3, "on call")


@pytest.fixture
def audit(tmp_path: Path, threads: Threads) -> FileAudit:
    return FileAudit(tmp_path / "state", threads)


async def test_what_is_recorded_comes_back_in_order_with_who_did_it(audit: FileAudit) -> None:
    assert await audit.entries() == ()
    for target in ("a", "ü\n\u2028b"):
        await audit.record(event(target))
    found = await audit.entries()
    assert [entry.event for entry in found] == [event("a"), event("ü\n\u2028b")]
    assert [entry.number for entry in found] == [1, 2]
    assert all(entry.who.partition("@")[0] and entry.who.partition("@")[2] for entry in found)


async def test_it_is_readable_by_its_owner_alone(audit: FileAudit) -> None:
    before = os.umask(0)
    try:
        await audit.ready()
        await audit.record(event())
    finally:
        os.umask(before)
    assert sorted(path.name for path in audit.directory.iterdir()) == ["head", "log.jsonl"]
    for path in audit.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(audit.directory.stat().st_mode) == 0o700


async def test_a_probe_leaves_no_line(audit: FileAudit) -> None:
    await audit.ready()
    assert await audit.entries() == ()
    await audit.record(event())
    await audit.ready()
    assert len(await audit.entries()) == 1


def _edit(audit: FileAudit) -> None:
    audit.log.write_text(audit.log.read_text().replace("on call", "holiday"))


def _edit_the_last(audit: FileAudit) -> None:
    first, last = audit.log.read_text().splitlines()
    audit.log.write_text(f"{first}\n{last.replace('on call', 'holiday')}\n")


def _cut(audit: FileAudit) -> None:
    audit.log.write_text(audit.log.read_text().splitlines()[0] + "\n")


def _delete(audit: FileAudit) -> None:
    audit.log.unlink()


def _behead(audit: FileAudit) -> None:
    audit.head.unlink()


def _spoil_the_head(audit: FileAudit) -> None:
    audit.head.write_text("1\n")


def _tear(audit: FileAudit) -> None:
    audit.log.write_text(audit.log.read_text()[:-20])


def _of_a_newer_portal(audit: FileAudit) -> None:
    with audit.log.open("a") as file:
        file.write('{"v":2}\n')


BREAKS = {
    "edited": (_edit_the_last, "was edited"),
    "cut off": (_cut, "cut off: 1 lines are left of 2"),
    "deleted": (_delete, "cut off: 0 lines are left of 2"),
    "without its head": (_behead, "its head is gone"),
    "with a damaged head": (_spoil_the_head, "its head is damaged"),
    "torn below its head": (_tear, "cut off: 1 lines are left of 2"),
    "newer": (_of_a_newer_portal, "newer portal"),
}


@pytest.mark.parametrize(("harm", "words"), BREAKS.values(), ids=BREAKS)
async def test_a_trail_that_was_touched_is_refused_and_kept(
    audit: FileAudit, harm: Callable[[FileAudit], None], words: str
) -> None:
    await audit.record(event())
    await audit.record(event(outcome=Outcome.DONE))
    harm(audit)
    before = {path.name: path.read_bytes() for path in audit.directory.iterdir() if path.stat().st_size}
    for attempt in (audit.entries, audit.ready, lambda: audit.record(event())):
        with pytest.raises(RefusedError, match=words) as refusal:
            await attempt()
        assert refusal.value.hint
    after = {path.name: path.read_bytes() for path in audit.directory.iterdir() if path.stat().st_size}
    assert after == before


async def test_a_line_edited_long_ago_is_found_when_the_chain_is_read(audit: FileAudit) -> None:
    for _ in range(3):
        await audit.record(event())
    first, *rest = audit.log.read_text().splitlines()
    audit.log.write_text("\n".join([first.replace("on call", "holiday"), *rest, ""]))
    with pytest.raises(RefusedError, match="line 1 was edited"):
        await audit.entries()


async def test_the_way_out_begins_a_new_trail_and_keeps_the_old(audit: FileAudit) -> None:
    await audit.record(event())
    _edit(audit)
    with pytest.raises(RefusedError) as refusal:
        await audit.record(event())
    source, kept = refusal.value.hint.partition("mv ")[2].split()
    Path(source).rename(kept)
    await audit.record(event())
    assert len(await audit.entries()) == 1


async def test_a_write_that_was_cut_off_was_not_acknowledged_and_is_replaced(audit: FileAudit) -> None:
    await audit.record(event("first"))
    with audit.log.open("a") as file:
        file.write('{"v":1,"number":2')
    assert [entry.event.target for entry in await audit.entries()] == ["first"]
    await audit.record(event("second"))
    assert [entry.event.target for entry in await audit.entries()] == ["first", "second"]


async def test_a_line_whose_head_was_not_written_any_more_counts(audit: FileAudit) -> None:
    await audit.record(event("first"))
    head = audit.head.read_bytes()
    await audit.record(event("second"))
    audit.head.write_bytes(head)
    await audit.record(event("third"))
    assert [entry.event.target for entry in await audit.entries()] == ["first", "second", "third"]


async def test_a_full_disk_refuses_and_leaves_the_chain_whole(audit: FileAudit) -> None:
    await audit.record(event("first"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (audit.log.stat().st_size + 10, hard))
    try:
        for attempt in (audit.ready, lambda: audit.record(event("second"))):
            with pytest.raises(PrerequisiteError, match="cannot write the audit trail"):
                await attempt()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await audit.record(event("third"))
    assert [entry.event.target for entry in await audit.entries()] == ["first", "third"]


async def test_a_state_directory_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, threads: Threads
) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    audit = FileAudit(occupied, threads)
    for attempt in (audit.ready, lambda: audit.record(event())):
        with pytest.raises(PrerequisiteError, match="name a writable state directory"):
            await attempt()


async def test_processes_and_tasks_that_write_at_once_make_one_chain(
    audit: FileAudit, tmp_path: Path
) -> None:
    program = """
import asyncio, pathlib, sys
from portal.adapters.audit import FileAudit
from portal.adapters.threads import Threads
from portal.core.audit import AuditEvent, Outcome
async def main():
    async with Threads() as pool:
        audit = FileAudit(pathlib.Path(sys.argv[1]), pool)
        for n in range(20):
            await audit.record(AuditEvent("t", "r", "", "push", f"other-{n}", Outcome.DONE))
asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path / "state"))
    await asyncio.gather(*(audit.record(event(f"own-{n}")) for n in range(20)))
    assert await child.wait() == 0
    targets = [entry.event.target for entry in await audit.entries()]
    assert sorted(targets) == sorted(f"{who}-{n}" for who in ("own", "other") for n in range(20))


async def test_every_line_says_its_format(audit: FileAudit) -> None:
    await audit.record(event())
    assert json.loads(audit.log.read_text())["v"] == 1


async def test_nothing_of_it_blocks_the_loop(audit: FileAudit) -> None:
    with loop_guard() as seen:
        await audit.ready()
        await audit.record(event())
        await audit.entries()
    assert seen == []
