"""The next step of a sync: what it waits for, what it applies, how it ends."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers.argocd.options import Options
from simulator.controllers.argocd.steps import (
    Apply,
    Done,
    Wait,
    after_failure,
    decide,
    hook_phase,
    hooks_to_delete,
    refresh,
)
from simulator.controllers.argocd.tasks import (
    FAILED,
    RUNNING,
    SUCCEEDED,
    Result,
    Task,
    entry_of,
    plan,
    result_of,
)
from simulator.controllers.kinds import Object
from tests.simulator.controllers.argocd.test_order import live_of, obj


def done(phase: str, message: str = "", status: str = "Synced") -> Result:
    return Result(status, phase, message, "v1")


def tasks_of(*targets: Object, results: dict[str, Result] | None = None) -> list[Task]:
    tasks = plan(targets, {}, {}, Options(prune=True))
    for task in tasks:
        task.result = (results or {}).get(task.ref.name)
    return tasks


def test_one_wave_without_hooks_is_applied_at_once_and_is_the_last() -> None:
    step = decide(tasks_of(obj("Secret", "a"), obj("Deployment", "b")))
    assert isinstance(step, Apply)
    assert ([task.ref.name for task in step.tasks], step.last) == (["a", "b"], True)


def test_the_first_of_two_waves_is_applied_alone() -> None:
    step = decide(tasks_of(obj("Secret", "a"), obj("Deployment", "b", sync_wave="1")))
    assert isinstance(step, Apply)
    assert ([task.ref.name for task in step.tasks], step.last) == (["a"], False)


def test_a_wave_that_is_not_healthy_holds_the_next() -> None:
    tasks = tasks_of(
        obj("Deployment", "a"),
        obj("Deployment", "b"),
        obj("Secret", "c", sync_wave="1"),
        results={"a": done(RUNNING), "b": done(RUNNING)},
    )
    assert decide(tasks) == Wait("waiting for healthy state of apps/Deployment/a and 1 more resources")


def test_a_single_wave_is_not_waited_for() -> None:
    assert decide(tasks_of(obj("Deployment", "a"), results={"a": done(RUNNING)})) == Done(
        SUCCEEDED, "successfully synced (no more tasks)"
    )


def test_a_running_hook_is_waited_for_even_alone() -> None:
    tasks = tasks_of(obj("Job", "j", hook="Sync"), results={"j": done(RUNNING, status="")})
    assert decide(tasks) == Wait("waiting for completion of hook batch/Job/j")


def test_a_hook_is_never_the_last_step_by_being_applied() -> None:
    step = decide(tasks_of(obj("Job", "j", hook="Sync")))
    assert isinstance(step, Apply)
    assert not step.last


def test_a_failed_task_fails_the_sync_with_its_reason() -> None:
    tasks = tasks_of(
        obj("ExternalSecret", "a"), obj("Secret", "b", sync_wave="1"), results={"a": done(FAILED, "no key")}
    )
    assert decide(tasks) == Done(
        FAILED, "one or more synchronization tasks completed unsuccessfully, reason: no key"
    )


def test_a_failure_runs_the_sync_fail_hooks_before_it_ends_the_sync() -> None:
    targets = [obj("Secret", "a"), obj("Job", "rescue", hook="SyncFail")]
    failed = {"a": done(FAILED, "broken")}
    step = decide(tasks_of(*targets, results=failed))
    assert isinstance(step, Apply)
    assert [task.ref.name for task in step.tasks] == ["rescue"]
    waiting = decide(tasks_of(*targets, results=failed | {"rescue": done(RUNNING, status="")}))
    assert waiting == Wait("waiting for completion of hook batch/Job/rescue")
    ended = decide(tasks_of(*targets, results=failed | {"rescue": done(SUCCEEDED, status="")}))
    assert isinstance(ended, Done)
    assert ended.phase == FAILED


def test_sync_fail_hooks_do_not_run_when_nothing_failed() -> None:
    targets = [obj("Secret", "a"), obj("Job", "rescue", hook="SyncFail")]
    assert decide(tasks_of(*targets, results={"a": done(SUCCEEDED)})) == Done(
        SUCCEEDED, "successfully synced (no more tasks)"
    )


def test_what_is_being_deleted_holds_the_next_wave() -> None:
    leaving = obj("ConfigMap", "gone")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    tasks = plan([obj("Secret", "a", sync_wave="3")], live_of(leaving), {}, Options(prune=True))
    tasks[0].result = Result("Pruned", SUCCEEDED, "pruned")
    assert decide(tasks) == Wait("waiting for deletion of /ConfigMap/gone")


def _deployment(**status: int) -> Object:
    found = obj("Deployment", "a", spec={"replicas": 1})
    return {**found, "status": status}


@pytest.mark.parametrize(
    ("live", "phase"),
    [
        pytest.param(None, RUNNING, id="not seen yet"),
        pytest.param(_deployment(updatedReplicas=1), RUNNING, id="progressing"),
        pytest.param(
            _deployment(replicas=1, updatedReplicas=1, availableReplicas=1), SUCCEEDED, id="healthy"
        ),
        pytest.param(
            {
                **_deployment(),
                "status": {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]},
            },
            FAILED,
            id="degraded",
        ),
        pytest.param(obj("ConfigMap", "a"), SUCCEEDED, id="without health"),
    ],
)
def test_an_applied_object_is_done_when_it_is_healthy(live: Object | None, phase: str) -> None:
    [task] = tasks_of(obj("Deployment", "a"), results={"a": done(RUNNING)})
    task.live = live
    result = refresh(task)
    assert result is not None
    assert result.phase == phase


def _job(kind: str = "") -> Object:
    conditions = [{"type": kind, "status": "True", "message": "m"}] if kind else []
    return {**obj("Job", "j"), "status": {"conditions": conditions}}


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (_job(), (RUNNING, "")),
        (_job("Complete"), (SUCCEEDED, "m")),
        (_job("Failed"), (FAILED, "m")),
        ({**obj("Pod"), "status": {"phase": "Succeeded"}}, (SUCCEEDED, "")),
        ({**obj("Pod"), "status": {"phase": "Failed"}}, (FAILED, "")),
        ({**obj("Pod"), "status": {"phase": "Pending"}}, (RUNNING, "")),
        (obj("ConfigMap"), (SUCCEEDED, "")),
    ],
)
def test_how_far_a_hook_has_come_is_read_from_its_object(live: Object, expected: tuple[str, str]) -> None:
    assert hook_phase(live) == expected


def test_a_hook_that_vanished_while_it_ran_has_failed() -> None:
    [task] = tasks_of(obj("Job", "j", hook="Sync"), results={"j": done(RUNNING, status="")})
    result = refresh(task)
    assert result is not None
    assert (result.phase, result.message) == (FAILED, "the hook was deleted before it completed")


@pytest.mark.parametrize(
    ("policy", "phase", "deleted"),
    [
        ("HookSucceeded", SUCCEEDED, True),
        ("HookSucceeded", FAILED, False),
        ("HookFailed", FAILED, True),
        ("BeforeHookCreation", SUCCEEDED, False),
        ("", SUCCEEDED, False),
        ("BeforeHookCreation,HookSucceeded", SUCCEEDED, True),
    ],
)
def test_the_end_of_a_sync_deletes_the_hooks_that_say_so(policy: str, phase: str, deleted: bool) -> None:
    hook = obj("Job", "j", hook="Sync", hook_delete_policy=policy)
    tasks = plan([hook], live_of(hook), {}, Options())
    assert bool(hooks_to_delete(tasks, phase)) is deleted


def test_reasons_are_told_once_each() -> None:
    tasks = tasks_of(
        obj("Secret", "a"), obj("Secret", "b"), results={"a": done(FAILED, "no"), "b": done(FAILED, "no")}
    )
    assert after_failure(tasks, "failed") == Done(FAILED, "failed, reason: no")


TARGETS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.integers(-2, 3), st.sampled_from(["", "PreSync", "Sync", "PostSync"])
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda item: item[0],
)


@given(TARGETS)
def test_every_sync_whose_tasks_succeed_applies_each_once_in_order_and_ends(items: Any) -> None:
    targets = [
        obj("Job" if hook else "ConfigMap", name, sync_wave=str(wave), **({"hook": hook} if hook else {}))
        for name, wave, hook in items
    ]
    results: dict[Any, Result] = {}
    applied: list[str] = []
    step: Any = None
    for _ in range(2 * len(targets) + 2):
        tasks = plan(targets, {}, results, Options())
        step = decide(tasks)
        if not isinstance(step, Apply) or not step.tasks:
            break
        for task in step.tasks:
            applied.append(task.ref.name)
            task.result = done(SUCCEEDED)
        written = [entry_of(task) for task in tasks if task.result]
        results = dict(map(result_of, written))
    assert isinstance(step, Done)
    assert step.phase == SUCCEEDED
    assert applied == [task.ref.name for task in plan(targets, {}, {}, Options())]
