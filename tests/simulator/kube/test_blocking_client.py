"""The official Python client as programs use it that block: typed, dynamic, Watch, and a reflector."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from kubernetes import client, dynamic, informer, watch

from tests.simulator.kube.conftest import Cluster
from tests.simulator.waiting import until

Run = Callable[..., Awaitable[Any]]


@pytest.fixture
def run() -> Any:
    """Calls a blocking function beside the server's loop."""
    with ThreadPoolExecutor(1) as pool:

        async def called(function: Any, *arguments: Any, **options: Any) -> Any:
            bound = partial(function, *arguments, **options)
            return await asyncio.get_running_loop().run_in_executor(pool, bound)

        yield called


@pytest.fixture
def api(cluster: Cluster) -> Any:
    configuration = client.Configuration(host=cluster.url)
    configuration.ssl_ca_cert = str(cluster.ca)
    configuration.api_key = {"BearerToken": "admin-token"}
    configuration.api_key_prefix = {"BearerToken": "Bearer"}
    with client.ApiClient(configuration) as found:
        yield found


async def test_typed_calls_create_scale_and_delete(api: Any, run: Run) -> None:
    apps, labels = client.AppsV1Api(api), {"app": "web"}
    container = client.V1Container(name="c", image="i:1")
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )
    spec = client.V1DeploymentSpec(selector=client.V1LabelSelector(match_labels=labels), template=template)
    body = client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)
    made = await run(apps.create_namespaced_deployment, "default", body)
    assert (made.spec.replicas, made.metadata.generation) == (1, 1)
    await run(apps.patch_namespaced_deployment_scale, "web", "default", {"spec": {"replicas": 3}})
    found = await run(apps.read_namespaced_deployment, "web", "default")
    assert found.spec.replicas == 3
    await run(apps.delete_namespaced_deployment, "web", "default")
    with pytest.raises(client.ApiException, match="NotFound"):
        await run(apps.read_namespaced_deployment, "web", "default")


async def test_dynamic_calls_find_kinds_by_discovery(api: Any, run: Run) -> None:
    found = await run(dynamic.DynamicClient, api)
    maps = await run(found.resources.get, api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}}
    await run(maps.create, body=body, namespace="default")
    patch = {"data": {"k": "2"}}
    changed = await run(
        maps.patch, name="a", namespace="default", body=patch, content_type="application/merge-patch+json"
    )
    assert changed.data.k == "2"
    listed = await run(maps.get, namespace="default", field_selector="metadata.name=a")
    assert [item.metadata.name for item in listed.items] == ["a"]


async def test_a_watch_follows_from_a_list_until_it_is_stopped(api: Any, run: Run) -> None:
    core, seen = client.CoreV1Api(api), []
    before = await run(core.list_namespaced_config_map, "default")
    for name in "ab":
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name))
        await run(core.create_namespaced_config_map, "default", body)

    def follow() -> None:
        watching: Any = watch.Watch()
        version = before.metadata.resource_version
        for event in watching.stream(
            core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=10
        ):
            seen.append((event["type"], event["object"].metadata.name))
            if len(seen) == 2:
                watching.stop()

    await run(follow)
    assert seen == [("ADDED", "a"), ("ADDED", "b")]


async def test_initial_events_end_with_their_bookmark(api: Any, run: Run) -> None:
    core = client.CoreV1Api(api)

    def first() -> list[str]:
        watching: Any = watch.Watch()
        stream = watching.stream(
            core.list_namespaced_config_map,
            "default",
            send_initial_events=True,
            resource_version_match="NotOlderThan",
            allow_watch_bookmarks=True,
            timeout_seconds=1,
        )
        return [event["type"] for event in stream]

    assert (await run(first))[:2] == ["ADDED", "BOOKMARK"]


async def test_an_informer_keeps_its_cache_in_step(api: Any, run: Run) -> None:
    core = client.CoreV1Api(api)
    await run(core.create_namespaced_config_map, "default", {"metadata": {"name": "a"}, "data": {"k": "1"}})
    made: Any = informer.SharedInformer
    kept = made(list_func=core.list_namespaced_config_map, namespace="default")
    kept.start()
    try:
        await until(lambda: kept.cache.get_by_key("default/a") is not None)
        await run(core.patch_namespaced_config_map, "a", "default", {"data": {"k": "2"}})
        await until(lambda: kept.cache.get_by_key("default/a").data == {"k": "2"})
        await run(core.delete_namespaced_config_map, "a", "default")
        await until(lambda: kept.cache.get_by_key("default/a") is None)
    finally:
        await run(kept.stop)
