"""How a container reaches a listener of this machine: the one place that knows."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.backends.containers.network import Network

_BY_NAME = "host.docker.internal"
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Reach:
    """`name` is what a container connects to, `bind` where the listener must listen for it.

    `extra_hosts` is what the container must be started with for the name to resolve.
    """

    name: str
    bind: str
    extra_hosts: Mapping[str, str] = field(default_factory=dict)


def host(network: Network) -> Reach:
    """By the network's gateway where that is an address of this machine: an engine that runs here.

    Such a listener is reachable from the containers of this machine and from nowhere else. An engine in a
    virtual machine carries calls to its own name for us to our loopback.
    """
    if network.gateway and _ours(network.gateway):
        return Reach(network.gateway, network.gateway)
    return Reach(_BY_NAME, _LOOPBACK, {_BY_NAME: "host-gateway"})


def _ours(address: str) -> bool:
    """Whether a listener could be bound there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
