"""What StatefulSets, Jobs, ReplicaSets and the scheduler decide, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.clock import rfc3339
from simulator.controllers.kinds import Object
from simulator.controllers.workloads import endpoints, jobs, replica_sets, scheduler, stateful_sets

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def made(name: str, phase: str = "Running", *, ready: bool = True, **metadata: object) -> Object:
    conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": rfc3339(NOW)}]
    return {
        "metadata": {"name": name, "namespace": "default", "uid": name, **metadata},
        "spec": {"containers": [], "nodeName": "rehearsal"},
        "status": {"phase": phase, "conditions": conditions, "podIP": "127.0.0.1"},
    }


def stateful_set(replicas: int, **spec: object) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "default", "uid": "s"},
        "spec": {"replicas": replicas, "template": {"spec": {}}, **spec},
    }


CURRENT = {stateful_sets.REVISION: stateful_sets.revision(stateful_set(1))}
OLD = {stateful_sets.REVISION: "db-old"}


@pytest.mark.parametrize(
    ("target", "own", "create", "delete"),
    [
        pytest.param(stateful_set(2), [], [0], [], id="the first ordinal first"),
        pytest.param(stateful_set(2), [made("db-0", ready=False, labels=CURRENT)], [], [], id="waits for it"),
        pytest.param(stateful_set(2), [made("db-0", labels=CURRENT)], [1], [], id="then the next"),
        pytest.param(stateful_set(2, podManagementPolicy="Parallel"), [], [0, 1], [], id="parallel"),
        pytest.param(
            stateful_set(1),
            [made(f"db-{n}", labels=CURRENT) for n in range(3)],
            [],
            ["db-2"],
            id="highest goes",
        ),
        pytest.param(
            stateful_set(1), [made("db-0", "Failed", labels=CURRENT)], [], ["db-0"], id="failed goes"
        ),
        pytest.param(
            stateful_set(2),
            [made(f"db-{n}", labels=OLD) for n in range(2)],
            [],
            ["db-1"],
            id="update from the top",
        ),
        pytest.param(
            stateful_set(1, updateStrategy={"type": "OnDelete"}),
            [made("db-0", labels=OLD)],
            [],
            [],
            id="on delete",
        ),
        pytest.param(
            stateful_set(1),
            [made("db-0", ready=False, labels=OLD)],
            [],
            ["db-0"],
            id="a broken old pod is replaced",
        ),
    ],
)
def test_a_stateful_set_takes_one_step(
    target: Object, own: list[Object], create: list[int], delete: list[str]
) -> None:
    plan = stateful_sets.plan(target, own)
    assert (plan.create, [pod["metadata"]["name"] for pod in plan.delete]) == (create, delete)


def job(**spec: object) -> Object:
    return {"metadata": {"name": "migrate"}, "spec": {"template": {}, **spec}}


def failed(seconds_ago: float, name: str = "f") -> Object:
    pod = made(name, "Failed")
    ended = {"terminated": {"finishedAt": rfc3339(NOW - timedelta(seconds=seconds_ago))}}
    pod["status"]["containerStatuses"] = [{"state": ended}]
    return pod


STARTED = {"status": {"startTime": rfc3339(NOW - timedelta(seconds=90))}}


@pytest.mark.parametrize(
    ("target", "own", "create", "verdict", "look_after"),
    [
        pytest.param(job(), [], 1, None, None, id="starts one"),
        pytest.param(job(), [made("r")], 0, None, None, id="waits for it"),
        pytest.param(job(), [made("s", "Succeeded")], 0, "Complete", None, id="done"),
        pytest.param(job(), [failed(3)], 0, None, 7.0, id="backs off 10 s after the first failure"),
        pytest.param(job(), [failed(11)], 1, None, None, id="tries again"),
        pytest.param(
            job(), [failed(11, "a"), failed(30, "b")], 0, None, 9.0, id="backs off 20 s after the second"
        ),
        pytest.param(job(backoffLimit=0), [failed(11)], 0, "Failed", None, id="limit reached"),
        pytest.param(
            job(completions=3, parallelism=2), [made("s", "Succeeded")], 2, None, None, id="parallel"
        ),
        pytest.param(
            {**job(activeDeadlineSeconds=60), **STARTED}, [made("r")], 0, "Failed", None, id="too long"
        ),
        pytest.param({**job(activeDeadlineSeconds=100), **STARTED}, [made("r")], 0, None, 10.0, id="in time"),
        pytest.param(job(suspend=True), [], 0, None, None, id="suspended"),
    ],
)
def test_a_job_takes_one_step(
    target: Object, own: list[Object], create: int, verdict: str | None, look_after: float | None
) -> None:
    plan = jobs.plan(target, own, NOW)
    assert plan.create == create
    assert (plan.verdict or {}).get("type") == verdict
    assert plan.look_after == look_after


def test_a_replica_set_ends_its_least_useful_pods() -> None:
    own = [
        made("ready-old", creationTimestamp="2026-01-30T00:00:00Z"),
        made("ready-young", creationTimestamp="2026-01-31T00:00:00Z"),
        made("unready", ready=False, creationTimestamp="2026-01-29T00:00:00Z"),
        made("gone", "Failed"),
    ]
    missing, surplus = replica_sets.difference({"spec": {"replicas": 1}}, own)
    assert missing == 0
    assert [pod["metadata"]["name"] for pod in surplus] == ["unready", "ready-young"]


NODE = {
    "metadata": {"name": "rehearsal"},
    "spec": {},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}
TAINT = {"key": "team", "value": "a", "effect": "NoSchedule"}
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}


@pytest.mark.parametrize(
    ("spec", "nodes", "claims", "refusal"),
    [
        pytest.param({}, [], {}, "no nodes available to schedule pods", id="no node"),
        pytest.param(
            {},
            [{**NODE, "spec": {"unschedulable": True}}],
            {},
            "0/1 nodes are available: 1 node(s) were unschedulable.",
            id="cordoned",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            [NODE],
            {},
            "didn't match Pod's node affinity/selector",
            id="selector",
        ),
        pytest.param(
            {"tolerations": [{"key": "team", "value": "b"}]},
            [{**NODE, "spec": {"taints": [TAINT]}}],
            {},
            "0/1 nodes are available: 1 node(s) had untolerated taint(s).",
            id="tainted",
        ),
        pytest.param(
            {"volumes": [CLAIM]}, [NODE], {}, 'persistentvolumeclaim "data" not found', id="no claim"
        ),
        pytest.param(
            {"volumes": [CLAIM]},
            [NODE],
            {"data": {}},
            "unbound immediate PersistentVolumeClaims",
            id="unbound",
        ),
    ],
)
def test_a_pod_no_node_can_take_is_refused_in_the_schedulers_words(
    spec: Object, nodes: list[Object], claims: dict[str, Object], refusal: str
) -> None:
    target = {"metadata": {"name": "web", "namespace": "default"}, "spec": spec}
    with pytest.raises(scheduler.Unschedulable) as refused:
        scheduler.choose(target, nodes, claims)
    assert refusal in str(refused.value)
    assert scheduler.choose({**target, "spec": {}}, [NODE], {}) == "rehearsal"


@pytest.mark.parametrize(
    "toleration",
    [
        pytest.param({"key": "team", "value": "a", "effect": "NoSchedule"}, id="equal"),
        pytest.param({"key": "team", "operator": "Exists"}, id="any value"),
        pytest.param({"operator": "Exists"}, id="anything"),
    ],
)
def test_a_pod_that_tolerates_a_taint_is_bound_all_the_same(toleration: Object) -> None:
    target = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"tolerations": [toleration]}}
    assert scheduler.choose(target, [{**NODE, "spec": {"taints": [TAINT]}}], {}) == "rehearsal"


def test_endpoints_carry_the_real_ports_of_ready_pods() -> None:
    service = {
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 3000}]}
    }
    marks: Object = {"labels": {"app": "web"}, "annotations": {endpoints.PORTS: '{"3000": 41233}'}}
    ready, unready = made("a", **marks), made("b", ready=False, **marks)
    silent = made("c", labels={"app": "web"})
    first, second = endpoints.subsets(service, [unready, silent, ready])
    assert first["addresses"][0]["targetRef"]["name"] == "a"
    assert first["ports"] == [{"name": "http", "port": 41233, "protocol": "TCP"}]
    assert second["notReadyAddresses"][0]["targetRef"]["name"] == "b"
