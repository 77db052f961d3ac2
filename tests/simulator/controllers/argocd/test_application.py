"""An Application from git to the cluster: compared, synced, healed, pruned and deleted, over real sockets."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
import yaml

from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.kinds import CONFIG_MAP, DEPLOYMENT, JOB, Object
from tests.simulator.controllers.argocd.conftest import Argo

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}
SOON = 60.0
"""Simulated seconds; what only happens at the next look of its own comes after three minutes."""
WAVE = "argocd.argoproj.io/sync-wave"


def config(name: str, value: str = "1", **annotations: str) -> str:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "annotations": annotations},
        "data": {"value": value},
    }
    return yaml.safe_dump(body)


def deployment(name: str = "web", wave: str = "0") -> str:
    labels = {"app": name}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "annotations": {WAVE: wave}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]}]
                },
            },
        },
    }
    return yaml.safe_dump(body)


def seconds_between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def kustomization(*resources: str) -> str:
    return yaml.safe_dump({"resources": list(resources)})


async def roll_out(argo: Argo, name: str = "web") -> None:
    """Play the workload controller: the Deployment has all its replicas."""
    found = await argo.until(DEPLOYMENT, name, "space", lambda _: True)
    status = {
        "observedGeneration": found["metadata"]["generation"],
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
    }
    await argo.api.patch_status(DEPLOYMENT, name, status, "space")


def healthy(status: dict[str, Any]) -> bool:
    found = (status.get("sync", {}).get("status"), status.get("health", {}).get("status"), phase(status))
    return found == ("Synced", "Healthy", "Succeeded")


def phase(status: dict[str, Any]) -> str:
    return str(status.get("operationState", {}).get("phase", ""))


async def test_a_folder_becomes_objects_and_the_application_synced_and_healthy(argo: Argo) -> None:
    commit = argo.tenants.commit(
        {
            "a/kustomization.yaml": kustomization("one.yaml", "web.yaml"),
            "a/one.yaml": config("one"),
            "a/web.yaml": deployment(),
        }
    )
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    waiting = await argo.application("app", lambda status: phase(status) == "Succeeded")
    assert waiting["status"]["health"]["status"] != "Healthy"
    await roll_out(argo)
    app = await argo.application("app", healthy)
    status = app["status"]
    assert "operation" not in app
    assert status["sync"]["revision"] == commit
    assert status["operationState"]["message"] == "successfully synced (all tasks run)"
    assert status["operationState"]["operation"]["initiatedBy"] == {"automated": True}
    assert [(each["kind"], each["name"], each["status"]) for each in status["resources"]] == [
        ("ConfigMap", "one", "Synced"),
        ("Deployment", "web", "Synced"),
    ]
    assert not any("health" in each for each in status["resources"])
    assert status["resourceHealthSource"] == "appTree"
    assert [each["revision"] for each in status["history"]] == [commit]
    assert status["summary"]["images"] == ["web:1"]
    live = await argo.api.get(CONFIG_MAP, "one", "space")
    assert live["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] == "app:/ConfigMap:space/one"


async def test_a_broken_kustomization_is_a_comparison_error_and_its_sync_unknown(argo: Argo) -> None:
    argo.tenants.commit({"a/kustomization.yaml": kustomization("one.yaml"), "a/one.yaml": config("one")})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    await argo.application("app", healthy)
    argo.tenants.commit({"a/kustomization.yaml": kustomization("missing.yaml")})
    app = await argo.application("app", lambda status: status["sync"]["status"] == "Unknown")
    [condition] = app["status"]["conditions"]
    assert condition["type"] == "ComparisonError"
    assert condition["message"].startswith(
        "Failed to load target state: failed to generate manifest for source 1 of 1:"
        " rpc error: code = Unknown desc = `kustomize build <path to cached source>/a` failed exit status 1:"
    )
    assert "missing.yaml" in condition["message"]
    assert app["status"]["health"]["status"] == "Healthy"
    assert await argo.api.get(CONFIG_MAP, "one", "space")
    argo.tenants.commit({"a/kustomization.yaml": kustomization("one.yaml")})
    app = await argo.application("app", healthy)
    assert app["status"]["conditions"] == []


@pytest.mark.parametrize(
    ("path", "revision", "message"),
    [
        ("nowhere", "main", "nowhere: app path does not exist"),
        ("tenants", "absent", "unable to resolve 'absent' to a commit SHA"),
    ],
)
async def test_what_git_does_not_have_is_named_in_the_comparison_error(
    argo: Argo, path: str, revision: str, message: str
) -> None:
    source = {"repoURL": argo.tenants.url, "targetRevision": revision, "path": path}
    await argo.create_application("app", path, source=source)
    app = await argo.application("app", lambda status: status.get("conditions"))
    assert app["status"]["conditions"][0]["message"].endswith(message)
    assert app["status"]["sync"]["status"] == "Unknown"


async def test_a_later_wave_waits_for_the_health_of_the_earlier(argo: Argo) -> None:
    argo.tenants.commit({"a/web.yaml": deployment(), "a/late.yaml": config("late", **{WAVE: "1"})})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    app = await argo.application(
        "app",
        lambda status: (
            status.get("operationState", {}).get("message")
            == "waiting for healthy state of apps/Deployment/web"
        ),
    )
    assert phase(app["status"]) == "Running"
    assert app["operation"]
    assert await argo.api.find(CONFIG_MAP, "late", "space") is None
    await roll_out(argo)
    await argo.application("app", healthy)
    assert await argo.api.get(CONFIG_MAP, "late", "space")


HOOK = {
    "argocd.argoproj.io/hook": "Sync",
    "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation,HookSucceeded",
    WAVE: "2",
}


def job() -> str:
    body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "annotations": HOOK},
        "spec": {
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "m:1"}]}}
        },
    }
    return yaml.safe_dump(body)


async def end_job(argo: Argo, kind: str, message: str = "") -> None:
    await argo.until(JOB, "migrate", "space", lambda obj: "deletionTimestamp" not in obj["metadata"])
    condition = {"type": kind, "status": "True", "message": message}
    await argo.api.patch_status(JOB, "migrate", {"conditions": [condition]}, "space")


async def test_a_hook_job_gates_the_next_wave_and_is_deleted_once_it_succeeded(argo: Argo) -> None:
    argo.tenants.commit({"a/job.yaml": job(), "a/late.yaml": config("late", **{WAVE: "6"})})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    await argo.application(
        "app",
        lambda status: (
            status.get("operationState", {}).get("message")
            == "waiting for completion of hook batch/Job/migrate"
        ),
    )
    assert await argo.api.find(CONFIG_MAP, "late", "space") is None
    await end_job(argo, "Complete")
    app = await argo.application("app", healthy)
    await argo.gone(JOB, "migrate", "space")
    results = {each["name"]: each for each in app["status"]["operationState"]["syncResult"]["resources"]}
    assert results["migrate"]["hookType"] == "Sync"
    assert results["migrate"]["hookPhase"] == "Succeeded"
    assert "status" not in results["migrate"]
    assert results["late"]["status"] == "Synced"


async def test_a_failed_hook_fails_the_sync_and_a_retry_runs_it_anew(argo: Argo) -> None:
    argo.tenants.commit({"a/job.yaml": job(), "a/late.yaml": config("late", **{WAVE: "6"})})
    retry = {"limit": 1, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "1m"}}
    await argo.create_application("app", "a", syncPolicy={**AUTOMATED, "retry": retry})
    first = await argo.until(JOB, "migrate", "space", lambda _: True)
    await end_job(argo, "Failed", "Job has reached the specified backoff limit")
    app = await argo.application(
        "app", lambda status: status.get("operationState", {}).get("retryCount") == 1
    )
    assert app["status"]["operationState"]["message"].startswith(
        "one or more synchronization tasks completed unsuccessfully, reason: Job has reached the specified"
        " backoff limit. Retrying attempt #1 at "
    )
    second = await argo.until(
        JOB, "migrate", "space", lambda obj: obj["metadata"]["uid"] != first["metadata"]["uid"]
    )
    assert second
    await end_job(argo, "Failed", "again")
    app = await argo.application("app", lambda status: phase(status) == "Failed")
    assert app["status"]["operationState"]["message"].endswith("(retried 1 times).")
    app = await argo.application("app", lambda status: status.get("conditions"))
    [condition] = app["status"]["conditions"]
    assert condition["type"] == "SyncError"
    assert condition["message"].startswith("Failed last sync attempt to [")
    assert await argo.api.find(CONFIG_MAP, "late", "space") is None


async def test_what_is_to_be_done_after_a_failure_is_done_at_once(argo: Argo) -> None:
    nowhere = {**yaml.safe_load(config("lost")), "metadata": {"name": "lost", "namespace": "nowhere"}}
    cleaning = config("cleaned", **{"argocd.argoproj.io/hook": "SyncFail"})
    argo.tenants.commit({"a/lost.yaml": yaml.safe_dump(nowhere), "a/clean.yaml": cleaning})
    await argo.create_application("app", "a", syncPolicy={**AUTOMATED, "retry": {"limit": 0}})
    app = await argo.application("app", lambda status: phase(status) == "Failed")
    state = app["status"]["operationState"]
    assert seconds_between(state["startedAt"], state["finishedAt"]) < SOON
    assert state["message"].endswith('reason: namespaces "nowhere" not found')
    found = {each["name"]: each.get("hookType", "") for each in state["syncResult"]["resources"]}
    assert found == {"lost": "", "cleaned": "SyncFail"}
    assert await argo.api.find(CONFIG_MAP, "cleaned", "space") is not None


async def test_what_git_drops_is_pruned(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one"), "a/two.yaml": config("two")})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    await argo.application("app", healthy)
    argo.tenants.commit({"a/two.yaml": None})
    await argo.gone(CONFIG_MAP, "two", "space")
    app = await argo.application("app", lambda status: healthy(status) and len(status["resources"]) == 1)
    [result] = [
        each for each in app["status"]["operationState"]["syncResult"]["resources"] if each["name"] == "two"
    ]
    assert (result["status"], result["message"]) == ("Pruned", "pruned")


async def test_without_prune_what_git_drops_stays_and_is_marked(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one"), "a/two.yaml": config("two")})
    await argo.create_application("app", "a", syncPolicy={"automated": {}})
    await argo.application("app", healthy)
    argo.tenants.commit({"a/two.yaml": None})
    app = await argo.application("app", lambda status: status["sync"]["status"] == "OutOfSync")
    [extra] = [each for each in app["status"]["resources"] if each.get("requiresPruning")]
    assert (extra["name"], extra["status"]) == ("two", "OutOfSync")
    await argo.refresh("app")
    assert await argo.api.get(CONFIG_MAP, "two", "space")


async def test_an_emptied_folder_is_not_wiped_out_by_itself(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    await argo.application("app", healthy)
    argo.tenants.commit({"a/one.yaml": None, "a/.gitkeep": ""})
    app = await argo.application("app", lambda status: status.get("conditions"))
    assert app["status"]["conditions"][0]["type"] == "SyncError"
    assert app["status"]["conditions"][0]["message"].endswith("auto-sync will wipe out all resources")
    assert await argo.api.get(CONFIG_MAP, "one", "space")


async def test_self_heal_puts_a_changed_object_back_and_recreates_a_deleted_one(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one"), "a/two.yaml": config("two")})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    await argo.application("app", healthy)
    await argo.api.merge_patch(CONFIG_MAP, "one", {"data": {"value": "changed"}}, "space")
    await argo.until(CONFIG_MAP, "one", "space", lambda obj: obj["data"]["value"] == "1")
    app = await argo.application("app", healthy)
    sync = app["status"]["operationState"]["operation"]["sync"]
    assert sync["resources"] == [{"kind": "ConfigMap", "namespace": "space", "name": "one"}]
    before = await argo.api.get(CONFIG_MAP, "two", "space")
    await argo.api.delete(CONFIG_MAP, "two", "space")
    await argo.until(
        CONFIG_MAP, "two", "space", lambda obj: obj["metadata"]["uid"] != before["metadata"]["uid"]
    )


async def test_without_self_heal_a_changed_object_is_shown_and_left(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    await argo.create_application("app", "a", syncPolicy={"automated": {"prune": True}})
    await argo.application("app", healthy)
    await argo.api.merge_patch(CONFIG_MAP, "one", {"data": {"value": "changed"}}, "space")
    await argo.application("app", lambda status: status["sync"]["status"] == "OutOfSync")
    app = await argo.refresh("app")
    assert app["status"]["sync"]["status"] == "OutOfSync"
    assert (await argo.api.get(CONFIG_MAP, "one", "space"))["data"] == {"value": "changed"}


async def test_a_refresh_is_acknowledged_and_renews_the_time_of_comparison(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    await argo.create_application("app", "a")
    before = await argo.application("app", lambda status: status.get("sync"))
    assert before["status"]["sync"]["status"] == "OutOfSync"
    assert "operationState" not in before["status"]
    await asyncio.sleep(2 / 20)
    commit = argo.tenants.commit({"a/one.yaml": config("one", "2")})
    after = await argo.refresh("app", "hard")
    assert after["status"]["sync"]["revision"] == commit
    assert after["status"]["reconciledAt"] > before["status"]["reconciledAt"]


async def test_an_operation_put_on_the_application_is_carried_out_and_taken_off(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    await argo.create_application("app", "a")
    await argo.application("app", lambda status: status.get("sync"))
    operation = {"sync": {"prune": True}, "initiatedBy": {"username": "somebody"}}
    await argo.api.merge_patch(APPLICATION, "app", {"operation": operation}, "argocd")
    app = await argo.application("app", healthy)
    assert "operation" not in app
    assert app["status"]["operationState"]["operation"] == operation
    assert app["status"]["history"][0]["initiatedBy"] == {"username": "somebody"}


async def test_a_sync_into_a_missing_namespace_is_retried_until_it_is_there(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    destination = {"server": "https://kubernetes.default.svc", "namespace": "later"}
    await argo.create_application("app", "a", syncPolicy=AUTOMATED, destination=destination)
    app = await argo.application("app", lambda status: status.get("operationState", {}).get("retryCount"))
    assert 'namespaces "later" not found' in app["status"]["operationState"]["message"]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}}
    await argo.api.create(await argo.api.resource("v1", "Namespace"), namespace)
    await argo.application("app", healthy)


async def test_an_unknown_kind_fails_the_sync_and_nothing_else_is_applied(argo: Argo) -> None:
    stranger = {"apiVersion": "example.org/v1", "kind": "Stranger", "metadata": {"name": "s"}}
    argo.tenants.commit({"a/one.yaml": config("one"), "a/s.yaml": yaml.safe_dump(stranger)})
    retry = {"limit": 0}
    await argo.create_application("app", "a", syncPolicy={**AUTOMATED, "retry": retry})
    app = await argo.application("app", lambda status: phase(status) == "Failed")
    assert app["status"]["operationState"]["message"].startswith(
        "one or more synchronization tasks are not valid, reason: The Kubernetes API could not find"
    )
    assert await argo.api.find(CONFIG_MAP, "one", "space") is None


async def test_a_hanging_sync_ends_when_it_is_terminated(argo: Argo) -> None:
    argo.tenants.commit({"a/web.yaml": deployment(), "a/late.yaml": config("late", **{WAVE: "1"})})
    await argo.create_application("app", "a", syncPolicy={"automated": {}})
    await argo.application(
        "app", lambda status: "waiting for" in status.get("operationState", {}).get("message", "")
    )
    terminate = {"status": {"operationState": {"phase": "Terminating"}}}
    await argo.api.merge_patch(APPLICATION, "app", terminate, "argocd")
    app = await argo.application("app", lambda status: phase(status) == "Failed")
    assert app["status"]["operationState"]["message"] == "Operation terminated"
    assert "operation" not in app


async def test_deleting_an_application_with_its_finalizer_deletes_what_it_owns_last_wave_first(
    argo: Argo,
) -> None:
    argo.tenants.commit({"a/one.yaml": config("one"), "a/two.yaml": config("two", **{WAVE: "3"})})
    metadata = {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}
    await argo.create_application("app", "a", syncPolicy=AUTOMATED, metadata=metadata)
    await argo.application("app", healthy)
    held = {"metadata": {"finalizers": ["tests.example.org/hold"]}}
    await argo.api.merge_patch(CONFIG_MAP, "two", held, "space")
    await argo.api.delete(APPLICATION, "app", "argocd")
    await argo.until(CONFIG_MAP, "two", "space", lambda obj: obj["metadata"].get("deletionTimestamp"))
    assert "deletionTimestamp" not in (await argo.api.get(CONFIG_MAP, "one", "space"))["metadata"]
    await argo.api.merge_patch(CONFIG_MAP, "two", {"metadata": {"finalizers": None}}, "space")
    await argo.gone(CONFIG_MAP, "one", "space")
    await argo.gone(APPLICATION, "app", "argocd")


async def test_without_the_finalizer_the_objects_stay(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    await argo.application("app", healthy)
    await argo.api.delete(APPLICATION, "app", "argocd")
    await argo.gone(APPLICATION, "app", "argocd")
    assert await argo.api.get(CONFIG_MAP, "one", "space")


async def test_a_spec_the_project_does_not_allow_is_invalid(argo: Argo) -> None:
    await argo.create_application("app", "a", project="absent")
    app = await argo.application("app", lambda status: status.get("conditions"))
    [condition] = app["status"]["conditions"]
    assert condition["type"] == "InvalidSpecError"
    assert condition["message"] == "Application referencing project absent which does not exist"


async def test_a_quiet_application_is_not_written_again_and_again(argo: Argo) -> None:
    argo.tenants.commit({"a/one.yaml": config("one")})
    await argo.create_application("app", "a", syncPolicy=AUTOMATED)
    settled: Object = await argo.application("app", healthy)
    argo.tenants.commit({"elsewhere.txt": "x"})
    moved = await argo.application(
        "app", lambda status: status["sync"]["revision"] != settled["status"]["sync"]["revision"]
    )
    await asyncio.sleep(20 / 20)
    latest = await argo.api.get(APPLICATION, "app", "argocd")
    assert latest["metadata"]["resourceVersion"] == moved["metadata"]["resourceVersion"]
