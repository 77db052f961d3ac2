"""The port over TLS against the simulator's API server."""

import asyncio
import base64
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from portal.adapters.kube import KubeCluster
from portal.core.cluster import Resource, WatchKind
from portal.errors import AccessDenied, Conflict, NotFound, PrerequisiteError, Unreachable
from portal.settings import KubeSettings
from simulator.backends.certificates import Authority
from tests.adapters.kube.conftest import Bench, kubeconfig

CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
PATH = "/api/v1/namespaces/default/configmaps"


async def post(bench: Bench, path: str, *bodies: dict[str, Any]) -> None:
    trust = ssl.create_default_context(cafile=str(bench.ca))
    headers = {"Authorization": "Bearer admin-token"}
    async with httpx.AsyncClient(
        base_url=bench.url, verify=trust, headers=headers, trust_env=False
    ) as client:
        for body in bodies:
            answer = await client.post(path, json=body)
            assert answer.status_code == 201, answer.text


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_loopback_is_reached_without_the_proxy_of_the_environment(bench: Bench) -> None:
    program = """
import asyncio, pathlib, sys
from portal.adapters.kube import KubeCluster
from portal.settings import KubeSettings
from simulator.backends.certificates import Authority
async def main():
    async with KubeCluster(KubeSettings(kubeconfig=pathlib.Path(sys.argv[1]))) as cluster:
        print(await cluster.version())
asyncio.run(main())
"""
    settings = bench.settings()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(settings.kubeconfig)),
        env={"HTTPS_PROXY": "http://127.0.0.1:1", "PYTHONPATH": ":".join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert output.startswith(b"v1.")


async def test_keys_inside_a_kubeconfig_are_on_no_disk_while_it_is_used(bench: Bench, tmp_path: Path) -> None:
    program = """
import asyncio, os, pathlib, sys
from portal.adapters.kube import KubeCluster
from portal.settings import KubeSettings
from simulator.backends.certificates import Authority
async def main():
    settings = KubeSettings(kubeconfig=pathlib.Path(sys.argv[1]))
    for _ in range(2):
        async with KubeCluster(settings) as cluster:
            print(await cluster.version(), os.listdir(os.environ["TMPDIR"]))
asyncio.run(main())
"""
    pair = Authority(tmp_path / "client").issue("client", "localhost")
    user = {
        "token": "admin-token",
        "client-certificate-data": _inline(pair.cert),
        "client-key-data": _inline(pair.key),
    }
    path = kubeconfig(tmp_path / "inline", bench.url, None, user)
    document = json.loads(path.read_text())
    document["clusters"][0]["cluster"]["certificate-authority-data"] = _inline(bench.ca)
    path.write_text(json.dumps(document))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(path)),
        env={"TMPDIR": str(temporary), "PYTHONPATH": ":".join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert [line.split()[1] for line in output.decode().splitlines()] == ["[]", "[]"]
    assert _left_in_memory(child.pid) == []


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _left_in_memory(pid: int) -> list[str]:
    place = Path("/dev/shm")  # noqa: S108 - only looked at
    return [path.name for path in place.glob(f"portal-{pid}-*")] if place.is_dir() else []


async def test_the_version_and_the_resources_of_the_server_are_discovered(cluster: KubeCluster) -> None:
    assert (await cluster.version()).startswith("v1.")
    assert await cluster.discover("Deployment") == Resource("apps", "v1", "deployments", "Deployment")
    assert await cluster.discover("ConfigMap", group="") == CONFIG_MAPS
    node = await cluster.discover("Node")
    assert node is not None
    assert not node.namespaced
    assert await cluster.discover("Application", group="argoproj.io") is None


async def test_a_kind_installed_later_is_found_without_a_restart(bench: Bench) -> None:
    now = 0.0
    async with KubeCluster(bench.settings(), now=lambda: now) as cluster:
        assert await cluster.discover("Widget") is None
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
        names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
        await post(
            bench,
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": "widgets.example.com"},
                "spec": {
                    "group": "example.com",
                    "names": names,
                    "scope": "Namespaced",
                    "versions": [version],
                },
            },
        )
        async with asyncio.timeout(10):
            while await cluster.discover("Widget") is None:
                now += 6.0
        assert await cluster.discover("Widget") == Resource("example.com", "v1", "widgets", "Widget")


