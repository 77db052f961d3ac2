"""Look at everything a plan rests on, all systems at once, reading no secret value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.cluster import KubeObject, Resource
from portal.core.facets import Absent, Facet, NeverLoaded, Present, Source, Unknown
from portal.core.names import application_name, parameter_path, platform_parameter, rotation_record
from portal.core.neon import NeonAuth, NeonBranch, NeonDatabase, NeonEndpoint, NeonProject, NeonRole
from portal.core.parameters import ParameterMeta
from portal.core.render import Surroundings, overlap_file, render
from portal.core.repository import TenantFolder
from portal.core.rotation import DATABASE, Rotation
from portal.core.spec import EffectiveSpec, ServiceSpec
from portal.engine.saga.argo import ARGOCD_GROUP
from portal.engine.saga.look import Look
from portal.engine.saga.places import branch_of
from portal.engine.saga.recall import Recollection, recall
from portal.engine.saga.records import record_at
from portal.engine.together import together
from portal.engine.world import Ports
from portal.errors import UsageError
from portal.ports import Cluster
from portal.settings import EnvironmentSettings, PlatformSettings


@dataclass(slots=True)
class Seen:
    """What each source held. `files` is what the repository shall hold, `standing` what it holds of it."""

    spec: EffectiveSpec
    where: EnvironmentSettings
    prefix: str
    recollection: Recollection
    project: Facet[NeonProject] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    branch: Facet[NeonBranch] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    endpoint: Facet[NeonEndpoint] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    roles: Facet[tuple[NeonRole, ...]] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    databases: Facet[tuple[NeonDatabase, ...]] = field(default_factory=lambda: NeverLoaded(Source.NEON))
    auth: Facet[NeonAuth] = field(default_factory=lambda: NeverLoaded(Source.AUTH))
    parameters: Facet[Mapping[str, ParameterMeta]] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    login: Facet[Rotation] = field(default_factory=lambda: NeverLoaded(Source.SSM))
    bucket: Facet[str] = field(default_factory=lambda: NeverLoaded(Source.STORAGE))
    application_kind: Facet[Resource] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    application: Facet[KubeObject] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    cache_kind: Facet[Resource] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    external_secret_kind: Facet[Resource] = field(default_factory=lambda: NeverLoaded(Source.KUBERNETES))
    folder: Facet[TenantFolder] = field(default_factory=lambda: NeverLoaded(Source.GIT))
    standing: Facet[Mapping[str, str]] = field(default_factory=lambda: NeverLoaded(Source.GIT))
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def branch_id(self) -> str:
        """Id of the branch, once it was seen."""
        return self.branch.value.id if isinstance(self.branch, Present) else ""


async def observe(ports: Ports, spec: ServiceSpec, environment: str) -> Seen:
    """Raises UsageError where the profile or the specification lacks the environment."""
    effective = spec.for_environment(environment)
    where = ports.settings.environments.get(effective.environment)
    if where is None:
        raise UsageError(
            f"the profile {ports.settings.profile!r} says nothing of environment {effective.environment!r}",
            hint=f"Add [environments.{effective.environment}] with neon_project to the configuration.",
        )
    recollection = recall(await ports.journal.entries(effective.tenant))
    seen = Seen(effective, where, ports.settings.platform.parameter_prefix, recollection)
    look = Look(ports)
    await together(
        _neon(look, seen),
        _parameters(look, seen),
        _bucket(look, seen),
        _cluster(look, seen),
        _folder(look, seen),
    )
    await _files(look, seen, spec)
    return seen


async def _neon(look: Look, seen: Seen) -> None:
    if not seen.spec.database:
        return
    neon, project = look.ports.neon, seen.where.neon_project
    seen.project = await look.at(Source.NEON, lambda: neon.project(project))
    if not isinstance(seen.project, Present):
        return

    seen.branch = await look.at(Source.NEON, lambda: branch_of(look.ports, seen.where))
    if isinstance(seen.branch, Present):
        await _branch(look, seen, seen.branch.value.id)


async def _branch(look: Look, seen: Seen, found: str) -> None:
    neon, project = look.ports.neon, seen.where.neon_project

    async def endpoint() -> NeonEndpoint | None:
        for candidate in await neon.endpoints(project):
            if candidate.branch_id == found and candidate.type == "read_write":
                return candidate
        return None

    seen.endpoint = await look.at(Source.NEON, endpoint)
    seen.roles = await look.at(Source.NEON, lambda: neon.roles(project, found))
    seen.databases = await look.at(Source.NEON, lambda: neon.databases(project, found))
    if seen.spec.auth:
        seen.auth = await look.at(Source.AUTH, lambda: neon.auth(project, found))


async def _parameters(look: Look, seen: Seen) -> None:
    spec, prefix = seen.spec, seen.prefix
    paths = [parameter_path(prefix, spec.environment, spec.service)]
    if spec.pull_secret:
        paths.append(platform_parameter(prefix, spec.environment, "ghcr", "").rstrip("/"))

    async def describe() -> Mapping[str, ParameterMeta]:
        found: dict[str, ParameterMeta] = {}
        for path in paths:
            found |= {meta.name: meta for meta in await look.ports.parameters.describe(path)}
        return found

    seen.parameters = await look.at(Source.SSM, describe)
    if not isinstance(seen.parameters, Present):
        return
    name = rotation_record(prefix, spec.environment, spec.service, DATABASE)
    if name in seen.parameters.value:
        seen.login = await look.at(Source.SSM, lambda: record_at(look.ports, name))
    else:
        seen.login = Absent(Source.SSM, look.ports.clock.monotonic())


async def _bucket(look: Look, seen: Seen) -> None:
    if not seen.spec.storage:
        return
    provider, bucket = seen.spec.storage.provider, seen.spec.storage.bucket

    async def exists() -> str | None:
        return bucket if await look.ports.storage.bucket_exists(provider, bucket) else None

    seen.bucket = await look.at(Source.STORAGE, exists)


async def _cluster(look: Look, seen: Seen) -> None:
    ports, platform = look.ports, look.ports.settings.platform
    cluster = ports.cluster_of(seen.spec.environment)
    seen.application_kind = await look.at(
        Source.KUBERNETES, lambda: cluster.discover("Application", group=ARGOCD_GROUP)
    )
    seen.external_secret_kind = await look.at(Source.KUBERNETES, lambda: cluster.discover("ExternalSecret"))
    if seen.spec.cache:
        seen.cache_kind = await look.at(Source.KUBERNETES, lambda: _claim_kind(cluster, platform))
    if isinstance(seen.application_kind, Present):
        kind, name = seen.application_kind.value, application_name(seen.spec.service)
        seen.application = await look.at(
            Source.KUBERNETES, lambda: cluster.get(kind, name, namespace=platform.argocd_namespace)
        )
    elif isinstance(seen.application_kind, Absent):
        seen.application = seen.application_kind
    else:
        seen.application = Unknown(Source.KUBERNETES, "the kinds the cluster serves are not known")


async def _claim_kind(cluster: Cluster, platform: PlatformSettings) -> Resource | None:
    """The configured group where it is served, else whatever group serves the kind."""
    named = await cluster.discover(platform.claim_kind, group=platform.claim_group)
    return named or await cluster.discover(platform.claim_kind)


async def _folder(look: Look, seen: Seen) -> None:
    async def folder() -> TenantFolder | None:
        snapshot = await look.ports.repository.snapshot()
        return snapshot.tenants.get(seen.spec.service)

    seen.folder = await look.at(Source.GIT, folder)


async def _files(look: Look, seen: Seen, spec: ServiceSpec) -> None:
    # The two keys of a rotation under way are kept.
    overlap = overlap_file(seen.spec.service, seen.spec.environment)
    kept = isinstance(seen.folder, Present) and overlap in seen.folder.value.paths
    around = surroundings(look.ports, seen.cache_kind, seen.external_secret_kind, jwt_overlap=kept)
    seen.files = render(spec, seen.spec.environment, look.ports.templates, around)
    if isinstance(seen.folder, Present | Absent):
        seen.standing = await look.at(Source.GIT, lambda: look.ports.repository.read(tuple(seen.files)))


def surroundings(
    ports: Ports, cache: Facet[Resource], secret: Facet[Resource], *, jwt_overlap: bool = False
) -> Surroundings:
    """What manifests need to know, by what the cluster was seen to serve."""
    settings = ports.settings
    defaults = Surroundings(
        repo_url=settings.repository.url,
        revision=settings.repository.branch,
        parameter_prefix=settings.platform.parameter_prefix,
    )
    return Surroundings(
        repo_url=defaults.repo_url,
        revision=defaults.revision,
        cache_api_version=cache.value.api_version
        if isinstance(cache, Present)
        else f"{settings.platform.claim_group}/v1alpha1",
        external_secrets_api_version=secret.value.api_version
        if isinstance(secret, Present)
        else defaults.external_secrets_api_version,
        parameter_prefix=defaults.parameter_prefix,
        jwt_overlap=jwt_overlap,
    )
