"""The outside as plain classes over one in-memory world, whose truth the tests judge by."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace

from portal.core.audit import AuditEntry, AuditEvent, follow
from portal.core.chain import FleetView, HopName, HopState, Verdict
from portal.core.cluster import KubeObject, Listing, Resource, WatchEvent
from portal.core.facets import TenantKey
from portal.core.neon import (
    NeonAuth,
    NeonBranch,
    NeonDatabase,
    NeonEndpoint,
    NeonOperation,
    NeonProject,
    NeonRole,
    RoleCreated,
)
from portal.core.observed import Seen
from portal.core.parameters import ParameterMeta, ParameterValue, ParameterVersion
from portal.core.repository import CommitRequest, CommitResult, RepositorySnapshot, TenantFolder
from portal.core.secrets import Secret
from portal.core.spec import STORAGE_PROVIDERS, ServiceSpec, to_document
from portal.core.stats import Stats
from portal.errors import (
    AccessDenied,
    Conflict,
    Locked,
    NotFound,
    Precondition,
    PrerequisiteError,
    RefusedError,
)
from portal.ports import JournalEntry, KeyPair
from tests.core.specs import identity
from tests.engine.boundaries import Boundaries, boundary

PROJECT, BRANCH = "quiet-forest-123456", "br-main-1"
OPERATION_SECONDS = 2.0
NAMESPACE_MAKER = "tenant-infrastructure"
APPLICATION = Resource("argoproj.io", "v1alpha1", "applications", "Application")
APPLICATION_SET = Resource("argoproj.io", "v1alpha1", "applicationsets", "ApplicationSet")
KINDS = {
    "Application": APPLICATION,
    "ApplicationSet": APPLICATION_SET,
    "ExternalSecret": Resource("external-secrets.io", "v1", "externalsecrets", "ExternalSecret"),
    "DragonflyInstance": Resource(
        "cache.bizmatters.io", "v1alpha1", "dragonflyinstances", "DragonflyInstance"
    ),
}


@dataclass(slots=True)
class World:
    """The truth behind the fakes. `denied` systems refuse every call."""

    boundaries: Boundaries = field(default_factory=Boundaries)
    store_passwords: bool = True
    denied: set[str] = field(default_factory=set)
    kinds: dict[str, Resource] = field(default_factory=lambda: dict(KINDS))
    endpoints: dict[str, NeonEndpoint] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=lambda: {"neondb_owner": "canary-owner-password"})
    databases: dict[str, str] = field(default_factory=lambda: {"neondb": "neondb_owner"})
    operations: dict[str, tuple[NeonOperation, float]] = field(default_factory=dict)
    auth: NeonAuth | None = None
    resets: list[str] = field(default_factory=list)
    parameters: dict[str, tuple[int, str]] = field(default_factory=dict)
    modified_at: float = 0.0
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    buckets: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    commits: list[CommitRequest] = field(default_factory=list)
    applications: set[str] = field(default_factory=set)
    refreshed: list[str] = field(default_factory=list)
    namespaces: set[str] = field(default_factory=set)
    slow_namespaces: bool = False
    review: bool = False
    proposed: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    spec: ServiceSpec = field(default_factory=identity)
    randomness: int = 0

    def secret(self, kind: str) -> str:
        """A new canary value."""
        self.randomness += 1
        return f"canary-{kind}-{self.randomness}"

    def allow(self, system: str) -> None:
        """Raise AccessDenied for a denied system."""
        if system in self.denied:
            raise AccessDenied("access denied", system=system, operation="any")


class FakeNeon:
    """One project, one branch; one operation at a time, the next mutation before its end is 423."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    def _started(self, action: str) -> tuple[NeonOperation, ...]:
        operation = NeonOperation(
            self.world.secret("op").removeprefix("canary-"), PROJECT, action, "running", "", BRANCH
        )
        ends = self.boundaries.clock.monotonic() + OPERATION_SECONDS
        self.world.operations[operation.id] = (operation, ends)
        return (operation,)

    def _now(self, name: str) -> NeonOperation:
        operation, ends = self.world.operations[name]
        return (
            replace(operation, status="finished") if self.boundaries.clock.monotonic() >= ends else operation
        )

    def _lock(self) -> None:
        self.world.allow("neon")
        if any(self._now(name).status == "running" for name in self.world.operations):
            raise Locked(
                "project already has running conflicting operations", system="neon", operation="create"
            )

    @boundary("neon")
    async def whoami(self) -> str:
        self.world.allow("neon")
        return "account-1"

    @boundary("neon")
    async def projects(self) -> tuple[NeonProject, ...]:
        return ()

    @boundary("neon")
    async def project(self, project_id: str) -> NeonProject:
        self.world.allow("neon")
        if project_id != PROJECT:
            raise NotFound("no such project", system="neon", operation="project")
        return NeonProject(PROJECT, "dev", "aws-ap-south-1", 17, self.world.store_passwords)

    @boundary("neon")
    async def branches(self, project_id: str) -> tuple[NeonBranch, ...]:
        self.world.allow("neon")
        return (NeonBranch(BRANCH, project_id, "main", "ready", default=True),)

    @boundary("neon")
    async def endpoints(self, project_id: str) -> tuple[NeonEndpoint, ...]:
        self.world.allow("neon")
        return tuple(item for item in self.world.endpoints.values() if item.project_id == project_id)

    @boundary("neon", mutating=True)
    async def create_endpoint(self, project_id: str, branch_id: str) -> tuple[NeonOperation, ...]:
        self._lock()
        if self.world.endpoints:
            raise Conflict("the branch has a read_write endpoint", system="neon", operation="create_endpoint")
        host = "ep-cool-dawn-1.ap-south-1.aws.neon.localhost"
        self.world.endpoints["ep-cool-dawn-1"] = NeonEndpoint(
            "ep-cool-dawn-1", project_id, branch_id, host, "read_write", "init", disabled=False
        )
        return self._started("start_compute")

    @boundary("neon")
    async def roles(self, project_id: str, branch_id: str) -> tuple[NeonRole, ...]:
        self.world.allow("neon")
        return tuple(NeonRole(name, branch_id) for name in self.world.roles if project_id == PROJECT)

    @boundary("neon", mutating=True)
    async def create_role(self, project_id: str, branch_id: str, name: str) -> RoleCreated:
        self._lock()
        if name in self.world.roles:
            raise Conflict("role exists", system="neon", operation="create_role", target=project_id)
        password = self.world.roles[name] = self.world.secret("password")
        return RoleCreated(NeonRole(name, branch_id), Secret(password), self._started("apply_config"))

    @boundary("neon")
    async def reveal_password(self, project_id: str, branch_id: str, role: str) -> Secret:
        if not self.world.store_passwords:
            raise Precondition(
                "storing passwords is not enabled", system="neon", operation="reveal", target=project_id
            )
        if role not in self.world.roles:
            raise NotFound("no such role", system="neon", operation="reveal", target=branch_id)
        return Secret(self.world.roles[role])

    @boundary("neon", mutating=True)
    async def reset_password(self, project_id: str, branch_id: str, role: str) -> RoleCreated:
        self._lock()
        password = self.world.roles[role] = self.world.secret("reset")
        self.world.resets.append(f"{project_id}/{role}")
        return RoleCreated(NeonRole(role, branch_id), Secret(password), self._started("apply_config"))

    @boundary("neon")
    async def databases(self, project_id: str, branch_id: str) -> tuple[NeonDatabase, ...]:
        self.world.allow("neon")
        owned = self.world.databases.items() if project_id == PROJECT else ()
        return tuple(NeonDatabase(name, branch_id, owner) for name, owner in owned)

    @boundary("neon", mutating=True)
    async def create_database(
        self, project_id: str, branch_id: str, name: str, owner: str
    ) -> tuple[NeonOperation, ...]:
        self._lock()
        if owner not in self.world.roles:
            raise Precondition(
                "database owner not found", system="neon", operation="create_database", target=branch_id
            )
        if name in self.world.databases:
            raise Conflict("database exists", system="neon", operation="create_database", target=project_id)
        self.world.databases[name] = owner
        return self._started("apply_config")

    @boundary("neon", mutating=True)
    async def delete_database(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        self._lock()
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        return self._started("apply_config") if self.world.databases.pop(name, None) else ()

    @boundary("neon", mutating=True)
    async def delete_role(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        self._lock()
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        if name in self.world.databases.values():
            raise Precondition("role owns a database", system="neon", operation="delete_role", target=name)
        return self._started("apply_config") if self.world.roles.pop(name, None) else ()

    @boundary("neon")
    async def operations(self, project_id: str) -> tuple[NeonOperation, ...]:
        return tuple(self._now(name) for name in reversed(self.world.operations) if project_id == PROJECT)

    @boundary("neon")
    async def operation(self, project_id: str, operation_id: str) -> NeonOperation:
        assert project_id == PROJECT
        return self._now(operation_id)

    @boundary("neon")
    async def connection_uri(
        self, project_id: str, branch_id: str, database: str, role: str, *, pooled: bool
    ) -> Secret:
        if not self.world.store_passwords:
            raise Precondition("storing passwords is not enabled", system="neon", operation="connection_uri")
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        endpoint = next(iter(self.world.endpoints.values()))
        first, _, rest = endpoint.host.partition(".")
        host = f"{first}-pooler.{rest}" if pooled else endpoint.host
        return Secret(f"postgresql://{role}:{self.world.roles[role]}@{host}/{database}?sslmode=require")

    @boundary("neon")
    async def auth(self, project_id: str, branch_id: str) -> NeonAuth | None:
        self.world.allow("neon")
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        return self.world.auth

    @boundary("neon", mutating=True)
    async def enable_auth(self, project_id: str, branch_id: str, database: str) -> NeonAuth:
        self._lock()
        assert project_id == PROJECT
        assert database in self.world.databases
        if self.world.auth:
            raise Conflict("already enabled", system="neon", operation="enable_auth")
        base = "https://auth.example/neondb/auth"
        self.world.auth = NeonAuth(branch_id, "better_auth", f"{base}/.well-known/jwks.json", base)
        return self.world.auth

    async def jwks(self, url: str) -> Mapping[str, object]:
        return {"keys": [], "url": url}


class FakeParameters:
    """Versions as Parameter Store counts them; an overwrite is never conditional."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    @boundary("ssm")
    async def describe(self, prefix: str) -> tuple[ParameterMeta, ...]:
        self.world.allow("ssm")
        return tuple(
            ParameterMeta(name, version, "SecureString", self.world.modified_at)
            for name, (version, _) in self.world.parameters.items()
            if name.startswith(f"{prefix}/")
        )

    @boundary("ssm")
    async def get(self, names: Sequence[str]) -> Mapping[str, ParameterValue]:
        self.world.allow("ssm")
        found = {name: self.world.parameters[name] for name in names if name in self.world.parameters}
        return {name: ParameterValue(name, version, Secret(text)) for name, (version, text) in found.items()}

    @boundary("ssm", mutating=True)
    async def create(self, name: str, value: Secret, *, tags: Mapping[str, str]) -> int:
        self.world.allow("ssm")
        if name in self.world.parameters:
            raise Conflict("ParameterAlreadyExists", system="ssm", operation="create", target=name)
        self.world.parameters[name] = (1, value.reveal("store"))
        self.world.tags[name] = dict(tags)
        return 1

    @boundary("ssm", mutating=True)
    async def replace(self, name: str, value: Secret, *, expected_version: int) -> int:
        version = self.world.parameters.get(name, (0, ""))[0] + 1
        self.world.parameters[name] = (version, value.reveal("store"))
        if version != expected_version + 1:
            raise Conflict("the version moved", system="ssm", operation="replace", target=name)
        return version

    @boundary("ssm", mutating=True)
    async def delete(self, name: str) -> None:
        if self.world.parameters.pop(name, None) is None:
            raise NotFound("no such parameter", system="ssm", operation="delete", target=name)

    @boundary("ssm")
    async def tags(self, name: str) -> Mapping[str, str]:
        return self.world.tags.get(name, {})

    @boundary("ssm")
    async def history(self, name: str) -> tuple[ParameterVersion, ...]:
        self.world.allow("ssm")
        version, _ = self.world.parameters[name]
        return tuple(ParameterVersion(number, 60.0 * number, "tester") for number in range(1, version + 1))

    @boundary("ssm", mutating=True)
    async def tag(self, name: str, tags: Mapping[str, str]) -> None:
        if name not in self.world.parameters:
            raise NotFound("no such parameter", system="ssm", operation="tag", target=name)
        self.world.tags.setdefault(name, {}).update(tags)


class FakeStorage:
    """Buckets by name, whatever the provider."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    @boundary("s3")
    async def bucket_exists(self, provider: str, bucket: str) -> bool:
        self.world.allow("s3")
        return provider in STORAGE_PROVIDERS and bucket in self.world.buckets

    @boundary("s3", mutating=True)
    async def create_bucket(self, provider: str, bucket: str) -> None:
        if provider not in STORAGE_PROVIDERS or bucket in self.world.buckets:
            raise Conflict("BucketAlreadyOwnedByYou", system="s3", operation="create_bucket", target=bucket)
        self.world.buckets.add(bucket)


class FakeCluster:
    """ArgoCD that makes an Application once its ApplicationSet is told to look."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    async def version(self) -> str:
        return "v1.34.0"

    @boundary("kubernetes")
    async def discover(self, kind: str, *, group: str | None = None) -> Resource | None:
        self.world.allow("kubernetes")
        found = self.world.kinds.get(kind)
        return found if found and group in {None, found.group} else None

    @boundary("kubernetes")
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        assert namespace == "argocd"
        assert not label_selector
        assert not metadata_only
        if resource == APPLICATION:
            source = {"directory": {"include": "**/00-namespace.yaml"}}
            maker = {"metadata": {"name": NAMESPACE_MAKER}, "spec": {"source": source}}
            others = [{"metadata": {"name": name}} for name in sorted(self.world.applications)]
            return Listing((maker, *others), "1")
        assert resource == APPLICATION_SET
        files = [{"path": "tenants/*/overlays/dev/config.yaml"}]
        tenants = {
            "metadata": {"name": "tenant-applications"},
            "spec": {"generators": [{"git": {"files": files}}]},
        }
        other = {"metadata": {"name": "other"}, "spec": {"generators": [{"list": {}}]}}
        return Listing((tenants, other), "1")

    async def place(self) -> str:
        return "context fake at https://127.0.0.1"

    async def skew(self) -> float | None:
        return 0.0

    async def identity(self) -> str:
        return "kube-system"

    def pages(
        self, resource: Resource, *, whole: bool = False, metadata_only: bool = False
    ) -> AsyncGenerator[Listing, None]:
        raise NotImplementedError(resource, whole, metadata_only)

    def watch(
        self, resource: Resource, *, resource_version: str, metadata_only: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        raise NotImplementedError(resource, resource_version, metadata_only)

    @boundary("kubernetes")
    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        self.world.allow("kubernetes")
        there = self.world.namespaces if resource.kind == "Namespace" else self.world.applications
        if name not in there:
            raise NotFound("not found", system="kubernetes", operation="get", target=name)
        return {"kind": resource.kind, "metadata": {"name": name, "namespace": namespace}}

    @boundary("kubernetes", mutating=True)
    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        if resource == APPLICATION_SET:
            assert name == "tenant-applications"
            self.world.applications |= {path.split("/")[1] for path in self.world.files}
        elif name == NAMESPACE_MAKER:
            made = self.world.files and not self.world.slow_namespaces
            self.world.namespaces |= {"platform-identity"} if made else set()
        elif name in self.world.applications:
            self.world.refreshed.append(name)
        else:
            raise NotFound("no such Application", system="kubernetes", operation="patch", target=name)
        return {"metadata": {"name": name, "namespace": namespace, **patch["metadata"]}}

    async def logs(self, namespace: str, pod: str, *, container: str = "", tail: int = 50) -> str:
        return f"{namespace}/{pod}/{container} last {tail}"

    async def allowed(self, verb: str, resource: Resource, *, namespace: str | None = None) -> bool:
        return (verb, namespace) != ("", None) and resource.plural != ""


class FakeRepository:
    """One branch; a commit is refused while a parameter it rests on is missing."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    @boundary("git")
    async def snapshot(self, services: Collection[str] = ()) -> RepositorySnapshot:
        self.world.allow("git")
        folders: dict[str, TenantFolder] = {}
        for service in {path.split("/")[1] for path in self.world.files}:
            paths = tuple(path for path in self.world.files if path.startswith(f"tenants/{service}/"))
            written = f"tenants/{service}/service.yaml" in paths
            overlays = {path.split("/")[3]: None for path in paths if "/overlays/" in path}
            if services and service not in services:
                continue
            spec = to_document(self.world.spec) if written else None
            folders[service] = TenantFolder(service, spec, overlays, paths)
        return RepositorySnapshot(self._head(), 0.0, folders)

    @boundary("git")
    async def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        self.world.allow("git")
        return {path: self.world.files[path] for path in paths if path in self.world.files}

    @boundary("git", mutating=True)
    async def commit(self, request: CommitRequest) -> CommitResult:
        missing = [name for name in self.world.required if name not in self.world.parameters]
        assert not missing, f"git would name {missing} before they exist"
        gone = not any(path in self.world.files for path in request.removed)
        if gone and all(self.world.files.get(path) == text for path, text in request.files.items()):
            self.boundaries.mutations.pop()
            return CommitResult(self._head(), changed=False)
        if self.world.review:
            self.world.proposed = dict(request.files)
            return CommitResult("c0ffee", changed=True, branch="portal/identity-service-dev")
        self.world.files |= request.files
        for path in request.removed:
            self.world.files.pop(path, None)
        self.world.commits.append(request)
        return CommitResult(self._head(), changed=True)

    def _head(self) -> str:
        return hashlib.sha256(str(len(self.world.commits)).encode()).hexdigest()[:12]


class FakeKeys:
    """Keys whose public half is visibly that of the private one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._tokens = 0

    async def generate(self, algorithm: str) -> KeyPair:
        return await self.public_of(Secret(f"{algorithm} {self.world.secret('private')}"))

    async def public_of(self, private_pem: Secret) -> KeyPair:
        text = private_pem.reveal("derive")
        return KeyPair(
            private_pem, Secret(f"public of {text}"), hashlib.sha256(text.encode()).hexdigest()[:16]
        )

    def token(self) -> str:
        self.world.randomness += 1
        return hashlib.sha256(str(self.world.randomness).encode()).hexdigest()[:32]


class FakeJournal:
    """Lines of one machine; they outlive the process, its locks do not."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries
        self.lines: list[JournalEntry] = []
        self._held: set[TenantKey] = set()

    @boundary("journal")
    async def append(self, entry: JournalEntry) -> None:
        self.lines.append(entry)

    @boundary("journal")
    async def entries(self, tenant: TenantKey) -> tuple[JournalEntry, ...]:
        return tuple(entry for entry in self.lines if entry.tenant == tenant)

    async def tenants(self) -> tuple[TenantKey, ...]:
        return tuple({entry.tenant for entry in self.lines})

    @asynccontextmanager
    async def exclusive(self, tenant: TenantKey) -> AsyncIterator[None]:
        if tenant in self._held:
            raise RefusedError(f"another process works on {tenant}")
        self._held.add(tenant)
        try:
            yield
        finally:
            self._held.discard(tenant)


class FakeAudit:
    """An audit trail in memory; `full` is a disk without room."""

    def __init__(self, world: World) -> None:
        self.boundaries = world.boundaries
        self.lines: list[AuditEntry] = []
        self.full = False

    async def ready(self) -> None:
        if self.full:
            raise PrerequisiteError("cannot write the audit trail: no space left on device")

    @boundary("audit")
    async def record(self, event: AuditEvent) -> None:
        await self.ready()
        self.lines.append(follow(self.lines[-1] if self.lines else None, event, "tester@machine"))

    async def entries(self) -> tuple[AuditEntry, ...]:
        return tuple(self.lines)


class FakeStatus:
    """Healthy once the Application of committed files exists."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    @boundary("status")
    async def verdict(self, tenant: TenantKey) -> Verdict:
        if tenant.service in self.world.applications:
            return Verdict(tenant, HopState.HEALTHY, None, "", "", ())
        cause = "no Application was generated"
        return Verdict(tenant, HopState.BROKEN, HopName.APPLICATION, cause, "portal trace", ())

    async def some(self, tenants: Collection[TenantKey]) -> FleetView:
        return FleetView("2026-01-31T12:00:00Z", (), tuple([await self.verdict(key) for key in tenants]))

    def stats(self) -> Stats:
        return Stats()

    async def snapshot(self) -> FleetView:
        return FleetView("2026-01-31T12:00:00Z", (), ())

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        yield await self.snapshot()

    def seen(self, tenant: TenantKey) -> Seen | None:
        del tenant
        return None

    def teams(self) -> Mapping[str, str]:
        return {}

    def refresh(self) -> None:
        """Nothing is followed."""
