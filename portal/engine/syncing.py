"""ArgoCD asked by a person: read git again, or bring a tenant about as git has it."""

from portal.core.cluster import KubeObject
from portal.core.facets import TenantKey
from portal.core.names import application_name
from portal.core.objects.meta import text
from portal.engine.audited import Deed, audited
from portal.engine.retry import reading, retrying
from portal.engine.saga.argo import ARGOCD_GROUP, REFRESH
from portal.engine.world import Ports
from portal.errors import Conflict, NotFound, RefusedError

_WHO = "portal"


async def recheck(ports: Ports, tenant: TenantKey) -> None:
    """Have the tenant's Application compared with git now.

    Raises RefusedError in read-only mode, NotFound where there is no Application.
    """
    await _patched(ports, tenant, "recheck", REFRESH)


async def sync(ports: Ports, tenant: TenantKey) -> None:
    """Have what git holds applied now; nothing is pruned.

    Raises RefusedError in read-only mode, Conflict while an operation runs, NotFound where there is no
    Application.
    """
    operation = {"initiatedBy": {"username": _WHO}, "sync": {"prune": False}}
    await _patched(ports, tenant, "sync", {"operation": operation})


async def _patched(ports: Ports, tenant: TenantKey, action: str, patch: KubeObject) -> None:
    if ports.settings.read_only:
        raise RefusedError("read-only mode: nothing is changed", operation=action, target=str(tenant))
    cluster, namespace = ports.cluster_of(tenant.environment), ports.settings.platform.argocd_namespace
    name = application_name(tenant.service)
    kind = await reading(
        lambda: cluster.discover("Application", group=ARGOCD_GROUP), clock=ports.clock, jitter=ports.jitter
    )
    if kind is None:
        raise NotFound("ArgoCD is not installed", system="kubernetes", operation=action, target=name)
    found = await reading(
        lambda: cluster.get(kind, name, namespace=namespace), clock=ports.clock, jitter=ports.jitter
    )
    if action == "sync" and _busy(found):
        raise Conflict("an operation is under way", system="argocd", operation=action, target=name)
    async with audited(ports, Deed(action, f"Application/{name}", str(tenant))):
        await retrying(
            lambda: cluster.merge_patch(kind, name, patch, namespace=namespace),
            clock=ports.clock,
            jitter=ports.jitter,
        )


def _busy(application: KubeObject) -> bool:
    """Whether an operation is asked for or runs; a second one would take its place."""
    phase = text(application, "status", "operationState", "phase")
    return bool(application.get("operation")) or phase in {"Running", "Terminating"}
