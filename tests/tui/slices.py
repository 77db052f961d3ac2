"""How long each turn of an event loop works, by the processor time of its own thread."""

import asyncio
import time
from pathlib import Path
from typing import Any

TESTS = str(Path(__file__).parents[1])
LONGEST_SECONDS = 0.05
_TURNS, _SAMPLES, _FEW = 4_000, 9, 3


def reference() -> float:
    """What a piece of work that is always the same takes now: more beside busy neighbours.

    As drawing does, it makes many small objects and looks many of them up.
    """
    began = time.thread_time()
    words = [str(number) for number in range(_TURNS)]
    places = {word: (place, word) for place, word in enumerate(words)}
    "".join(places[word][1] for word in words)
    return time.thread_time() - began


# A core shared with others gets through less in the same processor time; this is what it takes alone.
_alone = min(reference() for _ in range(_SAMPLES))


def alone(spent: float, before: float) -> float:
    """What that much work would have taken on a core of its own; `before` is what the reference took earlier.

    Neighbours come and go, so the slower of the two times is what the work had to do with.
    """
    global _alone  # noqa: PLW0603 - the machine is the same for every test
    now = max(reference() for _ in range(_SAMPLES))
    _alone = min(_alone, now)
    return spent * _alone / max(now, before)


class Slices:
    """Finds turns longer than promised; collecting the garbage of a whole test run is not counted."""

    def __init__(self) -> None:
        self.long: list[str] = []
        self._before = max(reference() for _ in range(_FEW))
        self._collecting = 0.0
        self._begun = 0.0
        self._run = asyncio.Handle._run

    def collected(self, phase: str, _info: dict[str, int]) -> None:
        """A callback of the garbage collector."""
        if phase == "start":
            self._begun = time.thread_time()
        else:
            self._collecting += time.thread_time() - self._begun

    def run(self, handle: Any) -> None:
        """Stands in for `Handle._run`, in which a loop does everything it does."""
        owner = getattr(handle._callback, "__self__", None)
        before, began = self._collecting, time.thread_time()
        self._run(handle)
        spent = time.thread_time() - began - (self._collecting - before)
        if spent > LONGEST_SECONDS and not _of_a_test(owner):
            fair = alone(spent, self._before)
            if fair > LONGEST_SECONDS:
                self.long.append(f"{fair * 1000:.0f} ms in {_named(owner)}")


def _of_a_test(owner: Any) -> bool:
    """What a test does between two awaits is its own."""
    code = getattr(owner.get_coro(), "cr_code", None) if isinstance(owner, asyncio.Task) else None
    return code is not None and code.co_filename.startswith(TESTS)


def _named(owner: Any) -> str:
    return owner.get_name() if isinstance(owner, asyncio.Task) else repr(owner)
