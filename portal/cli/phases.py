"""Time and memory of the phases of a rehearsal."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from portal.bootstrap import footprint_mb
from portal.core.report import Phase
from portal.core.tiers import beyond_processes


class Phases:
    """Each `end` closes the phase that began with the one before, and notes it where one says."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self._began = time.monotonic()
        self._facts: Mapping[str, Any] = {}
        self.done: tuple[Phase, ...] = ()

    def of_world(self, facts: Mapping[str, Any]) -> None:
        """From here on memory counts the world's processes too."""
        self._facts = facts

    async def end(self, name: str) -> None:
        """Close the running phase under `name` and say what it took."""
        now = time.monotonic()
        roots = {os.getpid(), int(self._facts.get("supervisor_pid", 0))}
        memory = await footprint_mb(frozenset(roots), frozenset({int(self._facts.get("pid", 0))} - {0}))
        self.done = (*self.done, Phase(name, now - self._began, memory))
        counted = "without containers" if beyond_processes(self._facts.get("tiers", {})) else "in all"
        held = "" if memory is None else f", {memory:.0f} MB {counted}"
        self.note(f"✔ {name}  {now - self._began:.1f} s{held}")
        self._began = now
