"""The labels by which everything a run makes in an engine is known as that run's."""

import socket
from dataclasses import dataclass, field
from pathlib import Path

SIMULATOR = "dev.zerotouch.simulator"
RUN = "dev.zerotouch.run"
REAPER = "dev.zerotouch.reaper"
"""In place of RUN on the reaper's own container: the reaper removes what carries RUN, and not itself."""
BACKEND = "dev.zerotouch.backend"
RUN_DIRECTORY = "dev.zerotouch.run-directory"
HOST = "dev.zerotouch.host"
"""The machine, or container, whose file system holds the run directory; several may share one engine."""


def this_host() -> str:
    return socket.gethostname()


@dataclass(frozen=True, slots=True)
class Marks:
    """Whose a container, network or volume is."""

    run_id: str
    run_directory: Path
    host: str = field(default_factory=this_host)

    def labels(self, backend: str) -> dict[str, str]:
        return {RUN: self.run_id, **self._common(backend)}

    def reaper_labels(self) -> dict[str, str]:
        return {REAPER: self.run_id, **self._common("reaper")}

    def name(self, backend: str) -> str:
        """What it is called; unique within an engine."""
        return f"zerotouch-{self.run_id}-{backend}"

    def _common(self, backend: str) -> dict[str, str]:
        return {
            SIMULATOR: "1",
            BACKEND: backend,
            RUN_DIRECTORY: str(self.run_directory),
            HOST: self.host,
        }
