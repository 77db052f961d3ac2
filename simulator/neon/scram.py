"""SCRAM-SHA-256 verifiers as PostgreSQL stores them, so that it never sees a password in clear."""

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096
_SALT_BYTES = 16


def verifier(password: str, salt: bytes | None = None) -> str:
    """`SCRAM-SHA-256$4096:salt$StoredKey:ServerKey` (RFC 5803) for an ASCII password."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def fingerprint(password: str) -> bytes:
    """The SHA-256 by which a password is known again without being kept."""
    return hashlib.sha256(password.encode()).digest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
