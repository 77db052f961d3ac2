"""Cluster names to addresses, by the two files that stand in for cluster DNS and Services."""

import json
from pathlib import Path

from simulator.workload.contained import contained
from simulator.workload.report import CheckFailed

SERVICES = Path("etc/services.json")
RESOLVER = Path("etc/resolv.conf")


def resolve(host: str, port: str) -> tuple[str, int]:
    """The address to connect to for `host:port`; names outside the cluster stand for themselves.

    In a container of its own all names do, for there they are found as in a cluster.
    """
    if contained() and port.isdecimal():
        return host, int(port)
    services = _services()
    for candidate in (host.rstrip("."), *(f"{host}.{domain}" for domain in _search())):
        if candidate in services:
            address = services[candidate].get(port)
            if address is None:
                raise CheckFailed(f"service {candidate} has no ready endpoint on port {port}")
            ip, _, real = address.rpartition(":")
            return ip, int(real)
    if host.endswith(".svc.cluster.local") or ("." not in host.rstrip(".") and host != "localhost"):
        raise CheckFailed(f"host {host} does not resolve: no such service")
    if not port.isdecimal():
        raise CheckFailed(f"port {port!r} is not a number")
    return host, int(port)


def _services() -> dict[str, dict[str, str]]:
    try:
        return dict(json.loads(SERVICES.read_text()))
    except FileNotFoundError:
        return {}


def _search() -> list[str]:
    try:
        lines = RESOLVER.read_text().splitlines()
    except FileNotFoundError:
        return []
    return [domain for line in lines if line.startswith("search ") for domain in line.split()[1:]]
