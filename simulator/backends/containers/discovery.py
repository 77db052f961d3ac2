"""Where the container engine is: by the environment, else by the sockets engines usually listen at."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from simulator.backends.containers.failures import EMBEDDED, Cause, ContainersUnavailable

_USUAL = Path("/var/run/docker.sock")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def find(environ: Mapping[str, str], home: Path) -> str:
    """The engine's URL, `unix:///path` or `tcp://127.0.0.1:port`; raises ContainersUnavailable.

    Sockets are only looked at, not connected to; no file under `home` is read.
    """
    if given := environ.get("DOCKER_HOST"):
        return _local(given, environ)
    context = environ.get("DOCKER_CONTEXT", "default")
    if context != "default":
        raise ContainersUnavailable(
            Cause.ELSEWHERE,
            f"DOCKER_CONTEXT={context} names a context kept in your home, which a rehearsal does not read:"
            f" set DOCKER_HOST to what docker context inspect {context} says, {EMBEDDED}.",
        )
    for path in _usual(environ, home):
        if _is_socket(path):
            return f"unix://{path}"
    raise ContainersUnavailable(
        Cause.ABSENT,
        "No container engine was found: install and start Docker, or set DOCKER_HOST to where another one"
        f" listens, {EMBEDDED}.",
    )


def mountable(url: str, system: str, given: str | None) -> str:
    """The engine's socket as a container can be given it: inside a virtual machine it has its usual path."""
    parts = urlsplit(url)
    return given or (parts.path if parts.scheme == "unix" and system == "linux" else str(_USUAL))


def _local(given: str, environ: Mapping[str, str]) -> str:
    parts = urlsplit(given)
    if parts.scheme == "unix" and parts.path:
        return f"unix://{parts.path}"
    if (
        parts.scheme in {"tcp", "http"}
        and parts.hostname in _LOOPBACK
        and not environ.get("DOCKER_TLS_VERIFY")
    ):
        return f"tcp://{parts.netloc}"
    raise ContainersUnavailable(
        Cause.ELSEWHERE,
        f"DOCKER_HOST={given} is no engine of this machine: a rehearsal publishes its ports on loopback, so"
        f" it needs unix:///PATH or tcp://127.0.0.1:PORT without TLS, {EMBEDDED}.",
    )


def _usual(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    yield _USUAL
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime) / "docker.sock"
    for name in (".docker/run", ".colima/default", ".rd"):
        yield home / name / "docker.sock"
    if runtime:
        yield Path(runtime) / "podman" / "podman.sock"
    yield Path("/run/podman/podman.sock")
    if temporary := environ.get("TMPDIR"):
        yield Path(temporary) / "podman" / "podman-machine-default-api.sock"
    yield home / ".local/share/containers/podman/machine/podman.sock"


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False
