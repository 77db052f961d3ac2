"""The platform's manifests at work: a tenant's folder in git becomes its namespace and its Application."""

import asyncio
from string import Template
from typing import Any

import yaml

from simulator.controllers.argocd.applicationset import APPLICATION_SET
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.kinds import DEPLOYMENT, JOB, NAMESPACE, Kind, Object
from tests.manifests.rendering import MANIFESTS, tenant_files
from tests.simulator.controllers.argocd.conftest import Argo

EXTERNAL_SECRET = Kind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets", namespaced=True)


def service(name: str, **spec: Any) -> Object:
    return {
        "metadata": {"name": name, "team": "t"},
        "spec": {
            "namespace": f"{name}-space",
            "image": "ghcr.io/bizmatters/x:1",
            "port": 8080,
            "environments": {"dev": {}, "prod": {}},
            **spec,
        },
    }


async def bootstrap(argo: Argo) -> None:
    values = {"tenants_repo": argo.tenants.url, "revision": "main", "overlay": "dev", "aws_region": "x"}
    for name in ("40-tenant-infrastructure.yaml", "41-tenant-applications.yaml"):
        text = Template((MANIFESTS / "platform" / name).read_text()).substitute(values)
        obj = yaml.safe_load(text)
        await argo.api.apply(await argo.api.resource(obj["apiVersion"], obj["kind"]), obj)


def onboard(argo: Argo, *services: Object) -> None:
    files: dict[str, str | None] = {}
    for each in services:
        files |= tenant_files(each, argo.tenants.url)
    argo.tenants.commit(files)


async def conditions(argo: Argo, status: str) -> dict[str, Object]:
    found = await argo.until(
        APPLICATION_SET,
        "tenant-applications",
        "argocd",
        lambda obj: any(
            each["type"] == "ErrorOccurred" and each["status"] == status
            for each in obj.get("status", {}).get("conditions", [])
        ),
    )
    return {each["type"]: each for each in found["status"]["conditions"]}


async def test_a_tenant_in_git_becomes_its_namespace_its_application_and_its_waves(argo: Argo) -> None:
    await bootstrap(argo)
    await conditions(argo, "False")
    onboard(argo, service("one", database={"pooled": True}))
    app = await argo.application(
        "one",
        lambda status: (
            status.get("operationState", {}).get("message")
            == "waiting for healthy state of external-secrets.io/ExternalSecret/one-db"
        ),
    )
    assert app["metadata"]["labels"] == {"tenant": "one", "managed-by": "applicationset"}
    assert app["spec"]["source"]["path"] == "tenants/one/overlays/dev"
    assert app["spec"]["destination"]["namespace"] == "one-space"
    assert app["metadata"]["ownerReferences"][0]["name"] == "tenant-applications"
    namespace = await argo.api.get(NAMESPACE, "one-space")
    assert namespace["metadata"]["labels"]["zerotouch.io/tenant"] == "one"
    assert await argo.api.find(JOB, "one-migrate", "one-space") is None
    ready = {"type": "Ready", "status": "True", "reason": "SecretSynced"}
    await argo.api.patch_status(EXTERNAL_SECRET, "one-db", {"conditions": [ready]}, "one-space")
    await argo.until(JOB, "one-migrate", "one-space", lambda _: True)
    complete = {"type": "Complete", "status": "True"}
    await argo.api.patch_status(JOB, "one-migrate", {"conditions": [complete]}, "one-space")
    deployment = await argo.until(DEPLOYMENT, "one", "one-space", lambda _: True)
    running = {"observedGeneration": deployment["metadata"]["generation"]}
    running |= dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    await argo.api.patch_status(DEPLOYMENT, "one", running, "one-space")
    app = await argo.application(
        "one",
        lambda status: (status["sync"]["status"], status["health"]["status"]) == ("Synced", "Healthy"),
    )
    assert app["status"]["operationState"]["phase"] == "Succeeded"
    infrastructure = await argo.application(
        "tenant-infrastructure", lambda status: status.get("sync", {}).get("status") == "Synced"
    )
    assert [each["name"] for each in infrastructure["status"]["resources"]] == ["one-space"]


async def test_a_tenant_without_an_overlay_for_this_cluster_has_no_application(argo: Argo) -> None:
    await bootstrap(argo)
    onboard(argo, service("here"), service("elsewhere", environments={"prod": {}}))
    await argo.application("here", lambda status: status.get("sync"))
    assert await argo.api.find(APPLICATION, "elsewhere", "argocd") is None


