"""Onboard services into a world that has nothing to lose, with inputs made up for it."""

from collections.abc import Awaitable, Callable, Sequence

from portal.core.events import Progress, Stage
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.engine.initialise import initialise
from portal.engine.onboard import ApplyResult, apply, make_plan
from portal.engine.world import Ports
from portal.ports import Report

PhaseEnd = Callable[[str], Awaitable[None]]


async def onboard(
    ports: Ports,
    neon_key: Secret,
    specs: Sequence[ServiceSpec],
    environment: str,
    *,
    report: Report,
    phase_end: PhaseEnd,
) -> tuple[ApplyResult, ...]:
    """Initialise the platform, then plan, apply and verify each service in turn.

    Values a person would be asked for are random tokens. Raises what `apply` raises.
    """
    done = await initialise(ports, neon_key)
    report(Progress("platform", "neon key", Stage.DONE, f"account {done.account}, {done.parameter}"))
    await phase_end("initialise")
    results = []
    for spec in specs:
        plan = await make_plan(ports, spec, environment)
        inputs = {key: Secret(f"rehearsal-{ports.keys.token()}") for key in plan.inputs}
        results.append(await apply(ports, spec, plan, inputs, report))
        await phase_end(f"onboard {spec.name}/{environment}")
    return tuple(results)
