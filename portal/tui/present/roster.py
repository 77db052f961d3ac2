"""The list of the fleet: filtered, in order, grouped. A view costs what changed since the one before."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TypeAlias

from portal.core.chain import HOP_GROUPS, FleetView, HopState, Verdict
from portal.tui.present.arrange import WORST, Entry, FleetList, Heading, Wish
from portal.tui.present.filtering import COLUMNS
from portal.tui.present.pieces import RANKS

Teams: TypeAlias = Mapping[str, str]
Key: TypeAlias = tuple[float, str]
NO_TEAM = "no team"
_RANKED = {title.lower() for title, _ in HOP_GROUPS} | {WORST}


def arranged(view: FleetView, wish: Wish, teams: Teams = MappingProxyType({})) -> FleetList:
    """The list of one view. Equal tenants stand by name, whatever the direction."""
    return Roster().listed(view, wish, teams)


class Roster:
    """Remembers how the tenants of the last view were judged: those that are still the same values are not
    looked at again.
    """

    def __init__(self) -> None:
        self._wish: Wish | None = None
        self._tenants: tuple[Verdict, ...] = ()
        self._names: list[str] = []
        self._by_name: list[int] = []
        self._keys: list[Key | None] = []
        self._longest = 0

    def listed(self, view: FleetView, wish: Wish, teams: Teams) -> FleetList:
        """The list of a view."""
        if not self._same_tenants(view.tenants):
            self._name(view.tenants)
        self._judge(view.tenants, wish)
        places = self._in_order(backwards=wish.backwards)
        entries: list[Entry] = [view.tenants[place] for place in places]
        names = [self._names[place] for place in places]
        if wish.grouping:
            entries = list(_grouped(entries, wish, teams))
            names = [entry.key if isinstance(entry, Heading) else str(entry.tenant) for entry in entries]
        return FleetList(
            tuple(entries), tuple(names), view.sources, len(places), len(view.tenants), self._longest
        )

    def _same_tenants(self, tenants: tuple[Verdict, ...]) -> bool:
        before = self._tenants
        return len(before) == len(tenants) and all(
            old is new or old.tenant == new.tenant for old, new in zip(before, tenants, strict=True)
        )

    def _name(self, tenants: tuple[Verdict, ...]) -> None:
        self._names = [str(verdict.tenant) for verdict in tenants]
        self._by_name = sorted(range(len(tenants)), key=self._names.__getitem__)
        self._longest = max(map(len, self._names), default=0)
        self._wish = None

    def _judge(self, tenants: tuple[Verdict, ...], wish: Wish) -> None:
        """The key of every tenant that is wished for, None of the others."""
        before, self._tenants = self._tenants, tenants
        key = _key(wish.order)
        if wish != self._wish:
            self._wish = wish
            self._keys = [key(verdict) if _wished(verdict, wish) else None for verdict in tenants]
            return
        for place, (old, new) in enumerate(zip(before, tenants, strict=True)):
            if new is not old:
                self._keys[place] = key(new) if _wished(new, wish) else None

    def _in_order(self, *, backwards: bool) -> list[int]:
        """There are few different keys in most orders, so equal ones are put together before sorting."""
        equal: dict[Key, list[int]] = {}
        keys = self._keys
        for place in self._by_name:
            key = keys[place]
            if key is not None:
                equal.setdefault(key, []).append(place)
        return [place for key in sorted(equal, reverse=backwards) for place in equal[key]]


def _wished(verdict: Verdict, wish: Wish) -> bool:
    here = wish.environment in {"", verdict.tenant.environment}
    told = not wish.faults_only or verdict.state is not HopState.HEALTHY
    return here and told and wish.filter.admits(verdict)


def _key(order: str) -> Callable[[Verdict], Key]:
    if order == "age":
        return lambda verdict: (-_oldest(verdict), "")
    if order in _RANKED:
        ranks: Mapping[str, int] = {str(state): rank for state, rank in RANKS.items()}
        return lambda verdict: (ranks.get(COLUMNS[order](verdict), len(ranks)), "")
    return lambda verdict: (not COLUMNS[order](verdict), COLUMNS[order](verdict))


def _oldest(verdict: Verdict) -> float:
    ages = [hop.age_seconds for hop in verdict.hops if hop.age_seconds is not None]
    return max(ages, default=float("inf"))


def _grouped(shown: Sequence[Entry], wish: Wish, teams: Teams) -> Iterator[Entry]:
    tenants = [entry for entry in shown if isinstance(entry, Verdict)]

    def name(verdict: Verdict) -> str:
        return _group_of(verdict, wish.grouping, teams)

    for group, members in groupby(sorted(tenants, key=name), key=name):
        heading = Heading(group, tuple(members), group in wish.folded)
        yield heading
        if not heading.folded:
            yield from heading.members


def _group_of(verdict: Verdict, grouping: str, teams: Teams) -> str:
    if grouping == "team":
        return teams.get(verdict.tenant.service) or NO_TEAM
    return verdict.state if grouping == "state" else verdict.tenant.environment
