"""The Neon control plane: operation names as in its OpenAPI document, bearer keys, its error envelope."""

import re
from typing import Protocol
from uuid import uuid4

import orjson

from simulator.gateway.neon_operations import OPERATIONS
from simulator.gateway.service import Head, Operation, Refused, Reply, rehearsal_only

BASE = "/api/v2"
# Key sets of Neon Auth, which anybody may read.
PUBLIC = "/neonauth/"
_REAL = "napi_"
_USUAL = {
    401: "authentication required",
    403: "forbidden",
    404: "not found",
    423: "project already has running conflicting operations, scheduling of new ones is prohibited",
    429: "rate limit exceeded",
    500: "internal server error",
    503: "service unavailable",
}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, template.split("{}"))))


_ROUTES = sorted(
    ((_pattern(template), name) for template, name in OPERATIONS.items()),
    key=lambda route: route[0].pattern.count("[^/]+"),
)


class Keys(Protocol):
    """Keys, each with the name of whom it was made for."""

    def get(self, token: str, /) -> str | None:
        """Whose key it is; None for one that opens nothing."""


class Neon:
    """Asks at every call, because keys are made and revoked while a world runs."""

    name = "neon"

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def operation(self, head: Head) -> Operation:
        if head.path.startswith(PUBLIC):
            return Operation("getJwks", mutating=False)
        call = f"{head.method} {head.path.removeprefix(BASE).rstrip('/')}"
        name = next((name for route, name in _ROUTES if route.fullmatch(call)), call)
        return Operation(name, mutating=head.method not in {"GET", "HEAD", "OPTIONS"})

    def caller(self, head: Head) -> str:
        if head.path.startswith(PUBLIC):
            return "public"
        key = head.bearer()
        if key and key.startswith(_REAL):
            raise Refused(self.failure(401, "", rehearsal_only("API keys", "neon_api_key")))
        caller = self._keys.get(key) if key else None
        if caller is None:
            raise Refused(self.failure(401, "", ""))
        return caller

    def failure(self, status: int, code: str, message: str) -> Reply:
        envelope = {
            "request_id": str(uuid4()),
            "code": code,
            "message": message or _USUAL.get(status, f"the request failed with status {status}"),
        }
        return Reply(status, orjson.dumps(envelope), {"content-type": "application/json"})

    def throttled(self, retry_after: int) -> Reply:
        reply = self.failure(429, "", "")
        return Reply(reply.status, reply.body, {**reply.headers, "retry-after": str(retry_after)})

    def last_word(self, failure: Reply) -> bytes:
        """No call of this API is a stream."""
        del failure
        return b""
