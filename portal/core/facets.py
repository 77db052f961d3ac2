"""What one source was seen to hold. Unknown is a value: never an exception, never a guess."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


class Source(StrEnum):
    """The systems facts come from; one freshness line per source is shown to the user."""

    GIT = "git"
    NEON = "neon"
    SSM = "ssm"
    KUBERNETES = "kubernetes"
    STORAGE = "storage"
    AUTH = "auth"


@dataclass(frozen=True, slots=True)
class Present(Generic[T]):
    """The source holds `value`; `seen_at` is monotonic seconds of the portal's clock."""

    value: T
    source: Source
    seen_at: float


@dataclass(frozen=True, slots=True)
class Absent:
    """The source answered, and the thing is not there; `reason` says more where more is known."""

    source: Source
    seen_at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The source could not tell; `reason` is one sentence for a person, `retry_after` the seconds for which
    it asked to be left alone.
    """

    source: Source
    reason: str
    seen_at: float | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The source refuses this credential; `reason` names the right that is missing."""

    source: Source
    reason: str
    seen_at: float | None = None


@dataclass(frozen=True, slots=True)
class NeverLoaded:
    """Nobody has asked yet."""

    source: Source


Facet: TypeAlias = Present[T] | Absent | Unknown | Denied | NeverLoaded


class Freshness(StrEnum):
    """How much a source's last answer may be trusted now. Only LIVE may be painted green."""

    LIVE = "live"
    LAGGING = "lagging"
    STALE = "stale"
    UNKNOWN = "unknown"
    DENIED = "denied"
    NEVER_LOADED = "never-loaded"


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source's freshness; ages and waits in seconds, None where there is none."""

    name: Source
    state: Freshness
    age_seconds: float | None = None
    detail: str = ""
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class TenantKey:
    """One service in one environment; printed `identity-service/dev`."""

    service: str
    environment: str

    def __str__(self) -> str:
        return f"{self.service}/{self.environment}"
