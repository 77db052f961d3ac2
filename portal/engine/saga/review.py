"""Commits that a person has to merge before anything that rests on them can go on."""

from portal.core.repository import CommitResult
from portal.engine.saga.work import Work
from portal.errors import AwaitsReview


def refuse_unmerged(work: Work, result: CommitResult) -> None:
    """Raise AwaitsReview with the command that opens a pull request, for a commit on a branch of its own."""
    if not result.branch:
        return
    base = work.ports.settings.repository.branch
    raise AwaitsReview(
        f"commit {result.commit[:12]} is on branch {result.branch} and waits to be merged into {base}",
        system="git",
        operation="commit",
        target=str(work.tenant),
        hint=f"Open a pull request: gh pr create --base {base} --head {result.branch} --fill. "
        "Once it is merged, the same command goes on",
    )
