"""The controllers that live inside the API server."""

import asyncio

import pytest

from simulator.clock import WallClock
from simulator.kube.server import KubeServer
from tests.simulator.waiting import DEADLINE


async def test_a_fault_in_the_controllers_of_the_server_ends_it() -> None:
    server = KubeServer(WallClock(), {})
    metadata = {"name": "n", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"}

    async def run() -> None:
        async with asyncio.timeout(DEADLINE), server.running():
            server.store.write(("", "namespaces"), {"metadata": metadata})
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as told:
        await run()
    await server.close()
    assert [type(fault) for fault in told.value.exceptions] == [KeyError]
