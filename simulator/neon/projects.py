"""Projects: what a new one comes with, what of it may change, and how one goes and comes back."""

from dataclasses import dataclass, field
from typing import Any

from simulator.neon import branches, databases, endpoints, roles
from simulator.neon.model import Branch, Deletion, Endpoint, Operation, Origin, Project
from simulator.neon.names import database_name, role_name, title
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Invalid, NotFound, Unprocessable
from simulator.neon.regions import DEFAULT_REGION, region

DEFAULT_RETENTION = 86400


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a project is made from; the role is named after the database unless told otherwise."""

    name: str | None = None
    region_id: str = DEFAULT_REGION
    store_passwords: bool = True
    history_retention_seconds: int | None = None
    branch_name: str = "main"
    role_name: str = ""
    database_name: str = "neondb"
    annotations: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    default_endpoint_settings: dict[str, object] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        return self.role_name or f"{self.database_name}_owner"

    def check(self) -> None:
        """Raise Invalid for names Neon does not take."""
        if self.name is not None:
            title("project", self.name)
        title("branch", self.branch_name)
        database_name(self.database_name)
        role_name(self.owner)


def new(plane: Plane, blueprint: Blueprint) -> tuple[Project, Endpoint, str]:
    """Add a project with a branch, a sleeping compute, a role and a database; returns the password."""
    blueprint.check()
    endpoints.require_settings(plane, blueprint.default_endpoint_settings)
    retention = blueprint.history_retention_seconds
    if retention is None:
        retention = min(DEFAULT_RETENTION, plane.account.plan.longest_retention)
    _require_retention(plane, retention)
    now = plane.clock.now()
    project_id = plane.mint.project()
    project = Project(
        id=project_id,
        name=blueprint.name or project_id,
        region_id=region(blueprint.region_id),
        created_at=now,
        updated_at=now,
        store_passwords=blueprint.store_passwords,
        history_retention_seconds=retention,
        settings=blueprint.settings,
        default_endpoint_settings=blueprint.default_endpoint_settings,
    )
    branch = Branch(
        id=plane.mint.branch(),
        project_id=project_id,
        name=blueprint.branch_name,
        default=True,
        created_at=now,
        updated_at=now,
        state_changed_at=now,
        origin=Origin(),
        annotations=blueprint.annotations,
    )
    project.branches[branch.id] = branch
    endpoint = endpoints.new(plane, project, branch, "read_write", {})
    secret = roles.new(plane, project, branch, blueprint.owner) or ""
    databases.new(plane, branch, blueprint.database_name, blueprint.owner)
    plane.account.projects[project_id] = project
    return project, endpoint, secret


def create(plane: Plane, blueprint: Blueprint) -> tuple[Project, Endpoint, str, list[Operation]]:
    """As the API does it: the compute starts; names are not unique."""
    if len(plane.account.projects) >= plane.account.plan.projects:
        raise Unprocessable("projects limit exceeded", "PROJECTS_LIMIT_EXCEEDED")
    project, endpoint, secret = new(plane, blueprint)
    endpoint.current_state = "init"
    timeline = Step("create_timeline", _nothing, endpoint.branch_id)
    return project, endpoint, secret, endpoints.launch(plane, project, endpoint, timeline)


def update(plane: Plane, project_id: str, given: dict[str, Any]) -> tuple[Project, list[Operation]]:
    """Settings are merged one by one; only logical replication, once and for all, restarts computes."""
    project = plane.account.project(project_id)
    settings: dict[str, Any] = given.get("settings", {})
    retention = given.get("history_retention_seconds", project.history_retention_seconds)
    _require_retention(plane, retention)
    endpoints.require_settings(plane, given.get("default_endpoint_settings", {}))
    replicating = bool(project.settings.get("enable_logical_replication"))
    wanted = settings.get("enable_logical_replication", replicating)
    if replicating and not wanted:
        raise Unprocessable("logical replication cannot be disabled once it is enabled")
    if wanted and not replicating:
        plane.operations.require_unlocked(project)
    project.name = given.get("name", project.name)
    project.history_retention_seconds = retention
    project.settings = {**project.settings, **settings}
    project.default_endpoint_settings = {
        **project.default_endpoint_settings,
        **given.get("default_endpoint_settings", {}),
    }
    project.updated_at = plane.clock.now()
    plane.computes.enforce(project)
    steps = [endpoints.halting(plane, project, one) for one in project.active()]
    return project, plane.operations.begin(project, steps if wanted and not replicating else [])


def delete(plane: Plane, project_id: str) -> Project:
    """Its computes end; for seven days it can be recovered."""
    project = plane.account.project(project_id)
    if any(branch.protected for branch in project.branches.values()):
        raise Unprocessable("cannot delete a project with a protected branch")
    plane.operations.require_unlocked(project)
    now = plane.clock.now()
    project.deletion = Deletion(now, now + branches.RECOVERY, "user")
    project.updated_at = now
    del plane.account.projects[project.id]
    plane.account.deleted[project.id] = project
    plane.operations.begin(
        project, [endpoints.ending(plane, endpoint) for endpoint in project.endpoints.values()]
    )
    plane.timers.set(project.id, project.deletion.until, lambda: _purge(plane, project))
    return project


def recover(plane: Plane, project_id: str) -> Project:
    """The project as it was, its computes asleep."""
    project = plane.account.deleted.get(project_id)
    if project is None:
        raise NotFound("project not found")
    plane.operations.require_unlocked(project)
    plane.timers.cancel(project.id)
    del plane.account.deleted[project_id]
    plane.account.projects[project_id] = project
    project.deletion = None
    project.updated_at = plane.clock.now()
    return project


def _purge(plane: Plane, project: Project) -> None:
    """Remove for good what nobody recovered."""
    plane.account.deleted.pop(project.id, None)
    kept = [*project.branches, *project.deleted_branches, *project.snapshots]

    async def forget() -> bool:
        for each in kept:
            plane.timers.cancel(each)
            await plane.data.forget(each)
        return True

    plane.operations.begin(project, [Step("delete_timeline", forget, kept[0])])


def _require_retention(plane: Plane, seconds: int) -> None:
    longest = plane.account.plan.longest_retention
    if not 0 <= seconds <= longest:
        raise Invalid(f"history_retention_seconds must be 0 to {longest} on this plan")


async def _nothing() -> bool:
    return True
