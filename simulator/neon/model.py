"""What the control plane remembers: projects, and all that is in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from simulator.neon.signing import Auth
from simulator.neon.usage import Meter

DEFAULT_SUSPEND_SECONDS = 300
SUCCEEDED = frozenset({"finished", "skipped"})
ENDED = SUCCEEDED | {"failed", "error", "cancelled"}


@dataclass(slots=True)
class Role:
    """`password` is None where the project stores none; `verifier` is None for a role that cannot log in.

    `fingerprint` is the SHA-256 of the password last given out, `valid` of the one the compute was last told.
    """

    branch_id: str
    name: str
    verifier: str | None
    password: str | None
    created_at: datetime
    updated_at: datetime
    unapplied: bool = True
    fingerprint: bytes | None = None
    valid: bytes | None = None


@dataclass(slots=True)
class Database:
    id: int
    branch_id: str
    name: str
    owner_name: str
    created_at: datetime
    updated_at: datetime
    unapplied: bool = True


@dataclass(frozen=True, slots=True)
class RenameDatabase:
    """A change the wanted state alone does not tell."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DropDatabase:
    name: str


@dataclass(frozen=True, slots=True)
class DropRole:
    name: str


@dataclass(frozen=True, slots=True)
class DropSchema:
    """In one database, with everything in it."""

    database: str
    name: str


@dataclass(frozen=True, slots=True)
class SyncAuth:
    """Bring the tables of Neon Auth to what its directory is; `removed` is the id of a user that went."""

    removed: str | None = None


@dataclass(frozen=True, slots=True)
class EmptyTables:
    """Every table of every database loses its rows and keeps its form."""


Delta = RenameDatabase | DropDatabase | DropRole | DropSchema | SyncAuth | EmptyTables


