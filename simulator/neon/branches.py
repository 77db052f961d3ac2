"""Branches: what a new one takes from its parent, which may not go, and how they go by themselves."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from simulator.neon import endpoints, history, roles
from simulator.neon.history import Point
from simulator.neon.model import Branch, Deletion, EmptyTables, Endpoint, Operation, Origin, Project
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Invalid, NotFound, Unprocessable
from simulator.neon.usage import Sample

RECOVERY = timedelta(days=7)
_LONGEST_LIFE = timedelta(days=30)
SCHEMA_ONLY = "schema-only"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a branch is made from; `endpoints` are the settings of each, with its type."""

    parent_id: str | None = None
    name: str | None = None
    point: Point = field(default_factory=Point)
    protected: bool = False
    archived: bool = False
    init_source: str = "parent-data"
    expires_at: datetime | None = None
    annotations: dict[str, str] = field(default_factory=dict)
    endpoints: tuple[dict[str, Any], ...] = ()


def create(plane: Plane, project_id: str, blueprint: Blueprint) -> tuple[Branch, list[Operation]]:
    """A branch with its parent's data, roles and passwords; with computes only where they are asked for."""
    project = plane.account.project(project_id)
    parent = project.default_branch
    if blueprint.parent_id:
        _, parent = plane.account.branch(project_id, blueprint.parent_id)
    plane.operations.require_unlocked(project)
    _require_room(plane, project, blueprint)
    _require_endpoints(plane, project, blueprint)
    if parent.expires_at is not None:
        raise Unprocessable("a branch that expires cannot have child branches")
    history.require_reachable(plane, project, parent, blueprint.point)
    made = _new(plane, project, parent, blueprint)
    project.branches[made.id] = made
    set_expiry(plane, project, made, blueprint.expires_at)
    steps = [Step("create_branch", lambda: _fill(plane, parent.id, made), made.id)]
    for settings in blueprint.endpoints:
        given = {name: value for name, value in settings.items() if name != "type"}
        endpoint = endpoints.new(plane, project, made, settings["type"], given)
        steps.append(endpoints.starting(plane, project, endpoint))
    return made, plane.operations.begin(project, steps)


def update(plane: Plane, project_id: str, branch_id: str, given: dict[str, Any]) -> Branch:
    """Rename, protect, set or clear the expiry; nothing of it waits for operations."""
    project, branch = plane.account.branch(project_id, branch_id)
    protected = given.get("protected", branch.protected)
    name = given.get("name", branch.name)
    if name != branch.name:
        _require_free(project, name)
    if protected and not branch.protected:
        _require_protectable(plane, project)
    expires_at = given.get("expires_at", branch.expires_at)
    if expires_at is not None:
        _require_mortal(plane, project, branch, expires_at, protected=protected)
    branch.name, branch.protected = name, protected
    if "expires_at" in given:
        set_expiry(plane, project, branch, expires_at)
    branch.updated_at = plane.clock.now()
    return branch


def set_as_default(plane: Plane, project_id: str, branch_id: str) -> Branch:
    project, branch = plane.account.branch(project_id, branch_id)
    if branch.expires_at is not None:
        raise Unprocessable("a branch that expires cannot be the default branch")
    if branch.current_state == "archived":
        raise Unprocessable("an archived branch cannot be the default branch")
    for other in project.branches.values():
        other.default = other is branch
    branch.updated_at = plane.clock.now()
    return branch


def delete(
    plane: Plane, project_id: str, branch_id: str, *, hard: bool = False, method: str = "user"
) -> tuple[Branch, list[Operation]] | None:
    """None when it is gone already. What is not deleted for good can be recovered for seven days."""
    project = plane.account.project(project_id)
    branch = project.branches.get(branch_id)
    if branch is None:
        return None
    _require_removable(project, branch)
    plane.operations.require_unlocked(project)
    now = plane.clock.now()
    gone = tuple(project.of_branch(branch.id))
    steps = [endpoints.ending(plane, endpoint) for endpoint in gone]
    steps.append(Step("delete_timeline", lambda: _vanish(plane, branch.id, hard=hard), branch.id))
    for endpoint in gone:
        del project.endpoints[endpoint.id]
    del project.branches[branch.id]
    plane.timers.cancel(branch.id)
    project.meter.sizes.append(Sample(branch.id, now, 0))
    branch.updated_at = now
    if not hard:
        branch.deletion = Deletion(now, now + RECOVERY, method, gone)
        project.deleted_branches[branch.id] = branch
        plane.timers.set(branch.id, branch.deletion.until, lambda: _purge(plane, project, branch.id))
    return branch, plane.operations.begin(project, steps)


def recover(plane: Plane, project_id: str, branch_id: str) -> tuple[Branch, list[Endpoint]]:
    """A deleted branch back with its computes asleep; it expires no more."""
    project = plane.account.project(project_id)
    branch = project.deleted_branches.get(branch_id)
    if branch is None or branch.deletion is None:
        raise NotFound("branch not found")
    plane.operations.require_unlocked(project)
    if branch.parent_id and branch.parent_id not in project.branches:
        raise Unprocessable("the parent of the branch is deleted: recover it first")
    _require_free(project, branch.name)
    del project.deleted_branches[branch_id]
    back = list(branch.deletion.endpoints)
    branch.deletion, branch.ttl_seconds = None, None
    set_expiry(plane, project, branch, None)
    project.branches[branch.id] = branch
    for endpoint in back:
        endpoint.current_state, endpoint.pending_state = "idle", None
        project.endpoints[endpoint.id] = endpoint
    branch.updated_at = plane.clock.now()
    return branch, back


