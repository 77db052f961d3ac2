"""Phases, back-off, probe counting, Service tables, images: the node's rules as tables."""

from datetime import UTC, datetime

import pytest

from simulator.controllers.kinds import Object
from simulator.controllers.runtime import images
from simulator.controllers.runtime.interface import PullFailed
from simulator.controllers.virtual_kubelet import backoff, services
from simulator.controllers.virtual_kubelet.probes import Tally
from simulator.controllers.virtual_kubelet.status import (
    Container,
    Running,
    State,
    Terminated,
    Waiting,
    pod_phase,
    pod_status,
    qos_class,
)

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
GOOD, BAD = (Terminated(code, NOW, NOW, "c") for code in (0, 1))
LIVE, CREATING, CRASHED = Running(NOW), Waiting("ContainerCreating"), Waiting("CrashLoopBackOff")


def container(state: State, last: Terminated | None = None, *, ready: bool = False) -> Container:
    return Container("app", "image", state, last=last, ready=ready)


def sidecar(state: State, last: Terminated | None = None) -> Container:
    return Container("proxy", "image", state, last=last, started=state == LIVE, lasts=True)


@pytest.mark.parametrize(
    ("policy", "init", "main", "expected"),
    [
        pytest.param("Always", [], [container(CREATING)], "Pending", id="creating"),
        pytest.param("Always", [], [container(LIVE)], "Running", id="running"),
        pytest.param("Always", [], [container(LIVE), container(CREATING)], "Pending", id="one not yet"),
        pytest.param("Always", [], [container(CRASHED, BAD)], "Running", id="crash loop"),
        pytest.param("Always", [], [container(BAD)], "Running", id="to be restarted"),
        pytest.param("Never", [], [container(BAD)], "Failed", id="failed for good"),
        pytest.param("OnFailure", [], [container(BAD)], "Running", id="to be tried again"),
        pytest.param("OnFailure", [], [container(GOOD)], "Succeeded", id="done"),
        pytest.param("Never", [], [container(GOOD), container(LIVE)], "Running", id="one still runs"),
        pytest.param("Always", [container(LIVE)], [container(CREATING)], "Pending", id="initialising"),
        pytest.param("Never", [container(BAD)], [container(CREATING)], "Failed", id="initialising failed"),
        pytest.param("Always", [container(GOOD)], [container(LIVE)], "Running", id="initialised"),
        pytest.param("Always", [sidecar(CREATING)], [container(CREATING)], "Pending", id="no sidecar yet"),
        pytest.param("Always", [sidecar(CRASHED, BAD)], [container(LIVE)], "Running", id="sidecar crashes"),
        pytest.param("Never", [sidecar(LIVE)], [container(GOOD)], "Running", id="sidecar ends last"),
        pytest.param("Never", [sidecar(BAD)], [container(GOOD)], "Succeeded", id="sidecar ended"),
    ],
)
def test_a_pods_phase_is_the_kubelets(
    policy: str, init: list[Container], main: list[Container], expected: str
) -> None:
    assert pod_phase(policy, init, main) == expected


def test_the_status_says_which_containers_are_unready_and_keeps_its_times() -> None:
    pod: Object = {"metadata": {"name": "web"}, "spec": {"containers": [{}]}}
    pod["status"] = pod_status(pod, [], [container(LIVE)], NOW)
    conditions = {c["type"]: c for c in pod["status"]["conditions"]}
    assert conditions["Ready"]["message"] == "containers with unready status: [app]"
    later = NOW.replace(hour=13)
    again = pod_status(pod, [], [container(LIVE)], later)
    assert again == pod["status"]
    ready = pod_status(pod, [], [container(LIVE, ready=True)], later)
    conditions = {c["type"]: c for c in ready["conditions"]}
    assert conditions["Ready"]["status"] == "True"
    assert conditions["Ready"]["lastTransitionTime"] == "2026-01-31T13:00:00Z"
    assert conditions["PodScheduled"]["lastTransitionTime"] == "2026-01-31T12:00:00Z"


