"""One moto for all tests of a process, and a Parameter Store in front of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.ssm import moto as child
from tests.simulator.ssm.background import Background
from tests.simulator.ssm.stores import Server, Store


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("moto")
    with Background() as background:
        running = background.enter(lambda: child.running(home / "moto.log", home=home))
        yield Server(background, running.url)


@pytest.fixture(scope="session")
def store(moto: Server) -> Store:
    return moto.store()


@pytest.fixture(scope="session")
def ssm(store: Store) -> Iterator[Any]:
    """An administrator's client."""
    with store.client() as made:
        yield made
