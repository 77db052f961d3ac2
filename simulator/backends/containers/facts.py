"""What an engine says of itself, and whether that is enough."""

import re
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from simulator.backends.containers import failures, wire
from simulator.backends.containers.failures import EMBEDDED, Cause, ContainersUnavailable

OLDEST_API = (1, 41)
"""Docker 20.10, Podman 4."""
_EMULATORS = ("Docker Desktop", "OrbStack")
_INTERPRETERS = {"arm64": "aarch64", "amd64": "x86_64"}
_BINFMT = Path("/proc/sys/fs/binfmt_misc")


@dataclass(frozen=True, slots=True)
class Facts:
    """`api` as (major, minor); `system` is the engine's operating system in words."""

    version: str
    api: tuple[int, int]
    architecture: str
    system: str

    def runs(self, architecture: str) -> bool:
        """Whether it runs images of that architecture, itself or by emulation."""
        if architecture in {"", self.architecture} or any(name in self.system for name in _EMULATORS):
            return True
        interpreter = _INTERPRETERS.get(architecture, architecture)
        return sys.platform == "linux" and (_BINFMT / f"qemu-{interpreter}").exists()


def check(url: str, *, seconds: float = wire.SECONDS) -> Facts:
    """Ask the engine who it is; raises ContainersUnavailable when it does not answer or is too old."""
    status, version = wire.call(url, "GET", "/version", seconds=seconds)
    version = version if isinstance(version, dict) else {}
    told = re.fullmatch(r"(\d+)\.(\d+)", str(version.get("ApiVersion", "")))
    if status != HTTPStatus.OK or told is None:
        raise failures.of_connection(url, ConnectionError(f"it answers /version with status {status}"))
    major, minor = told.groups()
    api = (int(major), int(minor))
    if api < OLDEST_API:
        raise ContainersUnavailable(
            Cause.TOO_OLD,
            f"The container engine at {url} is too old (API {major}.{minor}; {OLDEST_API[0]}.{OLDEST_API[1]}"
            f" is needed): update to Docker 20.10, Podman 4 or newer, {EMBEDDED}.",
        )
    _, info = wire.call(url, "GET", "/info", seconds=seconds)
    system = str((info or {}).get("OperatingSystem", ""))
    return Facts(str(version.get("Version", "")), api, str(version.get("Arch", "")), system)
