"""Data of PostgreSQL in the volumes of an engine, by name: copied by programs of the server's own image."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import chain, count
from pathlib import Path

from simulator.backends.containers import volume
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.postgres_backup import EMPTIED, LABEL, LIVING, LOG, Connect, backup
from simulator.backends.postgres_binaries import PostgresUnavailable

_CLEAN = (
    f"cd {volume.TO}/data; rm -f {' '.join(LIVING)}; for each in {' '.join(EMPTIED)}; do rm -rf $each/*; done"
)
_WHOLE = f"rm -rf {volume.TO}/*; cp -a {volume.FROM}/. {volume.TO}/; {_CLEAN}"
# Files the server removes meanwhile make `cp` fail, so it is tried again.
_LIVE = f"""tries=0
until rm -rf {volume.TO}/* && cp -a {volume.FROM}/. {volume.TO}/; do
  tries=$((tries + 1)); [ $tries -lt 5 ]
done
{_CLEAN}
rm -rf {LOG}/*
control=global/pg_control tries=0
until cmp -s {volume.FROM}/data/$control $control; do
  cp -a {volume.FROM}/data/$control $control
  tries=$((tries + 1)); [ $tries -lt 10 ]
done"""
_REST = f"""cd {volume.TO}/data
for each in $SEGMENTS; do cp -a {volume.FROM}/data/{LOG}/$each {LOG}/; done
cp -a PG_VERSION {LABEL}; printf %s "$LABEL" > {LABEL}"""


class Volumes:
    """One volume for each name, made when first filled; raises PostgresUnavailable when the engine fails."""

    def __init__(
        self, engine: Engine, image: str, logs: Path, let_go: Callable[[str], Awaitable[None]]
    ) -> None:
        """`let_go` removes the containers that keep a volume."""
        self._engine = engine
        self._image = image
        self._logs = logs
        self._let_go = let_go
        self._volumes: dict[str, str] = {}
        self._made: list[str] = []

    def at(self, name: str) -> str:
        """The volume that holds the data of that name."""
        return self._volumes[name]

    def has(self, name: str) -> bool:
        return name in self._volumes

    async def empty(self, name: str) -> str:
        """A volume for data that somebody else makes."""
        async with self._filled(name) as target:
            return target

    async def duplicate(self, source: str, target: str) -> None:
        """Copy data no server runs on."""
        async with self._filled(target) as new:
            await self._work(_WHOLE, source, new)

    async def back_up(self, source: str, target: str, connect: Connect) -> None:
        """Copy data a server runs on; raises psycopg.Error, also when the server ends meanwhile."""
        async with self._filled(target) as new, backup(connect) as running:
            await self._work(_LIVE, source, new)
            ended = await running.end()
            values = {"LABEL": ended.label, "SEGMENTS": " ".join(ended.segments)}
            await self._work(_REST, source, new, values)

    async def move(self, source: str, target: str) -> None:
        self._volumes[target] = self._volumes.pop(source)

    async def remove(self, name: str) -> None:
        """What is gone already is fine."""
        if (gone := self._volumes.pop(name, None)) is not None:
            await self._let_go(gone)
            await self._remove(gone)

    async def close(self) -> None:
        """Remove every volume, the unfinished ones too; no container uses one."""
        for name in list(self._made):
            await self._remove(name)

    @asynccontextmanager
    async def _filled(self, name: str) -> AsyncIterator[str]:
        """A new volume, known by its name once it has been filled."""
        try:
            made = await volume.make(self._engine, self._free(name))
            self._made.append(made)
            try:
                yield made
            except BaseException:
                await self._remove(made)
                raise
        except ContainersUnavailable as exc:
            raise PostgresUnavailable(str(exc)) from exc
        self._volumes[name] = made

    def _free(self, name: str) -> str:
        """Data may have moved since a volume was made for them, so one may still stand under their name."""
        names = chain([f"postgres-{name}"], (f"postgres-{name}-{number}" for number in count(2)))
        return next(free for free in names if self._engine.marks.name(free) not in self._made)

    async def _remove(self, name: str) -> None:
        try:
            await volume.remove(self._engine, name)
        except ContainersUnavailable as exc:
            raise PostgresUnavailable(str(exc)) from exc
        self._made.remove(name)

    async def _work(
        self, script: str, source: str, target: str, values: dict[str, str] | None = None
    ) -> None:
        log = self._logs / f"postgres-copy-{source}.log"
        await volume.work(
            self._engine, script, self._volumes[source], target, image=self._image, log=log, values=values
        )
