"""The outside as plain classes over one in-memory world, whose truth the tests judge by."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from portal.core.audit import AuditEntry, AuditEvent, follow
from portal.core.chain import FleetView, HopName, HopState, Verdict
from portal.core.cluster import Resource
from portal.core.facets import TenantKey
from portal.core.neon import (
    NeonAuth,
    NeonEndpoint,
    NeonOperation,
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
    NotFound,
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
