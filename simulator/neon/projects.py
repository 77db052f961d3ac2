"""Projects: what a new one comes with, and the connection strings of its branches."""

from dataclasses import dataclass, field
from urllib.parse import quote

from simulator.neon import databases, endpoints, roles
from simulator.neon.account import database, role
from simulator.neon.model import Branch, Endpoint, Operation, Project
from simulator.neon.names import DEFAULT_REGION, database_name, host, region, role_name, title
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Invalid, NotFound, Precondition

_LONGEST_RETENTION = 2_592_000


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a project is made from."""

    name: str | None = None
    region_id: str = DEFAULT_REGION
    store_passwords: bool = True
    history_retention_seconds: int = 86400
    branch_name: str = "main"
    role_name: str = "neondb_owner"
    database_name: str = "neondb"
    suspend_timeout_seconds: int = 0
    settings: dict[str, object] = field(default_factory=dict)

    def check(self) -> None:
        """Raise Invalid for what Neon does not take."""
        if self.name is not None:
            title("project", self.name)
        title("branch", self.branch_name)
        role_name(self.role_name)
        database_name(self.database_name)
        endpoints.Settings(suspend_timeout_seconds=self.suspend_timeout_seconds).check()
        if not 0 <= self.history_retention_seconds <= _LONGEST_RETENTION:
            raise Invalid(f"history_retention_seconds must be 0 to {_LONGEST_RETENTION}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where every compute is reached; without an address by names that resolve."""

    port: int
    address: str | None


@dataclass(frozen=True, slots=True)
class Login:
    """One role's way into one database; `password` is in clear."""

    endpoint: Endpoint
    role: str
    password: str
    database: str
    place: Place
    pooled: bool = False

    @property
    def host(self) -> str:
        return host(self.endpoint.id, self.endpoint.region_id, pooled=self.pooled)

    @property
    def uri(self) -> str:
        """`hostaddr` is there because simulated hosts do not resolve; the host still goes into SNI."""
        user, secret, name = (quote(part, safe="") for part in (self.role, self.password, self.database))
        address = f"&hostaddr={self.place.address}" if self.place.address else ""
        return (
            f"postgresql://{user}:{secret}@{self.host}:{self.place.port}/{name}"
            f"?sslmode=require&channel_binding=require{address}"
        )


def new(plane: Plane, blueprint: Blueprint) -> tuple[Project, Endpoint, str]:
    """Add a project with a branch, a sleeping compute, a role and a database; returns the password."""
    blueprint.check()
    now = plane.clock.now()
    project_id = plane.mint.project()
    project = Project(
        id=project_id,
        name=blueprint.name or project_id,
        region_id=region(blueprint.region_id),
        created_at=now,
        updated_at=now,
        store_passwords=blueprint.store_passwords,
        history_retention_seconds=blueprint.history_retention_seconds,
        settings=blueprint.settings,
        default_suspend_timeout_seconds=blueprint.suspend_timeout_seconds,
    )
    branch = Branch(
        id=plane.mint.branch(),
        project_id=project_id,
        name=blueprint.branch_name,
        default=True,
        created_at=now,
        updated_at=now,
        state_changed_at=now,
    )
    project.branches[branch.id] = branch
    endpoint = endpoints.new(plane, project, branch)
    secret = roles.new(plane, project, branch, blueprint.role_name) or ""
    databases.new(plane, branch, blueprint.database_name, blueprint.role_name)
    plane.account.projects[project_id] = project
    return project, endpoint, secret


def create(plane: Plane, blueprint: Blueprint) -> tuple[Project, Endpoint, str, list[Operation]]:
    """As the API does it: the compute starts; names are not unique."""
    project, endpoint, secret = new(plane, blueprint)
    endpoint.current_state = "init"
    timeline = Step("create_timeline", _nothing, endpoint.branch_id)
    return project, endpoint, secret, endpoints.launch(plane, project, endpoint, timeline)


def login(
    plane: Plane,
    project_id: str,
    *,
    role_name: str,
    database_name: str,
    branch_id: str | None,
    endpoint_id: str | None,
    pooled: bool,
    place: Place,
) -> Login:
    """Resolve a connection string: the default branch and its read-write compute unless told otherwise."""
    project = plane.account.project(project_id)
    branch = plane.account.branch(project_id, branch_id)[1] if branch_id else project.default_branch
    endpoint = (
        plane.account.endpoint(project_id, endpoint_id)[1]
        if endpoint_id
        else endpoints.read_write(project, branch)
    )
    if endpoint.branch_id != branch.id:
        raise NotFound("endpoint not found on the branch")
    owner, target = role(branch, role_name), database(branch, database_name)
    if not project.store_passwords or owner.password is None:
        raise Precondition(roles.NOT_STORED)
    return Login(endpoint, owner.name, owner.password, target.name, place, pooled)


async def _nothing() -> bool:
    return True
