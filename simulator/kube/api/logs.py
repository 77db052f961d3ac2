"""pods/log: passed on to the kubelet of the Pod's node."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from simulator.kube.api.kubelets import Kubelets
from simulator.kube.status import Cause, Object, bad_request, internal, invalid
from simulator.kube.storage.store import Store, Stored
from simulator.kube.verbs.call import Call, Reply, Stream
from simulator.kube.verbs.options import number

TEXT: Final = "text/plain"
_LEAST: Final = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}


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


def option_causes(query: Mapping[str, str]) -> Iterator[Cause]:
    """What makes the options of a log invalid; raises 400 for what is no number at all."""
    for name, least in _LEAST.items():
        text = query.get(name, "")
        if not text:
            continue
        given = number(text)
        if given < least:
            must = f"must be greater than {'or equal to ' if least == 0 else ''}0"
            yield Cause(name, "FieldValueInvalid", f"Invalid value: {given}: {must}")
    if query.get("sinceSeconds") and query.get("sinceTime"):
        says = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        yield Cause("[]", "FieldValueForbidden", says)


async def pod_log(store: Store, pod: Stored, call: Call, kubelets: Kubelets) -> Reply | Stream:
    """The log of one container; an unscheduled Pod has none yet."""
    if causes := list(option_causes(call.query)):
        raise invalid("", "PodLogOptions", pod.name, causes)
    container = container_of(pod.value, call.query.get("container", ""))
    node_name = pod.value["spec"].get("nodeName")
    if not node_name:
        return Reply(HTTPStatus.NO_CONTENT, b"", "")
    node = store.collection("", "nodes").get("", node_name)
    if node is None:
        raise internal(f'nodes "{node_name}" not found')
    query = {key: value for key, value in call.query.items() if key != "container"}
    url = f"{kubelet_url(node.value)}/containerLogs/{pod.namespace}/{pod.name}/{container}"
    return Stream(await kubelets.stream(url, query), HTTPStatus.OK, TEXT)
