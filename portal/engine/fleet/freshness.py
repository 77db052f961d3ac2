"""The health of every source of a live fleet, by environment where it is read by environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from portal.core.facets import Freshness, Source, SourceState
from portal.engine.fleet.health import SourceHealth

# Worst last: one lost environment decides what its source's line says.
_RANK = (
    Freshness.LIVE,
    Freshness.LAGGING,
    Freshness.NEVER_LOADED,
    Freshness.UNKNOWN,
    Freshness.STALE,
    Freshness.DENIED,
)
_ALWAYS = (Source.GIT, Source.NEON, Source.SSM, Source.KUBERNETES)


@dataclass(slots=True)
class SourceBook:
    """Records by source and environment; "" is the environment of those that have none."""

    records: dict[tuple[Source, str], SourceHealth] = field(default_factory=dict)

    def open(self, source: Source, environment: str, *, late: float, stale: float) -> SourceHealth:
        """The record of one reader."""
        return self.records.setdefault((source, environment), SourceHealth(source, late, stale))

    def share(self, source: Source, record: SourceHealth, environments: Iterable[str]) -> None:
        """The same record for each of these environments."""
        self.records.update({(source, environment): record for environment in environments})

    def of_tenant(self, environment: str, now: float) -> Mapping[Source, SourceState]:
        """What a tenant of one environment rests on."""
        return {
            source: record.state(now)
            for (source, where), record in self.records.items()
            if where in {"", environment}
        }

    def failing(self, source: Source, environment: str) -> bool:
        """Whether the last try of a source failed."""
        records = (self.records.get((source, where)) for where in (environment, ""))
        return any(record is not None and record.failing for record in records)

    def lines(self, notes: Mapping[tuple[Source, str], str], now: float) -> tuple[SourceState, ...]:
        """One line per source: the worst of its records; optional sources only once they are read."""
        return tuple(line for source in Source if (line := self._line(source, notes, now)) is not None)

    def _line(
        self, source: Source, notes: Mapping[tuple[Source, str], str], now: float
    ) -> SourceState | None:
        mine = {where: record for (name, where), record in self.records.items() if name is source}
        states = {where: record.state(now, notes.get((source, where), "")) for where, record in mine.items()}
        if not states:
            return SourceState(source, Freshness.NEVER_LOADED) if source in _ALWAYS else None
        if source not in _ALWAYS:
            # Where no tenant asks for an optional source, nobody reads it.
            states = {at: found for at, found in states.items() if found.state is not Freshness.NEVER_LOADED}
            if not states:
                return None
        where, worst = max(states.items(), key=lambda pair: _RANK.index(pair[1].state))
        if worst.state is Freshness.LIVE:
            told = next((state for state in states.values() if state.detail), worst)
            return replace(worst, detail=told.detail)
        if not where or len(states) == 1:
            return worst
        detail = f"{where}: {worst.detail}" if worst.detail else ""
        return SourceState(source, worst.state, worst.age_seconds, detail, worst.retry_in)


def calm(lines: Iterable[SourceState]) -> bool:
    """Whether nobody needs to watch an age or a countdown."""
    return all(line.state is Freshness.LIVE for line in lines)
