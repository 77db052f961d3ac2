"""What the portal knows of Neon, as values. Field names follow the API; times are RFC 3339 strings."""

from dataclasses import dataclass

from portal.core.secrets import Secret


@dataclass(frozen=True, slots=True)
class NeonProject:
    """A project; with `store_passwords` off, passwords cannot be revealed later (412)."""

    id: str
    name: str
    region_id: str
    pg_version: int
    store_passwords: bool


@dataclass(frozen=True, slots=True)
class NeonBranch:
    """A branch; `state` is an open set: init, resetting, ready, archived."""

    id: str
    project_id: str
    name: str
    state: str
    default: bool
    protected: bool = False


@dataclass(frozen=True, slots=True)
class NeonEndpoint:
    """A compute; `state` is init, active or idle. Idle is normal; disabled cannot be woken."""

    id: str
    project_id: str
    branch_id: str
    host: str
    type: str
    state: str
    disabled: bool
    pending_state: str = ""
    last_active: str = ""
    suspend_timeout_seconds: int = 0
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class NeonRole:
    """A role of a branch; passwords travel apart."""

    name: str
    branch_id: str
    protected: bool = False


@dataclass(frozen=True, slots=True)
class NeonDatabase:
    """A database of a branch and the role that owns it."""

    name: str
    branch_id: str
    owner_name: str


@dataclass(frozen=True, slots=True)
class NeonOperation:
    """One asynchronous operation; `finished` and `skipped` are success."""

    id: str
    project_id: str
    action: str
    status: str
    error: str = ""
    branch_id: str = ""


@dataclass(frozen=True, slots=True)
class RoleCreated:
    """Answer of a role creation or password reset: the only time the password comes unasked."""

    role: NeonRole
    password: Secret | None
    operations: tuple[NeonOperation, ...]


@dataclass(frozen=True, slots=True)
class NeonAuth:
    """Neon Auth of a branch: where its public keys are served."""

    branch_id: str
    provider: str
    jwks_url: str
    base_url: str = ""
