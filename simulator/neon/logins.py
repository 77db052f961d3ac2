"""Connection strings: one role's way into one database over one endpoint."""

from dataclasses import dataclass
from urllib.parse import quote

from simulator.neon import endpoints, roles
from simulator.neon.account import database, role
from simulator.neon.model import Branch, Endpoint
from simulator.neon.names import host
from simulator.neon.plane import Plane
from simulator.neon.refusals import NotFound, Precondition


@dataclass(frozen=True, slots=True)
class Place:
    """Where every compute is reached; without an address by names that resolve."""

    port: int
    address: str | None


@dataclass(frozen=True, slots=True)
class Login:
    """`password` is in clear."""

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
    endpoint = plane.account.endpoint(project_id, endpoint_id)[1] if endpoint_id else None
    chosen = branch_id or (endpoint.branch_id if endpoint else project.default_branch.id)
    _, branch = plane.account.branch(project_id, chosen)
    if endpoint is None:
        endpoint = endpoints.read_write(project, branch)
    if endpoint.branch_id != branch.id:
        raise NotFound("endpoint not found on the branch")
    owner, target = role(branch, role_name), database(branch, database_name)
    if not project.store_passwords or owner.password is None:
        raise Precondition(roles.NOT_STORED)
    return Login(endpoint, owner.name, owner.password, target.name, place, pooled)


def only(branch: Branch, endpoint: Endpoint | None, place: Place) -> Login | None:
    """The one way into a branch that has one role and one database; None where there are more or none."""
    if endpoint is None or len(branch.roles) != 1 or len(branch.databases) != 1:
        return None
    (owner,), (target,) = branch.roles.values(), branch.databases.values()
    if owner.password is None:
        return None
    return Login(endpoint, owner.name, owner.password, target.name, place)
