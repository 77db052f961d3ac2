"""Look at everything a rotation rests on, all systems at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.cluster import KubeObject, Resource
from portal.core.dsn import at_host
from portal.core.facets import Facet, NeverLoaded, Present, Source, TenantKey
from portal.core.names import application_name, parameter_path, rotation_record, tenant_folder
from portal.core.neon import NeonBranch, NeonProject, NeonRole
from portal.core.parameters import ParameterMeta
from portal.core.repository import TenantFolder
from portal.core.rotation import DATABASE, JWT, Rotation
from portal.core.spec import EffectiveSpec, ServiceSpec, from_mapping
from portal.engine.rotate.subject import Subject, subject_of
from portal.engine.saga.argo import ARGOCD_GROUP
from portal.engine.saga.logins import host_at
from portal.engine.saga.look import Look, known
from portal.engine.saga.places import branch_of
from portal.engine.saga.recall import Recollection, recall
from portal.engine.saga.records import record_at
from portal.engine.together import together
from portal.engine.world import Ports
from portal.errors import RefusedError, SpecError, UsageError
from portal.settings import EnvironmentSettings

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")


@dataclass(slots=True)
class Seen:
    """What each source held; `tags` are those of the parameters the rotation replaces."""

    tenant: TenantKey
    where: EnvironmentSettings
    prefix: str
    whole: ServiceSpec
    spec: EffectiveSpec
    subject: Subject
    folder: TenantFolder
    recollection: Recollection
    parameters: Facet[Mapping[str, ParameterMeta]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    tags: Facet[Mapping[str, Mapping[str, str]]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    record: Facet[Rotation] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    project: Facet[NeonProject] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    branch: Facet[NeonBranch] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    host: Facet[str] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    roles: Facet[tuple[NeonRole, ...]] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    secret_kind: Facet[Resource] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    cache_kind: Facet[Resource] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    application: Facet[KubeObject] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    deployment: Facet[KubeObject] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    standing: Facet[Mapping[str, str]] = field(default_factory=lambda: NeverLoaded(Source.GIT))

    @property
    def branch_id(self) -> str:
        """Id of the branch, once it was seen."""
        return self.branch.value.id if isinstance(self.branch, Present) else ""

    @property
    def record_name(self) -> str:
        """The parameter that holds the rotation's record."""
        return rotation_record(self.prefix, self.tenant.environment, self.tenant.service, self.subject.name)

    @property
    def open_record(self) -> Rotation | None:
        """The record of a rotation that was begun and is not finished."""
        found = self.record.value if isinstance(self.record, Present) else None
        return found if found is not None and found.is_open else None

    @property
    def is_astray(self) -> bool:
        """Whether the open record leads to a compute that has been replaced since."""
        record = self.open_record
        if record is None or not isinstance(self.host, Present):
            return False
        values = [record.values[item.key] for item in self.subject.items]
        return any(not at_host(value, self.host.value).same_as(value) for value in values)

    @property
    def standing_versions(self) -> Mapping[str, int]:
        """Version of each parameter of the tenant that exists."""
        metas = self.parameters.value if isinstance(self.parameters, Present) else {}
        return {name: meta.version for name, meta in metas.items()}


async def observe(ports: Ports, tenant: TenantKey, key: str) -> Seen:
    """Raises UsageError for an unknown environment or key, RefusedError for a tenant git does not hold."""
    where = ports.settings.environments.get(tenant.environment)
    if where is None:
        raise UsageError(f"the profile {ports.settings.profile!r} says nothing of {tenant.environment!r}")
    folder, whole = await tenant_in_git(ports, tenant)
    spec = whole.for_environment(tenant.environment)
    prefix = ports.settings.platform.parameter_prefix
    recollection = recall(await ports.journal.entries(tenant))
    seen = Seen(tenant, where, prefix, whole, spec, subject_of(spec, prefix, key), folder, recollection)
    look = Look(ports)
    await together(_parameters(look, seen), _neon(look, seen), _cluster(look, seen), _files(look, seen))
    return seen


