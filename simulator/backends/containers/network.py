"""The network of a run, on which its containers reach one another by name."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from simulator.backends.containers.engine import Engine

_NAME = "network"


@dataclass(frozen=True, slots=True)
class Network:
    """`gateway` is the address of the engine's machine on it."""

    id: str
    name: str
    gateway: str


@asynccontextmanager
async def made(engine: Engine) -> AsyncGenerator[Network]:
    """A bridge network until the context ends; containers still on it are taken off it then."""
    name = engine.marks.name(_NAME)
    labels = engine.marks.labels(_NAME)
    network: Any = await engine.call(
        f"making the network {name}",
        lambda client: client.networks.create(name, driver="bridge", labels=labels),
    )
    try:
        await engine.call(f"inspecting the network {name}", lambda _: network.reload())
        yield Network(str(network.id), name, _gateway(network.attrs))
    finally:
        await asyncio.shield(engine.call(f"removing the network {name}", lambda _: _remove(network)))


def _gateway(attributes: dict[str, Any]) -> str:
    configured = attributes.get("IPAM", {}).get("Config") or [{}]
    return str(configured[0].get("Gateway", ""))


def _remove(network: Any) -> None:
    import docker.errors  # noqa: PLC0415 - loaded when used

    try:
        network.reload()
        for container in network.attrs.get("Containers") or {}:
            network.disconnect(container, force=True)
        network.remove()
    except docker.errors.NotFound:
        return
