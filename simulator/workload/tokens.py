"""The JWT check: sign with the private key, verify with the public one, find the key id in the header."""

import time
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from simulator.workload.report import CheckFailed

PRIVATE, PUBLIC, KEY_ID = "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_KEY_ID"
DECLARING = (PRIVATE, PUBLIC, KEY_ID)
MINUTE = 60


def probe(env: Mapping[str, str]) -> str:
    """Say which algorithm and key id work; raises CheckFailed when the pair or its key id does not."""
    for name in DECLARING:
        if not env.get(name):
            raise CheckFailed(f"{name} is not set")
    private, public = _private(env[PRIVATE]), _public(env[PUBLIC])
    algorithm = "EdDSA" if isinstance(private, Ed25519PrivateKey) else "RS256"
    claims = {"sub": "workload", "exp": int(time.time()) + MINUTE}
    token = jwt.encode(claims, private, algorithm=algorithm, headers={"kid": env[KEY_ID]})
    try:
        jwt.decode(token, public, algorithms=[algorithm])
    except (jwt.PyJWTError, TypeError):
        raise CheckFailed(f"{PUBLIC} does not verify what {PRIVATE} signs: they are not one pair") from None
    kid = jwt.get_unverified_header(token).get("kid")
    if kid != env[KEY_ID]:
        raise CheckFailed("the token header does not carry the key id")
    return f"{algorithm}, kid {kid}"


def _private(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_lines(pem), password=None)
    except (ValueError, TypeError):
        raise CheckFailed(f"{PRIVATE} is not an unencrypted PEM private key") from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise CheckFailed(f"{PRIVATE} is neither an RSA nor an Ed25519 key")
    return key


def _public(pem: str) -> RSAPublicKey | Ed25519PublicKey:
    try:
        key = load_pem_public_key(_lines(pem))
    except ValueError:
        raise CheckFailed(f"{PUBLIC} is not a PEM public key") from None
    if not isinstance(key, RSAPublicKey | Ed25519PublicKey):
        raise CheckFailed(f"{PUBLIC} is neither an RSA nor an Ed25519 key")
    return key


def _lines(pem: str) -> bytes:
    """Keys kept on one line with a literal backslash-n are a common convention of environment variables."""
    return pem.replace("\\n", "\n").encode()
