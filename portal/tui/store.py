"""What the interface knows: the newest view, how long ago it came, what the person at the screen wished to
see, what was told, and what runs beside the screens.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from portal.core.chain import FleetView, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.tui.present.activity import Activity
from portal.tui.present.arrange import FleetList, Wish
from portal.tui.present.notes import Note
from portal.tui.present.parts import CHAIN
from portal.tui.present.roster import Roster
from portal.tui.present.sources import Interruption, aged

if TYPE_CHECKING:
    from portal.core.observed import Seen
    from portal.core.report import Drilled
    from portal.tui.follow import LiveFleet
    from portal.tui.present.world import WorldView

KEPT_NOTES = 200
NOTHING_YET = FleetView(
    "",
    tuple(
        SourceState(source, Freshness.NEVER_LOADED)
        for source in (Source.GIT, Source.NEON, Source.SSM, Source.KUBERNETES)
    ),
    (),
)


@dataclass(frozen=True, slots=True)
class _Told:
    at: float
    severity: str
    text: str


class Store:
    """Holds immutable values; `monotonic` is the portal's clock in seconds."""

    def __init__(self, monotonic: Callable[[], float], fleet: "LiveFleet") -> None:
        self.monotonic = monotonic
        self._fleet = fleet
        self._view = NOTHING_YET
        self._roster = Roster()
        self._received = monotonic()
        self._interruption: tuple[str, float] | None = None
        self._notes: deque[_Told] = deque(maxlen=KEPT_NOTES)
        self.wish = Wish()
        self.tab = CHAIN
        self.drilled: tuple[Drilled, ...] = ()
        self.marked: frozenset[str] = frozenset()
        self.filters: dict[str, str] = {}
        self.world: WorldView | None = None
        self.activity = Activity()
        self.activity_opened = False

    def put(self, view: FleetView) -> None:
        """Take a newer view. One that has not read git yet takes no tenant away."""
        git = next((source.state for source in view.sources if source.name is Source.GIT), None)
        if not view.tenants and git in {None, Freshness.NEVER_LOADED, Freshness.UNKNOWN}:
            view = replace(view, tenants=self._view.tenants)
        self._view = view
        self._received = self.monotonic()
        self._interruption = None

    def interrupt(self, reason: str, retry_in: float) -> None:
        """The stream of views ended and is begun again in `retry_in` seconds."""
        self._interruption = (reason, self.monotonic() + retry_in)

    @property
    def elapsed(self) -> float:
        """Seconds since the view came."""
        return self.monotonic() - self._received

    @property
    def view(self) -> FleetView:
        """The newest view as old as it is now."""
        interruption = None
        if self._interruption is not None:
            reason, at = self._interruption
            interruption = Interruption(reason, max(0.0, at - self.monotonic()))
        return replace(self._view, sources=aged(self._view.sources, self.elapsed, interruption))

    @property
    def environments(self) -> Sequence[str]:
        """Every environment a tenant lives in."""
        return sorted({verdict.tenant.environment for verdict in self._view.tenants})

    def listed(self) -> FleetList:
        """The tenants as they were wished for."""
        teams = self._fleet.teams() if self.wish.grouping == "team" else {}
        return self._roster.listed(self.view, self.wish, teams)

    def verdict(self, tenant: TenantKey) -> Verdict | None:
        """The tenant's verdict, None when the fleet does not know it any more."""
        return next((verdict for verdict in self._view.tenants if verdict.tenant == tenant), None)

    def seen(self, tenant: TenantKey) -> "Seen | None":
        """Everything held of a tenant, None while nothing is followed."""
        return self._fleet.seen(tenant)

    def note(self, text: str, severity: str) -> None:
        """Keep what was told."""
        self._notes.append(_Told(self.monotonic(), severity, text))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was told, newest first."""
        now = self.monotonic()
        return tuple(Note(now - told.at, told.severity, told.text) for told in reversed(self._notes))
