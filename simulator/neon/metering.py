"""What one endpoint puts on its project's meter: what its sessions sent, and what its branch holds."""

from datetime import datetime

from simulator.neon.model import Endpoint, Project
from simulator.neon.usage import Sample


class Metering:
    """Keeps what is not yet on the meter, and how far the log of writes was read."""

    def __init__(self, project: Project, endpoint: Endpoint) -> None:
        self._project = project
        self._endpoint = endpoint
        self._position = self._sent = 0

    def sent(self, count: int) -> None:
        """So many bytes of a session went to its client."""
        self._sent += count

    def bill(self, now: datetime) -> bool:
        """Put what was sent on the meter; whether there was anything."""
        count, self._sent = self._sent, 0
        if count:
            self._project.meter.transferred.append(Sample(self._endpoint.branch_id, now, count))
        return bool(count)

    def measured(self, size: int, position: int, now: datetime) -> None:
        """Note how large the branch is, in bytes, and what was written since the last position in its log."""
        branch = self._project.branches.get(self._endpoint.branch_id)
        if branch is None:
            return
        written = max(0, position - self._position) if self._position else 0
        self._position = position
        branch.logical_size = size
        self._project.meter.sizes.append(Sample(branch.id, now, size))
        self._project.meter.written.append(Sample(branch.id, now, written))
