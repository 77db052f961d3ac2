"""The tenants repository through the git command, in a private bare mirror; no worktree is touched.

Every change is one commit on top of the deployed branch, checked before it leaves and pushed by
compare-and-swap.
"""

from portal.adapters.repo.repository import GitRepository

__all__ = ["GitRepository"]
