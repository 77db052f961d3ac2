"""What a cluster holds: how many objects of which kind, and which processes its caches are."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

_KUBELET = "process://"
_EVENTS_AGAIN = "apis/events.k8s.io/"
"""The group that shows the core group's events in another form."""


class Unread(Exception):
    """The API server refused or did not answer; the text names the path."""


async def objects(client: httpx.AsyncClient) -> dict[str, int]:
    """`{"apps/v1 Deployment": 3}` of every kind that has objects, in its preferred version."""
    async with asyncio.TaskGroup() as group:
        counted = {
            name: group.create_task(_count(client, path)) for name, path in (await _listable(client)).items()
        }
    return {name: number for name, task in sorted(counted.items()) if (number := task.result())}


async def caches(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """`[{namespace, pod, image, container_id, pid, ready}]` of every container of a Dragonfly image."""
    pods = await _get(client, "/api/v1/pods")
    return [_cache(pod, status) for pod in pods["items"] for status in _statuses(pod) if _is_cache(status)]


def _statuses(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((pod.get("status") or {}).get("containerStatuses") or [])


def _is_cache(status: Mapping[str, Any]) -> bool:
    return "dragonfly" in status["image"] and "running" in (status.get("state") or {})


def _cache(pod: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    identity = status.get("containerID", "")
    return {
        "namespace": pod["metadata"]["namespace"],
        "pod": pod["metadata"]["name"],
        "image": status["image"],
        "container_id": identity,
        "pid": int(identity.removeprefix(_KUBELET)) if identity.startswith(_KUBELET) else None,
        "ready": status["ready"],
    }


async def _listable(client: httpx.AsyncClient) -> dict[str, str]:
    """The path of every kind that can be listed, by `apiVersion Kind`."""
    groups = (await _get(client, "/apis"))["groups"]
    versions = ["api/v1", *(f"apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    found: dict[str, str] = {}
    for version in versions:
        if version.startswith(_EVENTS_AGAIN):
            continue
        for each in (await _get(client, f"/{version}"))["resources"]:
            if "list" in each["verbs"] and "/" not in each["name"]:
                group_version = version.partition("/")[2]
                found[f"{group_version} {each['kind']}"] = f"/{version}/{each['name']}"
    return found


async def _count(client: httpx.AsyncClient, path: str) -> int:
    listing = await _get(client, f"{path}?limit=1")
    return len(listing["items"]) + int(listing["metadata"].get("remainingItemCount") or 0)


async def _get(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    if not answer.is_success:
        raise Unread(f"GET {path.partition('?')[0]} was answered with {answer.status_code}")
    found: dict[str, Any] = answer.json()
    return found
