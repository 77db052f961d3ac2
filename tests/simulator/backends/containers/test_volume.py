"""Volumes of a run last until they are removed, and one whose maker was given up does not last at all."""

import asyncio
import threading

import pytest

from simulator.backends.containers import removal, volume
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.marks import RUN
from tests.simulator.waiting import until

pytestmark = pytest.mark.containers


async def test_a_volume_lasts_until_it_is_removed(engine: Engine) -> None:
    name = await volume.make(engine, "kept")
    assert _left(engine) == {name}
    await volume.remove(engine, name)
    await volume.remove(engine, name)
    assert _left(engine) == set()


async def test_a_cancelled_caller_leaves_none(engine: Engine) -> None:
    await engine.call("its version", lambda client: client.version())
    for number, pause in enumerate((0, 0.001, 0.005, 0.02)):
        making = asyncio.ensure_future(volume.make(engine, f"given-up-{number}"))
        await asyncio.wait([making], timeout=pause)
        making.cancel()
        await asyncio.wait([making])
        if not making.cancelled():
            await volume.remove(engine, making.result())
    await until(lambda: not any("making the volume" in thread.name for thread in threading.enumerate()))
    assert _left(engine) == set()


def _left(engine: Engine) -> set[str]:
    return {each.name for each in removal.marked(engine.url, f"{RUN}={engine.marks.run_id}")}
