"""A sheet: sections with notes and a table each, the form of every tab of a tenant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from portal.core.facets import Absent, Denied, Facet, Freshness, NeverLoaded, Present, Source, SourceState
from portal.core.wording import age, plain
from portal.tui.present.pieces import Piece, Tone

T = TypeVar("T")
Row = tuple[Piece, ...]
NOTHING = Piece("-", Tone.FAINT)


@dataclass(frozen=True, slots=True)
class Section:
    """A title, notes below it, and rows below their titles; the last column takes the width that is left."""

    title: Piece
    notes: tuple[Piece, ...] = ()
    titles: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


Sheet = tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Lights:
    """The sources as fresh as they are: what was seen is green only while its source is live."""

    sources: Sequence[SourceState]

    def of(self, source: Source) -> SourceState | None:
        """The state of one source."""
        return next((state for state in self.sources if state.name is source), None)

    def tone(self, source: Source, tone: Tone) -> Tone:
        """The tone of what the source was seen to hold."""
        state = self.of(source)
        live = state is not None and state.state is Freshness.LIVE
        return tone if live or tone is not Tone.GOOD else Tone.FAINT

    def doubt(self, source: Source) -> tuple[Piece, ...]:
        """What is said above rows that are not live."""
        state = self.of(source)
        if state is None or state.state in {Freshness.LIVE, Freshness.NEVER_LOADED}:
            return ()
        seen = f" {age(state.age_seconds)} ago" if state.age_seconds is not None else ""
        return (Piece(f"{source} is {state.state}; this is what was seen last{seen}", Tone.WARN),)


def section(
    title: str,
    facet: Facet[T],
    lights: Lights,
    rows: Callable[[T], Iterable[Row]],
    *,
    titles: tuple[str, ...],
    empty: str,
) -> Section:
    """The rows of what is present; else why there are none, in words that tell the cases apart."""
    if not isinstance(facet, Present):
        return Section(Piece(title, Tone.STRONG), (blind(facet),))
    made = tuple(rows(facet.value))
    doubt = lights.doubt(facet.source)
    if not made:
        return Section(Piece(title, Tone.STRONG), (*doubt, Piece(empty, Tone.FAINT)))
    return Section(Piece(title, Tone.STRONG), doubt, titles, made)


def blind(facet: Facet[T]) -> Piece:
    """Why nothing is shown."""
    match facet:
        case Absent(reason=reason):
            return Piece(plain(reason) or "it is not there", Tone.FAINT)
        case Denied(reason=reason):
            return Piece(f"✖ denied: {plain(reason)}", Tone.BAD)
        case NeverLoaded(source=source):
            return Piece(f"· {source} was not read yet", Tone.FAINT)
        case Present():
            return Piece("")
        case _:
            return Piece(f"? unknown: {plain(facet.reason)}", Tone.WARN)


def told(text: str, tone: Tone = Tone.TEXT) -> Piece:
    """Text from outside, `-` where there is none."""
    return Piece(plain(text), tone) if text else NOTHING
