"""Neon Auth of a branch: whether it is on, and the key pair its tokens would be signed with."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.neon.account import database
from simulator.neon.model import Branch
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Invalid, NotFound

PROVIDERS = ("better_auth", "stack", "mock")


@dataclass(frozen=True, slots=True)
class Auth:
    """Neon Auth as it was enabled; the private half never leaves memory."""

    id: str
    branch_id: str
    provider: str
    database: str
    created_at: datetime
    signing_key: Ed25519PrivateKey

    def key_set(self) -> Mapping[str, object]:
        """The JWK set (RFC 7517, RFC 8037), its key named by the RFC 7638 thumbprint."""
        public = {
            "crv": "Ed25519",
            "kty": "OKP",
            "x": _base64url(self.signing_key.public_key().public_bytes_raw()),
        }
        canonical = json.dumps(public, sort_keys=True, separators=(",", ":")).encode()
        kid = _base64url(hashlib.sha256(canonical).digest())
        return {"keys": [{**public, "alg": "EdDSA", "use": "sig", "kid": kid}]}


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


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
