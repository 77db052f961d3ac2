"""The account a key belongs to: its projects, and finding what is in them."""

from dataclasses import dataclass, field
from typing import TypeVar

from simulator.clock import Clock
from simulator.neon.mint import Mint
from simulator.neon.model import Branch, Database, Endpoint, Operation, Project, Role
from simulator.neon.refusals import NotFound

_Thing = TypeVar("_Thing")


@dataclass(slots=True)
class Account:
    """Every lookup raises NotFound, which is also what a key without the right to see it would get."""

    clock: Clock
    mint: Mint
    org_id: str
    projects: dict[str, Project] = field(default_factory=dict)

    def project(self, project_id: str) -> Project:
        return _found("project", self.projects.get(project_id))

    def branch(self, project_id: str, branch_id: str) -> tuple[Project, Branch]:
        project = self.project(project_id)
        return project, _found("branch", project.branches.get(branch_id))

    def endpoint(self, project_id: str, endpoint_id: str) -> tuple[Project, Endpoint]:
        project = self.project(project_id)
        return project, _found("endpoint", project.endpoints.get(endpoint_id))

    def operation(self, project_id: str, operation_id: str) -> Operation:
        operations = self.project(project_id).operations
        return _found("operation", next((op for op in operations if op.id == operation_id), None))

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
