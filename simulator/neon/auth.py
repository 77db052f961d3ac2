"""Neon Auth of a branch: turning it on and off, and its directory of users."""

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.neon.account import database
from simulator.neon.auth_schema import SCHEMA
from simulator.neon.model import Branch, DropSchema, Operation, SyncAuth
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, NotFound, Unprocessable
from simulator.neon.signing import Auth, AuthUser


def enable(
    plane: Plane, project_id: str, branch_id: str, provider: str, name: str | None
) -> tuple[Auth, str]:
    """Turn it on; returns it with the server key, which is shown this once.

    Raises NotFound for an unknown database, Unprocessable where there is none, Conflict when it is on.
    """
    project, branch = plane.account.branch(project_id, branch_id)
    plane.operations.require_unlocked(project)
    if branch.auth is not None:
        raise Conflict("Neon Auth is already enabled on this branch")
    chosen = database(branch, name) if name else next(iter(branch.databases.values()), None)
    if chosen is None:
        raise Unprocessable("the branch has no database")
    branch.auth = Auth(
        plane.mint.uuid(), branch.id, provider, chosen.name, plane.clock.now(), Ed25519PrivateKey.generate()
    )
    plane.tell(project, branch, SyncAuth())
    return branch.auth, f"simneonauth_{secrets.token_hex(24)}"


def enabled(branch: Branch) -> Auth:
    """What is on; raises NotFound."""
    if branch.auth is None:
        raise NotFound("Neon Auth is not enabled on this branch")
    return branch.auth


def disable(plane: Plane, project_id: str, branch_id: str, *, delete_data: bool) -> list[Operation]:
    """Turn it off; its schema stays in the database unless it is to go."""
    project, branch = plane.account.branch(project_id, branch_id)
    found = enabled(branch)
    plane.operations.require_unlocked(project)
    branch.auth = None
    endpoint = project.read_write(branch.id)
    if not delete_data or endpoint is None:
        return []
    branch.deltas.append(DropSchema(found.database, SCHEMA))
    return plane.apply(project, endpoint)


def add_user(plane: Plane, branch_key: tuple[str, str], email: str, name: str | None) -> AuthUser:
    project, branch = plane.account.branch(*branch_key)
    users = enabled(branch).users
    if any(user.email.lower() == email.lower() for user in users.values()):
        raise Conflict("a user with this email already exists")
    made = AuthUser(plane.mint.uuid(), email, name or "")
    users[made.id] = made
    plane.tell(project, branch, SyncAuth())
    return made


def remove_user(plane: Plane, branch_key: tuple[str, str], user_id: str) -> None:
    project, branch = plane.account.branch(*branch_key)
    if enabled(branch).users.pop(user_id, None) is None:
        raise NotFound("auth user not found")
    plane.tell(project, branch, SyncAuth(removed=user_id))


def give_roles(plane: Plane, branch_key: tuple[str, str], user_id: str, roles: list[str]) -> AuthUser:
    project, branch = plane.account.branch(*branch_key)
    found = enabled(branch).users.get(user_id)
    if found is None:
        raise NotFound("auth user not found")
    found.roles = list(roles)
    plane.tell(project, branch, SyncAuth())
    return found