async def test_a_list_holds_every_page_and_the_version_to_watch_from(
    bench: Bench, cluster: KubeCluster
) -> None:
    await post(bench, PATH, *(config_map(f"page-{number:03}") for number in range(12)))
    listing = await cluster.list(CONFIG_MAPS, namespace="default")
    names = {item["metadata"]["name"] for item in listing.items}
    assert {f"page-{number:03}" for number in range(12)} <= names
    assert int(listing.resource_version) > 0
    everywhere = await cluster.list(CONFIG_MAPS)
    assert len(everywhere.items) > len(listing.items)


async def test_a_metadata_only_list_of_secrets_never_carries_their_data(
    bench: Bench, cluster: KubeCluster
) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "canary"},
        "stringData": {"password": "canary-value"},
    }
    await post(bench, "/api/v1/namespaces/default/secrets", body)
    listing = await cluster.list(SECRETS, namespace="default", metadata_only=True)
    found = next(item for item in listing.items if item["metadata"]["name"] == "canary")
    assert "data" not in found
    assert "Y2FuYXJ5LXZhbHVl" not in str(found)
    assert found["metadata"]["managedFields"]


async def test_a_watch_tells_what_happened_after_the_listed_version(
    bench: Bench, cluster: KubeCluster
) -> None:
    listing = await cluster.list(CONFIG_MAPS)
    await post(bench, PATH, config_map("watched", colour="red"))
    await cluster.merge_patch(CONFIG_MAPS, "watched", {"data": {"colour": "blue"}}, namespace="default")
    seen = []
    async with (
        asyncio.timeout(10),
        cluster.watch(CONFIG_MAPS, resource_version=listing.resource_version) as events,
    ):
        async for event in events:
            if event.object["metadata"].get("name") == "watched":
                seen.append((event.kind, event.object["data"]["colour"]))
            if len(seen) == 2:
                break
    assert seen == [(WatchKind.ADDED, "red"), (WatchKind.MODIFIED, "blue")]


async def test_a_watch_from_a_version_the_server_forgot_is_a_conflict_of_the_watch(
    bench: Bench, cluster: KubeCluster
) -> None:
    await post(bench, PATH, *(config_map(f"churn-{number}") for number in range(60)))
    async with asyncio.timeout(10), cluster.watch(CONFIG_MAPS, resource_version="1") as events:
        with pytest.raises(Conflict) as caught:
            await anext(events)
    assert caught.value.operation == "watch"


async def test_an_object_that_is_not_there_is_not_found(cluster: KubeCluster) -> None:
    with pytest.raises(NotFound, match="absent"):
        await cluster.get(CONFIG_MAPS, "absent", namespace="default")


async def test_a_merge_patch_answers_the_object_as_it_stands(bench: Bench, cluster: KubeCluster) -> None:
    await post(bench, PATH, config_map("patched", old="1"))
    found = await cluster.merge_patch(
        CONFIG_MAPS, "patched", {"data": {"old": None, "new": "2"}}, namespace="default"
    )
    assert found["data"] == {"new": "2"}


async def test_rights_are_asked_of_the_server(cluster: KubeCluster) -> None:
    assert await cluster.allowed("list", SECRETS, namespace="default")


async def test_a_token_the_server_does_not_know_is_denied_and_a_new_one_is_read(bench: Bench) -> None:
    settings = bench.settings({"token": "revoked"})
    async with KubeCluster(settings) as cluster:
        with pytest.raises(AccessDenied):
            await cluster.list(CONFIG_MAPS)
        bench.settings({"token": "admin-token"})
        assert (await cluster.list(CONFIG_MAPS)).items


async def test_credentials_come_from_the_exec_plugin_of_the_kubeconfig(bench: Bench, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(
        "import json\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',"
        " 'status': {'token': 'admin-token'}}))\n"
    )
    execute = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(plugin)],
    }
    async with KubeCluster(bench.settings({"exec": execute})) as cluster:
        assert (await cluster.list(CONFIG_MAPS)).items


async def test_a_server_of_another_authority_is_not_trusted(bench: Bench, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "untrusted", bench.url, None, {"token": "admin-token"})
    async with KubeCluster(KubeSettings(kubeconfig=path)) as cluster:
        with pytest.raises(Unreachable, match="certificate"):
            await cluster.version()


async def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with KubeCluster(KubeSettings(kubeconfig=tmp_path / "nowhere")) as cluster:
        with pytest.raises(PrerequisiteError, match="nowhere"):
            await cluster.version()


async def test_a_context_that_is_not_in_the_kubeconfig_is_named(bench: Bench) -> None:
    async with KubeCluster(replace(bench.settings(), context="elsewhere")) as cluster:
        with pytest.raises(PrerequisiteError, match="elsewhere"):
            await cluster.version()
