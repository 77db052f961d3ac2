"""The git step: one commit of the whole tenant."""

from collections.abc import Mapping
from functools import partial

from portal.core.repository import CommitRequest, CommitResult
from portal.core.required import required_parameters
from portal.engine.onboard.run import Run
from portal.engine.saga.review import refuse_unmerged
from portal.errors import RefusedError

Data = Mapping[str, str | int]


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
    refuse_unmerged(run, result)
    await run.confirm(look, "the commit")
    return {"commit": result.commit, "files": len(files)}


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
