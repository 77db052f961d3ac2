"""Consumption history: the pure cutting of time, and the calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.neon import consumption
from simulator.neon.model import Project as Model
from simulator.neon.refusals import Invalid, OutOfRange
from simulator.neon.usage import Meter, Sample
from tests.simulator.neon.world import Neon, Project, connect

NOW = datetime(2030, 3, 10, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
shared = pytest.mark.asyncio(loop_scope="session")


def _used(meter: Meter, begin: datetime, end: datetime, granularity: str) -> list[consumption.Period]:
    project = Model("p", "p", "aws-us-east-2", NOW - timedelta(days=40), NOW, meter=meter)
    wanted = consumption.asked(begin, end, granularity, NOW)
    return consumption.of([project], "p", wanted, NOW)


def test_a_span_is_cut_at_the_borders_of_hours() -> None:
    meter = Meter()
    meter.begin("ep", "br", 2.0, datetime(2030, 3, 10, 8, 30, tzinfo=UTC))
    meter.end("ep", datetime(2030, 3, 10, 10, 15, tzinfo=UTC))
    (period,) = _used(meter, NOW - 5 * HOUR, NOW, "hourly")
    found = {frame.begin.hour: frame.used for frame in period.frames}
    assert {hour: used.active_seconds for hour, used in found.items()} == {
        7: 0,
        8: 1800,
        9: 3600,
        10: 900,
        11: 0,
    }
    assert found[9].compute_seconds == 7200
    assert (period.begin, period.end) == (datetime(2030, 3, 1, tzinfo=UTC), None)


def test_days_of_two_months_are_two_periods() -> None:
    first, second = _used(Meter(), NOW - timedelta(days=15), NOW, "daily")
    assert [len(first.frames), len(second.frames)] == [6, 9]
    assert first.end == second.begin == datetime(2030, 3, 1, tzinfo=UTC)
    assert first.id != second.id
    assert second.end is None


def test_stored_bytes_count_for_as_long_as_they_are_stored() -> None:
    begin = datetime(2030, 3, 10, 8, tzinfo=UTC)
    meter = Meter(sizes=[Sample("br", begin, 100), Sample("br", begin + 2 * HOUR, 400)])
    used = meter.between(begin, begin + 4 * HOUR)
    assert (used.stored_byte_hours, used.size) == (1000, 400)
    assert meter.between(begin, begin + 4 * HOUR, "another").size == 0


@pytest.mark.parametrize(
    ("granularity", "reach"),
    [("hourly", timedelta(hours=168)), ("daily", timedelta(days=60)), ("monthly", timedelta(days=366))],
)
def test_each_granularity_reaches_so_far_back(granularity: str, reach: timedelta) -> None:
    consumption.asked(NOW - reach, NOW, granularity, NOW)
    with pytest.raises(OutOfRange):
        consumption.asked(NOW - reach - timedelta(days=32), NOW, granularity, NOW)


def test_a_range_has_a_beginning_an_end_and_a_granularity_there_is() -> None:
    with pytest.raises(Invalid):
        consumption.asked(NOW, NOW, "hourly", NOW)
    with pytest.raises(Invalid):
        consumption.asked(NOW - HOUR, NOW, "weekly", NOW)


@given(
    spans=st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 2000)), max_size=8),
    cut=st.integers(1, 9999),
)
def test_what_two_halves_cost_is_what_the_whole_costs(spans: list[tuple[int, int]], cut: int) -> None:
    begin = datetime(2030, 3, 3, tzinfo=UTC)
    meter = Meter()
    for number, (start, length) in enumerate(spans):
        meter.begin(f"ep{number}", "br", 0.5, begin + timedelta(minutes=start))
        meter.end(f"ep{number}", begin + timedelta(minutes=start + length))
        meter.written.append(Sample("br", begin + timedelta(minutes=start), length))
    middle, end = begin + timedelta(minutes=cut), begin + timedelta(minutes=12000)
    whole, first, second = meter.between(begin, end), meter.between(begin, middle), meter.between(middle, end)
    assert whole.active_seconds == pytest.approx(first.active_seconds + second.active_seconds)
    assert whole.compute_seconds == pytest.approx(whole.active_seconds / 2)
    assert whole.written == first.written + second.written


def _query(granularity: str = "hourly", **more: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": (now - 2 * HOUR).isoformat(),
        "to": (now + 24 * HOUR).isoformat(),
        "granularity": granularity,
        **more,
    }


@shared
async def test_a_project_tells_what_it_used_in_each_form(world: Neon, project: Project) -> None:
    async with await connect(await project.uri()):
        pass
    ids = {"project_ids": project.id}
    answer = await world.json("GET", "/consumption_history/projects", 200, params=_query(**ids))
    (found,) = answer["projects"]
    frames = [frame for period in found["periods"] for frame in period["consumption"]]
    assert found["project_id"] == project.id
    assert "logical_size_bytes" not in frames[0]
    query = _query("daily", **ids, metrics="logical_size_bytes,active_time_seconds")
    answer = await world.json("GET", "/consumption_history/projects", 200, params=query)
    frame = answer["projects"][0]["periods"][-1]["consumption"][-1]
    assert frame["logical_size_bytes"] > 0
    account = await world.json("GET", "/consumption_history/account", 200, params=_query("monthly"))
    assert account["periods"][-1]["consumption"]

    organization = (await world.json("GET", "/auth", 200))["account_id"]
    query = _query("daily", **ids, org_id=organization, metrics="compute_unit_seconds")
    answer = await world.json("GET", "/consumption_history/v2/projects", 200, params=query)
    assert answer["projects"][0]["project_id"] == project.id
    answer = await world.json("GET", "/consumption_history/v2/branches", 200, params=query)
    assert [branch["branch_id"] for branch in answer["branches"]] == [project.branch_id]


@shared
async def test_asking_wakes_nothing(world: Neon, project: Project) -> None:
    await world.json("GET", "/consumption_history/projects", 200, params=_query(project_ids=project.id))
    assert await project.operations() == []


@shared
async def test_pages_of_projects_are_newest_first(world: Neon) -> None:
    made = [world.service.seed_project(f"consuming-{number}") for number in range(3)]
    seen, query = [], _query(limit="2", project_ids=",".join(made))
    for expected in (2, 1, 0):
        page = await world.json("GET", "/consumption_history/projects", 200, params=query)
        assert len(page["projects"]) == expected
        seen += [item["project_id"] for item in page["projects"]]
        query["cursor"] = page["pagination"]["cursor"]
    assert seen == made[::-1]


@shared
@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        pytest.param("projects", {"granularity": "weekly"}, 400, id="granularity"),
        pytest.param("projects", {"from": "yesterday"}, 400, id="no moment"),
        pytest.param(
            "projects", {"from": "2031-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"}, 400, id="order"
        ),
        pytest.param("projects", {"from": "2001-01-01T00:00:00Z"}, 406, id="too far back"),
        pytest.param("projects", {"metrics": "miles"}, 400, id="metric"),
        pytest.param("projects", {"limit": "101"}, 400, id="limit"),
        pytest.param("projects", {"org_id": "org-other"}, 404, id="another organization"),
        pytest.param("v2/projects", {"metrics": "compute_unit_seconds"}, 400, id="no organization"),
        pytest.param("v2/branches", {}, 400, id="nothing named"),
    ],
)
async def test_what_cannot_be_told(world: Neon, path: str, change: dict[str, str], status: int) -> None:
    await world.json("GET", f"/consumption_history/{path}", status, params=_query() | change)
