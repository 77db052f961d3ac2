"""The registry: what an image name stands for, and which images cannot be pulled."""

import re
from enum import Enum
from fnmatch import fnmatchcase

_REFERENCE = re.compile(
    r"^(?:(?P<host>[a-zA-Z0-9.-]+(?::\d+)?)/)?(?P<path>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@sha256:[0-9a-f]{64})?$"
)
ABSENT = ("*.invalid/*", "*:missing", "*:does-not-exist")
"""Patterns of the images no registry holds: hosts that cannot exist, and the two tags a drill uses."""


class Program(Enum):
    """What really runs."""

    CACHE = "valkey-server, standing in for Dragonfly"
    SERVICE = "the toy service"


class PullFailed(Exception):
    """The image cannot be had; `reason` is the waiting reason, the text the kubelet's message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def pull(image: str, absent: tuple[str, ...] = ABSENT) -> Program:
    """What stands for `image`; raises PullFailed."""
    if not _REFERENCE.match(image):
        raise PullFailed(
            "InvalidImageName",
            f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
            "invalid reference format",
        )
    if any(fnmatchcase(image, pattern) for pattern in absent):
        raise PullFailed(
            "ErrImagePull",
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
            f'failed to resolve reference "{image}": {image}: not found',
        )
    return Program.CACHE if "dragonfly" in image else Program.SERVICE
