"""Repositories as ArgoCD's repo server holds them: mirrored by the git CLI, checked out by commit."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from simulator.clock import Clock
from simulator.controllers.argocd import refs
from simulator.controllers.argocd.commands import CommandFailed, command

KEPT_CHECKOUTS = 8
_HEXADECIMAL = re.compile(r"[0-9a-f]{4,40}")


class RevisionNotFound(Exception):
    """The repository has no such branch, tag or commit, or could not be read at all."""


class Repositories:
    """All repositories of an installation; `on_change` handlers are called when one has new commits."""

    def __init__(self, cache: Path, clock: Clock, poll: float) -> None:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.cache = cache
        self._clock = clock
        self._poll = poll
        self._heads: dict[str, str] = {}
        self._marks: dict[str, refs.Mark | None] = {}
        self._resolved: dict[tuple[str, str], str] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._checkouts: OrderedDict[str, Path] = OrderedDict()
        self._changed: list[Callable[[], None]] = []
        config = cache / "gitconfig"
        config.write_text("[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n")
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(cache),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }

    def on_change(self, handler: Callable[[], None]) -> None:
        self._changed.append(handler)

    async def poll(self) -> None:
        """Ask every known repository for new commits until cancelled."""
        while True:
            await self._clock.sleep(self._poll)
            for url in list(self._heads):
                mark = refs.mark(url)
                if mark is None or mark != self._marks.get(url):
                    with contextlib.suppress(RevisionNotFound):
                        await self.fetch(url)

    async def fetch(self, url: str) -> None:
        """Bring the mirror up to date; raises RevisionNotFound when the repository cannot be read."""
        async with self._lock(url):
            before, mark = self._heads.get(url), refs.mark(url)
            try:
                heads = await self._git("ls-remote", "--", url)
                if heads != before:
                    await self._mirror(url)
            except CommandFailed as exc:
                self._heads.setdefault(url, "")
                raise RevisionNotFound(f"failed to list refs: {exc}") from exc
            self._heads[url], self._marks[url] = heads, mark
        if heads != before:
            self._resolved = {known: commit for known, commit in self._resolved.items() if known[0] != url}
        if before is not None and heads != before:
            for handler in self._changed:
                handler()

    async def resolve(self, url: str, revision: str) -> str:
        """The commit a branch, tag or abbreviated commit stands for, as of the last fetch."""
        if not self._heads.get(url):
            await self.fetch(url)
        if (url, revision) in self._resolved:
            return self._resolved[url, revision]
        commit = _named(self._heads[url], revision) or await self._abbreviated(url, revision)
        if not commit:
            raise RevisionNotFound(f"unable to resolve '{revision}' to a commit SHA")
        self._resolved[url, revision] = commit
        return commit

    async def _abbreviated(self, url: str, revision: str) -> str:
        """The commit whose name begins like that, empty when there is none."""
        if not _HEXADECIMAL.fullmatch(revision):
            return ""
        try:
            answer = await self._in(url, "rev-parse", "--verify", "--quiet", revision + "^{commit}")
        except CommandFailed:
            return ""
        return answer.strip().splitlines()[-1]

    async def checkout(self, url: str, commit: str) -> Path:
        """A folder with the files of a commit; it stays for as long as it is among the last few asked for."""
        if not self._heads.get(url):
            await self.fetch(url)
        async with self._lock(url):
            folder = self.cache / "checkouts" / f"{self._path(url).name}-{commit}"
            if not folder.is_dir():
                await self._extract(url, commit, folder)
            self._checkouts[folder.name] = folder
            self._checkouts.move_to_end(folder.name)
            while len(self._checkouts) > KEPT_CHECKOUTS:
                _, oldest = self._checkouts.popitem(last=False)
                shutil.rmtree(oldest, ignore_errors=True)
        return folder

    async def _extract(self, url: str, commit: str, folder: Path) -> None:
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        index = {"GIT_INDEX_FILE": str(folder.with_suffix(".index"))}
        await self._in(url, "read-tree", commit, extra=index)
        await self._in(url, f"--work-tree={partial}", "checkout-index", "--all", "--force", extra=index)
        partial.rename(folder)

    async def _mirror(self, url: str) -> None:
        mirror = self._path(url)
        if not mirror.is_dir():
            await self._git("init", "--quiet", "--bare", str(mirror))
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        await self._in(url, "fetch", "--quiet", "--force", "--prune", "--", url, *refs)

    async def _in(self, url: str, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        return await self._git(f"--git-dir={self._path(url)}", *arguments, extra=extra)

    async def _git(self, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        return await command("git", *arguments, cwd=self.cache, env={**self.environment, **(extra or {})})

    def _path(self, url: str) -> Path:
        return self.cache / "mirrors" / hashlib.sha256(url.encode()).hexdigest()[:16]

    def _lock(self, url: str) -> asyncio.Lock:
        return self._locks.setdefault(url, asyncio.Lock())


def _named(heads: str, revision: str) -> str:
    """The commit of HEAD, a branch or a tag by what `ls-remote` told, empty when it told of none."""
    known = {name: commit for commit, _, name in (line.partition("\t") for line in heads.splitlines())}
    tag = f"refs/tags/{revision}"
    for name in (f"refs/heads/{revision}", tag + "^{}", tag, revision):
        if name in known:
            return known[name]
    return ""
