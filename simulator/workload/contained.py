"""Whether the service runs in a container of its own: then ports are its own, and cluster DNS knows names."""

import os

VARIABLE = "WORKLOAD_CONTAINED"
"""What an image of the service sets."""


def contained() -> bool:
    return bool(os.environ.get(VARIABLE))
