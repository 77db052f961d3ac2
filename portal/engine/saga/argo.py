"""ArgoCD: ask it to read the repository now instead of at its next poll."""

from collections.abc import Mapping

from portal.core.cluster import KubeObject, Resource
from portal.core.names import application_name
from portal.engine.saga.work import Work
from portal.errors import AccessDenied, NotFound
from portal.ports import Cluster

Data = Mapping[str, str | int]
ARGOCD_GROUP = "argoproj.io"
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
_NAMESPACE_FILE = "00-namespace.yaml"
_NAMESPACE_SECONDS = 15.0

REFRESH: KubeObject = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
_REFRESH_SET: KubeObject = {
    "metadata": {"annotations": {"argocd.argoproj.io/application-set-refresh": "true"}}
}


async def refresh_application(work: Work, service: str, namespace: str) -> Data:
    """The Application that makes namespaces first, then the tenant's own, or its ApplicationSet while it
    has none.
    """
    cluster, argocd = _cluster(work), work.ports.settings.platform.argocd_namespace
    name = application_name(service)
    kind = await work.read(lambda: cluster.discover("Application", group=ARGOCD_GROUP))
    if kind is None:
        return {"applications": 0}
    listing = await work.read(lambda: cluster.list(kind, namespace=argocd))
    makers = [_name(item) for item in listing.items if _makes_namespaces(item)]
    for maker in makers:
        await _patch(work, kind, maker, REFRESH)
    if makers:
        await _await_namespace(work, namespace)
    if name in {_name(item) for item in listing.items}:
        await _patch(work, kind, name, REFRESH)
        return {"application": name}
    return {"application_sets": await _refresh_sets(work)}


async def refresh_removal(work: Work) -> Data:
    """What makes Applications, and namespaces, of tenants: so that what git holds no more goes."""
    cluster, argocd = work.ports.cluster, work.ports.settings.platform.argocd_namespace
    kind = await work.read(lambda: cluster.discover("Application", group=ARGOCD_GROUP))
    if kind is None:
        return {"applications": 0}
    sets = await _refresh_sets(work)
    listing = await work.read(lambda: cluster.list(kind, namespace=argocd))
    for maker in (_name(item) for item in listing.items if _makes_namespaces(item)):
        await _patch(work, kind, maker, REFRESH)
    return {"application_sets": sets}


async def _refresh_sets(work: Work) -> int:
    cluster, namespace = _cluster(work), work.ports.settings.platform.argocd_namespace
    kind = await work.read(lambda: cluster.discover("ApplicationSet", group=ARGOCD_GROUP))
    if kind is None:
        return 0
    listing = await work.read(lambda: cluster.list(kind, namespace=namespace))
    names = [_name(item) for item in listing.items if _reads_tenants(item)]
    for name in names:
        await _patch(work, kind, name, _REFRESH_SET)
    return len(names)


async def _patch(work: Work, kind: Resource, name: str, patch: KubeObject) -> None:
    """An annotation may be set twice, so a lost answer is repeated like a read's."""
    cluster, namespace = _cluster(work), work.ports.settings.platform.argocd_namespace

    async def act() -> KubeObject:
        return await work.read(lambda: cluster.merge_patch(kind, name, patch, namespace=namespace))

    await work.mutate(act)


async def _await_namespace(work: Work, wanted: str) -> None:
    """Give the namespace a moment to appear: a sync into one that is missing fails and backs off. What
    does not come in time is left to the chain.
    """
    clock, patience = work.ports.clock, work.ports.patience
    deadline = clock.monotonic() + _NAMESPACE_SECONDS
    pause = patience.poll_first
    while clock.monotonic() < deadline:
        try:
            await work.read(lambda: _cluster(work).get(NAMESPACES, wanted))
        except NotFound:
            await clock.sleep(pause)
            pause = min(patience.poll_most, pause * 1.5)
        except AccessDenied:
            return
        else:
            return
    work.notice(f"namespace {wanted} did not appear within {_NAMESPACE_SECONDS:.0f} s")


def _cluster(work: Work) -> Cluster:
    return work.ports.cluster_of(work.tenant.environment)


def _name(item: KubeObject) -> str:
    return str(item["metadata"]["name"])


def _makes_namespaces(application: KubeObject) -> bool:
    """Whether the Application deploys the tenants' namespace files."""
    source = application.get("spec", {}).get("source") or {}
    return _NAMESPACE_FILE in str((source.get("directory") or {}).get("include", ""))


def _reads_tenants(application_set: KubeObject) -> bool:
    """Whether a git files generator of the set looks below tenants/."""
    for generator in application_set.get("spec", {}).get("generators", ()):
        for entry in generator.get("git", {}).get("files", ()):
            if str(entry.get("path", "")).startswith("tenants/"):
                return True
    return False
