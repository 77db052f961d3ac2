"""Take over what stands unmarked: parameters get the portal's tags, a folder its service.yaml.

Nothing else of either is changed, and nothing is taken over unless this is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.facets import Facet, NeverLoaded, Present, Source, TenantKey
from portal.core.names import parameter_path, tenant_folder
from portal.core.parameters import MANAGED_BY
from portal.core.plan import Operation, Plan, Step, StepKind
from portal.core.repository import CommitRequest, CommitResult, TenantFolder
from portal.core.spec import ServiceSpec, to_document
from portal.core.yaml_text import emit
from portal.engine.saga.agreement import refuse_blocked, refuse_stale
from portal.engine.saga.carrying import Data, carry_out, leased, report_kept
from portal.engine.saga.draft import Draft
from portal.engine.saga.look import Look
from portal.engine.saga.recall import Recollection, recall
from portal.engine.saga.review import refuse_unmerged
from portal.engine.saga.unfinished import settle
from portal.engine.saga.work import Work
from portal.engine.together import together
from portal.engine.world import Ports
from portal.ports import Report


@dataclass(slots=True)
class Seen:
    """`tags` of every parameter below the tenant's path."""

    spec: ServiceSpec
    tenant: TenantKey
    recollection: Recollection
    tags: Facet[Mapping[str, Mapping[str, str]]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    folder: Facet[TenantFolder] = field(default_factory=lambda: NeverLoaded(Source.GIT))


async def plan_adoption(ports: Ports, spec: ServiceSpec, environment: str) -> Plan:
    """What would be marked as the portal's from here on; reads only."""
    return _decide(await _observe(ports, spec, environment))


async def adopt(ports: Ports, plan: Plan, report: Report) -> tuple[str, ...]:
    """Do what the plan says; the ids of the steps that were carried out. Raises what an apply raises."""
    refuse_blocked(ports, plan)
    if not plan.changes:
        report_kept(plan, report)
        await settle(ports, plan)
        return ()
    async with leased(ports, plan, report) as lease:
        seen = await _observe(ports, plan.spec, plan.tenant.environment)
        now = _decide(seen)
        refuse_stale(plan, now, seen.recollection)
        work = Work(ports, plan.tenant, lease, report, digest=plan.digest)
        return await carry_out(
            work, now, [(step,) for step in now.steps], lambda step: _act(work, plan, step)
        )


async def _observe(ports: Ports, spec: ServiceSpec, environment: str) -> Seen:
    tenant = spec.for_environment(environment).tenant
    seen = Seen(spec, tenant, recall(await ports.journal.entries(tenant)))
    look, path = (
        Look(ports),
        parameter_path(ports.settings.platform.parameter_prefix, tenant.environment, tenant.service),
    )

    async def tags() -> Mapping[str, Mapping[str, str]]:
        names = [meta.name for meta in await ports.parameters.describe(path)]
        return {name: await ports.parameters.tags(name) for name in sorted(names)}

    async def folder() -> TenantFolder | None:
        return (await ports.repository.snapshot()).tenants.get(tenant.service)

    async def parameters() -> None:
        seen.tags = await look.at(Source.SSM, tags)

    async def files() -> None:
        seen.folder = await look.at(Source.GIT, folder)

    await together(parameters(), files())
    return seen


def _decide(seen: Seen) -> Plan:
    draft = Draft(Operation.ADOPT)
    if draft.known(seen.tags, "which parameters exist, and whose") and draft.known(
        seen.folder, "what the tenants repository holds"
    ):
        found = seen.tags.value if isinstance(seen.tags, Present) else {}
        for name, tags in found.items():
            _parameter(draft, name, tags)
        _folder(draft, seen)
    return draft.plan(seen.tenant, seen.spec)


def _parameter(draft: Draft, name: str, tags: Mapping[str, str]) -> None:
    step, (key, value) = f"{StepKind.MARK}:{name.rpartition('/')[2]}", MANAGED_BY
    owner = tags.get(key)
    if owner == value:
        draft.keep(StepKind.MARK, name, "is the portal's", step=step)
        return
    if owner:
        draft.warn(f"{name} says that {owner} manages it; from now on it says {value}")
    draft.change(StepKind.MARK, name, f"gets the tag {key}={value}", step=step)


def _folder(draft: Draft, seen: Seen) -> None:
    target = f"{tenant_folder(seen.tenant.service)}/service.yaml"
    if not isinstance(seen.folder, Present):
        draft.warn("the tenants repository holds no folder of this service; onboarding will make it")
    elif seen.folder.value.spec is not None:
        draft.keep(StepKind.COMMIT, target, "is the portal's")
    else:
        draft.create(StepKind.COMMIT, target, "marks the folder as the portal's", known_after=("commit",))
        draft.warn(
            "the next apply writes the folder's other files as its template has them: look at its plan first"
        )


async def _act(work: Work, plan: Plan, step: Step) -> Data:
    return await (_mark(work, step) if step.kind is StepKind.MARK else _commit(work, plan))


async def _mark(work: Work, step: Step) -> Data:
    tags = {**dict([MANAGED_BY]), "service": work.tenant.service, "environment": work.tenant.environment}
    await work.repeatedly(lambda: work.ports.parameters.tag(step.target, tags))
    return {"parameter": step.target}


async def _commit(work: Work, plan: Plan) -> Data:
    repository, tenant = work.ports.repository, work.tenant
    files = {f"{tenant_folder(tenant.service)}/service.yaml": emit(to_document(plan.spec))}

    async def look() -> CommitResult | None:
        await repository.snapshot()
        standing = await repository.read(tuple(files))
        return CommitResult("", changed=False) if dict(standing) == files else None

    async def act() -> CommitResult:
        trailers = {"Portal-Tenant": str(tenant), "Portal-Run": work.name, "Portal-Plan": work.digest[:12]}
        return await repository.commit(CommitRequest(tenant, files, f"Adopt {tenant}", trailers))

    result = await work.ensure(look, act)
    refuse_unmerged(work, result)
    return {"commit": result.commit}