async def tenant_in_git(ports: Ports, tenant: TenantKey) -> tuple[TenantFolder, ServiceSpec]:
    """Folder and specification of a tenant the portal wrote; raises RefusedError where there is none."""
    snapshot = known(
        await Look(ports).at(Source.GIT, ports.repository.snapshot), "what the tenants repository holds"
    )
    folder = snapshot.tenants.get(tenant.service) if snapshot else None
    place = tenant_folder(tenant.service)
    if folder is None or folder.spec is None:
        what = "does not exist" if folder is None else "holds no service.yaml of the portal's"
        raise RefusedError(
            f"{place} {what} in the tenants repository",
            target=str(tenant),
            hint="See the tenants: portal status. A folder made by hand is taken over with: portal adopt.",
        )
    try:
        return folder, from_mapping(folder.spec, f"{place}/service.yaml")
    except SpecError as exc:
        raise RefusedError(f"{place}/service.yaml has faults: {exc.cause}", target=str(tenant)) from exc


async def _parameters(look: Look, seen: Seen) -> None:
    parameters = look.ports.parameters
    path = parameter_path(seen.prefix, seen.tenant.environment, seen.tenant.service)
    folders = {path, *(name.rpartition("/")[0] for name in seen.subject.names)}

    async def describe() -> Mapping[str, ParameterMeta]:
        return {meta.name: meta for folder in sorted(folders) for meta in await parameters.describe(folder)}

    seen.parameters = await look.at(Source.SSM, describe)
    if not isinstance(seen.parameters, Present):
        return
    there = [name for name in seen.subject.names if name in seen.parameters.value]

    async def tags() -> Mapping[str, Mapping[str, str]]:
        return {name: await parameters.tags(name) for name in there}

    seen.tags = await look.at(Source.SSM, tags)
    seen.record = await look.at(Source.SSM, lambda: record_at(look.ports, seen.record_name))


async def _neon(look: Look, seen: Seen) -> None:
    if seen.subject.name != DATABASE:
        return
    neon, project = look.ports.neon, seen.where.neon_project
    seen.project = await look.at(Source.NEON, lambda: neon.project(project))

    seen.branch = await look.at(Source.NEON, lambda: branch_of(look.ports, seen.where))
    if isinstance(seen.branch, Present):
        found = seen.branch.value.id
        seen.roles = await look.at(Source.NEON, lambda: neon.roles(project, found))
        seen.host = await look.at(Source.NEON, lambda: host_at(look.ports.neon, project, found))


async def _cluster(look: Look, seen: Seen) -> None:
    cluster, platform = look.ports.cluster, look.ports.settings.platform
    seen.secret_kind = await look.at(Source.KUBERNETES, lambda: cluster.discover("ExternalSecret"))
    name, namespace = seen.tenant.service, seen.spec.namespace
    seen.deployment = await look.at(
        Source.KUBERNETES, lambda: cluster.get(DEPLOYMENTS, name, namespace=namespace)
    )
    if seen.subject.name != JWT:
        return
    if seen.spec.cache:
        seen.cache_kind = await look.at(Source.KUBERNETES, lambda: cluster.discover(platform.claim_kind))
    kind = await look.at(Source.KUBERNETES, lambda: cluster.discover("Application", group=ARGOCD_GROUP))
    if isinstance(kind, Present):
        application, argocd = kind.value, platform.argocd_namespace
        seen.application = await look.at(
            Source.KUBERNETES,
            lambda: cluster.get(application, application_name(name), namespace=argocd),
        )


async def _files(look: Look, seen: Seen) -> None:
    if seen.subject.name == JWT:
        paths = tuple(path for path in seen.folder.paths if "/overlays/" in path)
        seen.standing = await look.at(Source.GIT, lambda: look.ports.repository.read(paths))
