"""What the engine needs from the outside, as protocols. Adapters implement them; tests use plain classes.

Every call may raise the `RemoteError` family of `portal.errors`; a write that raises `Unreachable`
may have been applied. All durations are seconds. No call returns an SDK type.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from portal.core.audit import AuditEntry, AuditEvent
from portal.core.chain import FleetView, Verdict
from portal.core.cluster import KubeObject, Listing, Resource, WatchEvent
from portal.core.events import Progress
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
from portal.core.repository import CommitRequest, CommitResult, RepositorySnapshot
from portal.core.secrets import Secret
from portal.core.stats import Stats
from portal.core.switchboard import Call, FaultRule, WorldState

Report: TypeAlias = Callable[[Progress], None]


@dataclass(slots=True)
class Traffic:
    """What an adapter has asked of its system so far: requests sent, bytes received."""

    requests: int = 0
    received: int = 0


class Clock(Protocol):
    """The only source of time above the adapters."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Neon(Protocol):
    """The control plane. Mutations return their operations; they are usable once those finished."""

    async def whoami(self) -> str:
        """Account id behind the key (`GET /auth`)."""

    async def projects(self) -> tuple[NeonProject, ...]: ...

    async def project(self, project_id: str) -> NeonProject: ...

    async def branches(self, project_id: str) -> tuple[NeonBranch, ...]: ...

    async def endpoints(self, project_id: str) -> tuple[NeonEndpoint, ...]: ...

    async def create_endpoint(self, project_id: str, branch_id: str) -> tuple[NeonOperation, ...]:
        """A read_write compute for the branch."""

    async def roles(self, project_id: str, branch_id: str) -> tuple[NeonRole, ...]: ...

    async def create_role(self, project_id: str, branch_id: str, name: str) -> RoleCreated: ...

    async def reveal_password(self, project_id: str, branch_id: str, role: str) -> Secret:
        """Raises Precondition when the project does not store passwords."""

    async def reset_password(self, project_id: str, branch_id: str, role: str) -> RoleCreated: ...

    async def databases(self, project_id: str, branch_id: str) -> tuple[NeonDatabase, ...]: ...

    async def create_database(
        self, project_id: str, branch_id: str, name: str, owner: str
    ) -> tuple[NeonOperation, ...]: ...

    async def delete_database(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        """Nothing where it is gone already."""

    async def delete_role(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        """Nothing where it is gone already; raises Precondition while it owns a database."""

    async def operations(self, project_id: str) -> tuple[NeonOperation, ...]:
        """The newest page, newest first."""

    async def operation(self, project_id: str, operation_id: str) -> NeonOperation: ...

    async def connection_uri(
        self, project_id: str, branch_id: str, database: str, role: str, *, pooled: bool
    ) -> Secret: ...

    async def auth(self, project_id: str, branch_id: str) -> NeonAuth | None:
        """Neon Auth of the branch, None where it is not enabled."""

    async def enable_auth(self, project_id: str, branch_id: str, database: str) -> NeonAuth: ...

    async def jwks(self, url: str) -> Mapping[str, object]:
        """The key set served at `url`."""


class Parameters(Protocol):
    """Parameter Store. Listing is metadata only; values are read on purpose, one reason at a time."""

    async def describe(self, prefix: str) -> tuple[ParameterMeta, ...]:
        """All parameters below a path, recursive, without values."""

    async def get(self, names: Sequence[str]) -> Mapping[str, ParameterValue]:
        """Decrypted values of those that exist."""

    async def create(self, name: str, value: Secret, *, tags: Mapping[str, str]) -> int:
        """Create-only SecureString; returns the version. Raises Conflict when the name exists."""

    async def replace(self, name: str, value: Secret, *, expected_version: int) -> int:
        """Overwrite; raises Conflict when the version that results is not expected_version + 1."""

    async def delete(self, name: str) -> None: ...

    async def tags(self, name: str) -> Mapping[str, str]: ...

    async def history(self, name: str) -> tuple[ParameterVersion, ...]:
        """Every version that is kept, oldest first, without values; raises NotFound."""

    async def tag(self, name: str, tags: Mapping[str, str]) -> None:
        """Add tags, or change their values; others stay."""


class Sql(Protocol):
    """The PostgreSQL behind a connection string, which every call logs in with once.

    `owner` is the string of the API-made role that owns the database. Roles made here are marked; any other
    role raises RefusedError and is left alone. Every change may be repeated.
    """

    async def login(self, uri: Secret) -> str:
        """The role that logs in; raises AccessDenied where it is refused."""

    async def share_ownership(self, owner: Secret, group: str) -> None:
        """Everything the owner owns in its database goes to a group it is in, except the database."""

    async def set_login(self, owner: Secret, role: str, group: str, password: Secret) -> None:
        """A login role with this password that works as the group, made or changed."""

    async def forbid_login(self, owner: Secret, role: str) -> int:
        """No new session of the role; returns how many are open."""

    async def drop_roles(self, owner: Secret, roles: Sequence[str]) -> None:
        """Drop roles made here, giving what they own to the owner; absent ones are passed over."""


class Storage(Protocol):
    """Object storage; `provider` is one of `portal.core.spec.STORAGE_PROVIDERS`."""

    async def bucket_exists(self, provider: str, bucket: str) -> bool: ...

    async def create_bucket(self, provider: str, bucket: str) -> None: ...


class Cluster(Protocol):
    """One Kubernetes API server, in raw JSON."""

    async def version(self) -> str: ...

    async def skew(self) -> float | None:
        """Seconds that the server's clock is ahead of this machine's, None where it does not tell."""

    async def place(self) -> str:
        """Which cluster this is, for a person: its context and its address."""

    async def discover(self, kind: str, *, group: str | None = None) -> Resource | None:
        """The preferred served resource of that kind, None when it is not installed."""

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing: ...

    def pages(
        self, resource: Resource, *, whole: bool = False, metadata_only: bool = False
    ) -> AsyncGenerator[Listing, None]:
        """The list of all namespaces piece by piece, each of the same resourceVersion, so that no more than
        a piece is held at a time. Raises Conflict when its place expires on the way; `whole` asks for
        everything in one piece.
        """

    async def identity(self) -> str:
        """What tells this cluster from another one at the same address: the uid of `kube-system`."""

    def watch(
        self, resource: Resource, *, resource_version: str, metadata_only: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        """Events after `resource_version`; raises Conflict with operation `watch` on 410."""

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject: ...

    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject: ...

    async def logs(self, namespace: str, pod: str, *, container: str = "", tail: int = 50) -> str: ...

    async def allowed(self, verb: str, resource: Resource, *, namespace: str | None = None) -> bool:
        """SelfSubjectAccessReview."""


class TenantsRepository(Protocol):
    """The git repository ArgoCD deploys."""

    async def snapshot(self, services: Collection[str] = ()) -> RepositorySnapshot:
        """Fetch and read the deployed branch: all tenants, or those of some services."""

    async def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Text of the files that exist at the newest fetched commit."""

    async def commit(self, request: CommitRequest) -> CommitResult:
        """One fast-forward commit, rendered check first, pushed by compare-and-swap; retried when another
        tenant's push came between. Raises Conflict when it keeps moving.
        """


@dataclass(frozen=True, slots=True)
class KeyPair:
    """PEM texts and the RFC 7638 thumbprint."""

    private_pem: Secret
    public_pem: Secret
    key_id: str


class Keys(Protocol):
    """Key material and random names."""

    async def generate(self, algorithm: str) -> KeyPair:
        """RS256 (3072 bit) or EdDSA (Ed25519)."""

    async def public_of(self, private_pem: Secret) -> KeyPair:
        """Derive the pair again from its private half."""

    def token(self) -> str:
        """128 random bits in hex."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One fsynced line. `kind` is plan, intent, done, failed, finished; `data` holds names, ids and
    versions, never a secret value.
    """

    run: str
    tenant: TenantKey
    kind: str
    step: str
    at: str
    data: Mapping[str, str | int]


class Journal(Protocol):
    """Append-only, durable before it returns."""

    async def append(self, entry: JournalEntry) -> None: ...

    async def entries(self, tenant: TenantKey) -> tuple[JournalEntry, ...]:
        """Oldest first; a torn last line is ignored. Raises RefusedError for a newer format."""

    async def tenants(self) -> tuple[TenantKey, ...]: ...

    def exclusive(self, tenant: TenantKey) -> AbstractAsyncContextManager[None]:
        """Held by one process of this machine at a time and freed by the death of its holder; raises
        RefusedError at once when another process works on the tenant.
        """


class Audit(Protocol):
    """Who did what, when, why and to which version: append-only and chained, never a value.

    What cannot be written down is not done: `record` comes before the deed and raises PrerequisiteError
    (disk) or RefusedError (a chain that was edited, cut or written by a newer portal).
    """

    async def ready(self) -> None:
        """Raises as `record` would, and leaves no line: what a command asks before its first call."""

    async def record(self, event: AuditEvent) -> None:
        """On disk before it returns."""

    async def entries(self) -> tuple[AuditEntry, ...]:
        """The whole chain, oldest first, each line verified; raises RefusedError saying what broke it."""


class Switchboard(Protocol):
    """What a running rehearsal world tells of itself, and the faults it can be given."""

    async def state(self) -> WorldState: ...

    async def calls(self, most: int) -> tuple[Call, ...]:
        """The last calls that passed the gateway, newest first."""

    async def add(self, rule: Mapping[str, str | int | float]) -> FaultRule:
        """Raises RefusedError with the world's own words for what is no rule."""

    async def remove(self, rule: str) -> None:
        """The rule of an id, or all of them for an empty one."""


class StatusSource(Protocol):
    """What the front ends read: verdicts that are as fresh as they say."""

    async def verdict(self, tenant: TenantKey) -> Verdict:
        """Observe one tenant now, across all systems."""

    def stats(self) -> Stats:
        """What the last look, or what is followed now, holds and how late it is."""

    async def some(self, tenants: Collection[TenantKey]) -> FleetView:
        """Observe those of these tenants that there are, once."""

    async def snapshot(self) -> FleetView:
        """Observe every tenant once."""

    def changes(self) -> AsyncGenerator[FleetView, None]:
        """Live: a view at once, then one per batch of changes (at most 10 a second)."""

    def seen(self, tenant: TenantKey) -> Seen | None:
        """Everything a live view holds of a tenant; None while nothing is followed. Contacts nothing."""

    def teams(self) -> Mapping[str, str]:
        """Team by service, as far as a live view has read the repository."""

    def refresh(self) -> None:
        """Ask the sources of every live view again now, also those that wait for their next try."""
