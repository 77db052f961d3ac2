"""The container engine a world stands on: ready before anything of the world is started."""

import asyncio
from collections.abc import Callable

from simulator.backends.containers import reaper
from simulator.backends.containers.container import Started
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.marks import Marks
from simulator.harness.ground import FOUNDATIONS, Ground
from simulator.harness.order import Order, Unready


async def ready(order: Order, tell: Callable[[str], None]) -> Engine | None:
    """An engine that has every image of the order, to be closed; None where none is needed.

    Raises Unready.
    """
    if not order.engine:
        return None
    engine = Engine(order.engine, Marks(order.run_id, order.run_dir))
    try:
        await engine.check()
        for name in order.tiers.images():
            await engine.obtain(order.images, name, tell)
    except BaseException as exc:
        await engine.close()
        if isinstance(exc, ContainersUnavailable):
            raise Unready(str(exc)) from exc
        raise
    return engine


async def mind(ground: Ground) -> None:
    """Have the reaper mind this run, where it is wanted and can be had; otherwise say so in one line."""
    engine, order, tell = ground.engine, ground.order, ground.phases.tell
    if engine is None or not order.reaper:
        return
    try:
        with ground.phases.phase("reaper", "minding this run's containers"):
            image = await engine.obtain(order.images, "ryuk", tell)
            started = await ground.parts.open(
                "reaper",
                reaper.running(engine, image, order.reaper, ground.log("reaper.log")),
                stage=FOUNDATIONS,
            )
    except ContainersUnavailable as exc:
        tell(f"No reaper minds this run's containers, the run's own processes remove them. {exc}")
        return
    ground.parts.run("reaper watch", _watch(started, tell), stage=FOUNDATIONS)


async def _watch(started: Started, tell: Callable[[str], None]) -> None:
    """Say when the reaper is gone; the world goes on, for it is an addition."""
    ended = await started.exited()
    tell(f"The reaper {ended}; the run's own processes remove its containers.")
    await asyncio.Event().wait()
