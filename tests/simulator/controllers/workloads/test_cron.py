"""Schedules, and what a CronJob does when one of its times has come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers.kinds import Object
from simulator.controllers.workloads.cron import BadSchedule, Schedule
from simulator.controllers.workloads.cron_jobs import job_for, plan, status

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", NOON + timedelta(minutes=1)),
        ("*/15 * * * *", NOON + timedelta(minutes=15)),
        ("0 3 * * *", datetime(2026, 2, 1, 3, tzinfo=UTC)),
        ("@hourly", NOON + timedelta(hours=1)),
        ("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0 0 * * mon-tue", datetime(2026, 2, 2, tzinfo=UTC)),
        ("0 0 * * 7", datetime(2026, 2, 1, tzinfo=UTC)),
        ("0 0 13 * fri", datetime(2026, 2, 6, tzinfo=UTC)),
        ("5,35 12 31 jan *", NOON + timedelta(minutes=5)),
    ],
)
def test_a_schedule_comes_round_when_cron_says(text: str, expected: datetime) -> None:
    assert Schedule.parse(text).after(NOON) == expected


def test_a_schedule_is_kept_in_its_own_time_zone() -> None:
    assert Schedule.parse("0 3 * * *", "Asia/Kolkata").after(NOON) == datetime(
        2026, 1, 31, 21, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["* * * *", "60 * * * *", "* * * * mars", "*/0 * * * *", "5-1 * * * *"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadSchedule):
        Schedule.parse(text)
    with pytest.raises(BadSchedule, match="unknown time zone"):
        Schedule.parse("* * * * *", "Mars/Olympus")


def test_a_day_that_never_comes_is_never() -> None:
    assert Schedule.parse("0 0 31 2 *").after(NOON) is None


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - UTC is added
def test_the_next_time_is_later_and_within_a_day(minute: int, hour: int, naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    found = Schedule.parse(f"{minute} {hour} * * *").after(moment)
    assert found is not None
    assert (found.hour, found.minute) == (hour, minute)
    assert timedelta(0) < found - moment <= timedelta(days=1)


def cron_job(**spec: object) -> Object:
    created = "2026-01-31T11:58:30Z"
    body = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {}}}, **spec}
    metadata = {"name": "nightly", "namespace": "n", "uid": "u", "creationTimestamp": created}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": body}


def job(name: str, kind: str = "", started: str = "") -> Object:
    conditions = [{"type": kind, "status": "True"}] if kind else []
    metadata = {"name": name, "namespace": "n", "uid": name}
    return {"metadata": metadata, "status": {"conditions": conditions, "startTime": started}}


def test_the_latest_time_that_has_come_is_started_once() -> None:
    step = plan(cron_job(), [], NOON)
    assert step.start == NOON
    made = job_for(cron_job(), NOON)
    assert made["metadata"]["name"] == f"nightly-{int(NOON.timestamp()) // 60}"
    told = {**cron_job(), "status": status(cron_job(), [], NOON)}
    assert plan(told, [], NOON + timedelta(seconds=30)).start is None
    assert plan(told, [], NOON + timedelta(seconds=30)).look_after == 30.0


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"concurrencyPolicy": "Forbid"}, "JobAlreadyActive"),
        ({"startingDeadlineSeconds": 10}, "MissSchedule"),
    ],
)
def test_what_keeps_a_job_from_starting_is_told(spec: Object, reason: str) -> None:
    step = plan(cron_job(**spec), [job("running")], NOON + timedelta(seconds=20))
    assert step.start is None
    assert [event[1] for event in step.events] == [reason]


def test_a_replaced_job_goes_and_only_the_last_few_that_ended_are_kept() -> None:
    running = job("running")
    assert plan(cron_job(concurrencyPolicy="Replace"), [running], NOON).remove == [running]
    ended = [job(f"{number}", "Complete", f"2026-01-31T0{number}:00:00Z") for number in range(5)]
    assert plan(cron_job(), ended, NOON).remove == ended[:2]
    assert plan(cron_job(suspend=True), [], NOON).start is None
