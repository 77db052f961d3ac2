"""The client's side of SCRAM-SHA-256 (RFC 5802) by keys instead of a password, without input or output."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets

from simulator.backends.scram import digest, encoded
from simulator.neon.challenge import Keys

_NONCE_BYTES = 18
_NO_BINDING = b"n,,"
_FIRST = re.compile(rb"r=([^,]+),s=([^,]+),i=(\d+)(?:,.*)?", re.DOTALL)


class Unproven(Exception):
    """The server did not show that it knows the verifier."""


class Proof:
    """One exchange: `first`, then `final`, then `check`."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._nonce = encoded(secrets.token_bytes(_NONCE_BYTES)).encode()
        self._said = b""

    def first(self) -> bytes:
        """client-first-message; PostgreSQL takes the role from the startup packet."""
        return _NO_BINDING + self._bare

    def final(self, server_first: bytes) -> bytes:
        """client-final-message; raises Unproven when the server's nonce does not go on from ours."""
        match = _FIRST.fullmatch(server_first)
        if match is None or not match.group(1).startswith(self._nonce):
            raise Unproven
        without_proof = b"c=" + encoded(_NO_BINDING).encode() + b",r=" + match.group(1)
        self._said = self._bare + b"," + server_first + b"," + without_proof
        signature = digest(hashlib.sha256(self._keys.client_key).digest(), self._said)
        proof = bytes(left ^ right for left, right in zip(self._keys.client_key, signature, strict=True))
        return without_proof + b",p=" + encoded(proof).encode()

    def check(self, server_final: bytes) -> None:
        """Raise Unproven unless the server signed what was said."""
        try:
            signature = base64.b64decode(server_final.removeprefix(b"v="), validate=True)
        except binascii.Error as exc:
            raise Unproven from exc
        if not hmac.compare_digest(signature, digest(self._keys.server_key, self._said)):
            raise Unproven

    @property
    def _bare(self) -> bytes:
        return b"n=,r=" + self._nonce
