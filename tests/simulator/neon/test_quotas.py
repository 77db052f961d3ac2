"""Quotas: computes that may not run, sessions that may not write, and the next period."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from simulator.neon import quotas
from simulator.neon.model import Branch, Endpoint
from simulator.neon.model import Project as Model
from tests.simulator.neon.manual import ManualClock
from tests.simulator.neon.world import Neon, Project, connect, neon, one

NOW = datetime(2030, 1, 10, tzinfo=UTC)
shared = pytest.mark.asyncio(loop_scope="session")


def _project(**quota: int) -> Model:
    return Model("p", "p", "aws-us-east-2", NOW, NOW, settings={"quota": quota})


def _endpoint(name: str, units: float = 0.25) -> Endpoint:
    return Endpoint(name, "p", "br", "aws-us-east-2", NOW, NOW, autoscaling_limit_min_cu=units)


def test_without_quotas_nothing_is_ever_exceeded() -> None:
    project = _project()
    project.became_active(_endpoint("a"), NOW)
    assert quotas.exceeded(project, NOW + timedelta(days=20)) is None
    assert quotas.seconds_left(project, NOW) is None


def test_active_time_counts_every_compute_and_compute_time_its_size() -> None:
    project = _project(active_time_seconds=100, compute_time_seconds=100)
    project.became_active(_endpoint("a", 2), NOW)
    assert quotas.seconds_left(project, NOW) == 50
    project.became_active(_endpoint("b", 8), NOW + timedelta(seconds=10))
    assert quotas.seconds_left(project, NOW + timedelta(seconds=10)) == 8
    assert quotas.exceeded(project, NOW + timedelta(seconds=17)) is None
    assert "compute time quota" in str(quotas.exceeded(project, NOW + timedelta(seconds=18)))


def test_every_month_begins_with_nothing_used() -> None:
    project = _project(active_time_seconds=60)
    endpoint = _endpoint("a")
    project.became_active(endpoint, NOW)
    project.became_idle(endpoint, NOW + timedelta(hours=1))
    assert quotas.exceeded(project, NOW + timedelta(hours=1)) is not None
    assert quotas.exceeded(project, NOW + timedelta(days=30)) is None


def test_a_branch_is_full_when_it_is_larger_than_allowed() -> None:
    project = _project(logical_size_bytes=100)
    branch = Branch("br", "p", "main", default=True, created_at=NOW, updated_at=NOW, state_changed_at=NOW)
    sizes = {None: False, 100: False, 101: True}
    for size, full in sizes.items():
        branch.logical_size = size
        assert quotas.full(project, branch) is full


async def test_used_up_active_time_suspends_and_keeps_asleep_until_the_next_period(tmp_path: Path) -> None:
    clock = ManualClock()
    async with neon(tmp_path, clock) as world:
        project = await world.project(suspend_timeout_seconds=-1)
        await _limit(project, active_time_seconds=1000)
        await _started(clock, project)
        session = await connect(await project.uri())
        await clock.until_slept_on(1000)
        clock.advance(1000)
        await project.becomes("idle")
        with pytest.raises(psycopg.OperationalError):
            await session.execute("SELECT 1")
        await session.close()
        with pytest.raises(psycopg.OperationalError, match="exceeded the active time quota"):
            await connect(await project.uri())
        for verb in ("start", "restart"):
            refused = await world.json("POST", f"{project.endpoint}/{verb}", 423)
            assert "exceeded the active time quota" in refused["message"]
        await world.json("POST", f"{project.branch}/roles", 423, json={"role": {"name": "app"}})
        shown = (await project.get())["project"]
        assert shown["active_time_seconds"] == 1000
        clock.advance(timedelta(days=31) / timedelta(seconds=1))
        assert (await project.get())["project"]["active_time_seconds"] == 0
        await _started(clock, project)


async def test_a_quota_lowered_below_what_was_used_takes_effect_at_once(tmp_path: Path) -> None:
    clock = ManualClock()
    async with neon(tmp_path, clock) as world:
        project = await world.project(suspend_timeout_seconds=-1)
        await _started(clock, project)
        clock.advance(500)
        await _limit(project, compute_time_seconds=100)
        await clock.until_slept_on(0)
        clock.advance(0)
        await project.becomes("idle")
        await _limit(project, compute_time_seconds=0)
        await _started(clock, project)


@shared
async def test_what_is_sent_to_clients_is_counted(world: Neon, project: Project) -> None:
    async with await connect(await project.uri()) as session:
        assert len(await one(session, "SELECT repeat('x', 1000000)")) == 1_000_000
    while not (shown := (await project.get())["project"]["data_transfer_bytes"]):
        pass
    assert 1_000_000 < shown < 1_100_000
    await _limit(project, data_transfer_bytes=1_000_000)
    await project.becomes("idle")
    with pytest.raises(psycopg.OperationalError, match="exceeded the data transfer quota"):
        await connect(await project.uri())
    assert (await world.json("GET", project.branch, 200))["branch"]["data_transfer_bytes"] == shown


@shared
async def test_sizes_and_writes_are_measured_and_a_full_branch_is_not_written_to(project: Project) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE kept AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
    await project.settle("POST", f"{project.endpoint}/suspend", 200)
    branch = (await project.get(f"/branches/{project.branch_id}"))["branch"]
    assert branch["logical_size"] > 5_000_000
    assert branch["written_data_bytes"] > 1_000_000
    assert (await project.get())["project"]["synthetic_storage_size"] == branch["logical_size"]
    await _limit(project, logical_size_bytes=1_000_000)
    async with await connect(await project.uri()) as session:
        assert await one(session, "SELECT count(*) FROM kept") == 5000
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await session.execute("INSERT INTO kept SELECT 'y'")


async def _limit(project: Project, **quota: int) -> None:
    body = {"project": {"settings": {"quota": quota}}}
    await project.neon.json("PATCH", project.path, 200, json=body)


async def _started(clock: ManualClock, project: Project) -> None:
    answer = await project.neon.json("POST", f"{project.endpoint}/start", 200)
    await clock.until_slept_on(0.2)
    clock.advance(0.2)
    await project.settled(answer)
