"""The command palette: the commands of the command line, and every tenant."""

from functools import partial
from typing import Protocol, cast

from rich.markup import escape
from textual.command import DiscoveryHit, Hit, Hits, Provider

from portal.tui.orders import Orders
from portal.tui.present.commands import COMMANDS, Command, Order, usage


class Obedient(Protocol):
    """The application, as far as the palette goes."""

    async def orders(self) -> Orders: ...

    async def obey(self, order: Order) -> None: ...

    async def action_begin(self, line: str) -> None: ...


class Commands(Provider):
    """A command that needs an argument goes on in the command line."""

    async def discover(self) -> Hits:
        for command in COMMANDS:
            yield DiscoveryHit(usage(command), partial(self._run, command), help=command.does)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in COMMANDS:
            score = matcher.match(f"{command.name} {command.does}")
            if score > 0:
                yield Hit(
                    score, matcher.highlight(usage(command)), partial(self._run, command), help=command.does
                )
        for tenant in (await self._app.orders()).vocabulary().get("tenant", ()):
            if (score := matcher.match(tenant)) > 0:
                order = Order("tenant", tenant)
                yield Hit(
                    score,
                    matcher.highlight(escape(tenant)),
                    partial(self._app.obey, order),
                    help="open the tenant",
                )

    @property
    def _app(self) -> Obedient:
        return cast("Obedient", self.app)

    async def _run(self, command: Command) -> None:
        if command.needed:
            await self._app.action_begin(f"{command.name} ")
        else:
            await self._app.obey(Order(command.name))
