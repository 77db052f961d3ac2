"""Neon Auth as a branch has it: the key pair its tokens would be signed with, and its JWK set."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(slots=True)
class AuthUser:
    """Somebody in the directory of a branch."""

    id: str
    email: str
    name: str
    roles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Auth:
    """Neon Auth as it was enabled; the private half never leaves memory."""

    id: str
    branch_id: str
    provider: str
    database: str
    created_at: datetime
    signing_key: Ed25519PrivateKey
    users: dict[str, AuthUser] = field(default_factory=dict)

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


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
