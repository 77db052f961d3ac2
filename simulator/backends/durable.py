"""A file that is there whole or not at all, and only for its owner."""

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write `path` (0600) so that it outlives any end of this process; raises OSError."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
