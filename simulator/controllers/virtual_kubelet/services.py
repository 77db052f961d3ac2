"""Cluster DNS and Services, as the two files each pod directory holds."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from simulator.controllers.kinds import Object, labels_of, name_of, namespace_of
from simulator.controllers.runtime.reach import HOST
from simulator.controllers.virtual_kubelet.probes import declared_port

DOMAIN = "svc.cluster.local"


def table(
    services: Iterable[Object], ready: Iterable[tuple[Object, Mapping[str, int]]]
) -> dict[str, dict[str, str]]:
    """The real address behind each port of each Service; a port nobody ready serves is left out."""
    pods = sorted(ready, key=lambda pair: name_of(pair[0]))
    result: dict[str, dict[str, str]] = {}
    for service in services:
        name = f"{name_of(service)}.{namespace_of(service)}.{DOMAIN}"
        result[name] = {}
        selector = service["spec"].get("selector") or {}
        for pod, ports in pods:
            if namespace_of(pod) != namespace_of(service) or not selector:
                continue
            if selector.items() <= labels_of(pod).items():
                for port, address in _addresses(service, pod, ports).items():
                    result[name].setdefault(port, address)
    return result


def _addresses(service: Object, pod: Object, ports: Mapping[str, int]) -> dict[str, str]:
    found = {}
    for port in service["spec"].get("ports") or ():
        wanted = port.get("targetPort", port["port"])
        for container in pod["spec"]["containers"]:
            declared = declared_port(wanted, container)
            if declared in ports:
                found[str(port["port"])] = f"{HOST}:{ports[declared]}"
    return found


def names(pod: Object, services: Iterable[Object]) -> frozenset[str]:
    """What cluster DNS would know the pod by: Services that select it, and its place in a headless one."""
    namespace = namespace_of(pod)
    found = {
        name_of(service)
        for service in services
        if namespace_of(service) == namespace
        and (selector := service["spec"].get("selector"))
        and selector.items() <= labels_of(pod).items()
    }
    hostname, subdomain = pod["spec"].get("hostname"), pod["spec"].get("subdomain")
    if hostname and subdomain:
        found.add(f"{hostname}.{subdomain}")
    forms = (f"{namespace}.{DOMAIN}", f"{namespace}.svc", namespace)
    return frozenset(f"{name}.{form}" for name in found for form in forms)


def text(services: Mapping[str, Mapping[str, str]]) -> str:
    """The file that holds a table."""
    return json.dumps(services, sort_keys=True, indent=1)


def write(directory: Path, namespace: str, services: str) -> None:
    """Bring the two files of one pod up to date; a reader sees the old or the new one, never half."""
    etc = directory / "etc"
    etc.mkdir(parents=True, exist_ok=True, mode=0o700)
    _replace(etc / "services.json", services)
    _replace(etc / "resolv.conf", f"search {namespace}.{DOMAIN} {DOMAIN} cluster.local\n")


def _replace(path: Path, text: str) -> None:
    if path.exists() and path.read_text() == text:
        return
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.replace(path)
