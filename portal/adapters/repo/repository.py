"""`portal.ports.TenantsRepository` over git."""

import asyncio
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from portal.adapters.repo import failures, request
from portal.adapters.repo.change import Change, stage
from portal.adapters.repo.environment import for_person, for_rehearsal
from portal.adapters.repo.mirror import Mirror, Pushed
from portal.adapters.repo.process import Output
from portal.adapters.repo.reading import SnapshotReader
from portal.adapters.repo.tree import Entry, blobs, entries
from portal.adapters.repo.workspace import workspace
from portal.adapters.threads import Threads
from portal.core.repository import CommitRequest, CommitResult, RepositorySnapshot
from portal.errors import Conflict, Precondition
from portal.settings import RepositorySettings

_ATTEMPTS = 6


class GitRepository:
    """`isolated` hides the person's git configuration, agents and every network protocol (rehearsal);
    without it their credentials work as in their shell.
    """

    def __init__(
        self, settings: RepositorySettings, state_dir: Path, threads: Threads, *, isolated: bool = False
    ) -> None:
        env = for_rehearsal(os.environ, state_dir) if isolated else for_person(os.environ)
        self._review = settings.review
        self._mirror = Mirror(settings, state_dir, threads, env)
        self.traffic = self._mirror.traffic
        self._git = self._mirror.git
        self._threads = threads
        self._reader = SnapshotReader(self._git, threads)
        self._reading = asyncio.Lock()
        self._committing = asyncio.Lock()
        self._head = ""

    async def snapshot(self, services: Collection[str] = ()) -> RepositorySnapshot:
        """Fetch and read the deployed branch: all tenants, or those of some services."""
        async with self._reading:
            self._head = await self._mirror.fetch()
            return await self._reader.snapshot(self._head, services)

    async def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Text of the files that exist at the newest fetched commit."""
        if not self._head:
            self._head = await self._mirror.fetch()
        if not paths:
            return {}
        found = await entries(self._git, self._head, *paths)
        files = {path: found[path] for path in paths if path in found and found[path].is_file}
        contents = await blobs(self._git, (entry.blob for entry in files.values()))
        return {path: contents[entry.blob].decode(errors="replace") for path, entry in files.items()}

    async def commit(self, asked: CommitRequest) -> CommitResult:
        """One commit on top of the branch, pushed by compare-and-swap; built again when the branch moved.

        Raises RefusedError for what must not be committed, Precondition when an overlay does not render,
        Conflict when the same files were changed meanwhile or the branch keeps moving.
        """
        request.verify(asked)
        async with self._committing:
            head = await self._mirror.fetch()
            async with workspace(self._mirror.root, self._threads) as directory:
                folder = request.folder(asked)
                change = await stage(self._git, self._threads, directory, folder, asked)
                if self._review:
                    return await self._propose(change, asked, head)
                result = await self._place(change, asked, head)
            self._head = result.commit
            return result

    async def _propose(self, change: Change, asked: CommitRequest, head: str) -> CommitResult:
        """The commit on a branch of the tenant's own, replacing what the portal proposed there before."""
        if _as_wanted(change, await change.standing(head)):
            return CommitResult(head, changed=False)
        branch = f"portal/{asked.tenant.service}-{asked.tenant.environment}"
        before = await self._mirror.aside(branch)
        if before and await self._proposed(before, head, asked):
            if _as_wanted(change, await change.standing(before)):
                return CommitResult(before, changed=False, branch=branch)
        elif before and not await self._mirror.contains(before, head):
            raise self._conflict(asked, f"branch {branch} holds commits of somebody else", "Remove it first.")
        tree = await change.tree(head, await change.standing(head))
        await change.check(tree)
        commit = await change.commit(tree, head, request.message(asked))
        outcome, output = await self._mirror.push(commit, expected=before, branch=branch)
        if outcome is Pushed.REFUSED:
            raise self._refused(output)
        if outcome is not Pushed.DONE and await self._mirror.aside(branch) != commit:
            raise failures.remote_failure(output, "push", f"{self._mirror.target} ({branch})", writes=True)
        return CommitResult(commit, changed=True, branch=branch)

    async def _proposed(self, commit: str, head: str, asked: CommitRequest) -> bool:
        """Whether a branch is one commit of the portal's for this tenant on top of the deployed branch."""
        form = "--format=%(trailers:key=Portal-Tenant,valueonly,separator=%x2C)"
        output = await self._git.local("log", form, f"{head}..{commit}")
        return output.text.split() == [str(asked.tenant)]

    async def _place(self, change: Change, asked: CommitRequest, head: str) -> CommitResult:
        before = standing = await change.standing(head)
        for _ in range(_ATTEMPTS):
            if _as_wanted(change, standing):
                return CommitResult(head, changed=False)
            if _blobs(standing) != _blobs(before):
                raise self._conflict(asked, "another writer changed the same files meanwhile", "Plan again.")
            tree = await change.tree(head, standing)
            await change.check(tree)
            commit = await change.commit(tree, head, request.message(asked))
            head = await self._push(commit, head)
            if await self._mirror.contains(commit, head):
                return CommitResult(commit, changed=True)
            standing = await change.standing(head)
        raise self._conflict(asked, f"the branch moved {_ATTEMPTS} times meanwhile", "Apply again.")

    async def _push(self, commit: str, head: str) -> str:
        """What the branch stands at afterwards: the commit, one on top of it, or what came between."""
        outcome, output = await self._mirror.push(commit, expected=head)
        if outcome is Pushed.DONE:
            return commit
        if outcome is Pushed.REFUSED:
            raise self._refused(output)
        if outcome is Pushed.IN_DOUBT and await self._mirror.remote_head() == head:
            raise failures.remote_failure(output, "push", self._mirror.target, writes=True)
        return await self._mirror.fetch()

    def _refused(self, output: Output) -> Precondition:
        return Precondition(
            failures.said(f"{output.stderr}\n{_rejection(output)}"),
            system=failures.SYSTEM,
            operation="push",
            target=self._mirror.target,
            hint="The server's rules for this branch do not let the portal push.",
        )

    def _conflict(self, asked: CommitRequest, cause: str, hint: str) -> Conflict:
        return Conflict(
            cause, system=failures.SYSTEM, operation="commit", target=str(asked.tenant), hint=hint
        )


def _as_wanted(change: Change, standing: Mapping[str, Entry]) -> bool:
    written = all(path in standing and standing[path].blob == blob for path, blob in change.blobs.items())
    return written and not any(path in standing for path in change.removed)


def _blobs(standing: Mapping[str, Entry]) -> dict[str, str]:
    return {path: entry.blob for path, entry in standing.items()}


def _rejection(output: Output) -> str:
    """The lines of `git push --porcelain` that tell why."""
    return "\n".join(line.partition("\t")[2] for line in output.text.splitlines() if line.startswith("!"))
