"""The registry: what an image name stands for, and which images cannot be pulled."""

import re
from collections.abc import Sequence
from enum import Enum
from fnmatch import fnmatchcase
from urllib.parse import quote_plus

from simulator.controllers.runtime.interface import Login, PullFailed

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


def check(image: str) -> None:
    """Raise PullFailed for what is no image reference."""
    if not _REFERENCE.match(image):
        raise PullFailed(
            "InvalidImageName",
            f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
            f"invalid reference format{_upper(image)}",
        )


def _upper(image: str) -> str:
    """What is said of the mistake made most: a name taken over from where case does not count."""
    name = image.removeprefix(registry(image) + "/").partition(":")[0]
    return "" if name == name.lower() else f": repository name ({name}) must be lowercase"


def never(image: str) -> PullFailed:
    """The image is not there, and may not be fetched."""
    text = f'Container image "{image}" is not present with pull policy of Never'
    return PullFailed("ErrImageNeverPull", text)


def _unauthorized(image: str) -> PullFailed:
    host = registry(image)
    found = _REFERENCE.match(image)
    path = found["path"] if found else image
    scope = quote_plus(f"repository:{path.removeprefix(host + '/')}:pull")
    text = (
        f'rpc error: code = Unknown desc = failed to pull and unpack image "{image}": failed to resolve '
        f'reference "{image}": failed to authorize: failed to fetch anonymous token: unexpected status from '
        f"GET request to https://{host}/token?scope={scope}&service={host}: 401 Unauthorized"
    )
    return PullFailed("ErrImagePull", text)


def registry(image: str) -> str:
    """The host an image is fetched from."""
    host, slash, _ = image.partition("/")
    return host if slash and ("." in host or ":" in host or host == "localhost") else "docker.io"


def of_dragonfly(image: str) -> bool:
    return "dragonfly" in image


def pull(image: str, absent: tuple[str, ...] = ABSENT, logins: Sequence[Login] | None = None) -> Program:
    """What stands for `image`; raises PullFailed.

    An image for which logins are given, however few, is private, and its registry wants one of them.
    """
    check(image)
    if logins is not None and registry(image) not in {login.registry for login in logins}:
        raise _unauthorized(image)
    if any(fnmatchcase(image, pattern) for pattern in absent):
        raise PullFailed(
            "ErrImagePull",
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
            f'failed to resolve reference "{image}": {image}: not found',
        )
    return Program.CACHE if of_dragonfly(image) else Program.SERVICE
