"""Which of the extensions services commonly create are there for a role that is no superuser, as on Neon."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg

from simulator.backends.unprivileged import Quarters

COMMON = ("citext", "hstore", "pg_trgm", "pgcrypto", "uuid-ossp", "vector")
_AVAILABLE: LiteralString = (
    "SELECT name, bool_or(trusted OR NOT superuser) FROM pg_available_extension_versions "
    "WHERE name = ANY(%s) GROUP BY name"
)
_PLACE: LiteralString = "SELECT setting FROM pg_config WHERE name = 'SHAREDIR'"
_SEARCHES = 180000
"""The first version that looks for extensions in places of one's own."""


@dataclass(frozen=True, slots=True)
class Found:
    """Of COMMON: which any role may create, and which only a superuser; `place` holds their control files."""

    open: frozenset[str]
    closed: frozenset[str]
    place: Path
    searches: bool

    @property
    def lacking(self) -> tuple[str, ...]:
        """What CREATE EXTENSION refuses here and does on Neon."""
        return tuple(name for name in COMMON if name not in self.open)

    def opened(self) -> "Found":
        """As it is once `open_up` has been heeded."""
        return (
            Found(self.open | self.closed, frozenset(), self.place, self.searches) if self.searches else self
        )


async def find(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> Found:
    """Ask a superuser's session; raises psycopg.Error."""
    rows = await (await connection.execute(_AVAILABLE, [list(COMMON)])).fetchall()
    place = (await (await connection.execute(_PLACE)).fetchall())[0][0]
    return Found(
        frozenset(str(name) for name, usable in rows if usable),
        frozenset(str(name) for name, usable in rows if not usable),
        Path(str(place)) / "extension",
        connection.info.server_version >= _SEARCHES,
    )


def open_up(found: Found, quarters: Quarters) -> dict[str, str]:
    """Let any role create what only a superuser may, by control files of our own; returns server settings."""
    if not (found.searches and found.closed):
        return {}
    ours = quarters.directory / "extensions"
    _make((ours, ours / "extension"), quarters)
    for name in found.closed:
        control = ours / "extension" / f"{name}.control"
        said = (found.place / control.name).read_text()
        control.write_text(f"{said}\ntrusted = true\ndirectory = '{found.place}'\n")
        quarters.own(control)
    return {"extension_control_path": f"{ours}:$system"}


def _make(directories: Iterable[Path], quarters: Quarters) -> None:
    for directory in directories:
        directory.mkdir(mode=0o700, exist_ok=True)
        quarters.own(directory)
