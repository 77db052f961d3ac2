"""JWT key pairs and random names, for `portal.ports.Keys`."""

import base64
import hashlib
import json
import secrets
from typing import TYPE_CHECKING

from portal.adapters.threads import Threads
from portal.core.secrets import Secret
from portal.errors import UsageError
from portal.ports import KeyPair

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

RSA_BITS = 3072
RSA_EXPONENT = 65537
ALGORITHMS = ("RS256", "EdDSA")
_SECONDS = 30.0
_TOKEN_BYTES = 16


class LocalKeys:
    """Keys made on this machine, off the loop: an RSA key takes up to a second."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def generate(self, algorithm: str) -> KeyPair:
        """A new pair; `algorithm` is RS256 (3072 bit) or EdDSA (Ed25519)."""
        if algorithm not in ALGORITHMS:
            raise UsageError(
                f"JWT algorithm {algorithm!r} is not supported", hint=f"Use one of {', '.join(ALGORITHMS)}."
            )
        return await self._threads.call(_generate, algorithm, timeout=_SECONDS)

    async def public_of(self, private_pem: Secret) -> KeyPair:
        """The pair that belongs to a private key in PKCS#8 or PKCS#1 PEM."""
        return await self._threads.call(_load, private_pem, timeout=_SECONDS)

    def token(self) -> str:
        """128 random bits in hex."""
        return secrets.token_hex(_TOKEN_BYTES)


def _generate(algorithm: str) -> KeyPair:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415 - loaded on first use

    if algorithm == "EdDSA":
        return _pair(ed25519.Ed25519PrivateKey.generate())
    return _pair(rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=RSA_BITS))


def _load(private_pem: Secret) -> KeyPair:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - loaded on first use
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415 - loaded on first use
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above

    try:
        key = load_pem_private_key(private_pem.reveal("derive the public key").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        return _pair(key)
    raise UsageError(
        "the stored private key is not an unencrypted RSA or Ed25519 key in PEM",
        hint="Look at the parameter's history, or rotate the key.",
    )


def _pair(key: "RSAPrivateKey | Ed25519PrivateKey") -> KeyPair:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - loaded on first use

    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return KeyPair(Secret(private.decode()), Secret(public.decode()), _thumbprint(key))


def _thumbprint(key: "RSAPrivateKey | Ed25519PrivateKey") -> str:
    """RFC 7638: SHA-256 over the required JWK members in lexical order, without white space."""
    canonical = json.dumps(_jwk(key), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _jwk(key: "RSAPrivateKey | Ed25519PrivateKey") -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - loaded on first use

    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "e": _base64url(_unsigned(numbers.e)), "n": _base64url(_unsigned(numbers.n))}
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(key.public_key().public_bytes_raw())}


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
