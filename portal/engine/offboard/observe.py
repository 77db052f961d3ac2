"""Look at everything an offboarding rests on, all systems at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.cluster import KubeObject, Resource
from portal.core.facets import Absent, Facet, NeverLoaded, Present, Source, TenantKey
from portal.core.names import (
    application_name,
    archived_parameter,
    environment_of,
    offboarding_record,
    parameter_path,
    tenant_folder,
)
from portal.core.neon import NeonBranch, NeonDatabase, NeonRole
from portal.core.offboarding import Offboarding
from portal.core.parameters import MANAGED_BY, ParameterMeta, ParameterValue
from portal.core.plan import Operation, StepKind
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.core.spec import EffectiveSpec, ServiceSpec, from_mapping
from portal.engine.saga.argo import ARGOCD_GROUP
from portal.engine.saga.look import Look, known
from portal.engine.saga.places import branch_of
from portal.engine.saga.recall import Recollection, recall
from portal.engine.saga.unfinished import Unfinished, unfinished
from portal.engine.together import together
from portal.engine.world import Ports
from portal.errors import RefusedError, SpecError, UsageError
from portal.settings import EnvironmentSettings

PODS = Resource("", "v1", "pods", "Pod")


@dataclass(slots=True)
class Seen:
    """What each source held. `record` is that of an offboarding that was begun; `finished` where this machine
    began one whose record is gone, as it is at its end; `archive` tells whether values may be kept there.
    """

    tenant: TenantKey
    where: EnvironmentSettings
    prefix: str
    record: Offboarding | None
    folder: TenantFolder | None
    whole: ServiceSpec
    recollection: Recollection
    finished: bool = False
    parameters: Facet[Mapping[str, ParameterMeta]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    tags: Facet[Mapping[str, Mapping[str, str]]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    archive: Facet[Mapping[str, ParameterValue]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    branch: Facet[NeonBranch] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    roles: Facet[tuple[NeonRole, ...]] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    databases: Facet[tuple[NeonDatabase, ...]] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    application: Facet[KubeObject] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    pods: Facet[tuple[KubeObject, ...]] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))

    @property
    def spec(self) -> EffectiveSpec:
        """The service as it stood in its environment."""
        return self.whole.for_environment(self.tenant.environment)

    @property
    def branch_id(self) -> str:
        """Id of the branch, once it was seen."""
        return self.branch.value.id if isinstance(self.branch, Present) else ""

    @property
    def record_name(self) -> str:
        """The parameter that holds the record."""
        return offboarding_record(self.prefix, self.tenant.environment, self.tenant.service)

    @property
    def archive_name(self) -> str:
        """A name in the archive that no value is kept under."""
        return archived_parameter(
            self.prefix, self.tenant.environment, self.tenant.service, "nothing", "nothing"
        )

    @property
    def overlay_paths(self) -> tuple[str, ...]:
        """What git holds of the tenant's own environment, under either of its folder's names."""
        below = f"{tenant_folder(self.tenant.service)}/overlays/"
        paths = self.folder.paths if self.folder else ()
        mine = self.tenant.environment
        return tuple(
            path
            for path in paths
            if path.startswith(below) and environment_of(path.removeprefix(below).partition("/")[0]) == mine
        )

    @property
    def others(self) -> tuple[str, ...]:
        """Overlays of other environments, which keep the folder."""
        overlays = self.folder.overlays if self.folder else {}
        return tuple(sorted(name for name in overlays if environment_of(name) != self.tenant.environment))

    @property
    def ours(self) -> tuple[str, ...]:
        """Parameters of the tenant that carry the portal's mark, in the order of their names."""
        tags = self.tags.value if isinstance(self.tags, Present) else {}
        return tuple(
            sorted(name for name, found in tags.items() if found.get(MANAGED_BY[0]) == MANAGED_BY[1])
        )

    @property
    def foreign(self) -> tuple[str, ...]:
        """Parameters of the tenant without it."""
        metas = self.parameters.value if isinstance(self.parameters, Present) else {}
        return tuple(sorted(metas.keys() - set(self.ours) - {self.record_name}))


