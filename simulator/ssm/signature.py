"""Signature Version 4: what a request's signature claims, and whether the secret it needs was there.

Source: IAM User Guide, "Create a signed AWS API request". Signatures are dated by the clocks of clients, so
their age is judged by the wall clock whatever the speed of a world.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

from starlette.types import Scope

UNSIGNED = "UNSIGNED-PAYLOAD"
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9a-zA-Z]+)"
)
_MOMENT = "%Y%m%dT%H%M%SZ"
_PARTS = 5


class Unsigned(Exception):
    """The request carries no signature."""


class Malformed(Exception):
    """It carries something that is no signature of version 4."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`lasts` is how long a presigned request may be used; others have none."""

    key_id: str
    day: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    at: str
    lasts: timedelta | None = None

    @property
    def moment(self) -> datetime:
        """When it was made; raises Malformed."""
        try:
            return datetime.strptime(self.at, _MOMENT).replace(tzinfo=UTC)
        except ValueError as exc:
            raise Malformed from exc

    def made_with(self, secret: str, request: "Request") -> bool:
        """Whether this secret signed this very request."""
        scope = f"{self.day}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(request.canonical(self.headers).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.at}\n{scope}\n{digest}"
        key = f"AWS4{secret}".encode()
        for part in (self.day, self.region, self.service, "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(key.hex(), self.signature)


@dataclass(frozen=True, slots=True)
class Request:
    """What is signed of a request; `payload` is the hash of its body, or the word that stands for it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    payload: str

    @classmethod
    def of(cls, scope: Scope, payload: str = "") -> "Request":
        """Of an ASGI request; without `payload`, what the request itself says of its body."""
        headers = headers_of(scope)
        query = scope["query_string"].decode("latin-1")
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        return cls(
            method=scope["method"],
            path=path.partition("?")[0],
            query=query,
            headers=headers,
            payload=payload or headers.get("x-amz-content-sha256", UNSIGNED),
        )

    def canonical(self, signed: tuple[str, ...]) -> str:
        """The request in the one form both sides hash."""
        lines = [f"{name}:{' '.join(self.headers.get(name, '').split())}" for name in signed]
        return "\n".join(
            (
                self.method,
                quote(unquote(self.path), safe="/~"),
                "&".join(sorted(self._pairs())),
                *lines,
                "",
                ";".join(signed),
                self.payload,
            )
        )

    def _pairs(self) -> Iterator[str]:
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            if name != "X-Amz-Signature":
                yield f"{quote(name, safe='~')}={quote(value, safe='~')}"


def headers_of(scope: Scope) -> dict[str, str]:
    """Headers by their names in lower case; those sent more than once are joined."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def read(scope: Scope) -> Signature:
    """The signature in the header or the query of a request; raises Unsigned or Malformed."""
    headers = headers_of(scope)
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    if authorization := headers.get("authorization"):
        if not (found := _HEADER.match(authorization)):
            raise Malformed
        at = headers.get("x-amz-date", "")
        return _signature(found["credential"], found["headers"], found["signature"], at)
    if "X-Amz-Signature" in query:
        named = [
            query.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature", "Date")
        ]
        lasts = query.get("X-Amz-Expires", "")
        if not lasts.isdigit():
            raise Malformed
        credential, signed, signature, at = named
        return _signature(credential, signed, signature, at, timedelta(seconds=int(lasts)))
    raise Unsigned


def _signature(
    credential: str, headers: str, signature: str, at: str, lasts: timedelta | None = None
) -> Signature:
    parts = credential.split("/")
    if len(parts) != _PARTS:
        raise Malformed
    key_id, day, region, service, _ = parts
    return Signature(key_id, day, region, service, tuple(headers.split(";")), signature, at, lasts)
