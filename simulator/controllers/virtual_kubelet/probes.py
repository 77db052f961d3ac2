"""Probes: ask the process whether it is started, ready, alive, and count the answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from simulator.controllers.kinds import Object

HOST = "127.0.0.1"
GOOD = range(200, 400)


@dataclass
class Tally:
    """Turns single answers into a state: it changes only after enough answers of one kind in a row."""

    success_threshold: int
    failure_threshold: int
    state: bool | None = None
    streak: int = 0
    last: bool | None = None

    def count(self, good: bool) -> bool:
        """Take one answer; True when the state changed."""
        self.streak = self.streak + 1 if good == self.last else 1
        self.last = good
        needed = self.success_threshold if good else self.failure_threshold
        if self.streak < needed or self.state == good:
            return False
        self.state = good
        return True


def tally(probe: Object) -> Tally:
    return Tally(int(probe.get("successThreshold", 1)), int(probe.get("failureThreshold", 3)))


def declared_port(wanted: int | str, container: Object) -> str:
    """The declared port a probe asks, as text; a name is looked up among the container's ports."""
    for port in container.get("ports") or ():
        if port.get("name") == wanted:
            return str(port["containerPort"])
    return str(wanted)


async def ask(
    probe: Object, container: Object, real: Callable[[], dict[str, int]], client: httpx.AsyncClient
) -> str | None:
    """None when the answer is good, else what the kubelet would say. Commands and gRPC are asked by TCP."""
    seconds = float(probe.get("timeoutSeconds", 1))
    ports = real()
    if "httpGet" in probe:
        return await _http(probe["httpGet"], container, ports, client, seconds)
    wanted = (probe.get("tcpSocket") or probe.get("grpc") or {}).get("port")
    declared = declared_port(wanted, container) if wanted is not None else next(iter(ports), "")
    return await _tcp(declared, ports, seconds)


async def _tcp(declared: str, ports: dict[str, int], seconds: float) -> str | None:
    refused = f"dial tcp {HOST}:{declared}: connect: connection refused"
    if declared not in ports:
        return refused
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(HOST, ports[declared])
    except (OSError, TimeoutError):
        return refused
    writer.close()
    return None


async def _http(
    get: Object, container: Object, ports: dict[str, int], client: httpx.AsyncClient, seconds: float
) -> str | None:
    declared = declared_port(get["port"], container)
    path = "/" + str(get.get("path", "/")).lstrip("/")
    shown = f'Get "http://{HOST}:{declared}{path}"'
    if declared not in ports:
        return f"{shown}: dial tcp {HOST}:{declared}: connect: connection refused"
    headers = {h["name"]: h["value"] for h in get.get("httpHeaders") or ()}
    try:
        async with asyncio.timeout(seconds):
            url = f"http://{HOST}:{ports[declared]}{path}"
            response = await client.get(url, headers={"User-Agent": "kube-probe/1.36", **headers})
    except TimeoutError:
        return f"{shown}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    except httpx.HTTPError:
        return f"{shown}: dial tcp {HOST}:{declared}: connect: connection refused"
    if response.status_code in GOOD:
        return None
    return f"HTTP probe failed with statuscode: {response.status_code}"
