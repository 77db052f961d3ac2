"""A remote with two tenants, and the adapter on it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.adapters.repo import GitRepository
from portal.adapters.threads import Threads
from portal.settings import RepositorySettings
from tests.adapters.repo.remote import Disturbed, Remote, tenant

Opened = Callable[[], GitRepository]


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    found = Remote(tmp_path)
    found.commit({**tenant("identity"), **tenant("billing"), "README.md": "tenants\n"}, "start")
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def opened(remote: Remote, state: Path, threads: Threads) -> Opened:
    """Make an adapter; its environment is what it is at that moment."""

    def make() -> GitRepository:
        settings = RepositorySettings(url=remote.url, timeout_seconds=20)
        return GitRepository(settings, state, threads, isolated=True)

    return make


@pytest.fixture
def repository(opened: Opened) -> GitRepository:
    return opened()


@pytest.fixture
def disturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disturbed:
    found = Disturbed(tmp_path)
    monkeypatch.setenv("PATH", found.path)
    return found
