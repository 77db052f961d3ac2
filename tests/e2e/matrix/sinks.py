"""Everything a portal of the matrix shows or leaves behind, searched for secrets after every case."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.leaks import doors, files, hidden, leaks
from tests.e2e.matrix.operators import Operator
from tests.e2e.processes import belonging
from tests.e2e.truth import SECONDS
from tests.e2e.world import INPUTS, Live


@dataclass(slots=True)
class Sinks:
    """What was searched once is not read again, so that a case costs no more than what it wrote."""

    live: Live
    repository: Path
    doors: dict[str, str]
    _logged: dict[Path, int] = field(default_factory=dict)
    _objects: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, live: Live, repository: Path) -> "Sinks":
        return cls(live, repository, doors(live))

    def search(self, operator: Operator, minted: Mapping[str, str], shown: str) -> list[str]:
        """Where a secret stands: one that was given, minted for the service, or opens the world's doors."""
        told = "\n".join((*map(repr, operator.progress), *operator.texts))
        places = [("the talk", told.encode()), ("the terminal", shown.encode())]
        state = operator.settings.state_dir
        mirrors = state.glob("repository/*.git")
        written = (
            *files(state, but=["repository/"]),
            *self._logs(),
            *(place for one in (self.repository, *mirrors) for place in self._new_objects(one)),
            *self._processes(),
            *self.live.account.taken_notes(),
        )
        return leaks(hidden({**INPUTS, **minted, **self.doors}), [*places, *written])

    def _logs(self) -> Iterator[tuple[str, bytes]]:
        for path in (self.live.run_dir / "logs").iterdir():
            with path.open("rb") as file:
                file.seek(self._logged.get(path, 0))
                yield path.name, file.read()
                self._logged[path] = file.tell()

    def _new_objects(self, repository: Path) -> Iterator[tuple[str, bytes]]:
        """Every object that no repository held before, also where nothing refers to it."""
        words = ["git", f"--git-dir={repository}", "cat-file"]
        every = ["--batch-all-objects", "--batch-check=%(objectname)"]
        listed = subprocess.run([*words, *every], check=True, capture_output=True, timeout=SECONDS)
        new = set(listed.stdout.split()) - self._objects
        self._objects |= new
        words.append("--batch")
        read = subprocess.run(words, input=b"\n".join(new), check=True, capture_output=True, timeout=SECONDS)
        yield f"{repository.name} (new objects)", read.stdout

    def _processes(self) -> Iterator[tuple[str, bytes]]:
        """Arguments and environment of the world's processes."""
        for process in belonging(str(self.live.account.directory)).values():
            yield f"process {process.pid}", f"{process.arguments}\0{process.environment}".encode()
