"""The Docker SDK and testcontainers, loaded when first needed and told where the engine is.

Neither reads the user's configuration here: their home is the world's own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simulator.backends.containers import failures


def configure(url: str) -> None:
    """Let testcontainers use this engine, published ports on loopback, and no reaper but ours.

    It knows the engine by the environment of its process only; children of the world get another one.
    """
    from testcontainers.core.config import (  # noqa: PLC0415 - half a second that embedded worlds do not spend
        ConnectionMode,
        testcontainers_config,
    )

    os.environ["DOCKER_HOST"] = url
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    testcontainers_config.ryuk_disabled = True
    testcontainers_config.hub_image_name_prefix = ""


def client(url: str, api: tuple[int, int], seconds: float) -> Any:
    """A `docker.DockerClient`; its owner closes it."""
    import docker  # noqa: PLC0415 - as above

    return docker.DockerClient(base_url=url, version=f"{api[0]}.{api[1]}", timeout=seconds)


@contextmanager
def explained(url: str, what: str) -> Iterator[None]:
    """Turn what the SDK raises into ContainersUnavailable; `what` names the attempt."""
    import docker.errors  # noqa: PLC0415 - as above
    import requests.exceptions  # noqa: PLC0415 - as above

    try:
        yield
    except docker.errors.APIError as exc:
        raise failures.of_call(what, words(exc)) from exc
    except (docker.errors.DockerException, requests.exceptions.RequestException) as exc:
        raise failures.of_connection(url, _beneath(exc)) from exc


def words(error: Any) -> str:
    """What the engine said."""
    return str(error.explanation or error)


def _beneath(error: BaseException) -> OSError:
    """The system's own error inside those that wrap it, as their arguments or causes."""
    import requests.exceptions  # noqa: PLC0415 - as above

    if isinstance(error, requests.exceptions.Timeout):
        return TimeoutError(str(error))
    if isinstance(error, OSError) and not isinstance(error, requests.exceptions.RequestException):
        return error
    inside = [*error.args, error.__cause__, error.__context__]
    for each in inside:
        if isinstance(each, BaseException):
            found = _beneath(each)
            if type(found) is not OSError:
                return found
    return OSError(str(error))
