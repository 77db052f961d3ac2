"""Which tenants the fleet shows, in which order, below which headings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from portal.core.chain import HOP_GROUPS, HopState, Verdict
from portal.core.facets import SourceState
from portal.core.wording import plain
from portal.tui.present.filtering import FleetFilter
from portal.tui.present.fleet import FleetRow, fleet_row, states_told
from portal.tui.present.pieces import HOP_TONES, RANKS, Piece, Tone
from portal.tui.present.sources import by_name

WORST = "state"
GROUPINGS = ("environment", "team", "state")
ORDERS = ("state", "tenant", "env", *(title.lower() for title, _ in HOP_GROUPS), "cause", "age")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person at the screen asked for; `order` is one of ORDERS, `grouping` one of GROUPINGS or "".

    `folded` are the headings whose tenants are hidden; an empty `environment` is every one.
    """

    filter: FleetFilter = field(default_factory=FleetFilter)
    faults_only: bool = False
    order: str = WORST
    backwards: bool = False
    grouping: str = ""
    folded: frozenset[str] = frozenset()
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above the tenants of one group."""

    name: str
    members: tuple[Verdict, ...]
    folded: bool

    @property
    def key(self) -> str:
        """Unlike any tenant's key, which has its slash elsewhere."""
        return f"/{self.name}"


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """A heading as drawn; `summary` stands beside it where there is room."""

    key: str
    name: str
    title: Piece
    summary: Piece


Entry: TypeAlias = Verdict | Heading
Line: TypeAlias = FleetRow | HeadingRow


@dataclass(frozen=True, slots=True)
class FleetList:
    """The lines of the fleet in order, and what names each. A line is made when it is drawn, so a long list
    costs no more than the part of it that is seen. `longest` is the length of the longest tenant's name.
    """

    entries: tuple[Entry, ...]
    names: tuple[str, ...]
    sources: Sequence[SourceState]
    shown: int
    total: int
    longest: int = 0

    def __len__(self) -> int:
        return len(self.entries)

    def line(self, place: int) -> Line:
        """The line at a place, counted from 0."""
        entry = self.entries[place]
        if isinstance(entry, Heading):
            return _heading_row(entry)
        return fleet_row(entry, by_name(self.sources))

    def key(self, place: int) -> str:
        """What names the line across refreshes."""
        return self.names[place]

    def place(self, key: str) -> int | None:
        """Where a line is now, None when it is gone."""
        return self.names.index(key) if key in self.names else None


def wish_told(wish: Wish, shown: FleetList, marked: int = 0) -> str:
    """What is not as it is at first: `2 marked · 7 of 40 shown · faults only · filter state:broken`."""
    parts = [f"{marked} marked"] if marked else []
    if shown.shown != shown.total:
        parts.append(f"{shown.shown} of {shown.total} shown")
    if wish.environment:
        parts.append(f"environment {wish.environment}")
    if wish.faults_only:
        parts.append("faults only")
    if wish.filter.text:
        parts.append(f"filter {wish.filter.text}")
    if wish.order != WORST or wish.backwards:
        parts.append(f"by {wish.order} {'↑' if wish.backwards else '↓'}")
    if wish.grouping:
        parts.append(f"grouped by {wish.grouping}")
    return plain(" · ".join(parts))


def nothing_left(wish: Wish) -> str:
    """What stands in place of rows when none is left of those there are."""
    what = [f"the filter {wish.filter.text}"] if wish.filter.text else []
    what += ["faults only"] if wish.faults_only else []
    what += [f"environment {wish.environment}"] if wish.environment else []
    return plain(f"No tenant is left by {' and '.join(what)}. Escape shows all again.")


def _heading_row(heading: Heading) -> HeadingRow:
    sign = "▸" if heading.folded else "▾"
    worst = _worst(heading.members)
    title = Piece(f"{sign} {plain(heading.name)} ({len(heading.members)})", Tone.STRONG)
    summary = Piece(states_told(heading.members), HOP_TONES[worst])
    return HeadingRow(heading.key, heading.name, title, summary)


def _worst(verdicts: Collection[Verdict]) -> HopState:
    return min((verdict.state for verdict in verdicts), key=RANKS.__getitem__)
