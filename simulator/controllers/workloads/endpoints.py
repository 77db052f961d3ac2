"""Endpoints: which ready pods stand behind a Service, at the addresses they really answer on."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.controllers.api import Api
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import (
    ENDPOINTS,
    Object,
    annotations_of,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from simulator.controllers.workloads import pods

PORTS = "rehearsal.zerotouch.dev/ports"
"""On a pod: the real loopback port of each port it serves, as JSON; the node writes it."""


def subsets(service: Object, candidates: Iterable[Object]) -> list[Object]:
    """One subset for each pod, since pods of this cluster differ in their real ports."""
    selector = service["spec"].get("selector") or {}
    result = []
    for pod in sorted(candidates, key=name_of):
        ip = (pod.get("status") or {}).get("podIP")
        if not ip or not pods.matches(selector, pod) or pods.finished(pod) or pods.deleting(pod):
            continue
        ports = _ports(service, pod)
        if not ports:
            continue
        kind = "addresses" if pods.ready(pod) else "notReadyAddresses"
        result.append({kind: [_address(pod, ip)], "ports": ports})
    return result


def target_port(service_port: Object, pod: Object) -> str | None:
    """The declared container port a Service's port leads to, as text; None when a name is unknown."""
    wanted = service_port.get("targetPort", service_port["port"])
    if isinstance(wanted, int) or str(wanted).isdecimal():
        return str(wanted)
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == wanted:
                return str(port["containerPort"])
    return None


def _ports(service: Object, pod: Object) -> list[Object]:
    real = json.loads(annotations_of(pod).get(PORTS, "{}"))
    result = []
    for port in service["spec"].get("ports") or ():
        target = target_port(port, pod)
        if target is not None and target in real:
            named = {"name": port["name"]} if "name" in port else {}
            result.append({**named, "port": real[target], "protocol": port.get("protocol", "TCP")})
    return result


def _address(pod: Object, ip: str) -> Object:
    reference = {"kind": "Pod", "name": name_of(pod), "namespace": namespace_of(pod), "uid": uid_of(pod)}
    return {"ip": ip, "nodeName": pod["spec"].get("nodeName", ""), "targetRef": reference}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Reconciles the Endpoints of every Service with a selector."""

    api: Api
    services: Informer
    endpoints: Informer
    pods: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one Service."""
        service = self.services.get(key[1], key[0])
        live = self.endpoints.get(key[1], key[0])
        if service is None or pods.deleting(service):
            if live is not None:
                await self._remove(key)
            return None
        if not service["spec"].get("selector"):
            return None
        wanted = subsets(service, self.pods.of(key[0]))
        if live is not None and (live.get("subsets") or []) == wanted:
            return None
        body = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": key[1], "namespace": key[0], "labels": labels_of(service)},
            "subsets": wanted,
        }
        self.endpoints.take_note(await self.api.apply(ENDPOINTS, body))
        return None

    async def _remove(self, key: Key) -> None:
        try:
            await self.api.delete(ENDPOINTS, key[1], key[0])
        except NotFound:
            return
