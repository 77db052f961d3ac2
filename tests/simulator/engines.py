"""The container engine of this machine, for tests marked `containers`; without one they say why they skip.

As a program it prints the images that those tests use.
"""

import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.backends.containers import discovery, facts, removal, wire
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.images import Images, chosen
from simulator.backends.containers.marks import RUN, Marks


def engine_url(*names: str) -> str:
    """Where it is; the images of these names, as `Images` has them, are there. Skips the test otherwise."""
    try:
        url = discovery.find(os.environ, Path.home())
        facts.check(url)
        for name in names:
            image = getattr(images(), name)
            status, _ = wire.call(url, "GET", f"/images/{image}/json")
            if status != 200:
                pytest.skip(f"the image {image} is not here")
    except ContainersUnavailable as exc:
        pytest.skip(str(exc))
    return url


def images() -> Images:
    return chosen([], os.environ)


@asynccontextmanager
async def opened(directory: Path, *names: str) -> AsyncIterator[Engine]:
    """An engine with marks of its own; whatever is left in it is removed, and was an error.

    No run directory is behind it, so that `leftovers` must take it for somebody else's.
    """
    url = engine_url(*names)
    before = os.environ.get("DOCKER_HOST")
    made = Engine(url, Marks(f"t{secrets.token_hex(4)}", directory, host="tests"))
    yield made
    await made.close()
    left = removal.marked(url, f"{RUN}={made.marks.run_id}")
    removal.remove_all(url, left)
    if before is None:
        os.environ.pop("DOCKER_HOST", None)
    else:
        os.environ["DOCKER_HOST"] = before
    assert not left


if __name__ == "__main__":
    used = images()
    sys.stdout.write(
        "".join(f"{image}\n" for image in (used.postgres, used.localstack, used.dragonfly, used.ryuk))
    )
