"""What the Deployment controllers would have left behind when the recorded scenario comes to its Pods."""

from typing import Any, Final

import httpx

Body = dict[str, Any]
HASH: Final = "5798cf4786"
SET: Final = f"web-{HASH}"
LABELS: Final = {"a": "b", "pod-template-hash": HASH}
SPEC: Final = {"containers": [{"name": "c", "image": "i:2", "env": [{"name": "X", "value": "1"}]}]}


async def stand_in(client: httpx.AsyncClient) -> None:
    """Create the newest ReplicaSet, one Pod of it, and the events that tell of both."""
    owner = await _create(client, "/apis/apps/v1", "replicasets", "ReplicaSet", _replica_set())
    reference = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": SET,
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata = {"generateName": f"{SET}-", "labels": LABELS, "ownerReferences": [reference]}
    pod = await _create(client, "/api/v1", "pods", "Pod", {"metadata": metadata, "spec": SPEC})
    name = pod["metadata"]["name"]
    told = (
        ("ReplicaSet", SET, "SuccessfulCreate", "replicaset-controller", f"Created pod: {name}"),
        (
            "Deployment",
            "web",
            "ScalingReplicaSet",
            "deployment-controller",
            f"Scaled up replica set {SET} from 0 to 2",
        ),
    )
    for kind, about, reason, component, message in told:
        event = {
            "metadata": {"name": f"{about}.18af3c2b1d4e5f60"},
            "involvedObject": {"kind": kind, "name": about, "namespace": "g"},
            "reason": reason,
            "message": message,
            "source": {"component": component},
            "type": "Normal",
            "count": 1,
            "firstTimestamp": pod["metadata"]["creationTimestamp"],
            "lastTimestamp": pod["metadata"]["creationTimestamp"],
        }
        await _create(client, "/api/v1", "events", "Event", event)


def _replica_set() -> Body:
    template = {"metadata": {"labels": LABELS}, "spec": SPEC}
    spec = {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": template}
    return {"metadata": {"name": SET, "labels": LABELS}, "spec": spec}


async def _create(client: httpx.AsyncClient, base: str, plural: str, kind: str, body: Body) -> Body:
    version = base.removeprefix("/apis/").removeprefix("/api/")
    answer = await client.post(
        f"{base}/namespaces/g/{plural}",
        json={"apiVersion": version, "kind": kind, **body},
        params={"fieldManager": "kube-controller-manager"},
    )
    assert answer.status_code == httpx.codes.CREATED, answer.text
    created: Body = answer.json()
    return created
