"""One tenant: its verdict, and its chain as lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core.chain import Hop, HopState, Verdict
from portal.core.facets import Source, SourceState, TenantKey
from portal.core.wording import plain
from portal.tui.present.fleet import headline, why
from portal.tui.present.pieces import HOP_TONES, Piece, Tone
from portal.tui.present.sources import by_name, hop_sign, seen_ago

FLOWS, CUT = Piece("│", Tone.FAINT), Piece("┆", Tone.FAINT)
FIRST = Piece("◀ earliest broken hop", Tone.BAD)


@dataclass(frozen=True, slots=True)
class TenantHead:
    """What is said above the chain; an empty fix is not drawn."""

    name: Piece
    headline: Piece
    cause: Piece
    fix: Piece


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One hop: its piece of the flow, its sign, its name, where and when it was seen, what was seen.

    `rail` runs beside the first line, `below` beside the others.
    """

    rail: Piece
    below: Piece
    sign: Piece
    title: Piece
    facts: Piece
    told: tuple[Piece, ...]


def tenant_head(verdict: Verdict, sources: Sequence[SourceState]) -> TenantHead:
    """Headline, cause and fix of a tenant the fleet knows."""
    freshness = by_name(sources)
    fix = f"$ {plain(verdict.fix)}" if verdict.fix else ""
    cause = Piece(why(verdict, freshness))
    return TenantHead(_name(verdict.tenant), headline(verdict, freshness), cause, Piece(fix, Tone.STRONG))


def gone_head(tenant: TenantKey) -> TenantHead:
    """For a tenant the fleet does not know any more."""
    cause = "It is no longer in the tenants repository. The chain below is the last one seen."
    return TenantHead(_name(tenant), Piece("? gone", Tone.WARN), Piece(cause), Piece(""))


def chain_lines(
    verdict: Verdict, sources: Sequence[SourceState], elapsed: float = 0.0
) -> tuple[ChainLine, ...]:
    """The chain top to bottom, `elapsed` seconds old; the flow is dotted below the earliest broken hop."""
    freshness = by_name(sources)
    lines = []
    rail = FLOWS
    for hop in verdict.hops:
        first = hop.name is verdict.broken_hop
        below = CUT if first else rail
        lines.append(_chain_line(hop, freshness, elapsed, rails=(rail, below), first=first))
        rail = below
    return tuple(lines)


def _chain_line(
    hop: Hop,
    freshness: Mapping[Source, SourceState],
    elapsed: float,
    *,
    rails: tuple[Piece, Piece],
    first: bool,
) -> ChainLine:
    title = Piece(f"{hop.number:>2} {hop.name}", HOP_TONES[hop.state] if first else Tone.TEXT)
    seen = None if hop.age_seconds is None else hop.age_seconds + elapsed
    source = freshness.get(hop.source)
    ago = seen_ago(source.state if source is not None else None, seen)
    facts = Piece(f"{hop.source} {ago}", Tone.FAINT)
    return ChainLine(*rails, hop_sign(hop, freshness), title, facts, _told(hop, first=first))


def _told(hop: Hop, *, first: bool) -> tuple[Piece, ...]:
    """What is known of a hop, most important first."""
    detail = (Piece(plain(hop.detail), Tone.FAINT),) if hop.detail else ()
    if hop.state is HopState.HEALTHY:
        return detail or (Piece(hop.state.value, Tone.FAINT),)
    cause = plain(hop.cause) or hop.state.value
    if first:
        return (FIRST, Piece(cause, HOP_TONES[hop.state]), *detail)
    return (Piece(f"{hop.state}: {cause}" if hop.cause else cause, Tone.TEXT), *detail)


def _name(tenant: TenantKey) -> Piece:
    return Piece(plain(str(tenant)), Tone.STRONG)
