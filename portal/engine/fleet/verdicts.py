"""The last verdict of every tenant, made again by what is held of it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.core.assess import assess
from portal.core.chain import Verdict
from portal.core.facets import Source, SourceState, TenantKey
from portal.core.observed import Moment, TenantObservation
from portal.engine.fleet.agenda import AT_ONCE
from portal.engine.fleet.freshness import SourceBook
from portal.engine.fleet.holdings import Holdings

_UNREAD = "not judged yet: its cluster is being read for the first time"


@dataclass(slots=True)
class Verdicts:
    """Of the tenants of the last arrangement, in its order; None where none was made yet."""

    holdings: Holdings
    book: SourceBook
    _places: dict[TenantKey, int] = field(default_factory=dict)
    _rows: list[Verdict | None] = field(default_factory=list)

    def shown(self) -> tuple[Verdict, ...]:
        """Those there are."""
        return tuple(row for row in self._rows if row is not None)

    def arrange(self, tenants: Sequence[TenantKey]) -> None:
        """These from now on, in this order, with the verdicts they had."""
        places, rows = self._places, self._rows
        self._rows = [rows[places[tenant]] if tenant in places else None for tenant in tenants]
        self._places = {tenant: place for place, tenant in enumerate(tenants)}

    async def judge(self, tenants: Iterable[TenantKey], moment: Moment) -> None:
        """All of them as of one moment, while the loop serves others in between."""
        ordered = sorted(tenants, key=str)
        states = self._states(ordered, moment)
        for start in range(0, len(ordered), AT_ONCE):
            if start:
                await asyncio.sleep(0)
            self._judge(ordered[start : start + AT_ONCE], moment, states)

    def judge_few(self, tenants: Iterable[TenantKey], moment: Moment) -> None:
        """No more than a slice of them, at once."""
        few = list(tenants)
        self._judge(few, moment, self._states(few, moment))

    def put_off(self, tenants: Iterable[TenantKey], moment: Moment) -> None:
        """Say of those without a verdict that theirs is still to come."""
        missing = [tenant for tenant in tenants if self._rows[self._places[tenant]] is None]
        if not missing:
            return
        nothing = assess(TenantKey("", ""), TenantObservation(), moment)
        hops = tuple(replace(hop, cause=_UNREAD, fix="") for hop in nothing.hops)
        unread = replace(nothing, cause=_UNREAD, fix="", hops=hops)
        for tenant in missing:
            self._rows[self._places[tenant]] = replace(unread, tenant=tenant)

    def _states(
        self, tenants: Iterable[TenantKey], moment: Moment
    ) -> Mapping[str, Mapping[Source, SourceState]]:
        places = {tenant.environment for tenant in tenants}
        return {place: self.book.of_tenant(place, moment.monotonic) for place in places}

    def _judge(
        self,
        tenants: Iterable[TenantKey],
        moment: Moment,
        states: Mapping[str, Mapping[Source, SourceState]],
    ) -> None:
        for tenant in tenants:
            seen = self.holdings.observe(tenant, states[tenant.environment], moment.monotonic)
            self._rows[self._places[tenant]] = assess(tenant, seen, moment)