@dataclass(slots=True)
class Contents:
    """The catalogue that goes with a branch's data; `deltas` and every `unapplied` row wait for a compute.

    `materialised` is whether the data have what the catalogue says, which the first compute sees to.
    """

    roles: dict[str, Role] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    deltas: list[Delta] = field(default_factory=list)
    materialised: bool = False

    def copy(self, branch_id: str) -> "Contents":
        """The same, as another branch has it: roles with their passwords."""
        return Contents(
            {name: replace(role, branch_id=branch_id) for name, role in self.roles.items()},
            {name: replace(found, branch_id=branch_id) for name, found in self.databases.items()},
            list(self.deltas),
            self.materialised,
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """What a branch was made from; a root branch has a parent of None."""

    parent_id: str | None = None
    lsn: str | None = None
    timestamp: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """When and how something was deleted, and the endpoints that went with it; it can still be recovered."""

    at: datetime
    until: datetime
    method: str
    endpoints: tuple["Endpoint", ...] = ()


@dataclass(slots=True)
class Branch:
    """A branch and its contents; `logical_size` is None until it was measured."""

    id: str
    project_id: str
    name: str
    default: bool
    created_at: datetime
    updated_at: datetime
    state_changed_at: datetime
    current_state: str = "ready"
    pending_state: str | None = None
    protected: bool = False
    creation_source: str = "console"
    origin: Origin = field(default_factory=Origin)
    expires_at: datetime | None = None
    ttl_seconds: int | None = None
    last_reset_at: datetime | None = None
    changed_at: datetime | None = None
    restore_status: str | None = None
    restored_from: str | None = None
    restored_as: str | None = None
    logical_size: int | None = None
    annotations: dict[str, str] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    auth: Auth | None = None
    deletion: Deletion | None = None

    @property
    def parent_id(self) -> str | None:
        return self.origin.parent_id

    @property
    def roles(self) -> dict[str, Role]:
        return self.contents.roles

    @property
    def databases(self) -> dict[str, Database]:
        return self.contents.databases

    @property
    def deltas(self) -> list[Delta]:
        return self.contents.deltas

    @property
    def materialised(self) -> bool:
        return self.contents.materialised


@dataclass(slots=True)
class Endpoint:
    """One compute as the API shows it; `suspend_timeout_seconds` 0 means the default, -1 never."""

    id: str
    project_id: str
    branch_id: str
    region_id: str
    created_at: datetime
    updated_at: datetime
    type: str = "read_write"
    name: str | None = None
    current_state: str = "idle"
    pending_state: str | None = None
    disabled: bool = False
    suspend_timeout_seconds: int = 0
    autoscaling_limit_min_cu: float = 0.25
    autoscaling_limit_max_cu: float = 0.25
    settings: dict[str, object] = field(default_factory=dict)
    pooler_enabled: bool = False
    passwordless_access: bool = True
    creation_source: str = "console"
    last_active: datetime | None = None
    started_at: datetime | None = None
    suspended_at: datetime | None = None

    @property
    def idle_seconds(self) -> float | None:
        """How long it stays active without a connection; None is for ever."""
        if self.suspend_timeout_seconds < 0:
            return None
        return float(self.suspend_timeout_seconds or DEFAULT_SUSPEND_SECONDS)


@dataclass(slots=True)
class Operation:
    """`exclusive` ones lock their project; wakes and autosuspends are recorded but lock nothing.

    `retry_at` is when one that failed is tried again; without it a failure is final.
    """

    id: str
    project_id: str
    action: str
    status: str
    created_at: datetime
    updated_at: datetime
    branch_id: str | None = None
    endpoint_id: str | None = None
    error: str | None = None
    failures_count: int = 0
    retry_at: datetime | None = None
    exclusive: bool = True

    @property
    def ended(self) -> bool:
        return self.status in ENDED and self.retry_at is None


@dataclass(slots=True)
class Snapshot:
    """A branch's data as it was; `contents` belong to the branch it was taken of."""

    id: str
    name: str
    source_branch_id: str
    created_at: datetime
    contents: Contents
    timestamp: datetime | None = None
    expires_at: datetime | None = None
    size: int | None = None


@dataclass(slots=True)
class Project:
    """`operations` are in the order they began."""

    id: str
    name: str
    region_id: str
    created_at: datetime
    updated_at: datetime
    store_passwords: bool = True
    history_retention_seconds: int = 86400
    creation_source: str = "console"
    settings: dict[str, object] = field(default_factory=dict)
    default_endpoint_settings: dict[str, object] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    deleted_branches: dict[str, Branch] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)
    deletion: Deletion | None = None

    @property
    def default_branch(self) -> Branch:
        return next(branch for branch in self.branches.values() if branch.default)

    def of_branch(self, branch_id: str) -> list[Endpoint]:
        return [endpoint for endpoint in self.endpoints.values() if endpoint.branch_id == branch_id]

    def read_write(self, branch_id: str) -> Endpoint | None:
        """The one compute of a branch that may write, if it has any."""
        return next((e for e in self.of_branch(branch_id) if e.type == "read_write"), None)

    def children(self, branch_id: str) -> list[Branch]:
        return [branch for branch in self.branches.values() if branch.parent_id == branch_id]

    def active(self) -> Iterable[Endpoint]:
        return (endpoint for endpoint in self.endpoints.values() if endpoint.current_state == "active")

    def quota(self, name: str) -> int:
        """What the settings allow of one metric; 0 is without limit."""
        quotas = self.settings.get("quota")
        return int(quotas.get(name, 0)) if isinstance(quotas, dict) else 0

    def became_active(self, endpoint: Endpoint, now: datetime) -> None:
        endpoint.current_state, endpoint.pending_state = "active", None
        endpoint.started_at = endpoint.last_active = endpoint.updated_at = now
        self.meter.begin(endpoint.id, endpoint.branch_id, endpoint.autoscaling_limit_min_cu, now)

    def became_idle(self, endpoint: Endpoint, now: datetime) -> None:
        endpoint.current_state, endpoint.pending_state = "idle", None
        endpoint.suspended_at = endpoint.updated_at = now
        self.meter.end(endpoint.id, now)
        branch = self.branches.get(endpoint.branch_id)
        if branch is not None:
            branch.changed_at = now