async def test_an_application_follows_its_template_and_goes_with_its_config(argo: Argo) -> None:
    await bootstrap(argo)
    onboard(argo, service("one"), service("two"))
    await argo.application("one", lambda status: status.get("sync"))
    two = await argo.application("two", lambda status: status.get("sync"))
    changed = {"metadata": {"labels": {"tenant": "wrong"}}, "spec": {"project": "other"}}
    await argo.api.merge_patch(APPLICATION, "one", changed, "argocd")
    await argo.until(
        APPLICATION,
        "one",
        "argocd",
        lambda app: (app["spec"]["project"], app["metadata"]["labels"]["tenant"]) == ("default", "one"),
    )
    argo.tenants.commit({"tenants/two/overlays/dev/config.yaml": None})
    await argo.gone(APPLICATION, "two", "argocd")
    assert two["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
    assert await argo.api.find(APPLICATION, "one", "argocd")


async def test_a_broken_config_is_an_error_condition_and_deletes_nothing(argo: Argo) -> None:
    await bootstrap(argo)
    onboard(argo, service("one"))
    before = await argo.application("one", lambda status: status.get("sync"))
    argo.tenants.commit({"tenants/two/overlays/dev/config.yaml": "tenant: [unclosed"})
    found = await conditions(argo, "True")
    assert "tenants/two/overlays/dev/config.yaml" in found["ErrorOccurred"]["message"]
    assert found["ErrorOccurred"]["reason"] == "ApplicationParamsGenerationError"
    assert found["ParametersGenerated"]["status"] == "False"
    assert found["ResourcesUpToDate"]["status"] == "False"
    after = await argo.api.get(APPLICATION, "one", "argocd")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    argo.tenants.commit({"tenants/two/overlays/dev/config.yaml": None})
    found = await conditions(argo, "False")
    assert found["ResourcesUpToDate"]["message"] == "ApplicationSet up to date"


async def test_two_tenants_of_one_name_are_refused(argo: Argo) -> None:
    await bootstrap(argo)
    onboard(argo, service("one"))
    await argo.application("one", lambda status: status.get("sync"))
    config = (argo.tenants.folder / "tenants/one/overlays/dev/config.yaml").read_text()
    argo.tenants.commit({"tenants/copy/overlays/dev/config.yaml": config})
    found = await conditions(argo, "True")
    assert found["ErrorOccurred"]["message"].endswith("contains applications with duplicate name: one")
    assert await argo.api.find(APPLICATION, "one", "argocd")


async def test_a_refresh_of_the_set_is_acknowledged(argo: Argo) -> None:
    await bootstrap(argo)
    await conditions(argo, "False")
    onboard(argo, service("one"))
    asked = {"metadata": {"annotations": {"argocd.argoproj.io/application-set-refresh": "true"}}}
    await argo.api.merge_patch(APPLICATION_SET, "tenant-applications", asked, "argocd")
    await argo.until(
        APPLICATION_SET,
        "tenant-applications",
        "argocd",
        lambda obj: "argocd.argoproj.io/application-set-refresh" not in obj["metadata"]["annotations"],
    )
    async with asyncio.timeout(10):
        assert await argo.api.find(APPLICATION, "one", "argocd")


async def test_an_application_of_nobody_is_taken_over_and_one_of_another_set_is_not(
    argo: Argo,
) -> None:
    await argo.create_application("one", "nowhere")
    await argo.api.create(APPLICATION_SET, _listing(argo, "first", "a"))
    taken = await argo.until(APPLICATION, "one", "argocd", lambda app: app["metadata"].get("ownerReferences"))
    assert taken["spec"]["source"]["path"] == "a"
    await argo.api.create(APPLICATION_SET, _listing(argo, "second", "b"))
    refused = await argo.until(
        APPLICATION_SET, "second", "argocd", lambda each: (each.get("status") or {}).get("conditions")
    )
    [error] = [each for each in refused["status"]["conditions"] if each["type"] == "ErrorOccurred"]
    assert (error["status"], error["reason"]) == ("True", "UpdateApplicationError")
    assert error["message"] == "Object argocd/one is already owned by another ApplicationSet controller first"
    kept = await argo.api.get(APPLICATION, "one", "argocd")
    assert kept["spec"]["source"]["path"] == "a"


def _listing(argo: Argo, name: str, path: str) -> Object:
    source = {"repoURL": argo.tenants.url, "targetRevision": "main", "path": "{{path}}"}
    destination = {"server": "https://kubernetes.default.svc", "namespace": "space"}
    template = {
        "metadata": {"name": "one"},
        "spec": {"project": "default", "source": source, "destination": destination},
    }
    return {
        "apiVersion": APPLICATION_SET.api_version,
        "kind": APPLICATION_SET.kind,
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"generators": [{"list": {"elements": [{"path": path}]}}], "template": template},
    }
