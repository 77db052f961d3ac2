"""A guard over every test of the interface: nothing that blocks may run on its loop."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

BLOCKING = {"time.sleep", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"}
_caught: list[str] = []
_watching = False


def _hook(event: str, _arguments: tuple[object, ...]) -> None:
    if _watching and event in BLOCKING and asyncio._get_running_loop() is not None:
        _caught.append(event)


sys.addaudithook(_hook)


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    global _watching  # noqa: PLW0603 - an audit hook cannot be removed, only told to look away
    _caught.clear()
    _watching = True
    yield
    _watching = False
    assert not _caught, f"blocking calls on the interface's loop: {_caught}"
