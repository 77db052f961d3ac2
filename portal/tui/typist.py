"""Keys one after the other: what a key opens is there before the next key is handed on.

A slow line brings keys in bursts, and a burst of `:tenant` must not be six keys of the fleet.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from textual.dom import DOMNode
from textual.events import Key

LOOK_SECONDS, LONGEST_SECONDS = 0.02, 0.25


class Typist:
    """A key that comes alone is handed on at once."""

    def __init__(self, target: Callable[[], DOMNode], again: Callable[[], object]) -> None:
        """`target` is who the next key is for; `again` is called when the next may be handed on."""
        self._target = target
        self._again = again
        self._waiting: deque[Key] = deque()
        self._settling: asyncio.Task[None] | None = None

    async def typed(self, key: Key | None, hand_on: Callable[[Key], Awaitable[None]]) -> None:
        """Hand this key on, or the first of those that wait, or nothing while one is under way."""
        if key is not None:
            self._waiting.append(key)
        if self._settling is not None or not self._waiting:
            return
        self._settling = asyncio.create_task(self._settle(self._target()), name="key under way")
        await hand_on(self._waiting.popleft())

    async def _settle(self, target: DOMNode) -> None:
        """Return once everybody on the key's way up has handled it, and whom the next is for has opened."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                for node in target.ancestors_with_self:
                    await _idle(node)
                if self._target() is not target:
                    await _idle(self._target())
        except TimeoutError:
            pass
        finally:
            self._settling = None
        self._again()


async def _idle(node: DOMNode) -> None:
    """Once a node has handled what it was sent so far, or is no longer there."""
    done = asyncio.Event()
    if not node.call_later(done.set):
        return
    while not done.is_set() and node.is_running:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await done.wait()
        except TimeoutError:
            continue
