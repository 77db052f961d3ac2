"""Roles of a branch. Creating one or resetting its password drops every connection of the active compute."""

from datetime import datetime

from simulator.backends.scram import fingerprint, verifier
from simulator.neon.account import role
from simulator.neon.mint import password
from simulator.neon.model import Branch, DropRole, Operation, Project, Role
from simulator.neon.names import role_name
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, NotFound, Precondition, Unprocessable

NOT_STORED = "storing passwords is not enabled for the project"


def new(plane: Plane, project: Project, branch: Branch, name: str, *, no_login: bool = False) -> str | None:
    """Add a role to the branch and return its password, which is shown once where none is stored."""
    secret = None if no_login else password()
    now = plane.clock.now()
    branch.roles[name] = Role(
        branch_id=branch.id,
        name=name,
        verifier=verifier(secret) if secret else None,
        password=secret if project.store_passwords else None,
        created_at=now,
        updated_at=now,
        fingerprint=fingerprint(secret) if secret else None,
    )
    return secret


def renew(project: Project, branch: Branch, now: datetime) -> None:
    """New passwords for every role that can log in, as a branch of a protected one gets them."""
    for found in branch.roles.values():
        if found.verifier is not None:
            _set_password(project, found, password(), now)


def create(
    plane: Plane, project_id: str, branch_id: str, name: str, *, no_login: bool = False
) -> tuple[Role, str | None, list[Operation]]:
    role_name(name)
    project, branch, endpoint = plane.changeable(project_id, branch_id)
    if name in branch.roles:
        raise Conflict(f"role {name} already exists")
    if len(branch.roles) >= plane.account.plan.roles:
        raise Unprocessable("roles limit exceeded", "ROLES_LIMIT_EXCEEDED")
    secret = new(plane, project, branch, name, no_login=no_login)
    return branch.roles[name], secret, plane.apply(project, endpoint, drop_sessions=True)


def reveal_password(plane: Plane, project_id: str, branch_id: str, name: str) -> str:
    project, branch = plane.account.branch(project_id, branch_id)
    found = role(branch, name)
    if not project.store_passwords:
        raise Precondition(NOT_STORED)
    if found.password is None:
        raise NotFound("role has no password")
    return found.password


def reset_password(
    plane: Plane, project_id: str, branch_id: str, name: str
) -> tuple[Role, str, list[Operation]]:
    """The old password works until the operations have finished, the new one only then."""
    project, branch, endpoint = plane.changeable(project_id, branch_id)
    found = role(branch, name)
    if found.verifier is None:
        raise Unprocessable(f"role {name} cannot log in")
    secret = password()
    _set_password(project, found, secret, plane.clock.now())
    return found, secret, plane.apply(project, endpoint, drop_sessions=True)


def delete(plane: Plane, project_id: str, branch_id: str, name: str) -> tuple[Role, list[Operation]] | None:
    """None when it is gone already."""
    project, branch, endpoint = plane.changeable(project_id, branch_id)
    found = branch.roles.get(name)
    if found is None:
        return None
    owned = sorted(d.name for d in branch.databases.values() if d.owner_name == name)
    if owned:
        raise Unprocessable(f"role {name} owns the database {', '.join(owned)}")
    del branch.roles[name]
    branch.deltas.append(DropRole(name))
    return found, plane.apply(project, endpoint)


def _set_password(project: Project, found: Role, secret: str, now: datetime) -> None:
    found.verifier, found.fingerprint = verifier(secret), fingerprint(secret)
    found.password = secret if project.store_passwords else None
    found.updated_at = now
    found.unapplied = True
