"""The world process: one event loop, which ends at a signal, by the control API, or with its supervisor.

It reads its standard input for nothing but the end of it, which means that the supervisor is gone; then it
does the supervisor's last work itself.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Protocol

from simulator.backends import collecting
from simulator.harness.order import NOTHING_STARTED, Order, Unready
from simulator.harness.rundir import RunDirectory
from simulator.harness.sweeper import Sweeper
from simulator.harness.talk import say

_ABSENT: dict[str, ModuleType] = {"sniffio": None, "pygments": None}  # type: ignore[dict-item]  # how Python marks a module absent
"""httpcore looks for the one at every lock it makes, and each search of the path costs more than the lock;
httpx takes the other, and much with it, for a command line that nobody calls here."""
_ENDING = (signal.SIGTERM, signal.SIGINT)
"""Ask for the end; a world that is ending already does not hear them."""
_ORDERLY_SECONDS = 2.5
"""What the world gives itself to end in order once nobody supervises it."""


def main(argv: Sequence[str]) -> int:
    """0 when the world ended because it was told to, NOTHING_STARTED when it said why it did not begin."""
    order = Order.parse(argv)
    sys.modules.update(_ABSENT)
    collecting.seldom()
    os.set_inheritable(order.lock, False)
    directory = RunDirectory(order.run_dir)
    logging.basicConfig(
        filename=directory.logs / "world.log",
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    sweeper = Sweeper(order.run_dir)
    leash = _Leash(directory)
    world = _world(order)
    with asyncio.Runner(loop_factory=_loop_factory(order)) as runner:
        status = runner.run(_live(world, leash))
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    leash.ended(status)
    if world.settled:
        directory.remove_containers()
        sweeper.dismiss()
    return status


class _World(Protocol):
    @property
    def settled(self) -> bool: ...

    async def live(self, stop: asyncio.Event) -> None: ...


def _world(order: Order) -> _World:
    """A cluster alone loads nothing of the other systems."""
    if order.only:
        from simulator.harness.alone import Alone  # noqa: PLC0415 - as above

        return Alone(order, say)
    from simulator.harness.world import World  # noqa: PLC0415 - as above

    return World(order, say)


def _loop_factory(order: Order) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """A cluster alone does little but TLS, which this loop does in half the time."""
    if not order.only:
        return None
    import uvloop  # noqa: PLC0415 - as above

    return uvloop.new_event_loop


async def _live(world: _World, leash: "_Leash") -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stop.set)
    leash.hold(loop, stop)
    try:
        await world.live(stop)
    except Unready as unready:
        say(str(unready))
        return NOTHING_STARTED
    except BaseException as exc:
        for sentence in _sentences(exc):
            say(sentence)
        logging.getLogger(__name__).exception("the world ended")
        return 1
    return 0


def _sentences(error: BaseException) -> Iterator[str]:
    """What to tell of an error: each of a group, the text of ours, of others the type as well."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _sentences(each)
    elif type(error).__module__.partition(".")[0] == "simulator":
        yield str(error)
    else:
        yield f"{type(error).__name__}: {error}"


class _Leash:
    """The standard input, read by a thread that a busy loop cannot hold up."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._done = threading.Event()
        self._alone = False

    def hold(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        threading.Thread(target=self._watch, args=(loop, stop), name="leash", daemon=True).start()

    def ended(self, status: int) -> None:
        """The world is down; without a supervisor, remove what it would have removed, and sweep."""
        self._done.set()
        if self._alone:
            self._settle(clean=status == 0)

    def _watch(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        try:
            while os.read(sys.stdin.fileno(), 1024):
                pass
        except OSError:
            pass
        self._alone = True
        try:
            loop.call_soon_threadsafe(stop.set)
        except RuntimeError:
            return
        if not self._done.wait(_ORDERLY_SECONDS):
            self._settle(clean=False)

    def _settle(self, *, clean: bool) -> None:
        if clean and not self._directory.keep_file.exists():
            self._directory.remove_outside()
            self._directory.remove()
        else:
            self._directory.abandon()
        self._directory.remove_containers(final=False)
        os.killpg(os.getpgrp(), signal.SIGKILL)
