"""Putting a branch back: to its own or another branch's past, or in the place of the one it replaces."""

from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial

from simulator.neon import branches, endpoints, history
from simulator.neon.history import Point
from simulator.neon.model import Branch, Operation, Origin, Project
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Unprocessable


def restore(
    plane: Plane, branch_key: tuple[str, str], source_id: str, point: Point, preserve_as: str
) -> tuple[Branch, list[Operation]]:
    """The branch keeps its id, computes and name; its former state stays under the name given, if one is."""
    project, branch = plane.account.branch(*branch_key)
    _, source = plane.account.branch(project.id, source_id)
    plane.operations.require_unlocked(project)
    _require_restorable(project, branch, source, point, preserve_as)
    history.require_reachable(plane, project, source, point)
    now = plane.clock.now()
    kept = _preserve(plane, project, branch, preserve_as, now) if preserve_as else None
    parent = kept if source is branch and kept else source
    branch.contents = source.contents.copy(branch.id)
    branch.origin = Origin(parent.id, timestamp=point.timestamp or now)
    branch.last_reset_at = branch.updated_at = branch.changed_at = branch.state_changed_at = now
    former, branch.current_state, branch.pending_state = branch.current_state, "resetting", "ready"

    async def replace() -> bool:
        async with AsyncExitStack() as stack:
            for endpoint in project.of_branch(branch.id):
                await stack.enter_async_context(plane.computes.of(project, endpoint).stopped())
            await plane.data.restore(branch.id, source.id, kept.id if kept else None)
        _ready(plane, branch)
        return True

    step = Step("create_timeline", replace, branch.id, given_up=partial(_back, branch, former))
    computes = [endpoint for endpoint in project.of_branch(branch.id) if endpoint.current_state == "active"]
    steps = [endpoints.halting(plane, project, endpoint) for endpoint in computes]
    restarts = [endpoints.starting(plane, project, endpoint) for endpoint in computes]
    return branch, plane.operations.begin(project, [*steps, step, *restarts])


def finalize(plane: Plane, project_id: str, branch_id: str, name: str | None) -> list[Operation]:
    """A branch restored from a snapshot takes the place of the one it was restored for."""
    project, branch = plane.account.branch(project_id, branch_id)
    plane.operations.require_unlocked(project)
    target = project.branches.get(branch.restored_as or "")
    if branch.restore_status != "restored" or target is None:
        raise Unprocessable("the branch is not a restored one that waits to be finalized")
    former = name or former_name(target, plane.clock.now())
    if any(former == other.name for other in project.branches.values() if other is not target):
        raise Conflict(f'branch already exists; branch_name:"{former}"')
    return plane.operations.begin(project, take_place(plane, project, branch, target, former))


def take_place(plane: Plane, project: Project, branch: Branch, target: Branch, former: str) -> list[Step]:
    """Names, the default and the computes change hands at once; the steps move the computes' data."""
    branch.name, target.name = target.name, former
    branch.default, target.default = target.default, False
    branch.protected, target.protected = target.protected, False
    branch.restore_status = "finalized"
    branch.updated_at = target.updated_at = plane.clock.now()
    moving = project.of_branch(target.id)
    return [step for endpoint in moving for step in endpoints.move(plane, project, endpoint, branch)]


def former_name(branch: Branch, now: datetime) -> str:
    """What a branch is called once another one has its name."""
    return f"{branch.name}_old_{now:%Y-%m-%dT%H:%M:%SZ}"


def _require_restorable(
    project: Project, branch: Branch, source: Branch, point: Point, preserve_as: str
) -> None:
    children = project.children(branch.id)
    if branch.protected:
        raise Unprocessable("cannot restore a protected branch")
    if source is branch and point.present:
        raise Unprocessable("source_timestamp or source_lsn is required to restore a branch to its own past")
    if source is branch and not preserve_as:
        raise Unprocessable("preserve_under_name is required to restore a branch to its own past")
    if children and not preserve_as:
        raise Unprocessable("Branch has children, preserve_under_name is required")
    if source.parent_id == branch.id and not preserve_as:
        raise Unprocessable("cannot restore a branch from its own child")
    if preserve_as and any(other.name == preserve_as for other in project.branches.values()):
        raise Conflict(f'branch already exists; branch_name:"{preserve_as}"')


def _preserve(plane: Plane, project: Project, branch: Branch, name: str, now: datetime) -> Branch:
    """A branch with the state the restored one had, and its children."""
    branch_id = plane.mint.branch()
    kept = Branch(
        id=branch_id,
        project_id=project.id,
        name=name,
        default=False,
        created_at=now,
        updated_at=now,
        state_changed_at=now,
        origin=branch.origin,
        logical_size=branch.logical_size,
        contents=branch.contents.copy(branch_id),
    )
    for child in project.children(branch.id):
        branches.reparent(child, kept.id, now)
    project.branches[kept.id] = kept
    return kept


def _ready(plane: Plane, branch: Branch) -> None:
    branch.current_state, branch.pending_state = "ready", None
    branch.state_changed_at = plane.clock.now()


def _back(branch: Branch, state: str) -> None:
    branch.current_state, branch.pending_state = state, None
