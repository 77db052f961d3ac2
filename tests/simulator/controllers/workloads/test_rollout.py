"""The rollout of a Deployment, step by step, without a cluster."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.clock import rfc3339
from simulator.controllers.kinds import Object, name_of
from simulator.controllers.workloads import rollout

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
STAMP = rfc3339(NOW)


def deployment(replicas: int = 4, image: str = "a", **spec: object) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "uid": "u1", "generation": 3},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": image}]}},
            **spec,
        },
    }


def replica_set(name: str, replicas: int, available: int, revision: int = 1) -> Object:
    return {
        "metadata": {
            "name": name,
            "annotations": {rollout.REVISION: str(revision)},
            "creationTimestamp": f"2026-01-3{revision}T00:00:00Z",
        },
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "availableReplicas": available, "readyReplicas": available},
    }


def new(target: Object, replicas: int, available: int) -> Object:
    return replica_set(rollout.new_name(target), replicas, available, 1)


def test_the_first_replica_set_gets_all_replicas_and_the_template_hash() -> None:
    wanted = rollout.plan(deployment(), []).create
    assert wanted is not None
    assert wanted["spec"]["replicas"] == 4
    mark = wanted["metadata"]["labels"][rollout.HASH]
    assert wanted["metadata"]["name"] == f"web-{mark}"
    assert wanted["spec"]["selector"]["matchLabels"] == {"app": "web", rollout.HASH: mark}
    assert wanted["metadata"]["annotations"][rollout.REVISION] == "1"


def test_a_new_template_begins_with_the_surge_and_the_next_revision() -> None:
    wanted = rollout.plan(deployment(image="b"), [replica_set("old", 4, 4)]).create
    assert wanted is not None
    assert wanted["spec"]["replicas"] == 1
    assert wanted["metadata"]["annotations"][rollout.REVISION] == "2"


@pytest.mark.parametrize(
    ("fresh", "old", "expected"),
    [
        pytest.param((1, 0), (4, 4), {"old": 3}, id="one may be missing at once"),
        pytest.param((2, 0), (3, 3), {}, id="too few are available to end more"),
        pytest.param((2, 2), (3, 3), {"old": 1}, id="available new pods free old ones"),
        pytest.param((1, 1), (3, 3), {"new": 2}, id="room for one more new pod"),
        pytest.param((4, 3), (1, 1), {"old": 0}, id="the last old pod ends"),
        pytest.param((4, 4), (0, 0), {}, id="done"),
        pytest.param((1, 0), (4, 1), {"old": 3}, id="broken old pods go first"),
    ],
)
def test_pods_move_within_surge_and_unavailability(
    fresh: tuple[int, int], old: tuple[int, int], expected: dict[str, int]
) -> None:
    target = deployment(image="b")
    plan = rollout.plan(target, [new(target, *fresh), replica_set("old", *old, 1)])
    names = {rollout.new_name(target): "new"}
    assert {names.get(name, name): count for name, count in plan.scale.items()} == expected


def test_a_rollout_always_arrives_and_never_leaves_its_bounds() -> None:
    target, old = deployment(replicas=5, image="b"), replica_set("old", 5, 5)
    first = rollout.plan(target, [old]).create
    assert first is not None
    fresh = new(target, first["spec"]["replicas"], 0)
    for _ in range(40):
        scale = rollout.plan(target, [fresh, old]).scale
        for item in (fresh, old):
            item["spec"]["replicas"] = scale.get(item["metadata"]["name"], item["spec"]["replicas"])
        surge, missing = rollout.bounds(target)
        assert fresh["spec"]["replicas"] + old["spec"]["replicas"] <= 5 + surge
        old["status"]["availableReplicas"] = old["status"]["replicas"] = old["spec"]["replicas"]
        assert fresh["status"]["availableReplicas"] + old["status"]["availableReplicas"] >= 5 - missing
        fresh["status"]["availableReplicas"] = fresh["status"]["replicas"] = fresh["spec"]["replicas"]
    assert (fresh["spec"]["replicas"], old["spec"]["replicas"]) == (5, 0)


def test_recreate_waits_until_the_old_pods_are_gone() -> None:
    target = deployment(image="b", strategy={"type": "Recreate"})
    assert rollout.plan(target, [replica_set("old", 4, 4)]).scale == {"old": 0}
    ending = replica_set("old", 0, 0)
    ending["status"]["replicas"] = 2
    assert rollout.plan(target, [ending]) == rollout.Plan()
    ending["status"]["replicas"] = 0
    assert rollout.plan(target, [ending]).create is not None


def test_a_template_that_comes_back_takes_its_old_set_and_the_next_revision() -> None:
    target = deployment()
    before, present = new(target, 0, 0), replica_set("present", 4, 4, 2)
    assert rollout.next_revision(target, [before, present]) == 3
    assert rollout.plan(target, [before, present]) == rollout.Plan(scale={name_of(before): 1})


def test_a_paused_deployment_gets_no_new_set_and_moves_no_pod() -> None:
    target = deployment(image="b", paused=True)
    old = replica_set("old", 4, 4)
    assert rollout.plan(target, [old]) == rollout.Plan()
    assert rollout.plan(target, [new(target, 1, 1), old]) == rollout.Plan()


def test_only_the_history_asked_for_is_kept() -> None:
    target = deployment(image="z", revisionHistoryLimit=1)
    old = [replica_set(f"old{n}", 0, 0, n) for n in range(1, 4)]
    assert rollout.plan(target, [new(target, 4, 4), *old]).remove == ["old1", "old2"]


def condition(status: Object, kind: str) -> Object:
    return next(dict(c) for c in status["conditions"] if c["type"] == kind)


def test_status_says_progressing_until_all_are_available() -> None:
    target = deployment()
    status = rollout.status(target, [new(target, 4, 1)], NOW, STAMP)
    assert condition(status, "Available")["reason"] == "MinimumReplicasUnavailable"
    assert condition(status, "Progressing")["reason"] == "NewReplicaSetCreated"
    assert status["unavailableReplicas"] == 3
    assert status["observedGeneration"] == 3
    done = rollout.status({**target, "status": status}, [new(target, 4, 4)], NOW, STAMP)
    assert condition(done, "Available")["reason"] == "MinimumReplicasAvailable"
    assert condition(done, "Progressing")["reason"] == "NewReplicaSetAvailable"


def test_the_deadline_passes_only_when_nothing_moved_for_so_long() -> None:
    target = deployment(progressDeadlineSeconds=60)
    sets = [new(target, 4, 1)]
    target["status"] = rollout.status(target, sets, NOW, STAMP)
    later = NOW + timedelta(seconds=59)
    target["status"] = rollout.status(target, sets, later, rfc3339(later))
    assert condition(target["status"], "Progressing")["status"] == "True"
    late = NOW + timedelta(seconds=180)
    expired = rollout.status(target, sets, late, rfc3339(late))
    assert condition(expired, "Progressing")["reason"] == "ProgressDeadlineExceeded"
    moved = rollout.status(target, [new(target, 4, 2)], late, rfc3339(late))
    assert condition(moved, "Progressing")["reason"] == "ReplicaSetUpdated"


def test_a_pass_without_change_gives_the_same_status() -> None:
    target = deployment()
    sets = [new(target, 4, 4)]
    target["status"] = rollout.status(target, sets, NOW, STAMP)
    later = NOW + timedelta(hours=1)
    target["status"] = rollout.status(target, sets, later, rfc3339(later))
    again = rollout.status(target, sets, later + timedelta(hours=1), rfc3339(later + timedelta(hours=1)))
    assert again == target["status"]
