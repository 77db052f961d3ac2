"""The server's side of SCRAM-SHA-256 and -PLUS (RFC 5802, RFC 7677), without any input or output.

A role that is unknown or has no such password is challenged like any other and fails at the end, as
PostgreSQL does, so that roles cannot be counted.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from simulator.backends.scram import ITERATIONS, SALT_BYTES, Verifier, digest, encoded

PLAIN = "SCRAM-SHA-256"
BOUND = "SCRAM-SHA-256-PLUS"
MECHANISMS = (BOUND, PLAIN)
_BINDING = "tls-server-end-point"
_NONCE_BYTES = 18
# gs2 header: channel binding flag, authorisation identity; then user (ignored, as PostgreSQL does) and nonce.
_FIRST = re.compile(rb"((n|y|p=([^,]*)),([^,]*),)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)", re.DOTALL)
_FINAL = re.compile(rb"(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)", re.DOTALL)


class Wrong(Exception):
    """The password is not the one the verifier was made from."""


class Breach(Exception):
    """The client does not keep to the protocol; the text says how."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a client that knew the password has shown; enough to log in with it elsewhere."""

    client_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


class Challenge:
    """One exchange: `opening` and `final` take the client's messages in that order."""

    def __init__(self, verifier: Verifier | None, binding: bytes, secret: bytes, role: str) -> None:
        """`binding` is the certificate's hash; `secret` and `role` salt an unknown role steadily."""
        salt = digest(secret, role.encode())[:SALT_BYTES]
        self._known = verifier is not None
        self._verifier = verifier or Verifier(salt, bytes(32), bytes(32), ITERATIONS)
        self._binding = binding
        self._expected = b""
        self._nonce = b""
        self._said = b""

    def opening(self, mechanism: str, message: bytes) -> bytes:
        """The answer to client-first-message; raises Breach."""
        match = _FIRST.fullmatch(message)
        if mechanism not in MECHANISMS or match is None:
            raise Breach("malformed SCRAM message")
        header, flag, kind, identity, bare, nonce = match.groups()
        self._expected = header + self._bound(mechanism, flag, kind)
        if identity:
            raise Breach("client uses authorization identity, but it is not supported")
        self._nonce = nonce + encoded(secrets.token_bytes(_NONCE_BYTES)).encode()
        salt, iterations = encoded(self._verifier.salt).encode(), str(self._verifier.iterations).encode()
        answer = b"r=" + self._nonce + b",s=" + salt + b",i=" + iterations
        self._said = bare + b"," + answer
        return answer

    def final(self, message: bytes) -> tuple[bytes, Keys]:
        """The answer to client-final-message; raises Wrong or Breach."""
        match = _FINAL.fullmatch(message)
        if match is None:
            raise Breach("malformed SCRAM message")
        without_proof, binding, nonce, proof = match.groups()
        if _bytes(binding) != self._expected:
            raise Breach("SCRAM channel binding check failed")
        if nonce != self._nonce:
            raise Breach("invalid SCRAM response: nonce does not match")
        said = self._said + b"," + without_proof
        signature = digest(self._verifier.stored_key, said)
        shown = _bytes(proof)
        if len(shown) != len(signature):
            raise Breach("malformed SCRAM message: malformed proof")
        client_key = bytes(left ^ right for left, right in zip(shown, signature, strict=True))
        matches = hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key)
        if not (matches and self._known):
            raise Wrong
        answer = b"v=" + encoded(digest(self._verifier.server_key, said)).encode()
        return answer, Keys(client_key, self._verifier.server_key)

    def _bound(self, mechanism: str, flag: bytes, kind: bytes | None) -> bytes:
        """What must follow the header in the binding the client sends back."""
        if mechanism == BOUND:
            if kind != _BINDING.encode():
                raise Breach("unsupported SCRAM channel-binding type")
            return self._binding
        if flag == b"y":
            raise Breach("SCRAM channel binding negotiation error")
        if flag != b"n":
            raise Breach("malformed SCRAM message: channel binding without the mechanism for it")
        return b""


def _bytes(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise Breach("malformed SCRAM message: not base64") from exc
