"""The git and ArgoCD steps: one commit of the whole tenant, then a refresh so that it is read now."""

from collections.abc import Mapping
from functools import partial

from portal.core.cluster import KubeObject, Resource
from portal.core.names import application_name
from portal.core.repository import CommitRequest, CommitResult
from portal.core.required import required_parameters
from portal.engine.onboard.observe import ARGOCD_GROUP
from portal.engine.onboard.run import Run
from portal.errors import NotFound, RefusedError

Data = Mapping[str, str | int]
REFRESH_APPLICATION: KubeObject = {
    "metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}},
}
REFRESH_SET: KubeObject = {
    "metadata": {"annotations": {"argocd.argoproj.io/application-set-refresh": "true"}},
}


async def commit_manifests(run: Run) -> Data:
    """One fast-forward commit, after every parameter it names was seen to stand."""
    await _refuse_dangling(run)
    repository, files, tenant = run.ports.repository, run.seen.files, run.spec.tenant

    async def look() -> CommitResult | None:
        standing = await repository.read(tuple(files))
        return CommitResult("", changed=False) if dict(standing) == dict(files) else None

    async def act() -> CommitResult:
        trailers = {"Portal-Tenant": str(tenant), "Portal-Run": run.name, "Portal-Plan": run.digest[:12]}
        request = CommitRequest(tenant, files, f"Onboard {tenant}", trailers)
        return await repository.commit(request)

    result = await run.ensure(look, act)
    await run.confirm(look, "the commit")
    return {"commit": result.commit, "files": len(files)}


async def refresh_application(run: Run) -> Data:
    """Ask ArgoCD to read the repository now; where there is no Application yet, its ApplicationSet."""
    cluster, name = run.ports.cluster, application_name(run.spec.service)
    kind = await run.read(lambda: cluster.discover("Application", group=ARGOCD_GROUP))
    if kind is not None:
        try:
            await _patch(run, kind, name, REFRESH_APPLICATION)
        except NotFound:
            return {"application_sets": await _refresh_sets(run)}
    return {"application": name}


async def _refresh_sets(run: Run) -> int:
    cluster, namespace = run.ports.cluster, run.ports.settings.platform.argocd_namespace
    kind = await run.read(lambda: cluster.discover("ApplicationSet", group=ARGOCD_GROUP))
    if kind is None:
        return 0
    listing = await run.read(lambda: cluster.list(kind, namespace=namespace))
    names = [item["metadata"]["name"] for item in listing.items if _reads_tenants(item)]
    for name in names:
        await _patch(run, kind, name, REFRESH_SET)
    return len(names)


async def _patch(run: Run, kind: Resource, name: str, patch: KubeObject) -> None:
    """An annotation may be set twice, so a lost answer is repeated like a read's."""
    cluster, namespace = run.ports.cluster, run.ports.settings.platform.argocd_namespace

    async def act() -> KubeObject:
        return await run.read(lambda: cluster.merge_patch(kind, name, patch, namespace=namespace))

    await run.mutate(act)


def _reads_tenants(application_set: KubeObject) -> bool:
    """Whether a git files generator of the set looks below tenants/."""
    for generator in application_set.get("spec", {}).get("generators", ()):
        for entry in generator.get("git", {}).get("files", ()):
            if str(entry.get("path", "")).startswith("tenants/"):
                return True
    return False


async def _refuse_dangling(run: Run) -> None:
    """Secrets exist in Parameter Store before git names them."""
    names = [item.name for item in required_parameters(run.spec, run.seen.prefix)]
    folders = sorted({name.rpartition("/")[0] for name in names})
    found: set[str] = set()
    for folder in folders:
        metas = await run.read(partial(run.ports.parameters.describe, folder))
        found |= {meta.name for meta in metas}
    missing = [name for name in names if name not in found]
    if missing:
        raise RefusedError(
            f"{', '.join(missing)} vanished while applying; git would name parameters that do not exist",
            system="ssm",
            hint="Plan again.",
        )
