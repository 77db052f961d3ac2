"""The private bare mirror and its dealings with the remote: fetch, look, push by compare-and-swap."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path
from urllib.parse import urlsplit

from portal.adapters.repo import failures
from portal.adapters.repo.git import Git
from portal.adapters.repo.process import Output
from portal.adapters.repo.workspace import unwritable, workspace
from portal.adapters.threads import Threads
from portal.core.redaction import redact
from portal.errors import NotFound, Unreachable, UsageError
from portal.ports import Traffic
from portal.settings import RepositorySettings

_FETCHES = 3
_DISK_SECONDS = 10.0
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}")
_MOVED = re.compile(
    r"\[rejected\]|stale info|fetch first|non-fast-forward|cannot lock ref|but expected|"
    r"incorrect old value|failed to update ref",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\[remote rejected\]", re.IGNORECASE)
_RACE = re.compile(r"cannot lock ref|unable to update local ref", re.IGNORECASE)


class Pushed(Enum):
    """What became of a push."""

    DONE = auto()
    MOVED = auto()
    REFUSED = auto()
    IN_DOUBT = auto()


class Mirror:
    """One per URL below `<state_dir>/repository`, 0700; several portals may share it."""

    def __init__(
        self, settings: RepositorySettings, state_dir: Path, threads: Threads, env: Mapping[str, str]
    ) -> None:
        _check(settings)
        self.url = settings.url
        self.branch = settings.branch
        self.root = state_dir / "repository"
        name = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        self.git = Git(self.root / f"{name}.git", env, threads)
        self._env = env
        self._seconds = settings.timeout_seconds
        self._threads = threads
        self.traffic = Traffic()
        self._lock = asyncio.Lock()
        self._ready = False

    @property
    def target(self) -> str:
        """How errors name the branch."""
        return f"{redact(self.url)} {self.branch}"

    async def fetch(self) -> str:
        """The newest commit of the branch, now in the mirror. Raises NotFound without such a branch."""
        async with self._lock:
            await self._prepare()
            refspec = f"+refs/heads/{self.branch}:{self._ref}"
            for _ in range(_FETCHES):
                output = await self._exchange("fetch", "--quiet", "--no-tags", "--", self.url, refspec)
                if output.status == 0:
                    return (await self.git.local("rev-parse", "--verify", f"{self._ref}^{{commit}}")).text
                if not _RACE.search(output.stderr):
                    break
            raise failures.remote_failure(output, "fetch", self.target)

    async def remote_head(self) -> str:
        """The commit the branch stands at over there, without fetching it."""
        output = await self._exchange("ls-remote", "--refs", "--", self.url, f"refs/heads/{self.branch}")
        if output.status != 0:
            raise failures.remote_failure(output, "ls-remote", self.target)
        head = output.text.partition("\t")[0]
        if not head:
            raise NotFound(
                "the branch does not exist", system=failures.SYSTEM, operation="ls-remote", target=self.target
            )
        return head

    async def aside(self, name: str) -> str:
        """The commit another branch stands at, now in the mirror; empty where there is none."""
        ref = f"refs/heads/{name}"
        output = await self._exchange("ls-remote", "--refs", "--", self.url, ref)
        if output.status != 0:
            raise failures.remote_failure(output, "ls-remote", self.target)
        head = output.text.partition("\t")[0]
        if head:
            fetched = await self._exchange("fetch", "--quiet", "--no-tags", "--", self.url, ref)
            if fetched.status != 0:
                raise failures.remote_failure(fetched, "fetch", self.target)
        return head

    async def push(self, commit: str, *, expected: str, branch: str = "") -> tuple[Pushed, Output]:
        """Move a branch, the deployed one unless said, from `expected` to `commit`, or not at all."""
        aside = bool(branch)
        branch = f"refs/heads/{branch or self.branch}"
        lease = f"--force-with-lease={branch}:{expected}"
        try:
            output = await self._exchange(
                "push", "--porcelain", "--no-verify", lease, "--", self.url, f"{commit}:{branch}"
            )
        except Unreachable as exc:
            return Pushed.IN_DOUBT, Output(1, b"", exc.cause)
        if output.status == 0 and aside:
            return Pushed.DONE, output
        if output.status == 0:
            # Another portal may hold the lock; the next fetch brings the same.
            await self.git.attempt("update-ref", self._ref, commit)
            return Pushed.DONE, output
        words = f"{output.text}\n{output.stderr}"
        if _MOVED.search(words):
            return Pushed.MOVED, output
        return (Pushed.REFUSED if _REFUSED.search(words) else Pushed.IN_DOUBT), output

    async def contains(self, commit: str, head: str) -> bool:
        """Whether `head` is `commit` or stands on it; both are in the mirror."""
        output = await self.git.attempt("merge-base", "--is-ancestor", commit, head)
        return output.status == 0

    @property
    def _ref(self) -> str:
        return f"refs/portal/{self.branch}"

    async def _exchange(self, operation: str, *arguments: str) -> Output:
        self.traffic.requests += 1
        try:
            return await self.git.attempt(operation, *arguments, seconds=self._seconds)
        except TimeoutError as exc:
            cause = f"no answer within {self._seconds:g} s"
            raise failures.unreachable(cause, operation, self.target) from exc

    async def _prepare(self) -> None:
        """Make the mirror apart and move it into place whole: another portal may be doing the same."""
        if not self.url:
            raise UsageError(
                "no tenants repository is configured",
                system=failures.SYSTEM,
                hint="Set repository.url in the settings file, or PORTAL_REPOSITORY_URL",
            )
        there = (self.git.directory / "HEAD").is_file
        if self._ready or await self._threads.call(there, timeout=_DISK_SECONDS):
            self._ready = True
            return
        async with workspace(self.root, self._threads) as directory:
            fresh = Git(directory / "mirror.git", self._env, self._threads)
            await fresh.local("init", "--bare", "--quiet", "--template=")
            try:
                await self._threads.call(_place, fresh.directory, self.git.directory, timeout=_DISK_SECONDS)
            except OSError as exc:
                raise unwritable(self.git.directory, exc) from exc
        self._ready = True


def _place(fresh: Path, final: Path) -> None:
    try:
        fresh.rename(final)
    except OSError:
        if not final.is_dir():
            raise


def _check(settings: RepositorySettings) -> None:
    if settings.url.startswith("-"):
        raise UsageError(f"{settings.url!r} is no repository URL", system=failures.SYSTEM)
    try:
        password = urlsplit(settings.url).password
    except ValueError:
        password = None
    if password:
        raise UsageError(
            "the repository URL holds a password, which every process on this machine could read",
            system=failures.SYSTEM,
            hint="Leave it out and give it to git's credential helper: git credential approve.",
        )
    if not _BRANCH.fullmatch(settings.branch) or ".." in settings.branch:
        raise UsageError(f"{settings.branch!r} is not a branch name", system=failures.SYSTEM)
