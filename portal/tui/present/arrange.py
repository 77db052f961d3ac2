"""Which tenants the fleet shows, in which order, below which headings."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import TypeAlias

from portal.core.chain import HOP_GROUPS, FleetView, HopState, Verdict
from portal.core.facets import SourceState
from portal.core.wording import plain
from portal.tui.present.filtering import COLUMNS, FleetFilter
from portal.tui.present.fleet import FleetRow, fleet_row, states_told
from portal.tui.present.pieces import HOP_TONES, RANKS, Piece, Tone
from portal.tui.present.sources import by_name

Teams: TypeAlias = Mapping[str, str]
WORST = "state"
GROUPINGS = ("environment", "team", "state")
NO_TEAM = "no team"
_RANKED = {title.lower() for title, _ in HOP_GROUPS} | {WORST}
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
    """The lines of the fleet in order. A line is made when it is drawn, so a long list costs no more than
    the part of it that is seen.
    """

    entries: tuple[Entry, ...]
    sources: Sequence[SourceState]
    shown: int
    total: int
    _places: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

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
        entry = self.entries[place]
        return entry.key if isinstance(entry, Heading) else str(entry.tenant)

    def place(self, key: str) -> int | None:
        """Where a line is now, None when it is gone."""
        if not self._places:
            self._places.update((self.key(place), place) for place in range(len(self.entries)))
        return self._places.get(key)


def arranged(view: FleetView, wish: Wish, teams: Teams = MappingProxyType({})) -> FleetList:
    """Filtered, in order, grouped. Equal tenants stand by name, whatever the direction."""
    shown = [verdict for verdict in view.tenants if _wished(verdict, wish)]
    shown.sort(key=lambda verdict: str(verdict.tenant))
    shown.sort(key=_key(wish.order), reverse=wish.backwards)
    entries = tuple(_grouped(shown, wish, teams)) if wish.grouping else tuple(shown)
    return FleetList(entries, view.sources, len(shown), len(view.tenants))


def wish_told(wish: Wish, shown: FleetList) -> str:
    """What is not as it is at first: `7 of 40 shown · faults only · filter state:broken · by neon ↑`."""
    parts = []
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


def _wished(verdict: Verdict, wish: Wish) -> bool:
    here = wish.environment in {"", verdict.tenant.environment}
    told = not wish.faults_only or verdict.state is not HopState.HEALTHY
    return here and told and wish.filter.admits(verdict)


def _key(order: str) -> Callable[[Verdict], tuple[float, str]]:
    if order == "age":
        return lambda verdict: (-_oldest(verdict), "")
    if order in _RANKED:
        ranks: Mapping[str, int] = {str(state): rank for state, rank in RANKS.items()}
        return lambda verdict: (ranks.get(COLUMNS[order](verdict), len(ranks)), "")
    return lambda verdict: (not COLUMNS[order](verdict), COLUMNS[order](verdict))


def _oldest(verdict: Verdict) -> float:
    ages = [hop.age_seconds for hop in verdict.hops if hop.age_seconds is not None]
    return max(ages, default=float("inf"))


def _grouped(shown: Sequence[Verdict], wish: Wish, teams: Teams) -> Iterator[Entry]:
    def name(verdict: Verdict) -> str:
        return _group_of(verdict, wish.grouping, teams)

    for group, members in groupby(sorted(shown, key=name), key=name):
        heading = Heading(group, tuple(members), group in wish.folded)
        yield heading
        if not heading.folded:
            yield from heading.members


def _group_of(verdict: Verdict, grouping: str, teams: Teams) -> str:
    if grouping == "team":
        return teams.get(verdict.tenant.service) or NO_TEAM
    return verdict.state if grouping == "state" else verdict.tenant.environment


def _heading_row(heading: Heading) -> HeadingRow:
    sign = "▸" if heading.folded else "▾"
    worst = _worst(heading.members)
    title = Piece(f"{sign} {plain(heading.name)} ({len(heading.members)})", Tone.STRONG)
    summary = Piece(states_told(heading.members), HOP_TONES[worst])
    return HeadingRow(heading.key, heading.name, title, summary)


def _worst(verdicts: Collection[Verdict]) -> HopState:
    return min((verdict.state for verdict in verdicts), key=RANKS.__getitem__)