async def observe(ports: Ports, tenant: TenantKey) -> Seen:
    """Raises UsageError for an unknown environment, RefusedError where there is nothing to take down."""
    where = ports.settings.environments.get(tenant.environment)
    if where is None:
        raise UsageError(f"the profile {ports.settings.profile!r} says nothing of {tenant.environment!r}")
    prefix = ports.settings.platform.parameter_prefix
    look = Look(ports)
    record = await _record(look, offboarding_record(prefix, tenant.environment, tenant.service))
    folder = await _folder(look, tenant)
    entries = await ports.journal.entries(tenant)
    begun = None if record else _begun(unfinished(entries))
    whole = record.spec if record else (begun and begun.spec) or _spec(folder, tenant)
    seen = Seen(tenant, where, prefix, record, folder, whole, recall(entries), finished=begun is not None)
    await together(_parameters(look, seen), _neon(look, seen), _cluster(look, seen))
    return seen


def _begun(works: tuple[Unfinished, ...]) -> Unfinished | None:
    """An offboarding of this machine's journal that had written its record."""
    opening = str(StepKind.RECORD)
    for work in works:
        if work.operation is Operation.OFFBOARD and (opening in work.done or opening not in work.planned):
            return work
    return None


async def _record(look: Look, name: str) -> Offboarding | None:
    async def read() -> Offboarding | None:
        found = (await look.ports.parameters.get([name])).get(name)
        try:
            return Offboarding.read(found.value) if found else None
        except ValueError as exc:
            raise RefusedError(f"{name} is no record of an offboarding: {exc}", system="ssm") from None

    return known(await look.at(Source.SSM, read), "whether an offboarding was begun")


async def _folder(look: Look, tenant: TenantKey) -> TenantFolder | None:
    snapshot: Facet[RepositorySnapshot] = await look.at(Source.GIT, look.ports.repository.snapshot)
    found = known(snapshot, "what the tenants repository holds")
    return found.tenants.get(tenant.service) if found else None


def _spec(folder: TenantFolder | None, tenant: TenantKey) -> ServiceSpec:
    if folder is None or folder.spec is None:
        what = "is not in the tenants repository" if folder is None else "has no service.yaml of the portal's"
        raise RefusedError(
            f"{tenant_folder(tenant.service)} {what}, and no offboarding of it was begun",
            target=str(tenant),
            hint="See the tenants: portal status. A folder made by hand is taken over with: portal adopt.",
        )
    try:
        spec = from_mapping(folder.spec, f"{tenant_folder(tenant.service)}/service.yaml")
        spec.for_environment(tenant.environment)
    except SpecError as exc:
        raise RefusedError(f"its service.yaml has faults: {exc.cause}", target=str(tenant)) from exc
    return spec


async def _parameters(look: Look, seen: Seen) -> None:
    parameters = look.ports.parameters
    path = parameter_path(seen.prefix, seen.tenant.environment, seen.tenant.service)

    async def describe() -> Mapping[str, ParameterMeta]:
        return {meta.name: meta for meta in await parameters.describe(path)}

    seen.parameters = await look.at(Source.SSM, describe)
    if isinstance(seen.parameters, Present):
        names = sorted(seen.parameters.value)

        async def tags() -> Mapping[str, Mapping[str, str]]:
            return {name: await parameters.tags(name) for name in names}

        seen.tags = await look.at(Source.SSM, tags)
    seen.archive = await look.at(Source.SSM, lambda: parameters.get([seen.archive_name]))


async def _neon(look: Look, seen: Seen) -> None:
    if not seen.spec.database:
        return
    neon, project = look.ports.neon, seen.where.neon_project
    seen.branch = await look.at(Source.NEON, lambda: branch_of(look.ports, seen.where))
    if isinstance(seen.branch, Present):
        found = seen.branch.value.id
        seen.roles = await look.at(Source.NEON, lambda: neon.roles(project, found))
        seen.databases = await look.at(Source.NEON, lambda: neon.databases(project, found))


async def _cluster(look: Look, seen: Seen) -> None:
    cluster, argocd = look.ports.cluster, look.ports.settings.platform.argocd_namespace
    name = application_name(seen.tenant.service)
    kind = await look.at(Source.KUBERNETES, lambda: cluster.discover("Application", group=ARGOCD_GROUP))
    if isinstance(kind, Present):
        served = kind.value
        seen.application = await look.at(
            Source.KUBERNETES, lambda: cluster.get(served, name, namespace=argocd)
        )
    elif isinstance(kind, Absent):
        seen.application = kind

    async def pods() -> tuple[KubeObject, ...]:
        selector = f"tenant={seen.tenant.service}"
        listing = await cluster.list(PODS, namespace=seen.spec.namespace, label_selector=selector)
        return listing.items

    seen.pods = await look.at(Source.KUBERNETES, pods)
