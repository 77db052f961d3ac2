"""Probes: ask the container whether it is started, ready, alive, and count the answers."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.controllers.kinds import Object
from simulator.controllers.runtime.interface import Running
from simulator.controllers.runtime.reach import HOST, NotHttp, http_status

GOOD = range(200, 400)
AGENT = "kube-probe/1.36"


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


async def ask(probe: Object, container: Object, ports: Mapping[str, int], running: Running) -> str | None:
    """None when the answer is good, else what the kubelet would say. gRPC is asked by TCP.

    So is a command where nothing can be run inside. `ports` is the real port behind each declared one.
    """
    seconds = float(probe.get("timeoutSeconds", 1))
    if "exec" in probe:
        ran, fault = await _command(probe["exec"].get("command") or (), running, seconds)
        if ran:
            return fault
    if "httpGet" in probe:
        return await _http(probe["httpGet"], container, ports, seconds)
    wanted = (probe.get("tcpSocket") or probe.get("grpc") or {}).get("port")
    declared = declared_port(wanted, container) if wanted is not None else next(iter(ports), "")
    return await _tcp(declared, ports, running, seconds)


async def _command(command: Sequence[str], running: Running, seconds: float) -> tuple[bool, str | None]:
    """Whether it could be run, and what its end says."""
    try:
        async with asyncio.timeout(seconds):
            answer = await running.execute(command)
    except TimeoutError:
        return True, f"command timed out: {' '.join(command)!r} timed out after {seconds:g}s"
    if answer is None:
        return False, None
    code, output = answer
    return True, None if code == 0 else output.strip() or f"command ended with status {code}"


async def _tcp(declared: str, ports: Mapping[str, int], running: Running, seconds: float) -> str | None:
    refused = f"dial tcp {HOST}:{declared}: connect: connection refused"
    if declared not in ports:
        return refused
    try:
        async with asyncio.timeout(seconds):
            return None if await running.accepts(ports[declared]) else refused
    except TimeoutError:
        return f"dial tcp {HOST}:{declared}: i/o timeout"


async def _http(get: Object, container: Object, ports: Mapping[str, int], seconds: float) -> str | None:
    declared = declared_port(get["port"], container)
    path = "/" + str(get.get("path", "/")).lstrip("/")
    shown = f'Get "http://{HOST}:{declared}{path}"'
    refused = f"{shown}: dial tcp {HOST}:{declared}: connect: connection refused"
    if declared not in ports:
        return refused
    headers = {h["name"]: h["value"] for h in get.get("httpHeaders") or ()}
    try:
        async with asyncio.timeout(seconds):
            status = await http_status(ports[declared], path, {"User-Agent": AGENT, **headers})
    except TimeoutError:
        return f"{shown}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    except NotHttp as error:
        return f"{shown}: net/http: HTTP/1.x transport connection broken: {error}"
    except OSError:
        return refused
    return None if status in GOOD else f"HTTP probe failed with statuscode: {status}"
