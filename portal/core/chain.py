"""The chain of one tenant: its hops in order, their states, and the verdict over them."""

from dataclasses import dataclass
from enum import StrEnum

from portal.core.facets import Source, SourceState, TenantKey


class HopState(StrEnum):
    """State of a hop or tenant, as printed in JSON."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class HopName(StrEnum):
    """The hops in chain order; the optional ones stand last and appear only where the spec asks."""

    SPEC = "spec"
    BRANCH = "branch"
    COMPUTE = "compute"
    DATABASE = "database"
    PARAMETERS = "parameters"
    STORE = "store"
    EXTERNAL_SECRETS = "external-secrets"
    SECRETS = "secrets"
    CACHE = "cache"
    APPLICATION = "application"
    WORKLOAD = "workload"
    FRESHNESS = "current-secret"
    AUTH = "auth"
    STORAGE = "storage"
    PULL_SECRET = "pull-secret"  # noqa: S105 - the name of a hop, not a credential


# Column groups of the fleet screen: title and the hops it sums up.
HOP_GROUPS: tuple[tuple[str, tuple[HopName, ...]], ...] = (
    ("Git", (HopName.SPEC,)),
    ("Neon", (HopName.BRANCH, HopName.COMPUTE, HopName.DATABASE, HopName.AUTH)),
    ("SSM", (HopName.PARAMETERS,)),
    ("Secrets", (HopName.STORE, HopName.EXTERNAL_SECRETS, HopName.SECRETS, HopName.PULL_SECRET)),
    ("Cache", (HopName.CACHE,)),
    ("Sync", (HopName.APPLICATION,)),
    ("Pods", (HopName.WORKLOAD, HopName.FRESHNESS)),
    ("Files", (HopName.STORAGE,)),
)


@dataclass(frozen=True, slots=True)
class Hop:
    """One link. `number` is its place in the chain (1-based); `cause` is one sentence, never empty
    unless healthy; `fix` one command that mends it or looks closer; `age_seconds` the age of the fact.
    """

    number: int
    name: HopName
    state: HopState
    cause: str
    source: Source
    age_seconds: float | None
    fix: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Worst hop state of a tenant and its earliest broken hop; later broken hops are consequences."""

    tenant: TenantKey
    state: HopState
    broken_hop: HopName | None
    cause: str
    fix: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Orphan:
    """One thing no tenant claims; `kind` is parameter, role or database, `look` a command that shows it."""

    kind: str
    environment: str
    name: str
    why: str
    look: str


@dataclass(frozen=True, slots=True)
class FleetView:
    """What front ends draw: `generated_at` RFC 3339, one state per source, one verdict per tenant, and what
    no tenant claims.
    """

    generated_at: str
    sources: tuple[SourceState, ...]
    tenants: tuple[Verdict, ...]
    orphans: tuple[Orphan, ...] = ()
