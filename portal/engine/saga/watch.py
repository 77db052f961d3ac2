"""Follow a tenant's chain until it is healthy or patience ends; reads only."""

import asyncio
import re

from portal.core.chain import HopName, HopState, Verdict
from portal.core.events import Progress, Stage
from portal.core.facets import TenantKey
from portal.core.plan import StepKind
from portal.engine.world import Ports
from portal.errors import InterruptedRun, RemoteError
from portal.ports import Report

_PAUSE_GROWTH = 1.5
# Of these, what is wrong after everything was done stays wrong: nobody but a person acts on it.
_LASTING = frozenset(
    {
        HopName.BRANCH,
        HopName.COMPUTE,
        HopName.DATABASE,
        HopName.PARAMETERS,
        HopName.STORAGE,
        HopName.FRESHNESS,
    }
)
# Ages and counts change while what is waited for stays the same.
_NUMBERS = re.compile(r"\d+")


async def watch(ports: Ports, tenant: TenantKey, report: Report) -> Verdict:
    """The last verdict: healthy, or what it was when patience ended, with the blocking hop reported."""
    try:
        return await _watch(ports, tenant, report)
    except asyncio.CancelledError as exc:
        raise InterruptedRun(
            f"stopped while waiting for {tenant} to become healthy; everything asked for was done",
            hint=f"Look at it with: portal trace {tenant}",
        ) from exc


async def _watch(ports: Ports, tenant: TenantKey, report: Report) -> Verdict:
    clock, patience = ports.clock, ports.patience
    begun, pause, told = clock.monotonic(), patience.poll_first, ""
    since = begun
    step = str(StepKind.VERIFY)
    report(Progress(str(tenant), step, Stage.STARTED))
    while True:
        late = clock.monotonic() - begun >= patience.verify
        settled = clock.monotonic() - since >= patience.settled
        try:
            verdict = await ports.status.verdict(tenant)
        except RemoteError as exc:
            if late:
                raise
            blocking = str(exc)
        else:
            blocking = _blocking(verdict)
            seconds = clock.monotonic() - begun
            if verdict.state is HopState.HEALTHY:
                report(Progress(str(tenant), step, Stage.DONE, "every hop is healthy", seconds))
                return verdict
            if late or (settled and verdict.broken_hop in _LASTING and _words(blocking) == told):
                said = f"still not healthy: {blocking}" + (f"; next: {verdict.fix}" if verdict.fix else "")
                report(Progress(str(tenant), step, Stage.FAILED, said, seconds))
                return verdict
        if _words(blocking) != told:
            told, since = _words(blocking), clock.monotonic()
            report(Progress(str(tenant), step, Stage.WAITING, blocking))
        await clock.sleep(pause)
        pause = min(patience.poll_most, pause * _PAUSE_GROWTH)


def _words(blocking: str) -> str:
    return _NUMBERS.sub("#", blocking)


def _blocking(verdict: Verdict) -> str:
    """The hop that keeps the tenant from being healthy, and why."""
    hop = verdict.broken_hop or next((h.name for h in verdict.hops if h.state is not HopState.HEALTHY), None)
    cause = verdict.cause or next((h.cause for h in verdict.hops if h.name == hop), "")
    return f"{hop or 'chain'} is {verdict.state}" + (f": {cause}" if cause else "")
