"""The official Python client: typed, dynamic and watching."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio import client, watch
from kubernetes.aio.dynamic import DynamicClient

from tests.simulator.kube.conftest import Cluster
from tests.simulator.kube.kubelet import kubelet, pod_on


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[Any]:
    configuration = client.Configuration(host=cluster.url)
    configuration.ssl_ca_cert = str(cluster.ca)
    configuration.api_key = {"BearerToken": "admin-token"}
    configuration.api_key_prefix = {"BearerToken": "Bearer"}
    async with client.ApiClient(configuration) as found:
        yield found


async def test_typed_objects_are_created_listed_changed_and_deleted(api: Any) -> None:
    core = client.CoreV1Api(api)
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"k": "v"})
    made = await core.create_namespaced_secret("default", secret)
    assert made.data == {"k": "dg=="}
    listed = await core.list_namespaced_secret("default", field_selector="metadata.name=s")
    assert [one.data for one in listed.items] == [made.data]
    changed = await core.patch_namespaced_secret("s", "default", {"metadata": {"labels": {"a": "b"}}})
    assert changed.to_dict()["metadata"]["labels"] == {"a": "b"}
    await core.delete_namespaced_secret("s", "default")
    with pytest.raises(client.ApiException) as refused:
        await core.read_namespaced_secret("s", "default")
    assert refused.value.status == 404


async def test_a_typed_watch_sees_what_happens(api: Any) -> None:
    core = client.CoreV1Api(api)
    listed = await core.list_namespaced_config_map("default")
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="a"))
    await core.create_namespaced_config_map("default", body)
    version = listed.to_dict()["metadata"]["resource_version"]
    async with watch.Watch() as watching:
        stream = watching.stream(
            core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=5
        )
        async for event in stream:
            assert (event["type"], event["object"].metadata.name) == ("ADDED", "a")
            break


async def test_a_log_is_read_through_the_server(api: Any, cluster: Cluster) -> None:
    core = client.CoreV1Api(api)
    async with kubelet(cluster, "node-1"):
        await pod_on(cluster, "talker", "node-1")
        log = await core.read_namespaced_pod_log("talker", "default", tail_lines=3)
    assert log == "default/talker/c tail=3\n"


async def test_the_dynamic_client_finds_kinds_by_discovery_and_applies(api: Any) -> None:
    dynamic = await DynamicClient(api)
    deployments = await dynamic.resources.get(api_version="apps/v1", kind="Deployment")
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    applied = await deployments.server_side_apply(body=body, namespace="default", field_manager="test")
    assert applied.spec.replicas == 1
    found = await deployments.get(name="web", namespace="default")
    assert found.metadata.uid == applied.metadata.uid
