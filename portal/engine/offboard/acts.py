"""The steps of an offboarding in git, in the cluster and in Parameter Store."""

from collections.abc import Mapping
from dataclasses import replace

from portal.core.names import application_name, archived_parameter, parameter_name, tenant_folder
from portal.core.offboarding import Offboarding
from portal.core.parameters import ParameterValue
from portal.core.plan import Step
from portal.core.repository import CommitRequest, CommitResult
from portal.core.spec import to_document
from portal.core.yaml_text import emit
from portal.engine.offboard.decide import database_of
from portal.engine.offboard.observe import PODS
from portal.engine.offboard.run import Run
from portal.engine.saga.argo import ARGOCD_GROUP
from portal.engine.saga.review import refuse_unmerged
from portal.errors import NotFound, RefusedError

Data = Mapping[str, str | int]


async def write_record(run: Run, _: Step) -> Data:
    """What the tenant was, before anything of it goes."""
    seen, name, parameters = run.seen, run.seen.record_name, run.ports.parameters
    database = database_of(seen, keep_database=run.keep_database)
    record = Offboarding(run.name, seen.whole, database)

    async def act() -> ParameterValue:
        version = await parameters.create(name, record.text(), tags=run.tags)
        return ParameterValue(name, version, record.text())

    standing = await run.ensure(lambda: run.value(name), act, look_first=False)
    run.record_read = Offboarding.read(standing.value)
    return {"offboarding": run.offboarding.id}


async def remove_from_git(run: Run, _: Step) -> Data:
    """One commit without the tenant's overlay, or without its folder where no other environment uses it."""
    seen, repository, tenant = run.seen, run.ports.repository, run.tenant
    folder = seen.folder
    if folder is None:
        return {"files": 0}
    removed = seen.overlay_paths if seen.others else folder.paths
    files = _remaining(run) if seen.others else {}

    async def look() -> CommitResult | None:
        await repository.snapshot()
        standing = await repository.read((*files, *removed))
        return CommitResult("", changed=False) if dict(standing) == dict(files) else None

    async def act() -> CommitResult:
        trailers = {"Portal-Tenant": str(tenant), "Portal-Run": run.name, "Portal-Plan": run.digest[:12]}
        request = CommitRequest(tenant, files, f"Offboard {tenant}", trailers, tuple(removed))
        return await repository.commit(request)

    result = await run.ensure(look, act)
    refuse_unmerged(run, result)
    await run.confirm(look, "the commit")
    return {"commit": result.commit, "files": len(removed)}


def _remaining(run: Run) -> Mapping[str, str]:
    """`service.yaml` without the environment."""
    whole, gone = run.seen.whole, run.tenant.environment
    left = {name: said for name, said in whole.environments.items() if name != gone}
    if not left or left == dict(whole.environments):
        return {}
    path = f"{tenant_folder(run.tenant.service)}/service.yaml"
    return {path: emit(to_document(replace(whole, environments=left)))}


async def await_gone(run: Run, _: Step) -> Data:
    """Until neither the Application nor any pod of the tenant is there; only an answer counts."""
    cluster, argocd = run.ports.cluster, run.ports.settings.platform.argocd_namespace
    name, namespace = application_name(run.tenant.service), run.spec.namespace
    kind = await run.read(lambda: cluster.discover("Application", group=ARGOCD_GROUP))
    if kind is None:
        raise RefusedError(
            "ArgoCD is not installed in this cluster, so nobody can tell whether the tenant is gone",
            system="kubernetes",
            operation="offboard",
            target=str(run.tenant),
        )

    async def left() -> str:
        try:
            found = await cluster.get(kind, name, namespace=argocd)
        except NotFound:
            found = {}
        if found:
            return f"Application {name} is still there"
        pods = await cluster.list(PODS, namespace=namespace, label_selector=f"tenant={run.tenant.service}")
        return f"{len(pods.items)} pods of {name} still run" if pods.items else ""

    await run.until(left, name, seconds=run.ports.patience.verify)
    return {"application": name}


async def archive(run: Run, step: Step) -> Data:
    """The last value stands in the archive before the parameter goes."""
    key = step.id.partition(":")[2]
    environment, service = run.tenant.environment, run.tenant.service
    name = parameter_name(run.seen.prefix, environment, service, key)
    kept = archived_parameter(run.seen.prefix, environment, service, run.offboarding.id, key)
    standing = await run.value(name)
    if standing is None:
        return {"archived": kept}

    async def act() -> ParameterValue:
        tags = {**run.tags, "version": str(standing.version)}
        version = await run.ports.parameters.create(kept, standing.value, tags=tags)
        return ParameterValue(kept, version, standing.value)

    copy = await run.ensure(lambda: run.value(kept), act)
    if not copy.value.same_as(standing.value):
        raise RefusedError(
            f"{kept} holds another value than {name}, so neither is touched",
            system="ssm",
            operation="archive",
            target=name,
            hint="Somebody changed one of them since the offboarding began; decide which to keep by hand.",
        )
    await run.delete(name)
    return {"archived": kept, "version": standing.version}


async def remove_record(run: Run, _: Step) -> Data:
    """Last of all: without it the tenant is unknown."""
    await run.delete(run.seen.record_name)
    return {"offboarding": run.offboarding.id}
