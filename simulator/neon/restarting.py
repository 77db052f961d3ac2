"""The account as it was once: its projects, and the chance by which ids are drawn."""

from copy import deepcopy
from dataclasses import dataclass

from simulator.neon.account import Account
from simulator.neon.background import Background
from simulator.neon.computes import Computes
from simulator.neon.model import Project


@dataclass(frozen=True, slots=True)
class Memory:
    """`projects` are the account's alone; nothing in them changes."""

    projects: dict[str, Project]
    ids: object


def remember(account: Account) -> Memory:
    """What the account holds now."""
    return Memory(deepcopy(account.projects), account.mint.state())


async def restart(account: Account, computes: Computes, background: Background, memory: Memory) -> None:
    """End every operation and every compute, forget all data, and have the projects as they were.

    Passwords are those of then; the next connection finds empty databases. No call may come meanwhile.
    """
    branches = [branch for project in account.projects.values() for branch in project.branches]
    await background.abandon()
    await computes.discard(branches)
    account.projects.clear()
    account.projects.update(deepcopy(memory.projects))
    for project in account.projects.values():
        for branch in project.branches.values():
            branch.materialised = False
            for role in branch.roles.values():
                role.unapplied = True
            for database in branch.databases.values():
                database.unapplied = True
        for endpoint in project.endpoints.values():
            endpoint.current_state, endpoint.pending_state = "idle", None
    account.mint.restore(memory.ids)