def test_a_sidecar_is_initialised_once_it_has_started_and_counts_among_what_is_ready() -> None:
    pod: Object = {"metadata": {"name": "web"}, "spec": {"containers": [{}]}}
    done = container(GOOD)
    first = pod_status(pod, [done, sidecar(CREATING)], [container(CREATING)], NOW)
    told = {c["type"]: c for c in first["conditions"]}
    assert told["Initialized"]["message"] == "containers with incomplete status: [proxy]"
    crashed = pod_status(pod, [done, sidecar(CRASHED, BAD)], [container(LIVE, ready=True)], NOW)
    told = {c["type"]: c for c in crashed["conditions"]}
    assert told["Initialized"]["status"] == "True"
    assert told["Ready"]["message"] == "containers with unready status: [proxy]"
    assert [each["ready"] for each in crashed["initContainerStatuses"]] == [True, False]


def test_restarts_wait_ever_longer_until_one_ran_long_enough() -> None:
    waits = backoff.Backoff()
    assert [waits.next(1) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert waits.next(backoff.RESET_AFTER) == 0
    assert [backoff.text(seconds) for seconds in (10, 80, 300)] == ["10s", "1m20s", "5m0s"]


def test_a_probe_changes_its_mind_only_after_enough_answers_in_a_row() -> None:
    tally = Tally(success_threshold=1, failure_threshold=3)
    answers = [False, False, True, False, False, False, False, True]
    assert [tally.count(good=answer) for answer in answers] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
        True,
    ]


SERVICE: Object = {
    "metadata": {"name": "cache", "namespace": "prod"},
    "spec": {"selector": {"app": "cache"}, "ports": [{"port": 80, "targetPort": "redis"}]},
}
CACHE: Object = {
    "metadata": {"name": "cache-0", "namespace": "prod", "labels": {"app": "cache"}},
    "spec": {"containers": [{"ports": [{"name": "redis", "containerPort": 6379}]}]},
}
NAME = "cache.prod.svc.cluster.local"


@pytest.mark.parametrize(
    ("ready", "expected"),
    [
        pytest.param([(CACHE, {"6379": 41000})], {"80": "127.0.0.1:41000"}, id="a named port"),
        pytest.param([], {}, id="nobody ready"),
        pytest.param([(CACHE, {})], {}, id="not announced"),
        pytest.param(
            [({**CACHE, "metadata": {**CACHE["metadata"], "namespace": "dev"}}, {"6379": 1})],
            {},
            id="other namespace",
        ),
        pytest.param(
            [({**CACHE, "metadata": {**CACHE["metadata"], "labels": {}}}, {"6379": 1})], {}, id="not selected"
        ),
    ],
)
def test_a_service_leads_to_the_real_port_of_a_ready_pod(
    ready: list[tuple[Object, dict[str, int]]], expected: dict[str, str]
) -> None:
    assert services.table([SERVICE], ready) == {NAME: expected}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param(
            "docker.dragonflydb.io/dragonflydb/dragonfly:latest", images.Program.CACHE, id="dragonfly"
        ),
        pytest.param("ghcr.io/bizmatters/identity-service:1.4.2", images.Program.SERVICE, id="service"),
        pytest.param("localhost:5000/a/b@sha256:" + "0" * 64, images.Program.SERVICE, id="port and digest"),
        pytest.param("registry.invalid/app:1", "ErrImagePull", id="no such host"),
        pytest.param("ghcr.io/app:does-not-exist", "ErrImagePull", id="no such tag"),
        pytest.param("Not A Name", "InvalidImageName", id="no name"),
    ],
)
def test_an_image_stands_for_a_program_or_cannot_be_pulled(
    image: str, expected: images.Program | str
) -> None:
    try:
        found: images.Program | str = images.pull(image)
    except PullFailed as failure:
        found = failure.reason
    assert found == expected


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("ghcr.io/BizMatters/app:1", ": repository name (BizMatters/app) must be lowercase"),
        ("ghcr.io/app:-", ""),
    ],
)
def test_what_is_wrong_with_an_images_name_is_said(image: str, why: str) -> None:
    with pytest.raises(PullFailed) as failed:
        images.check(image)
    assert str(failed.value) == (
        f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
        f"invalid reference format{why}"
    )


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({}, "BestEffort", id="none"),
        pytest.param({"requests": {"cpu": "1"}}, "Burstable", id="requests"),
        pytest.param({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed", id="limits alone are both"),
    ],
)
def test_quality_of_service_follows_the_resources(resources: Object, expected: str) -> None:
    assert qos_class({"spec": {"containers": [{"resources": resources}]}}) == expected
