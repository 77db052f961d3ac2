"""One context of a kubeconfig as a client configuration: address, certificates, credential."""

import base64
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.adapters.kube.failures import SYSTEM
from portal.adapters.kube.plugin import credential
from portal.core.redaction import redact
from portal.errors import PrerequisiteError


@dataclass(frozen=True, slots=True)
class Loaded:
    """A context that was read: its name stays the one asked for, wherever `current-context` goes later.

    `expires_at` is seconds since the epoch, None for a credential that says nothing about its end.
    """

    client: Any
    context: str
    expires_at: float | None = None


async def load(path: Path | None, context: str, seconds: float, make: Callable[[Any], Any]) -> Loaded:
    """The client that `make` makes of the context, after the user's credential plugin ran where there is one.

    An empty path is the usual search, an empty context the file's current one. Raises PrerequisiteError.
    """
    from kubernetes.aio import client  # noqa: PLC0415 - imported on a thread before
    from kubernetes.aio.config import kube_config as library  # noqa: PLC0415 - as above
    from kubernetes.aio.config.config_exception import ConfigException  # noqa: PLC0415 - as above

    given: Any = library  # its functions carry no annotations
    if path is not None and not path.is_file():  # noqa: ASYNC240 - a look at one local file
        hint = "Name one with kube.kubeconfig"
        raise PrerequisiteError(f"there is no kubeconfig at {path}", system=SYSTEM, hint=hint)
    configuration: Any = client.Configuration()
    try:
        with _passing_files() as directory:
            merged = given.KubeConfigMerger(str(path or given.KUBE_CONFIG_DEFAULT_LOCATION)).config
            loader = given.KubeConfigLoader(
                config_dict=merged,
                config_base_path=None,
                active_context=context or None,
                temp_file_path=directory,
            )
            expires_at = await _authenticate(loader, seconds)
            await loader.load_and_set(configuration)
            made = make(configuration)
    except (ConfigException, ValueError, TypeError, KeyError, AttributeError, OSError) as exc:
        raise PrerequisiteError(
            f"the kubeconfig cannot be used: {redact(str(exc))}",
            system=SYSTEM,
            hint="Set kube.kubeconfig and kube.context",
        ) from exc
    return Loaded(made, str(loader.current_context["name"]), expires_at)


async def _authenticate(loader: Any, seconds: float) -> float | None:
    """Run the user's plugin and put what it gave in its place, so that the library needs to run none."""
    user = loader._user  # noqa: SLF001 - the chosen user, which the library does not offer otherwise
    if not user or "exec" not in user:
        return None
    plugin: Mapping[str, Any] = user["exec"].value
    found = await credential(plugin, seconds)
    del user.value["exec"]
    if found.token:
        user.value["token"] = found.token
    else:
        user.value["client-certificate-data"] = base64.b64encode(found.certificate.encode()).decode()
        user.value["client-key-data"] = base64.b64encode(found.key.encode()).decode()
    return found.expires_at


@contextmanager
def _passing_files() -> Iterator[str]:
    """A private directory, in memory where there is one, for the keys a kubeconfig holds inline: TLS reads
    them from files only. Nothing of it outlives the block, not even in the client's own record of them.
    """
    from kubernetes.aio.config.kube_config import _cleanup_temp_files  # noqa: PLC0415 - imported before

    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - only its parent
    with tempfile.TemporaryDirectory(prefix=f"portal-{os.getpid()}-", dir=memory) as directory:
        try:
            yield directory
        finally:
            _cleanup_temp_files()
