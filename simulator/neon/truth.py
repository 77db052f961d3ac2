"""What stands in the account now, for those who check a world: states, and credentials as digests."""

from collections.abc import Callable
from typing import Any

from simulator.neon.computes import Computes
from simulator.neon.model import Branch, Endpoint, Project, Role

Digest = Callable[[bytes], str]


def of(projects: list[Project], computes: Computes, digest: Digest) -> dict[str, Any]:
    """`{projects: [{id, name, branches, endpoints, running}]}`; `digest` keys the fingerprints."""
    return {"projects": [_project(project, computes, digest) for project in projects]}


def _project(project: Project, computes: Computes, digest: Digest) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "region": project.region_id,
        "branches": [_branch(branch, digest) for branch in project.branches.values()],
        "endpoints": [_endpoint(endpoint, computes) for endpoint in project.endpoints.values()],
        "running": sorted({op.action for op in project.operations if not op.ended}),
    }


def _branch(branch: Branch, digest: Digest) -> dict[str, Any]:
    return {
        "id": branch.id,
        "name": branch.name,
        "state": branch.current_state,
        "default": branch.default,
        "auth": branch.auth is not None,
        "roles": [_role(role, branch, digest) for role in branch.roles.values()],
        "databases": [
            {
                "name": database.name,
                "owner": database.owner_name,
                "applied": _applied(database.unapplied, branch),
            }
            for database in branch.databases.values()
        ],
    }


def _role(role: Role, branch: Branch, digest: Digest) -> dict[str, Any]:
    """`valid` is the digest of the password that opens a session now, `wanted` of the one that will."""
    valid = role.valid if branch.materialised else role.fingerprint
    return {
        "name": role.name,
        "applied": _applied(role.unapplied, branch),
        "valid": digest(valid) if valid else None,
        "wanted": digest(role.fingerprint) if role.fingerprint else None,
    }


def _applied(unapplied: bool, branch: Branch) -> bool:
    """What waits on a branch no compute ever ran on is there before the first session is."""
    return not (unapplied and branch.materialised)


def _endpoint(endpoint: Endpoint, computes: Computes) -> dict[str, Any]:
    process = computes.process(endpoint.id)
    return {
        "id": endpoint.id,
        "branch_id": endpoint.branch_id,
        "type": endpoint.type,
        "state": endpoint.current_state,
        "pending_state": endpoint.pending_state,
        "disabled": endpoint.disabled,
        "pid": process,
    }
