"""Guards over every test of the interface: nothing blocks its loop, by waiting or by working too long."""

import asyncio
import gc
import sys
from collections.abc import Iterator

import pytest

from tests.tui.slices import LONGEST_SECONDS, Slices

BLOCKING = {"time.sleep", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"}
_caught: list[str] = []
_watching = False


def _hook(event: str, _arguments: tuple[object, ...]) -> None:
    if _watching and event in BLOCKING and asyncio._get_running_loop() is not None:
        _caught.append(event)


sys.addaudithook(_hook)


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    global _watching  # noqa: PLW0603 - an audit hook cannot be removed, only told to look away
    _caught.clear()
    slices = Slices()
    # A bound method would not be given the handle it is called on.
    monkeypatch.setattr(asyncio.Handle, "_run", lambda handle: slices.run(handle))  # noqa: PLW0108
    gc.callbacks.append(slices.collected)
    _watching = True
    yield
    _watching = False
    gc.callbacks.remove(slices.collected)
    assert not _caught, f"blocking calls on the interface's loop: {_caught}"
    assert not slices.long, f"the loop was held longer than {LONGEST_SECONDS * 1000:.0f} ms: {slices.long}"
