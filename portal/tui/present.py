"""View-models of the screens: pure functions from verdicts to the words, signs and tones drawn.

No I/O, no Textual. Text from outside is made harmless here, once, for every widget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.core.chain import HOP_GROUPS, FleetView, Hop, HopName, HopState, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.core.wording import age, plain, sign, source_line

WORST_FIRST = (HopState.BROKEN, HopState.DEGRADED, HopState.UNKNOWN, HopState.PROGRESSING, HopState.HEALTHY)


class Tone(StrEnum):
    """How a piece of text is meant; the stylesheet gives each its colour."""

    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"
    FAINT = "faint"
    TEXT = "text"


_TONES = {
    HopState.HEALTHY: Tone.GOOD,
    HopState.PROGRESSING: Tone.BUSY,
    HopState.DEGRADED: Tone.WARN,
    HopState.BROKEN: Tone.BAD,
    HopState.UNKNOWN: Tone.FAINT,
}
_SOURCE_TONES = {
    Freshness.LIVE: Tone.GOOD,
    Freshness.LAGGING: Tone.BUSY,
    Freshness.STALE: Tone.WARN,
    Freshness.UNKNOWN: Tone.WARN,
    Freshness.DENIED: Tone.BAD,
    Freshness.NEVER_LOADED: Tone.FAINT,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one tone."""

    text: str
    tone: Tone = Tone.TEXT


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One tenant on the fleet screen: its name, a cell per hop group, and why it is not healthy."""

    tenant: TenantKey
    name: Piece
    cells: tuple[Piece, ...]
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One hop on the tenant screen: its piece of the flow, where and when it was seen, what was seen."""

    connector: Piece
    sign: Piece
    title: Piece
    facts: Piece
    detail: Piece
    cause: Piece | None
    broken_first: bool


def group_titles() -> tuple[str, ...]:
    """Column titles of the hop groups."""
    return tuple(title for title, _ in HOP_GROUPS)


def fleet_rows(view: FleetView) -> tuple[FleetRow, ...]:
    """Rows worst first, then by name."""
    freshness = _freshness(view.sources)
    ordered = sorted(
        view.tenants, key=lambda verdict: (WORST_FIRST.index(verdict.state), str(verdict.tenant))
    )
    return tuple(_fleet_row(verdict, freshness) for verdict in ordered)


def fleet_counts(view: FleetView) -> Piece:
    """`2 tenants: 1 broken, 1 healthy`."""
    counts = [(state, sum(v.state is state for v in view.tenants)) for state in WORST_FIRST]
    told = ", ".join(f"{count} {state}" for state, count in counts if count)
    total = len(view.tenants)
    worst = next((state for state, count in counts if count), HopState.HEALTHY)
    if not total:
        return Piece("no tenants yet", Tone.FAINT)
    return Piece(f"{total} tenant{'s' if total > 1 else ''}: {told}", _TONES[worst])


def source_pieces(sources: Sequence[SourceState], elapsed: float) -> tuple[Piece, ...]:
    """One chip a source; `elapsed` seconds have passed since the view was made."""
    return tuple(
        Piece(source_line(_older(source, elapsed)), _SOURCE_TONES[source.state]) for source in sources
    )


def empty_text(sources: Sequence[SourceState]) -> str:
    """What stands in place of rows: never `no tenants` unless git said so."""
    git = next((source for source in sources if source.name is Source.GIT), None)
    if git is None or git.state is Freshness.NEVER_LOADED:
        return "Reading the tenants repository…"
    if git.state is Freshness.LIVE:
        return "No tenants in the repository. Onboard one:\n\nportal apply -f service.yaml -e dev"
    return f"The tenants repository cannot be read: {plain(git.detail) or git.state}"


def verdict_pieces(verdict: Verdict) -> tuple[Piece, Piece, Piece]:
    """Headline, cause and fix of a tenant."""
    tone = _TONES[verdict.state]
    at = f" at {verdict.broken_hop}" if verdict.broken_hop else ""
    headline = Piece(f"{sign(verdict.state)} {verdict.state}{at}", tone)
    cause = plain(verdict.cause) or "Every hop holds."
    return headline, Piece(cause), Piece(plain(verdict.fix), Tone.TEXT)


def chain_lines(verdict: Verdict, sources: Sequence[SourceState]) -> tuple[ChainLine, ...]:
    """The chain top to bottom; the flow is dotted below the earliest broken hop."""
    freshness = _freshness(sources)
    lines = []
    flowing = True
    for hop in verdict.hops:
        first = hop.name is verdict.broken_hop
        lines.append(_chain_line(hop, freshness, flowing=flowing, first=first))
        flowing = flowing and not first
    return tuple(lines)


def _fleet_row(verdict: Verdict, freshness: Mapping[Source, SourceState]) -> FleetRow:
    by_name = {hop.name: hop for hop in verdict.hops}
    cells = tuple(_group_cell(names, by_name, freshness) for _, names in HOP_GROUPS)
    name = Piece(f"{sign(verdict.state)} {plain(str(verdict.tenant))}", _TONES[verdict.state])
    return FleetRow(verdict.tenant, name, cells, plain(verdict.cause), plain(verdict.fix))


def _group_cell(
    names: tuple[HopName, ...], hops: Mapping[HopName, Hop], freshness: Mapping[Source, SourceState]
) -> Piece:
    present = [hops[name] for name in names if name in hops]
    if not present:
        return Piece("-", Tone.FAINT)
    worst = min(present, key=lambda hop: WORST_FIRST.index(hop.state))
    return _state_piece(worst, freshness)


def _state_piece(hop: Hop, freshness: Mapping[Source, SourceState]) -> Piece:
    """The sign of a hop; a healthy one is green only while its source is live."""
    source = freshness.get(hop.source)
    if source is not None and source.state is Freshness.LIVE:
        return Piece(sign(hop.state), _TONES[hop.state])
    old = age(source.age_seconds) if source and source.age_seconds is not None else "?"
    tone = Tone.FAINT if hop.state is HopState.HEALTHY else _TONES[hop.state]
    return Piece(f"{sign(hop.state)} {old}", tone)


def _chain_line(
    hop: Hop, freshness: Mapping[Source, SourceState], *, flowing: bool, first: bool
) -> ChainLine:
    connector = Piece("│" if flowing else "┆", Tone.FAINT)
    title = Piece(f"{hop.number:>2} {hop.name}", _TONES[hop.state] if first else Tone.TEXT)
    facts = Piece(f"{hop.source} {age(hop.age_seconds)}", Tone.FAINT)
    detail = Piece(plain(hop.detail) if hop.detail else hop.state.value, Tone.FAINT)
    cause = Piece(plain(hop.cause), _TONES[hop.state] if first else Tone.FAINT) if hop.cause else None
    return ChainLine(connector, _state_piece(hop, freshness), title, facts, detail, cause, first)


def _freshness(sources: Sequence[SourceState]) -> dict[Source, SourceState]:
    return {source.name: source for source in sources}


def _older(source: SourceState, elapsed: float) -> SourceState:
    seconds = None if source.age_seconds is None else source.age_seconds + elapsed
    retry = None if source.retry_in is None else max(0.0, source.retry_in - elapsed)
    return SourceState(source.name, source.state, seconds, source.detail, retry)
