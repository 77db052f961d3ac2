"""Snapshots: a root branch's data as it was, kept until it is deleted or expires, and made a branch again."""

from datetime import datetime

from simulator.neon import history, restoring
from simulator.neon.history import Point
from simulator.neon.model import Branch, Operation, Origin, Project, Snapshot
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Invalid, Unprocessable


def create(
    plane: Plane, branch_key: tuple[str, str], name: str | None, point: Point, expires_at: datetime | None
) -> tuple[Snapshot, list[Operation]]:
    project, branch = plane.account.branch(*branch_key)
    plane.operations.require_unlocked(project)
    if branch.parent_id is not None:
        raise Unprocessable("a snapshot can only be taken of a root branch")
    now = plane.clock.now()
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at must lie in the future")
    if len(project.snapshots) >= plane.account.plan.snapshots:
        raise Unprocessable("snapshots limit exceeded", "SNAPSHOTS_LIMIT_EXCEEDED")
    history.require_reachable(plane, project, branch, point)
    made = Snapshot(
        id=plane.mint.snapshot(),
        name=name or f"{branch.name} at {now:%Y-%m-%d %H:%M:%S} UTC (manual)",
        source_branch_id=branch.id,
        created_at=now,
        contents=branch.contents.copy(branch.id),
        timestamp=point.timestamp or now,
        expires_at=expires_at,
        size=branch.logical_size,
    )
    project.snapshots[made.id] = made
    plane.timers.set(made.id, expires_at, lambda: delete(plane, project.id, made.id))

    async def take() -> bool:
        await plane.data.copy(branch.id, made.id)
        return True

    return made, plane.operations.begin(project, [Step("create_branch", take, branch.id)])


def delete(plane: Plane, project_id: str, snapshot_id: str) -> list[Operation]:
    project, snapshot = plane.account.snapshot(project_id, snapshot_id)
    plane.operations.require_unlocked(project)
    plane.timers.cancel(snapshot_id)
    del project.snapshots[snapshot_id]

    async def forget() -> bool:
        await plane.data.forget(snapshot_id)
        return True

    return plane.operations.begin(project, [Step("delete_timeline", forget, snapshot.source_branch_id)])


def restore(
    plane: Plane,
    snapshot_key: tuple[str, str],
    name: str | None,
    target_id: str | None,
    *,
    finalize: bool,
) -> tuple[Branch, list[Operation]]:
    """A new branch with the snapshot's data; finalizing puts it in the place of its target at once."""
    project, snapshot = plane.account.snapshot(*snapshot_key)
    _, target = plane.account.branch(project.id, target_id or snapshot.source_branch_id)
    plane.operations.require_unlocked(project)
    plan = plane.account.plan
    if len(project.branches) >= plan.branches:
        raise Unprocessable("branches limit exceeded", "BRANCHES_LIMIT_EXCEEDED")
    if sum(branch.parent_id is None for branch in project.branches.values()) >= plan.roots:
        raise Unprocessable("root branches limit exceeded", "ROOT_BRANCHES_LIMIT_EXCEEDED")
    made = _restored(plane, project, snapshot, target, name)
    project.branches[made.id] = made

    async def fill() -> bool:
        await plane.data.copy(snapshot.id, made.id)
        made.current_state, made.pending_state = "ready", None
        made.state_changed_at = plane.clock.now()
        return True

    steps = [Step("create_branch", fill, made.id)]
    if finalize:
        former = name or restoring.former_name(target, plane.clock.now())
        steps += restoring.take_place(plane, project, made, target, former)
    return made, plane.operations.begin(project, steps)


def _restored(plane: Plane, project: Project, snapshot: Snapshot, target: Branch, name: str | None) -> Branch:
    now = plane.clock.now()
    wanted = name or f"{target.name}_restored_{now:%Y-%m-%dT%H:%M:%SZ}"
    if any(branch.name == wanted for branch in project.branches.values()):
        raise Conflict(f'branch already exists; branch_name:"{wanted}"')
    branch_id = plane.mint.branch()
    return Branch(
        id=branch_id,
        project_id=project.id,
        name=wanted,
        default=False,
        created_at=now,
        updated_at=now,
        state_changed_at=now,
        current_state="init",
        pending_state="ready",
        origin=Origin(timestamp=snapshot.timestamp),
        restore_status="restored",
        restored_from=snapshot.id,
        restored_as=target.id,
        logical_size=snapshot.size,
        contents=snapshot.contents.copy(branch_id),
    )
