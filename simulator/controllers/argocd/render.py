"""From a checked-out folder to manifests: kustomize where there is a kustomization, else the YAML files."""

import asyncio
import fnmatch
import re
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from simulator.controllers.argocd.commands import CommandFailed
from simulator.controllers.argocd.footprint import Footprint, footprint, kustomization
from simulator.controllers.argocd.git import Repositories, RevisionNotFound
from simulator.controllers.argocd.kustomize import Kustomize
from simulator.controllers.argocd.manifests import RenderFailed, parse
from simulator.controllers.kinds import Object

KEPT_RENDERINGS = 2048


class Renderer:
    """Renders sources; one whose files a commit leaves as they are is not rendered again for it."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._kept: OrderedDict[str, list[Object] | RenderFailed] = OrderedDict()
        self._contents: OrderedDict[str, Footprint] = OrderedDict()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argocd-render")
        self._kustomize = Kustomize(repositories.cache, repositories.environment, self._pool)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def forget(self) -> None:
        """Render everything anew, as a hard refresh asks for."""
        self._kept.clear()
        self._contents.clear()

    async def render(self, source: Object, commit: str) -> list[Object]:
        """The manifests of an Application's source at a commit; raises RenderFailed."""
        for name in ("helm", "plugin", "kustomize", "chart"):
            if source.get(name):
                raise RenderFailed(f"spec.source.{name} is not supported here")
        content = await self._content(source, commit)
        key = f"{content.digest} {source}"
        if key not in self._kept:
            try:
                self._kept[key] = await self._render(source, commit, content)
            except RenderFailed as exc:
                self._kept[key] = exc
            _limit(self._kept)
        found = self._kept[key]
        if isinstance(found, RenderFailed):
            raise RenderFailed(str(found), found.code)
        return found

    async def _content(self, source: Object, commit: str) -> Footprint:
        """What the source holds at a commit; raises RenderFailed."""
        key = f"{commit} {source}"
        if key not in self._contents:
            root, folder = await self._located(source, commit)
            loop = asyncio.get_running_loop()
            self._contents[key] = await loop.run_in_executor(self._pool, footprint, root, folder)
            _limit(self._contents)
        return self._contents[key]

    async def _located(self, source: Object, commit: str) -> tuple[Path, Path]:
        try:
            root = await self._repositories.checkout(source["repoURL"], commit)
        except (CommandFailed, RevisionNotFound) as exc:
            raise RenderFailed(str(exc)) from exc
        return located(root, str(source.get("path", ".")))

    async def _render(self, source: Object, commit: str, content: Footprint) -> list[Object]:
        path = str(source.get("path", "."))
        root, folder = await self._located(source, commit)
        if is_kustomized(folder) and not source.get("directory"):
            return await self._build(folder, root, path, content)
        return await self._in_pool(folder, source.get("directory") or {})

    async def _build(self, folder: Path, root: Path, path: str, content: Footprint) -> list[Object]:
        try:
            return await self._kustomize.build(folder, path, sociable=content.sociable)
        except CommandFailed as exc:
            cause = exc.output.replace(str(root), "<path to cached source>")
            raise RenderFailed(
                f"`kustomize build <path to cached source>/{path}` failed exit status {exc.status}: {cause}"
            ) from exc

    async def _in_pool(self, folder: Path, options: Object) -> list[Object]:
        return await asyncio.get_running_loop().run_in_executor(self._pool, read_directory, folder, options)


def located(root: Path, path: str) -> tuple[Path, Path]:
    """The checkout and the folder in it, links resolved; raises RenderFailed when it is not inside."""
    root = root.resolve()
    folder = (root / path).resolve()
    if not folder.is_relative_to(root) or not folder.is_dir():
        raise RenderFailed(f"{path}: app path does not exist")
    return root, folder


def _limit(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > KEPT_RENDERINGS:
        kept.popitem(last=False)


def is_kustomized(folder: Path) -> bool:
    return kustomization(folder) is not None


def read_directory(folder: Path, options: Object) -> list[Object]:
    """The manifests of a plain folder, by `recurse`, `include` and `exclude` of `source.directory`."""
    include, exclude = globs(options.get("include", "")), globs(options.get("exclude", ""))
    objects: list[Object] = []
    for path in sorted(folder.rglob("*") if options.get("recurse") else folder.iterdir()):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.suffix not in {".yaml", ".yml", ".json"}:
            continue
        if _matches(name, exclude) or (include and not _matches(name, include)):
            continue
        objects += _manifests(path.read_text(encoding="utf-8", errors="replace"), name)
    return objects


def _manifests(text: str, name: str) -> list[Object]:
    """The objects of a file; one that does not even look like a manifest is somebody else's, and left out."""
    try:
        return parse(text, name)
    except RenderFailed:
        if all(word in text for word in ("apiVersion:", "kind:", "metadata:")):
            raise
        return []


def globs(pattern: str) -> list[str]:
    """The patterns of a glob with alternatives: `{a,b}/*.yaml` is `a/*.yaml` and `b/*.yaml`."""
    match = re.search(r"\{([^{}]*)\}", pattern)
    if not match:
        return [pattern] if pattern else []
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [each for choice in match[1].split(",") for each in globs(before + choice + after)]


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
