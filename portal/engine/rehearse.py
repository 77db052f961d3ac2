"""Onboard services into a world that has nothing to lose, with inputs made up for it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from portal.core.events import Progress, Stage
from portal.core.facets import TenantKey
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.engine.initialise import initialise
from portal.engine.onboard import ApplyResult, apply, make_plan
from portal.engine.world import Ports
from portal.errors import InterruptedRun, PortalError
from portal.ports import Report

PhaseEnd = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Onboarded:
    """What became of every service: a result, or the error that ended its onboarding."""

    results: tuple[ApplyResult, ...]
    failures: tuple[tuple[TenantKey, PortalError], ...]


async def onboard(
    ports: Ports,
    neon_key: Secret,
    specs: Sequence[ServiceSpec],
    environment: str,
    *,
    report: Report,
    phase_end: PhaseEnd,
) -> Onboarded:
    """Initialise the platform, then plan, apply and verify each service in turn.

    Values a person would be asked for are random tokens. A service that fails stops no other; raises
    what `initialise` raises, and InterruptedRun when cancelled.
    """
    done = await initialise(ports, neon_key)
    report(Progress("platform", "neon key", Stage.DONE, f"account {done.account}, {done.parameter}"))
    await phase_end("initialise")
    results: list[ApplyResult] = []
    failures: list[tuple[TenantKey, PortalError]] = []
    for spec in specs:
        try:
            plan = await make_plan(ports, spec, environment)
            inputs = {key: Secret(f"rehearsal-{ports.keys.token()}") for key in plan.inputs}
            results.append(await apply(ports, spec, plan, inputs, report))
        except InterruptedRun:
            raise
        except PortalError as error:
            failures.append((TenantKey(spec.name, environment), error))
        await phase_end(f"onboard {spec.name}/{environment}")
    return Onboarded(tuple(results), tuple(failures))
