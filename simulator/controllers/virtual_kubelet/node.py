"""The node as the API shows it, and the heartbeat that keeps it Ready."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, is_true, merged
from simulator.controllers.errors import ApiError
from simulator.controllers.kinds import LEASE, NODE, Object
from simulator.controllers.recorder import NORMAL, Recorder

ADDRESS = "127.0.0.1"
UNROUTED = "192.0.2.1"
"""What pods show as their address in a real cluster, which accepts no loopback address in an EndpointSlice
(RFC 5737: nothing is ever reachable there)."""
LEASES = "kube-node-lease"
HEARTBEAT_SECONDS = 10.0
LEASE_SECONDS = 40
SCHEME = "simulator.zerotouch.dev/kubelet-scheme"
"""Tells the embedded API server how to reach the logs; the real one always speaks TLS."""
HOSTNAME = "kubernetes.io/hostname"
VERSION = "v1.36.2-rehearsal"

_CONDITIONS = [
    condition(
        "MemoryPressure", False, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"
    ),
    condition("DiskPressure", False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    condition("PIDPressure", False, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    condition("Ready", True, "KubeletReady", "kubelet is posting ready status"),
]


@dataclass(frozen=True, slots=True)
class Presence:
    """The node as it shows itself: where it serves its logs, and whether the cluster is a real one."""

    name: str
    port: int
    tls: bool = False
    abroad: bool = False
    runtime: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> list[Object]:
        """No InternalIP abroad: a network plugin takes one for a gateway, and dies of one it cannot reach."""
        hostname = {"type": "Hostname", "address": self.name}
        return [hostname] if self.abroad else [{"type": "InternalIP", "address": ADDRESS}, hostname]


def node(presence: Presence) -> Object:
    """The node, without its status."""
    name = presence.name
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    labels = {
        **presence.labels,
        HOSTNAME: name,
        "kubernetes.io/os": platform.system().lower(),
        "kubernetes.io/arch": machine,
        "type": "virtual-kubelet",
    }
    metadata = {"name": name, "labels": labels, "annotations": {SCHEME: "https" if presence.tls else "http"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}}


def status(presence: Presence, old: Object, now: str) -> Object:
    """The node's status."""
    name = presence.name
    resources = {"cpu": str(os.cpu_count() or 1), "memory": "8Gi", "pods": "110", "ephemeral-storage": "32Gi"}
    conditions = merged(old.get("conditions"), _CONDITIONS, now)
    return {
        "addresses": presence.addresses,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": presence.port}},
        "capacity": resources,
        "allocatable": resources,
        "conditions": [{**c, "lastHeartbeatTime": now} for c in conditions],
        "nodeInfo": {
            "machineID": name,
            "systemUUID": name,
            "bootID": name,
            "kernelVersion": platform.release(),
            "osImage": "rehearsal",
            "containerRuntimeVersion": presence.runtime,
            "kubeletVersion": VERSION,
            "kubeProxyVersion": "",
            "operatingSystem": platform.system().lower(),
            "architecture": platform.machine(),
        },
    }


async def register(api: Api, clock: Clock, presence: Presence) -> None:
    """Make the node known and Ready."""
    live = await api.apply(NODE, node(presence))
    fresh = status(presence, live.get("status") or {}, rfc3339(clock.now()))
    await api.patch_status(NODE, presence.name, fresh)


async def heartbeat(api: Api, clock: Clock, presence: Presence) -> None:
    """Renew the lease until cancelled; register again when the node was deleted, or taken for dead."""
    recorder = Recorder(api, clock, "kubelet", presence.name)
    name = presence.name
    while True:
        moment = clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": LEASES},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": moment},
        }
        try:
            await api.apply(LEASE, lease)
            live = await api.find(NODE, name)
            if live is None or not is_true(live, "Ready"):
                await register(api, clock, presence)
                await recorder.event(
                    node(presence), NORMAL, "NodeReady", f"Node {name} status is now: NodeReady"
                )
        except ApiError:
            await clock.sleep(1.0)
            continue
        await clock.sleep(HEARTBEAT_SECONDS)
