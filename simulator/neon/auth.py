"""Neon Auth of a branch: turning it on, and whether it is."""

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.neon.account import database
from simulator.neon.model import Branch
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Invalid, NotFound
from simulator.neon.signing import Auth

PROVIDERS = ("better_auth", "stack", "mock")


def enable(
    plane: Plane, project_id: str, branch_id: str, provider: str, name: str | None
) -> tuple[Auth, str]:
    """Turn it on; returns it with the server key, which is shown this once.

    Raises Invalid for an unknown provider, NotFound for an unknown database, Conflict when it is on.
    """
    if provider not in PROVIDERS:
        raise Invalid(f"auth_provider must be one of {', '.join(PROVIDERS)}")
    project, branch = plane.account.branch(project_id, branch_id)
    plane.operations.require_unlocked(project)
    chosen = database(branch, name) if name else next(iter(branch.databases.values()))
    if branch.auth is not None:
        raise Conflict("Neon Auth is already enabled on this branch")
    branch.auth = Auth(
        plane.mint.uuid(), branch.id, provider, chosen.name, plane.clock.now(), Ed25519PrivateKey.generate()
    )
    return branch.auth, f"simneonauth_{secrets.token_hex(24)}"


def enabled(branch: Branch) -> Auth:
    """What is on; raises NotFound."""
    if branch.auth is None:
        raise NotFound("Neon Auth is not enabled on this branch")
    return branch.auth
