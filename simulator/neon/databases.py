"""Databases of a branch; each is owned by one of its roles."""

from simulator.neon.account import database
from simulator.neon.model import Branch, Database, DropDatabase, Operation, RenameDatabase
from simulator.neon.names import database_name
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Unprocessable

NO_OWNER = "database owner not found"


def new(plane: Plane, branch: Branch, name: str, owner_name: str) -> Database:
    """Add a database to the branch."""
    now = plane.clock.now()
    made = Database(plane.mint.database(), branch.id, name, owner_name, now, now)
    branch.databases[name] = made
    return made


def create(
    plane: Plane, project_id: str, branch_id: str, name: str, owner_name: str
) -> tuple[Database, list[Operation]]:
    database_name(name)
    project, branch, endpoint = plane.changeable(project_id, branch_id)
    _require_free(branch, name)
    _require_owner(branch, owner_name)
    if len(branch.databases) >= plane.account.plan.databases:
        raise Unprocessable("databases limit exceeded", "DATABASES_LIMIT_EXCEEDED")
    return new(plane, branch, name, owner_name), plane.apply(project, endpoint)


def update(
    plane: Plane, branch_key: tuple[str, str], name: str, *, new_name: str | None, owner_name: str | None
) -> tuple[Database, list[Operation]]:
    """Rename it, give it to another role, or both; a rename ends its sessions."""
    project, branch, endpoint = plane.changeable(*branch_key)
    found = database(branch, name)
    if owner_name is not None:
        _require_owner(branch, owner_name)
    if new_name is not None and new_name != name:
        _require_free(branch, database_name(new_name))
        del branch.databases[name]
        branch.databases[new_name] = found
        found.name = new_name
        branch.deltas.append(RenameDatabase(name, new_name))
    found.owner_name = owner_name or found.owner_name
    found.unapplied = True
    found.updated_at = plane.clock.now()
    return found, plane.apply(project, endpoint)


def delete(
    plane: Plane, project_id: str, branch_id: str, name: str
) -> tuple[Database, list[Operation]] | None:
    """None when it is gone already; its sessions are cut."""
    project, branch, endpoint = plane.changeable(project_id, branch_id)
    found = branch.databases.pop(name, None)
    if found is None:
        return None
    branch.deltas.append(DropDatabase(name))
    return found, plane.apply(project, endpoint)


def _require_free(branch: Branch, name: str) -> None:
    if name in branch.databases:
        raise Conflict(f"database {name} already exists")


def _require_owner(branch: Branch, owner_name: str) -> None:
    if owner_name not in branch.roles:
        raise Unprocessable(NO_OWNER)
