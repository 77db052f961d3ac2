"""Look at one thing for a plan: the answer, or why there is none, as a facet."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from portal.core.facets import Absent, Denied, Facet, NeverLoaded, Present, Source, Unknown
from portal.engine.retry import reading
from portal.engine.world import Ports
from portal.errors import AccessDenied, NotFound, RefusedError, RemoteError

T = TypeVar("T")


def known(facet: Facet[T], what: str) -> T | None:
    """The value, None where it is absent; raises RefusedError where nobody can tell."""
    if isinstance(facet, Present):
        return facet.value
    if isinstance(facet, Absent):
        return None
    reason = "not asked" if isinstance(facet, NeverLoaded) else facet.reason
    raise RefusedError(
        f"{what} is not known: {reason}",
        system=str(facet.source),
        hint="Nothing is done on a guess. Repeat the command once the source answers.",
    )


class Look:
    """Turns the answers and errors of one call into a facet; only what was answered is ever Absent."""

    def __init__(self, ports: Ports) -> None:
        """Reads go through the read policy of the retries."""
        self.ports = ports

    async def at(self, source: Source, call: Callable[[], Awaitable[T | None]]) -> Facet[T]:
        """None and NotFound are Absent, 401 and 403 Denied, every other failure Unknown."""
        ports = self.ports
        try:
            value = await reading(call, clock=ports.clock, jitter=ports.jitter)
        except NotFound:
            value = None
        except AccessDenied as exc:
            return Denied(source, str(exc), ports.clock.monotonic())
        except RemoteError as exc:
            return Unknown(source, str(exc), ports.clock.monotonic())
        moment = ports.clock.monotonic()
        return Absent(source, moment) if value is None else Present(value, source, moment)
