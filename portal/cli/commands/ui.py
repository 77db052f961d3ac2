"""The terminal interface: live fleet, the chain of each tenant, cause and fix."""

import argparse
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING

from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.core.chain import FleetView
from portal.core.facets import TenantKey
from portal.errors import UsageError
from portal.settings import Settings
from portal.tui.later import COLLECTING, threaded

if TYPE_CHECKING:
    from portal.core.observed import Seen
    from portal.engine.world import Ports
    from portal.tui.desk import Desk

EXAMPLES = """examples:
  portal ui
  portal --profile staging ui"""


def configure(parser: argparse.ArgumentParser) -> None:
    del parser


async def run(call: Call) -> ExitCode:
    if not (on_terminal() or served(call)):
        raise UsageError("the interface needs a terminal", hint="`portal status` prints the same verdicts")
    COLLECTING.put_off()
    from portal.tui.app import run_app  # noqa: PLC0415 - Textual is loaded only for the interface

    settings = call.tenant_settings()
    opened = OpenedLater(settings)
    code = await run_app(
        opened,
        title=settings.profile,
        rehearsal=settings.simulated,
        tiers=settings.tiers,
        read_only=settings.read_only,
        desk=opened.desk,
        colour=colour(call),
        interface=settings.interface,
        state=settings.state_dir,
    )
    return ExitCode(code)


def on_terminal() -> bool:
    """Whether a person can see and drive the interface, which draws on stderr."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def served(call: Call) -> bool:
    """Whether the terminal is drawn in a browser, by `portal serve`."""
    return "web_driver" in call.environ.get("TEXTUAL_DRIVER", "")


def colour(call: Call) -> bool:
    """`--no-color`, or a `NO_COLOR` that is not empty, takes colour away."""
    return not (call.args.no_color or call.environ.get("NO_COLOR"))


class OpenedLater:
    """A live fleet whose clients are imported and opened when it is first followed, after the first paint,
    and closed when that ends.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.ports: Ports | None = None

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        services = await threaded(_services)
        async with services(self._settings) as ports:
            self.ports = ports
            try:
                async with aclosing(ports.status.changes()) as views:
                    async for view in views:
                        yield view
            finally:
                self.ports = None

    def desk(self) -> "Desk":
        """What is planned and carried out over these ports."""
        from portal.tui.ports_desk import PortsDesk  # noqa: PLC0415 - imported on a thread, after the first paint

        return PortsDesk(lambda: self.ports)

    def seen(self, tenant: TenantKey) -> "Seen | None":
        return self.ports.status.seen(tenant) if self.ports is not None else None

    def teams(self) -> Mapping[str, str]:
        return self.ports.status.teams() if self.ports is not None else {}

    def refresh(self) -> None:
        if self.ports is not None:
            self.ports.status.refresh()


def _services() -> "Callable[[Settings], AbstractAsyncContextManager[Ports]]":
    from portal.bootstrap import services  # noqa: PLC0415 - imported on a thread, after the first paint

    return services
