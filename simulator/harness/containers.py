"""Containers as the harness has them: what is wanted of them, and the engine a world stands on."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.backends.containers import discovery, facts
from simulator.backends.containers.images import Images, chosen
from simulator.harness import tiers
from simulator.harness.preflight import check_containers
from simulator.harness.tiers import Tiers

_YES = frozenset({"yes", "true", "t", "y", "1"})
"""What testcontainers takes for yes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an order concerns containers; no engine is looked for where none is needed."""

    tiers: Tiers
    images: Images
    engine: str = ""
    reaper: str = ""


def wanted(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Wanted:
    """Look at the options, the environment and, where containers are wanted, for an engine that can be used.

    Raises BadImage, Unmet or ContainersUnavailable.
    """
    of_backends, images = tiers.chosen(arguments), chosen(arguments.image, environ)
    if not of_backends.of_containers():
        return Wanted(of_backends, images)
    check_containers()
    engine = discovery.find(environ, Path(environ.get("HOME") or Path.home()))
    facts.check(engine)
    if not of_backends.makes_containers():
        return Wanted(of_backends, images, engine)
    refused = environ.get("TESTCONTAINERS_RYUK_DISABLED", "").lower() in _YES
    override = environ.get("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE")
    socket = "" if refused else discovery.mountable(engine, sys.platform, override)
    return Wanted(of_backends, images, engine, socket)
