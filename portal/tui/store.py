"""The newest view the interface has, and when it came."""

from collections.abc import Callable

from portal.core.chain import FleetView, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey

NOTHING_YET = FleetView(
    "",
    tuple(
        SourceState(source, Freshness.NEVER_LOADED)
        for source in (Source.GIT, Source.NEON, Source.SSM, Source.KUBERNETES)
    ),
    (),
)


class Store:
    """Holds one immutable view; `monotonic` is the portal's clock in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._received = monotonic()
        self.view = NOTHING_YET

    def put(self, view: FleetView) -> None:
        """Replace the view."""
        self.view = view
        self._received = self._monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the view came."""
        return self._monotonic() - self._received

    def verdict(self, tenant: TenantKey) -> Verdict | None:
        """The tenant's verdict, None when the fleet does not know it any more."""
        return next((verdict for verdict in self.view.tenants if verdict.tenant == tenant), None)
