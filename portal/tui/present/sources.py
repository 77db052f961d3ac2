"""Freshness of the sources: how it decays between two views, its chips, and the reasons behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.core.chain import Hop, HopState
from portal.core.facets import Freshness, Source, SourceState
from portal.core.wording import SOURCE_SIGNS, age, plain, sign
from portal.tui.present.pieces import HOP_TONES, SOURCE_TONES, Piece, Tone

# A live fleet says something every five seconds: three silent turns are late, and a minute is too long.
LATE_SECONDS, STALE_SECONDS = 15.0, 60.0


@dataclass(frozen=True, slots=True)
class Interruption:
    """The stream of views ended: why, and seconds until it is begun again."""

    reason: str
    retry_in: float


def aged(
    sources: Sequence[SourceState], elapsed: float, interruption: Interruption | None
) -> tuple[SourceState, ...]:
    """The sources `elapsed` seconds after the view was made: silence makes nothing fresher."""
    return tuple(_aged(source, elapsed, interruption) for source in sources)


def by_name(sources: Sequence[SourceState]) -> dict[Source, SourceState]:
    """Look a source up by its name."""
    return {source.name: source for source in sources}


def settled(sources: Sequence[SourceState]) -> bool:
    """Whether no age and no countdown is shown in a cell."""
    return all(source.state is Freshness.LIVE for source in sources)


def chips(sources: Sequence[SourceState]) -> tuple[Piece, ...]:
    """One chip a source: sign, name, state, age, and the wait for the next try."""
    return tuple(Piece(_chip(source), SOURCE_TONES[source.state]) for source in sources)


def reasons(sources: Sequence[SourceState]) -> tuple[Piece, ...]:
    """Why sources are not live, each reason once; what a live source cannot show is said faintly."""
    told: dict[tuple[str, Tone], list[str]] = {}
    for source in sources:
        if source.detail:
            tone = Tone.FAINT if source.state is Freshness.LIVE else SOURCE_TONES[source.state]
            told.setdefault((plain(source.detail), tone), []).append(source.name.value)
    return tuple(Piece(f"{', '.join(names)}: {reason}", tone) for (reason, tone), names in told.items())


def seen_ago(state: Freshness | None, seconds: float | None) -> str:
    """The age of what was seen. Below a minute it is not counted of a live source: nothing would be drawn
    but seconds, over every slow line.
    """
    counted = state is not Freshness.LIVE or seconds is None or seconds >= STALE_SECONDS
    return age(seconds) if counted else "<1m"


def hop_sign(hop: Hop, sources: Mapping[Source, SourceState]) -> Piece:
    """The sign of a hop with its age where that counts; green only while its source is live."""
    source = sources.get(hop.source)
    if source is not None and source.state is Freshness.LIVE:
        return Piece(sign(hop.state), HOP_TONES[hop.state])
    seen = age(source.age_seconds) if source and source.age_seconds is not None else "?"
    return Piece(f"{sign(hop.state)} {seen}", _doubtful(hop.state))


def short_sign(hop: Hop, sources: Mapping[Source, SourceState]) -> Piece:
    """As `hop_sign` in two characters: what is not live carries its source's sign instead of its age."""
    source = sources.get(hop.source)
    if source is not None and source.state is Freshness.LIVE:
        return Piece(sign(hop.state), HOP_TONES[hop.state])
    mark = SOURCE_SIGNS[source.state if source is not None else Freshness.NEVER_LOADED]
    return Piece(f"{sign(hop.state)}{mark}", _doubtful(hop.state))


def _doubtful(state: HopState) -> Tone:
    return Tone.FAINT if state is HopState.HEALTHY else HOP_TONES[state]


def _chip(source: SourceState) -> str:
    parts = [SOURCE_SIGNS[source.state], source.name.value, source.state.value]
    if source.age_seconds is not None:
        parts.append(seen_ago(source.state, source.age_seconds))
    if source.retry_in is not None and source.state is not Freshness.LIVE:
        parts.append(f"retry {age(source.retry_in)}")
    return " ".join(parts)


def _aged(source: SourceState, elapsed: float, interruption: Interruption | None) -> SourceState:
    seen = None if source.age_seconds is None else source.age_seconds + elapsed
    retry = None if source.retry_in is None else max(0.0, source.retry_in - elapsed)
    older = replace(source, age_seconds=seen, retry_in=retry)
    trusted = source.state in {Freshness.LIVE, Freshness.LAGGING}
    if interruption is not None:
        state = Freshness.STALE if trusted else source.state
        return replace(older, state=state, detail=interruption.reason, retry_in=interruption.retry_in)
    if trusted and elapsed > STALE_SECONDS:
        return replace(older, state=Freshness.STALE, detail="the portal hears nothing new")
    if trusted and elapsed > LATE_SECONDS:
        return replace(older, state=Freshness.LAGGING)
    return older
