"""Passes that would find everything as the last one left it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.controllers.informer import Key
from simulator.controllers.kinds import Object, uid_of, version_of


@dataclass(frozen=True, slots=True)
class Settled:
    """Of each object what it and all it is made of looked like when its last pass began.

    What was written in the pass or came meanwhile is therefore looked at once more.
    """

    _last: dict[Key, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def holds(self, key: Key, made_of: Sequence[Object | None]) -> bool:
        """Whether nothing has changed since; never where something is missing."""
        return None not in made_of and self._last.get(key) == _versions(made_of)

    def keep(self, key: Key, made_of: Sequence[Object | None]) -> None:
        self._last[key] = _versions(made_of)

    def forget(self, key: Key) -> None:
        self._last.pop(key, None)


def _versions(made_of: Sequence[Object | None]) -> list[tuple[str, str]]:
    return [(uid_of(obj), version_of(obj)) for obj in made_of if obj is not None]
