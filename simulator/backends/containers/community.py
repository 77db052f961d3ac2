"""The containers of testcontainers that a world uses, made here so that nobody else names the library."""

from typing import Any


def localstack(image: str, region: str) -> Any:
    """A `LocalStackContainer`, not started; its port is 4566."""
    from testcontainers.community.localstack import LocalStackContainer  # noqa: PLC0415 - loaded when used

    return LocalStackContainer(image=image, region_name=region)


def plain(image: str) -> Any:
    """A `DockerContainer`, not started."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - loaded when used

    return DockerContainer(image)
