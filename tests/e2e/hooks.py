"""Stop a push inside the tenants repository, on the server's side of it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.world import Live

# It says that it was reached, then reads a pipe until somebody has opened and closed its other end.
_HOOK = """\
#!/bin/sh
: > '{reached}'
read -r _ < '{gate}'
exit 0
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """A push stands before it once `reached`; `open` lets it pass."""

    directory: Path

    @property
    def reached(self) -> bool:
        return (self.directory / "reached").exists()

    def open(self) -> None:
        """Nothing happens where nobody waits."""
        try:
            os.close(os.open(self.directory / "gate", os.O_WRONLY | os.O_NONBLOCK))
        except OSError as exc:
            if exc.errno != errno.ENXIO:
                raise


@contextmanager
def gate(live: Live, hook: str, directory: Path) -> Iterator[Gate]:
    """Hold every push at `pre-receive` (nothing has changed) or `post-receive` (the branch has moved)."""
    directory.mkdir()
    os.mkfifo(directory / "gate")
    script = Path(urlsplit(live.facts["tenants_repo"]).path) / "hooks" / hook
    script.parent.mkdir(exist_ok=True)
    script.write_text(_HOOK.format(reached=directory / "reached", gate=directory / "gate"))
    script.chmod(0o700)
    made = Gate(directory)
    try:
        yield made
    finally:
        script.unlink()
        made.open()
