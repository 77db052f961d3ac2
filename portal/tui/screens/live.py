"""What every screen over the live fleet shares: banner, activity, freshness, footer, and a tick a second."""

from textual.app import ComposeResult
from textual.screen import Screen

from portal.tui.present.activity import Outcome, activity_head, activity_lines
from portal.tui.present.sources import chips, reasons
from portal.tui.store import Store
from portal.tui.widgets.activity import ActivityPanel
from portal.tui.widgets.banner import Banner
from portal.tui.widgets.freshness import FreshnessBar
from portal.tui.widgets.key_bar import KeyBar

TICK_SECONDS = 1.0
# With fewer lines than this, blank ones are left out.
SHORT = 22


class LiveScreen(Screen[None]):
    """Shows the store; knows no engine. A screen fills in `compose_body` and `draw`."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (SHORT, "-tall")]  # noqa: RUF012 - Textual declares it without ClassVar

    def __init__(self, store: Store, banner: str) -> None:
        super().__init__()
        self.store = store
        self.banner = banner

    def compose(self) -> ComposeResult:
        yield Banner(self.banner)
        yield from self.compose_body()
        yield ActivityPanel()
        yield FreshnessBar()
        yield KeyBar()

    def compose_body(self) -> ComposeResult:
        """What stands between banner and activity."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the store's newest view."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.refresh_view()
        self.refresh_activity()
        self.set_interval(TICK_SECONDS, self.tick)

    def on_screen_resume(self) -> None:
        self.refresh_view()
        self.refresh_activity()

    def tick(self) -> None:
        """Ages grow and countdowns run also when nothing arrives."""
        if not self.is_current:
            return
        if self.shows_ages():
            self.draw()
        self._refresh_sources()

    def shows_ages(self) -> bool:
        """Whether `draw` would draw something else a second later."""
        return True

    def refresh_view(self) -> None:
        """Draw everything that comes from the fleet."""
        self.draw()
        self._refresh_sources()

    def _refresh_sources(self) -> None:
        sources = self.store.view.sources
        self.query_one(FreshnessBar).show(chips(sources), reasons(sources))

    def refresh_activity(self) -> None:
        """Draw what runs beside the screen."""
        activity = self.store.activity
        self.query_one(ActivityPanel).show(
            activity_head(activity),
            activity_lines(activity),
            opened=self.store.activity_opened,
            full=activity.outcome is Outcome.FAILED,
        )
