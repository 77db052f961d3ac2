"""What one hop's rule answers, and how facets without a value are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from portal.core.chain import HopName, HopState
from portal.core.facets import Absent, Denied, Facet, NeverLoaded, Present, Source, TenantKey, Unknown
from portal.core.observed import Moment, Needs, TenantObservation
from portal.core.redaction import redact

Blind: TypeAlias = Unknown | Denied | NeverLoaded

SEVERITY = (
    HopState.HEALTHY,
    HopState.PROGRESSING,
    HopState.UNKNOWN,
    HopState.DEGRADED,
    HopState.BROKEN,
)
RANK: Mapping[HopState, int] = MappingProxyType({state: number for number, state in enumerate(SEVERITY)})

_SYSTEM = {
    Source.GIT: "the tenants repository",
    Source.NEON: "Neon",
    Source.SSM: "Parameter Store",
    Source.KUBERNETES: "Kubernetes",
    Source.STORAGE: "object storage",
    Source.AUTH: "Neon Auth",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One tenant to be judged."""

    tenant: TenantKey
    seen: TenantObservation
    now: Moment

    @property
    def needs(self) -> Needs:
        """What the tenant asks for, empty where no spec tells."""
        return self.seen.needs or Needs(namespace="")


@dataclass(frozen=True, slots=True)
class Judgement:
    """State of one hop by its own facts. `blames` names hops which explain it when they are not well:
    later ones (the Application that was to create this) as well as earlier ones.
    """

    state: HopState
    source: Source
    seen_at: float | None
    cause: str = ""
    fix: str = ""
    detail: str = ""
    blames: tuple[HopName, ...] = ()

    @property
    def well(self) -> bool:
        """Whether nothing is to be said about it."""
        return self.state is HopState.HEALTHY


@dataclass(frozen=True, slots=True)
class Bench:
    """Judgements that rest on the same facets: one source and the age of the oldest of them."""

    source: Source
    seen_at: float | None

    def healthy(self, detail: str = "") -> Judgement:
        """The link works."""
        return Judgement(HopState.HEALTHY, self.source, self.seen_at, detail=detail)

    def progressing(self, cause: str, fix: str = "", *, blames: tuple[HopName, ...] = ()) -> Judgement:
        """On its way; time alone may mend it."""
        return Judgement(HopState.PROGRESSING, self.source, self.seen_at, cause, fix, blames=blames)

    def degraded(self, cause: str, fix: str, *, blames: tuple[HopName, ...] = ()) -> Judgement:
        """Works in part, or not for long."""
        return Judgement(HopState.DEGRADED, self.source, self.seen_at, cause, fix, blames=blames)

    def broken(self, cause: str, fix: str, *, blames: tuple[HopName, ...] = ()) -> Judgement:
        """Does not work, and time will not mend it."""
        return Judgement(HopState.BROKEN, self.source, self.seen_at, cause, fix, blames=blames)

    def unknown(
        self, cause: str, fix: str = "portal doctor", *, blames: tuple[HopName, ...] = ()
    ) -> Judgement:
        """Could not be told."""
        return Judgement(HopState.UNKNOWN, self.source, self.seen_at, cause, fix, blames=blames)


def bench(*facets: Facet[Any]) -> Bench:
    """The bench on which judgements over these facets are made."""
    oldest: float | None = None
    for facet in facets:
        if isinstance(facet, (Present, Absent)) and (oldest is None or facet.seen_at < oldest):
            oldest = facet.seen_at
    return Bench(facets[0].source, oldest)


def blind(*facets: Facet[Any]) -> Judgement | None:
    """The judgement over the first facet nobody could read, None where all could be."""
    for facet in facets:
        if isinstance(facet, (Present, Absent)):
            continue
        return judge_blind(facet)
    return None


def judge_blind(facet: Blind) -> Judgement:
    """Unknown, denied and never loaded are told apart in words; none of them is health."""
    system = _SYSTEM[facet.source]
    fix = "portal doctor"
    if isinstance(facet, NeverLoaded):
        return Judgement(HopState.UNKNOWN, facet.source, None, f"{system} has not been read yet", fix)
    word = "denies access" if isinstance(facet, Denied) else "could not be read"
    return Judgement(HopState.UNKNOWN, facet.source, facet.seen_at, f"{system} {word}: {facet.reason}", fix)


def undeployed(case: Case, on: Bench, kind: str, name: str) -> Judgement | None:
    """What the tenant needs and git no longer has: it is pruned some day, and never made again."""
    facet = case.seen.application
    if not isinstance(facet, Present) or not facet.value.lost(kind, name):
        return None
    cause = f"{kind} {name} is no longer in git: it goes with the next prune, a new cluster would not have it"
    return on.degraded(cause, f"portal apply -f service.yaml -e {case.tenant.environment}")


def worst(judgements: list[Judgement]) -> Judgement:
    """The first of the worst; `judgements` must not be empty."""
    return max(judgements, key=lambda found: RANK[found.state])


def sentence(text: str, longest: int = 300) -> str:
    """Text from outside as part of one sentence: redacted, one line, no closing full stop, bounded."""
    return redact(" ".join(text.split()), longest=longest).rstrip(". ") if text else ""


def listed(names: list[str], most: int = 3) -> str:
    """`a, b, c and 2 more`."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def span(seconds: float) -> str:
    """`40 s`, `9 min`, `3 h`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
