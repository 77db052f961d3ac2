"""What the control plane remembers: projects, branches, endpoints, roles, databases and operations."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator.neon.signing import Auth

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


Delta = RenameDatabase | DropDatabase | DropRole


@dataclass(slots=True)
class Branch:
    """`deltas` and every `unapplied` row wait for the next apply_config."""

    id: str
    project_id: str
    name: str
    default: bool
    created_at: datetime
    updated_at: datetime
    state_changed_at: datetime
    current_state: str = "ready"
    protected: bool = False
    creation_source: str = "console"
    materialised: bool = False
    roles: dict[str, Role] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    deltas: list[Delta] = field(default_factory=list)
    auth: Auth | None = None


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
    creation_source: str = "console"
    last_active: datetime | None = None
    started_at: datetime | None = None
    suspended_at: datetime | None = None
    active_seconds: float = 0.0

    @property
    def idle_seconds(self) -> float | None:
        """How long it stays active without a connection; None is for ever."""
        if self.suspend_timeout_seconds < 0:
            return None
        return float(self.suspend_timeout_seconds or DEFAULT_SUSPEND_SECONDS)

    def became_active(self, now: datetime) -> None:
        self.current_state, self.pending_state = "active", None
        self.started_at = self.last_active = self.updated_at = now

    def became_idle(self, now: datetime) -> None:
        if self.started_at is not None and self.current_state == "active":
            self.active_seconds += (now - self.started_at) / timedelta(seconds=1)
        self.current_state, self.pending_state = "idle", None
        self.suspended_at = self.updated_at = now


@dataclass(slots=True)
class Operation:
    """`exclusive` ones lock their project; wakes and autosuspends are recorded but lock nothing."""

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
    exclusive: bool = True


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
    default_suspend_timeout_seconds: int = 0
    branches: dict[str, Branch] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)

    @property
    def default_branch(self) -> Branch:
        return next(branch for branch in self.branches.values() if branch.default)

    def read_write(self, branch_id: str) -> Endpoint | None:
        """The one compute of a branch that may write, if it has any."""
        return next(
            (e for e in self.endpoints.values() if e.branch_id == branch_id and e.type == "read_write"), None
        )
