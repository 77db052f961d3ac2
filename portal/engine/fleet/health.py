"""How much one source may be trusted now, from when it last answered and what went wrong since."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.core.facets import Absent, Denied, Facet, Freshness, NeverLoaded, Present, Source, SourceState
from portal.core.redaction import redact
from portal.errors import AccessDenied, NotLoggedIn, PortalError, Throttled


@dataclass(slots=True)
class SourceHealth:
    """One source's record; times are monotonic seconds. Answers older than `late` are LAGGING, older
    than `stale` STALE, whether or not anybody noticed a failure.
    """

    source: Source
    late: float
    stale: float
    answered_at: float | None = None
    failing: bool = False
    denied: bool = False
    detail: str = ""
    next_try_at: float | None = None

    def answered(self, now: float) -> None:
        """The source answered: all is well until its answer grows old."""
        self.answered_at, self.failing, self.denied = now, False, False
        self.detail, self.next_try_at = "", None

    def failed(self, error: PortalError, next_try_at: float) -> None:
        """The source refused, or did not answer."""
        waits = isinstance(error, Throttled)
        self.failing = True
        self.denied = isinstance(error, AccessDenied) and not isinstance(error, NotLoggedIn)
        told = redact(error.cause)
        self.detail = f"throttled by the API: {told}" if waits else told
        if error.hint:
            self.detail = f"{self.detail}. {error.hint}"
        self.next_try_at = next_try_at

    def state(self, now: float, note: str = "") -> SourceState:
        """The freshness line of the source; `note` is said while all is well."""
        age = max(0.0, now - self.answered_at) if self.answered_at is not None else None
        wait = max(0.0, self.next_try_at - now) if self.next_try_at is not None else None
        return SourceState(self.source, self._freshness(age), age, self.detail or note, wait)

    def _freshness(self, age: float | None) -> Freshness:
        if self.denied:
            return Freshness.DENIED
        if age is None:
            return Freshness.UNKNOWN if self.failing else Freshness.NEVER_LOADED
        if self.failing or age > self.stale:
            return Freshness.STALE
        return Freshness.LAGGING if age > self.late else Freshness.LIVE


def state_of(source: Source, facets: Iterable[Facet[Any]], now: float) -> SourceState:
    """The freshness line of a source that was read once: its worst answer."""
    facets = tuple(facets)
    ages = [now - facet.seen_at for facet in facets if isinstance(facet, Present | Absent)]
    age = max(0.0, *ages) if ages else None
    for facet in facets:
        if isinstance(facet, Denied):
            return SourceState(source, Freshness.DENIED, age, facet.reason)
    for facet in facets:
        if not isinstance(facet, Present | Absent | Denied | NeverLoaded):
            return SourceState(source, Freshness.UNKNOWN, age, facet.reason)
    if any(isinstance(facet, NeverLoaded) for facet in facets) or not facets:
        return SourceState(source, Freshness.NEVER_LOADED, age)
    return SourceState(source, Freshness.LIVE, age)
