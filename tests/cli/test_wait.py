"""Waiting for a state: reached, given up with the reason, or asked for wrongly."""

import argparse
import asyncio
import io
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from portal.cli.call import Call
from portal.cli.diagnostics import Diagnostics, ExitCode
from portal.cli.output import Output
from portal.cli.wait import seconds_of, wait
from portal.core.chain import FleetView, HopName, HopState, Verdict
from portal.core.facets import TenantKey
from portal.core.observed import Seen
from portal.core.stats import Stats
from portal.engine.world import Ports
from portal.errors import UsageError

MINE = TenantKey("identity-service", "dev")
BROKEN = Verdict(MINE, HopState.BROKEN, HopName.PARAMETERS, "no database_url", "portal apply", ())
HEALTHY = Verdict(MINE, HopState.HEALTHY, None, "", "", ())
UNKNOWN = Verdict(MINE, HopState.UNKNOWN, None, "Neon could not be read", "portal doctor", ())


@dataclass
class Told:
    """A status that tells its views one after the other, and then nothing more."""

    views: list[tuple[Verdict, ...]]
    closed: list[bool] = field(default_factory=list)

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        try:
            for tenants in self.views:
                yield FleetView("", (), tenants)
            await Forever()
        finally:
            self.closed.append(True)

    async def verdict(self, tenant: TenantKey) -> Verdict:
        raise NotImplementedError(tenant)

    async def some(self, tenants: Collection[TenantKey]) -> FleetView:
        raise NotImplementedError(tenants)

    async def snapshot(self) -> FleetView:
        raise NotImplementedError

    def stats(self) -> Stats:
        return Stats()

    def seen(self, tenant: TenantKey) -> Seen | None:
        del tenant
        return None

    def teams(self) -> Mapping[str, str]:
        return {}

    def refresh(self) -> None:
        raise NotImplementedError


class Forever:
    """Something that never comes."""

    def __await__(self) -> Any:
        return asyncio.get_running_loop().create_future().__await__()


async def waited(*views: tuple[Verdict, ...], within: str = "1s") -> tuple[ExitCode, str]:
    talk, status = io.StringIO(), Told(list(views))
    args = argparse.Namespace(wait_for="healthy", timeout=within)
    call = Call(args, {}, Path(), Output(stream=io.StringIO()), Diagnostics(talk))
    world = cast("Ports", argparse.Namespace(status=status))
    _, code = await wait(call, world, frozenset({MINE}), lambda view: view)
    assert status.closed
    return code, talk.getvalue()


async def test_it_ends_with_the_state_that_was_waited_for_and_tells_each_change_once() -> None:
    code, talk = await waited((), (BROKEN,), (BROKEN,), (HEALTHY,), within="60s")
    assert code is ExitCode.DONE
    assert talk.splitlines() == [
        "identity-service/dev is broken at parameters: no database_url",
        "identity-service/dev is healthy",
    ]


@pytest.mark.parametrize(
    ("views", "code", "words"),
    [
        ([(BROKEN,)], ExitCode.NOT_HEALTHY, "broken at parameters: no database_url\n    portal apply"),
        ([(UNKNOWN,)], ExitCode.UNKNOWN, "is unknown: Neon could not be read\n    portal doctor"),
        ([()], ExitCode.UNKNOWN, "identity-service/dev was not seen"),
    ],
    ids=["broken", "unknown", "missing"],
)
async def test_it_gives_up_with_the_reason(
    views: list[tuple[Verdict, ...]], code: ExitCode, words: str
) -> None:
    found, talk = await waited(*views, within="0.2s")
    assert found is code
    assert "not healthy within 0.2s:" in talk
    assert words in talk


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("5m", 300.0), ("1.5h", 5400.0)])
def test_a_time_is_seconds_minutes_or_hours(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-5s", "5 m", "5d", "soon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write 90s, 5m or 1h"):
        seconds_of(text)
