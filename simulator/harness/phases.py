"""How long each part of coming up took, told while it happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Phases:
    """Named spans of real time; they may overlap. Each is told when it ends."""

    tell: Callable[[str], None]
    began: float = field(default_factory=monotonic)
    _done: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str, done: str) -> Iterator[None]:
        """Time what happens inside; `done` says what is true afterwards."""
        start = monotonic()
        yield
        self._done[name] = monotonic() - start
        self.tell(f"[{self.elapsed():5.1f} s] {name}: {done}")

    def elapsed(self) -> float:
        return monotonic() - self.began

    def as_json(self) -> list[dict[str, str | float]]:
        """`[{name, seconds}]` in the order in which they ended."""
        return [{"name": name, "seconds": round(seconds, 3)} for name, seconds in self._done.items()]
