"""pods/log: passed on to the kubelet of the Pod's node."""

import ssl
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Final

import httpx

from simulator.kube.call import Call, Reply, Stream
from simulator.kube.status import Object, Refusal, bad_request, internal
from simulator.kube.store import Store, Stored

TEXT: Final = "text/plain"
CONNECT_SECONDS: Final = 10.0


def container_of(pod: Object, wanted: str) -> str:
    """The container whose log is meant; raises 400 when there is no such container or no obvious one."""
    spec, name = pod["spec"], pod["metadata"]["name"]
    names = [one["name"] for one in spec.get("containers") or ()]
    first = [one["name"] for one in spec.get("initContainers") or ()]
    if wanted:
        if wanted not in names + first:
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    annotated = (pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container")
    if annotated in names:
        return str(annotated)
    if len(names) != 1:
        choices = f"[{' '.join(names)}]" + (
            f" or one of the init containers: [{' '.join(first)}]" if first else ""
        )
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: {choices}")
    return str(names[0])


def kubelet_url(node: Object) -> str:
    """Where a node's kubelet listens."""
    status = node.get("status") or {}
    addresses = {one["type"]: one["address"] for one in status.get("addresses") or ()}
    host = addresses.get("InternalIP") or addresses.get("Hostname")
    port = ((status.get("daemonEndpoints") or {}).get("kubeletEndpoint") or {}).get("Port")
    if not host or not port:
        raise internal(f"no preferred addresses found; known addresses: {sorted(addresses.values())}")
    scheme = (node["metadata"].get("annotations") or {}).get("simulator.zerotouch.dev/kubelet-scheme", "http")
    return f"{scheme}://{host}:{port}"


async def pod_log(store: Store, pod: Stored, call: Call, client: httpx.AsyncClient) -> Reply | Stream:
    """The log of one container; an unscheduled Pod has none yet."""
    node_name = pod.value["spec"].get("nodeName")
    if not node_name:
        if call.query.get("container"):
            container_of(pod.value, call.query["container"])
        return Reply(HTTPStatus.NO_CONTENT, b"", "")
    container = container_of(pod.value, call.query.get("container", ""))
    node = store.collection("", "nodes").get("", node_name)
    if node is None:
        raise internal(f'nodes "{node_name}" not found')
    query = {key: value for key, value in call.query.items() if key != "container"}
    url = f"{kubelet_url(node.value)}/containerLogs/{pod.namespace}/{pod.name}/{container}"
    response = await container_log(url, query, client)
    return Stream(_chunks(response), HTTPStatus.OK, TEXT)


async def container_log(url: str, query: Mapping[str, str], client: httpx.AsyncClient) -> httpx.Response:
    """A kubelet's answer, its body still to come; raises what the kubelet refused it with, as a Status."""
    request = client.build_request("GET", url, params=query)
    try:
        response = await client.send(request, stream=True)
    except (httpx.HTTPError, ssl.SSLError) as exc:
        raise internal(f'Get "{url}": {str(exc) or type(exc).__name__}') from exc
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        message = (await response.aread()).decode(errors="replace").strip()
        await response.aclose()
        raise Refusal(response.status_code, HTTPStatus(response.status_code).phrase.replace(" ", ""), message)
    return response


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.HTTPError:
        return
    finally:
        await response.aclose()
