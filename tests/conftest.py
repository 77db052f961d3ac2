"""What holds for every test: no verdict depends on how busy the machine is, and worlds are made as asked."""

import gc
import sys
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

from tests.e2e.tier import OPTIONS, Tier, in_containers, repeated

if not find_spec("sniffio"):
    # httpcore looks for it at every lock and event it makes, and the search costs more than the request.
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # how Python marks a module absent

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("worlds", "what the worlds of end-to-end tests are made of, as `up` takes it")
    for name in OPTIONS:
        group.addoption(f"--{name}", default="", metavar="WORD")
    parser.addoption("--long", action="store_true", help="run the tests marked `long` too")


@pytest.fixture(scope="session")
def tier(pytestconfig: pytest.Config) -> Tier:
    return Tier.of(pytestconfig)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that start whole worlds come first, so that no worker is left alone with them at the end.

    Where the worlds are made of containers, those marked `tiers` belong to the tests of containers. Those
    marked `long` are for who asks for them.
    """
    if not config.getoption("--long"):
        deselected = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    for item in items:
        if in_containers(config) and repeated(item):
            item.add_marker("containers")
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


def pytest_collection_finish() -> None:
    """What collecting thousands of tests has made stays for good: nobody looks through it for garbage again,
    and for garbage of the tests less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)
