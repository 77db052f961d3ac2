"""SCRAM-SHA-256 verifiers as PostgreSQL stores them, so that it never sees a password in clear."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

ITERATIONS = 4096
SALT_BYTES = 16
_STORED = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)")


@dataclass(frozen=True, slots=True)
class Verifier:
    """What proves a password without being it (RFC 5802): keys stay out of every representation."""

    salt: bytes
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    iterations: int = ITERATIONS

    @property
    def text(self) -> str:
        """`SCRAM-SHA-256$4096:salt$StoredKey:ServerKey` (RFC 5803)."""
        salt, stored, server = (encoded(value) for value in (self.salt, self.stored_key, self.server_key))
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


def fingerprint(password: str) -> bytes:
    """The SHA-256 by which a password is known again without being kept."""
    return hashlib.sha256(password.encode()).digest()


def parsed(text: str) -> Verifier | None:
    """The verifier PostgreSQL stored; None for a role with another kind of password."""
    match = _STORED.fullmatch(text)
    if match is None:
        return None
    try:
        salt, stored, server = (base64.b64decode(part, validate=True) for part in match.groups()[1:])
    except binascii.Error:
        return None
    return Verifier(salt, stored, server, int(match.group(1)))


def derived(password: str, salt: bytes, iterations: int = ITERATIONS) -> Verifier:
    """The verifier of an ASCII password."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored = hashlib.sha256(digest(salted, b"Client Key")).digest()
    return Verifier(salt, stored, digest(salted, b"Server Key"), iterations)


def verifier(password: str) -> str:
    """A new verifier of an ASCII password, as text."""
    return derived(password, secrets.token_bytes(SALT_BYTES)).text


def digest(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, message, "sha256")


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