def set_expiry(plane: Plane, project: Project, branch: Branch, moment: datetime | None) -> None:
    """Let the branch go at that moment; None lets it stay."""
    branch.expires_at = moment
    now = plane.clock.now()
    branch.ttl_seconds = None if moment is None else round((moment - now) / timedelta(seconds=1))
    plane.timers.set(branch.id, moment, lambda: delete(plane, project.id, branch.id, method="ttl"))


def _new(plane: Plane, project: Project, parent: Branch, blueprint: Blueprint) -> Branch:
    now = plane.clock.now()
    branch_id = plane.mint.branch()
    root = blueprint.init_source == SCHEMA_ONLY
    made = Branch(
        id=branch_id,
        project_id=project.id,
        name=blueprint.name or branch_id,
        default=False,
        created_at=now,
        updated_at=now,
        state_changed_at=now,
        current_state="archived" if blueprint.archived else "init",
        pending_state=None if blueprint.archived else "ready",
        protected=blueprint.protected,
        origin=Origin(
            parent_id=None if root else parent.id,
            timestamp=None if root else blueprint.point.timestamp or now,
            source=blueprint.init_source,
        ),
        logical_size=None if root else parent.logical_size,
        annotations=blueprint.annotations,
        contents=parent.contents.copy(branch_id),
    )
    if root and parent.materialised:
        made.deltas.append(EmptyTables())
        made.contents.materialised = False
    if parent.protected:
        roles.renew(project, made, now)
        made.contents.materialised = False
    return made


async def _fill(plane: Plane, parent_id: str, made: Branch) -> bool:
    await plane.data.copy(parent_id, made.id)
    if made.pending_state is not None:
        made.current_state, made.pending_state = made.pending_state, None
        made.state_changed_at = plane.clock.now()
    return True


async def _vanish(plane: Plane, branch_id: str, *, hard: bool) -> bool:
    if hard:
        await plane.data.forget(branch_id)
    return True


def _purge(plane: Plane, project: Project, branch_id: str) -> None:
    if project.deleted_branches.pop(branch_id, None) is not None:
        plane.operations.begin(
            project, [Step("delete_timeline", lambda: _vanish(plane, branch_id, hard=True), branch_id)]
        )


def _require_room(plane: Plane, project: Project, blueprint: Blueprint) -> None:
    plan = plane.account.plan
    if blueprint.name is not None:
        _require_free(project, blueprint.name)
    if len(project.branches) >= plan.branches:
        raise Unprocessable("branches limit exceeded", "BRANCHES_LIMIT_EXCEEDED")
    roots = sum(branch.parent_id is None for branch in project.branches.values())
    if blueprint.init_source == SCHEMA_ONLY and roots >= plan.roots:
        raise Unprocessable("root branches limit exceeded", "ROOT_BRANCHES_LIMIT_EXCEEDED")
    if blueprint.protected:
        _require_protectable(plane, project)
    if blueprint.expires_at is not None:
        if blueprint.protected:
            raise Unprocessable("a protected branch cannot expire")
        _require_soon(plane, blueprint.expires_at)


def _require_endpoints(plane: Plane, project: Project, blueprint: Blueprint) -> None:
    kinds = [settings["type"] for settings in blueprint.endpoints]
    if kinds.count("read_write") > 1:
        raise Invalid("a branch can have one read_write endpoint")
    if kinds and blueprint.archived:
        raise Invalid("an archived branch cannot have endpoints")
    for settings in blueprint.endpoints:
        endpoints.require_settings(plane, settings)
    if kinds:
        endpoints.require_startable(plane, project)


def _require_free(project: Project, name: str) -> None:
    if any(branch.name == name for branch in project.branches.values()):
        raise Conflict(f'branch already exists; branch_name:"{name}"')


def _require_protectable(plane: Plane, project: Project) -> None:
    most = plane.account.plan.protected
    if sum(branch.protected for branch in project.branches.values()) >= most:
        raise Unprocessable("protected branches limit exceeded", "PROTECTED_BRANCHES_LIMIT_EXCEEDED")


def _require_mortal(
    plane: Plane, project: Project, branch: Branch, moment: datetime, *, protected: bool
) -> None:
    if branch.default:
        raise Unprocessable("the default branch cannot expire")
    if protected:
        raise Unprocessable("a protected branch cannot expire")
    if project.children(branch.id):
        raise Unprocessable("a branch with child branches cannot expire")
    if moment != branch.expires_at:
        _require_soon(plane, moment)


def _require_soon(plane: Plane, moment: datetime) -> None:
    now = plane.clock.now()
    if not now < moment <= now + _LONGEST_LIFE:
        raise Invalid("expires_at must lie in the future and within 30 days")


def _require_removable(project: Project, branch: Branch) -> None:
    if branch.default:
        raise Unprocessable("cannot delete the default branch of a project")
    if branch.protected:
        raise Unprocessable("cannot delete a protected branch")
    children = sorted(child.id for child in project.children(branch.id))
    if children:
        raise Unprocessable(f"cannot delete branch that has children: {', '.join(children)}")


def reparent(branch: Branch, parent_id: str, now: datetime) -> None:
    """Hang the branch below another one, with the data that one had at this moment."""
    branch.origin = replace(branch.origin, parent_id=parent_id, timestamp=now)
