"""The account keys belong to: its user, its organization, its projects, and finding what is in them."""

from dataclasses import dataclass, field
from typing import TypeVar

from simulator.clock import Clock
from simulator.neon.identity import Keyring, Organization, User
from simulator.neon.mint import Mint
from simulator.neon.mishaps import Mishaps
from simulator.neon.model import Branch, Database, Endpoint, Operation, Project, Role, Snapshot
from simulator.neon.plans import Plan
from simulator.neon.refusals import NotFound, Unavailable

_Thing = TypeVar("_Thing")


@dataclass(slots=True)
class Account:
    """Every lookup raises NotFound, which is also what a key without the right to see it would get."""

    clock: Clock
    mint: Mint
    user: User
    organization: Organization
    mishaps: Mishaps
    keys: Keyring = field(default_factory=Keyring)
    projects: dict[str, Project] = field(default_factory=dict)
    deleted: dict[str, Project] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return self.organization.plan

    def project(self, project_id: str) -> Project:
        """Raises Unavailable too, for a project whose details cannot be fetched now."""
        found = _found("project", self.projects.get(project_id))
        if self.mishaps.unavailable(found.id, found.name):
            raise Unavailable("project is temporarily unavailable")
        return found

    def branch(self, project_id: str, branch_id: str) -> tuple[Project, Branch]:
        project = self.project(project_id)
        return project, _found("branch", project.branches.get(branch_id))

    def endpoint(self, project_id: str, endpoint_id: str) -> tuple[Project, Endpoint]:
        project = self.project(project_id)
        return project, _found("endpoint", project.endpoints.get(endpoint_id))

    def snapshot(self, project_id: str, snapshot_id: str) -> tuple[Project, Snapshot]:
        project = self.project(project_id)
        return project, _found("snapshot", project.snapshots.get(snapshot_id))

    def operation(self, project_id: str, operation_id: str) -> Operation:
        operations = self.project(project_id).operations
        return _found("operation", next((op for op in operations if op.id == operation_id), None))

    def require_organization(self, org_id: str) -> Organization:
        """The organization itself; raises NotFound for any other."""
        if org_id != self.organization.id:
            raise NotFound("organization not found")
        return self.organization

    def reached_as(self, endpoint_id: str) -> tuple[Project, Endpoint]:
        """The endpoint a connection names, in whichever project it is."""
        for project in self.projects.values():
            if endpoint_id in project.endpoints:
                return project, project.endpoints[endpoint_id]
        raise NotFound("endpoint not found")


def role(branch: Branch, name: str) -> Role:
    return _found("role", branch.roles.get(name))


def database(branch: Branch, name: str) -> Database:
    return _found("database", branch.databases.get(name))


def _found(kind: str, thing: _Thing | None) -> _Thing:
    if thing is None:
        raise NotFound(f"{kind} not found")
    return thing
