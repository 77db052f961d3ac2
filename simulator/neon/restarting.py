"""The account as it was once: its projects, its keys, and the chance by which ids are drawn."""

from copy import deepcopy
from dataclasses import dataclass

from simulator.neon.background import Background
from simulator.neon.model import Branch, Project
from simulator.neon.plane import Plane


@dataclass(frozen=True, slots=True)
class Memory:
    """`projects` and `keys` are the account's alone; nothing in them changes."""

    projects: dict[str, Project]
    keys: object
    ids: object


def remember(plane: Plane) -> Memory:
    """What the account holds now."""
    account = plane.account
    return Memory(deepcopy(account.projects), account.keys.state(), account.mint.state())


async def restart(plane: Plane, background: Background, memory: Memory) -> None:
    """End every operation and every compute, forget all data, and have projects and keys as they were.

    Passwords are those of then; the next connection finds empty databases. No call may come meanwhile.
    """
    account = plane.account
    held = [
        name for project in (*account.projects.values(), *account.deleted.values()) for name in _data(project)
    ]
    await background.abandon()
    await plane.computes.discard(held)
    account.deleted.clear()
    account.projects.clear()
    account.projects.update(deepcopy(memory.projects))
    account.keys.restore(memory.keys)
    account.mint.restore(memory.ids)
    now = plane.clock.now()
    for project in account.projects.values():
        for branch in project.branches.values():
            _begin(branch)
        for endpoint in project.endpoints.values():
            endpoint.current_state, endpoint.pending_state = "idle", None
            project.meter.end(endpoint.id, now)


def _data(project: Project) -> list[str]:
    """The ids under which the project keeps data."""
    return [*project.branches, *project.deleted_branches, *project.snapshots]


def _begin(branch: Branch) -> None:
    """Let everything of the branch wait for its next compute, which finds no data."""
    branch.contents.materialised = False
    for role in branch.roles.values():
        role.unapplied = True
    for database in branch.databases.values():
        database.unapplied = True
