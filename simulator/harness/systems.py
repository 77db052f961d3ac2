"""The systems of a world: they come up side by side where they can, on one another where they must."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.backends.serving import serve
from simulator.harness import cluster, databases, engine, stores, tenants, truth
from simulator.harness.control import Control
from simulator.harness.ground import LISTENERS, Ground
from simulator.harness.rundir import write_private
from simulator.harness.tiers import EXTERNAL


@dataclass(frozen=True, slots=True)
class Commands:
    """What the control API of a world asks of it."""

    state: Callable[[], Mapping[str, Any]]
    heal: Callable[[], Awaitable[Mapping[str, Any]]]
    reset: Callable[[bool], Awaitable[Mapping[str, Any]]]
    end: Callable[[], None]


async def come_up(ground: Ground, commands: Commands) -> None:
    """Return when everything accepts requests."""
    ground.endpoints["gateway_log"] = str(ground.log("gateway.jsonl"))
    async with asyncio.TaskGroup() as group:
        standing = group.create_task(cluster.stand(ground))
        if ground.order.tiers.cluster == EXTERNAL:
            # A cluster that cannot be used is told at once, before anything else is started in vain.
            await asyncio.wait({standing})
            standing.result()
        parameters = group.create_task(stores.come_up(ground))
        repository = group.create_task(_tenants(ground))
        group.create_task(databases.come_up(ground))
        group.create_task(cluster.come_up(ground, standing, parameters, repository))
        group.create_task(_control(ground, commands))
        group.create_task(engine.mind(ground))


async def _tenants(ground: Ground) -> str:
    with ground.phases.phase("tenants repository", "made"):
        url = await tenants.make(ground.order.run_dir / "tenants.git", ground.home, ground.log("git.log"))
    ground.endpoints["tenants_repo"] = url
    return url


async def _control(ground: Ground, commands: Commands) -> None:
    token_file = ground.order.run_dir / "control_token"
    write_private(token_file, ground.minted.control_token)
    control = Control(
        ground.minted.control_token,
        ground.faults,
        commands.state,
        commands.heal,
        commands.end,
        truth=lambda: truth.told(ground),
        reset=commands.reset,
    )
    listener = await ground.parts.open("control", serve(control.app), stage=LISTENERS)
    ground.endpoints |= {"control_url": listener.url, "control_token_file": str(token_file)}
