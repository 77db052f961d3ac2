"""The container engine of this machine, for tests marked `containers`; without one they say why they skip.

As a program it prints the images that those tests use.
"""

import os
import sys
from pathlib import Path

import pytest

from simulator.backends.containers import discovery, facts, wire
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.images import Images, chosen


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


if __name__ == "__main__":
    used = images()
    sys.stdout.write(
        "".join(f"{image}\n" for image in (used.postgres, used.localstack, used.dragonfly, used.ryuk))
    )
