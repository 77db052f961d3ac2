"""The order in which a cluster comes up with what it stands on."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from simulator.controllers.api import Api
from simulator.harness import actors, cluster, platform
from simulator.harness.ground import Ground
from simulator.harness.phases import Phases
from simulator.harness.tiers import Tiers


async def test_the_time_its_secret_store_has_begins_when_parameter_store_accepts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    applied, ready = asyncio.Event(), asyncio.Event()

    async def nothing(*_: object) -> None:
        pass

    async def apply(*_: object) -> None:
        applied.set()

    async def wait_for_it(*_: object) -> None:
        ready.set()

    monkeypatch.setattr(platform, "define", nothing)
    monkeypatch.setattr(platform, "apply", apply)
    monkeypatch.setattr(platform, "grant", nothing)
    monkeypatch.setattr(platform, "ready", wait_for_it)
    monkeypatch.setattr(actors, "start", nothing)
    ground = SimpleNamespace(
        order=SimpleNamespace(tiers=Tiers(), run_id="r1", environment="dev", external_secrets="v1"),
        minted=SimpleNamespace(external_secrets_key=None),
        phases=Phases(lambda _: None),
    )
    standing, parameters, repository = (asyncio.get_running_loop().create_future() for _ in range(3))
    standing.set_result(cluster.Standing("https://127.0.0.1:1", cast("Api", None)))
    repository.set_result("file:///nowhere")
    coming = asyncio.ensure_future(cluster.come_up(cast("Ground", ground), standing, parameters, repository))
    until_then = asyncio.ensure_future(applied.wait())
    await asyncio.wait([coming, until_then], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([coming], timeout=0.1)
    assert not coming.done()
    assert not ready.is_set()
    parameters.set_result("http://127.0.0.1:1")
    await coming
    assert ready.is_set()
