"""Parameter Store and object storage under the shipped policies."""

from collections.abc import Iterator

import pytest

from simulator.ssm import moto as child
from tests.manifests.permitted import Place
from tests.simulator.ssm.background import Background
from tests.simulator.ssm.stores import Server


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("moto")
    with Background() as background:
        running = background.enter(lambda: child.running(home / "moto.log", home=home))
        yield Place(Server(background, running.url), background, tmp_path_factory.mktemp("aws"))
