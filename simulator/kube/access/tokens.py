"""Tokens of ServiceAccounts: minted by TokenRequest, good until they expire or their account is gone."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from simulator.clock import Clock, rfc3339
from simulator.kube.access.identity import AUTHENTICATED, Identity
from simulator.kube.schema.decode import decode
from simulator.kube.schema.nodes import definition
from simulator.kube.status import Cause, Object, bad_request, invalid
from simulator.kube.storage.store import Store, Stored

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
_GROUP, KIND = "authentication.k8s.io", "TokenRequest"
_LEAST, _MOST, _USUAL = 600, 2**32, 3600
_ACCOUNTS: Final = ("", "serviceaccounts")


class Tokens:
    """Every token minted, with whom it stands for."""

    def __init__(self, store: Store, clock: Clock, fixed: Mapping[str, Identity]) -> None:
        """`fixed` are the tokens that were there before the server, and never end."""
        self._fixed = fixed
        self._store = store
        self._clock = clock
        self._minted: dict[str, tuple[datetime, str, str]] = {}
        self._key: Any = None

    def identity(self, token: str) -> Identity | None:
        """Whom a token stands for; None when it is unknown, too old, or its account is not there any more."""
        if token in self._fixed:
            return self._fixed[token]
        expires, key, uid = self._minted.get(token, (None, "", ""))
        if expires is None:
            return None
        account = self._store.collection(*_ACCOUNTS).items.get(key)
        if account is None or account.metadata["uid"] != uid or expires <= self._clock.now():
            del self._minted[token]
            return None
        return account_identity(account)

    def mint(self, account: Stored, raw: Object) -> Object:
        """The TokenRequest with its token; raises 400 or 422 for one that cannot be."""
        spec = _decoded(raw).get("spec") or {}
        seconds = spec.get("expirationSeconds", _USUAL)
        if causes := list(_causes(seconds)):
            raise invalid(_GROUP, KIND, "", causes)
        now = self._clock.now()
        expires = now + timedelta(seconds=seconds)
        audiences = spec.get("audiences") or [ISSUER]
        token = self._signed(account, audiences, now, expires)
        self._minted[token] = (expires, account.key, account.metadata["uid"])
        metadata = {
            "name": account.name,
            "namespace": account.namespace,
            "creationTimestamp": rfc3339(now),
        }
        shown = {"audiences": audiences, "expirationSeconds": seconds}
        return {
            "kind": KIND,
            "apiVersion": f"{_GROUP}/v1",
            "metadata": metadata,
            "spec": {**shown, "boundObjectRef": spec.get("boundObjectRef")},
            "status": {"token": token, "expirationTimestamp": rfc3339(expires)},
        }

    def _signed(self, account: Stored, audiences: list[str], now: datetime, expires: datetime) -> str:
        """A JWT as the real server signs it, by a key of this run."""
        import jwt  # noqa: PLC0415 - few servers mint a token
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above

        if self._key is None:
            self._key = ec.generate_private_key(ec.SECP256R1())
        begins = int(now.astimezone(UTC).timestamp())
        whose = {"name": account.name, "uid": account.metadata["uid"]}
        claims = {
            "aud": audiences,
            "exp": int(expires.timestamp()),
            "iat": begins,
            "iss": ISSUER,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": {"namespace": account.namespace, "serviceaccount": whose},
            "nbf": begins,
            "sub": account_identity(account).user,
        }
        return jwt.encode(claims, self._key, algorithm="ES256")


def account_identity(account: Stored) -> Identity:
    """The user and the groups of a ServiceAccount."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{account.namespace}", AUTHENTICATED)
    return Identity(f"system:serviceaccount:{account.namespace}:{account.name}", groups)


def _decoded(raw: Object) -> Object:
    decoded = decode(definition(f"io.k8s.api.authentication.v1.{KIND}"), raw)
    if decoded.mismatches:
        raise bad_request(f'{KIND} in version "v1" cannot be handled as a {KIND}: {decoded.mismatches[0]}')
    return decoded.value


def _causes(seconds: int) -> Iterator[Cause]:
    field, reason, shown = "spec.expirationSeconds", "FieldValueInvalid", f"Invalid value: {seconds}"
    if seconds < _LEAST:
        yield Cause(field, reason, f"{shown}: may not specify a duration less than 10 minutes")
    if seconds > _MOST:
        yield Cause(field, reason, f"{shown}: may not specify a duration larger than 2^32 seconds")
