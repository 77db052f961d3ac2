"""What the interface knows: the newest view, how long ago it came, and what runs beside the screens."""

from collections.abc import Callable
from dataclasses import replace

from portal.core.chain import FleetView, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.tui.present.activity import Activity
from portal.tui.present.sources import Interruption, aged

NOTHING_YET = FleetView(
    "",
    tuple(
        SourceState(source, Freshness.NEVER_LOADED)
        for source in (Source.GIT, Source.NEON, Source.SSM, Source.KUBERNETES)
    ),
    (),
)


class Store:
    """Holds immutable values; `monotonic` is the portal's clock in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._view = NOTHING_YET
        self._received = monotonic()
        self._interruption: tuple[str, float] | None = None
        self.activity = Activity()
        self.activity_opened = False

    def put(self, view: FleetView) -> None:
        """Take a newer view. One that has not read git yet takes no tenant away."""
        git = next((source.state for source in view.sources if source.name is Source.GIT), None)
        if not view.tenants and git in {None, Freshness.NEVER_LOADED, Freshness.UNKNOWN}:
            view = replace(view, tenants=self._view.tenants)
        self._view = view
        self._received = self._monotonic()
        self._interruption = None

    def interrupt(self, reason: str, retry_in: float) -> None:
        """The stream of views ended and is begun again in `retry_in` seconds."""
        self._interruption = (reason, self._monotonic() + retry_in)

    @property
    def elapsed(self) -> float:
        """Seconds since the view came."""
        return self._monotonic() - self._received

    @property
    def view(self) -> FleetView:
        """The newest view as old as it is now."""
        interruption = None
        if self._interruption is not None:
            reason, at = self._interruption
            interruption = Interruption(reason, max(0.0, at - self._monotonic()))
        return replace(self._view, sources=aged(self._view.sources, self.elapsed, interruption))

    def verdict(self, tenant: TenantKey) -> Verdict | None:
        """The tenant's verdict, None when the fleet does not know it any more."""
        return next((verdict for verdict in self._view.tenants if verdict.tenant == tenant), None)
