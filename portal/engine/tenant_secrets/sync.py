"""Which ExternalSecrets copy a tenant's parameters into the cluster."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.cluster import KubeObject
from portal.core.facets import TenantKey
from portal.core.names import parameter_path
from portal.core.objects.external import ExternalSecret
from portal.core.objects.meta import dig
from portal.engine.retry import reading
from portal.engine.world import Ports
from portal.errors import RefusedError, UsageError


@dataclass(frozen=True, slots=True)
class Copy:
    """One parameter copied to one key of one Secret. `templated` where the Secret is made from it by a
    template, so that its own key is not there.
    """

    parameter: str
    key: str
    source: ExternalSecret
    templated: bool

    @property
    def secret(self) -> str:
        """`namespace/name`."""
        return f"{self.source.meta.namespace}/{self.source.target}"


async def copies(ports: Ports, tenant: TenantKey) -> tuple[Copy, ...]:
    """Every copy of a parameter of the tenant, and of what else its ExternalSecrets read; raises RefusedError
    where External Secrets is not installed.
    """
    cluster = ports.cluster_of(tenant.environment)
    kind = await reading(lambda: cluster.discover("ExternalSecret"), clock=ports.clock, jitter=ports.jitter)
    if kind is None:
        raise RefusedError(
            "this cluster serves no ExternalSecret", system="kubernetes", hint="Install External Secrets"
        )
    found = await reading(lambda: cluster.list(kind), clock=ports.clock, jitter=ports.jitter)
    path = parameter_path(ports.settings.platform.parameter_prefix, tenant.environment, tenant.service)
    every = [copy for item in found.items for copy in _of(item)]
    namespaces = {copy.source.meta.namespace for copy in every if copy.parameter.startswith(f"{path}/")}
    return tuple(copy for copy in every if _belongs(copy, path, namespaces))


def refuse_unknown_environment(ports: Ports, tenant: TenantKey) -> None:
    """Raise UsageError for an environment the profile does not name: its parameters are another account's."""
    if tenant.environment not in ports.settings.environments:
        raise UsageError(
            f"the profile {ports.settings.profile!r} says nothing of environment {tenant.environment!r}",
            hint="Choose the profile of that environment with --profile.",
        )


def _of(item: KubeObject) -> Iterator[Copy]:
    source = ExternalSecret.of(item)
    templated = bool(dig(item, "spec", "target", "template", "data"))
    for key, parameter in source.keys:
        yield Copy(parameter, key, source, templated)


def _belongs(copy: Copy, path: str, namespaces: set[str]) -> bool:
    """A tenant's own parameters, and the shared ones of its environment in its namespaces."""
    if copy.parameter.startswith(f"{path}/"):
        return True
    environment = path.rpartition("/")[0]
    return copy.source.meta.namespace in namespaces and copy.parameter.startswith(f"{environment}/platform/")
