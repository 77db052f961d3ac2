"""Waiting for a state of tenants, for pipelines: ends with the state, with the time, or with the reason."""

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing

from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode, health_code
from portal.core.chain import FleetView, HopState, Verdict
from portal.core.facets import TenantKey
from portal.core.wording import plain
from portal.engine.world import Ports
from portal.errors import UsageError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")


def seconds_of(text: str) -> float:
    """`90`, `90s`, `5m` or `1h` as seconds; raises UsageError."""
    found = _DURATION.fullmatch(text)
    if found is None or not float(found[1]):
        raise UsageError(f"{text!r} is no time to wait; write 90s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2] or "s"]


async def wait(
    call: Call, world: Ports, wanted: frozenset[TenantKey], narrow: Callable[[FleetView], FleetView]
) -> tuple[FleetView, ExitCode]:
    """The last view, and 0 once every tenant has the state; else what the health of the tenants calls for."""
    state, seconds = HopState(call.args.wait_for), seconds_of(call.args.timeout)
    view = FleetView("", (), ())
    try:
        async with asyncio.timeout(seconds), aclosing(world.status.changes()) as views:
            async for found in views:
                before, view = view, narrow(found)
                _progress(call, before, view)
                if _reached(view, wanted, state):
                    return view, ExitCode.DONE
    except TimeoutError:
        _give_up(call, view, wanted, state)
    code = health_code(view.tenants)
    if not view.tenants or wanted - {verdict.tenant for verdict in view.tenants}:
        return view, ExitCode.UNKNOWN if code is ExitCode.DONE else code
    return view, ExitCode.NOT_HEALTHY if code is ExitCode.DONE else code


def _reached(view: FleetView, wanted: frozenset[TenantKey], state: HopState) -> bool:
    seen = {verdict.tenant for verdict in view.tenants}
    return bool(seen) and wanted <= seen and all(verdict.state is state for verdict in view.tenants)


def _progress(call: Call, before: FleetView, after: FleetView) -> None:
    """A line for each tenant whose state or hop is another one than before."""
    known = {verdict.tenant: (verdict.state, verdict.broken_hop) for verdict in before.tenants}
    for verdict in after.tenants:
        if known.get(verdict.tenant) != (verdict.state, verdict.broken_hop):
            call.talk.note(_line(verdict))


def _line(verdict: Verdict) -> str:
    where = f" at {verdict.broken_hop}" if verdict.broken_hop else ""
    told = f": {plain(verdict.cause)}" if verdict.cause else ""
    return f"{verdict.tenant} is {verdict.state}{where}{told}"


def _give_up(call: Call, view: FleetView, wanted: frozenset[TenantKey], state: HopState) -> None:
    """Why the wait was in vain, tenant by tenant, and what to type."""
    call.talk.note(f"not {state} within {call.args.timeout}:")
    for verdict in view.tenants:
        if verdict.state is not state:
            call.talk.note(f"  {_line(verdict)}")
            if verdict.fix:
                call.talk.note(f"    {plain(verdict.fix)}")
    missing = wanted - {verdict.tenant for verdict in view.tenants}
    for tenant in sorted(missing, key=str):
        call.talk.note(f"  {tenant} was not seen")
    if not view.tenants and not wanted:
        call.talk.note("  no tenants were seen")
