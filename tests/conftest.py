"""What holds for every test: no verdict depends on how busy the machine is."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start whole worlds come first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)
