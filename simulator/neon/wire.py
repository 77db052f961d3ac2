"""HTTP around the rules: who may call and how often, error envelopes, request ids."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.clock import Clock
from simulator.neon import refusals
from simulator.neon.fields import Fields, bare, wrapped
from simulator.neon.identity import ApiKey, Keyring
from simulator.neon.limits import Limits
from simulator.neon.logins import Place
from simulator.neon.plane import Plane

REQUEST_ID = "X-Request-ID"
BASE = "/api/v2"
# Below it everything is public, as the addresses of Neon Auth are.
PUBLIC = "/neonauth"
_LONGEST_BODY = 1_000_000
_LONGEST_REQUEST_ID = 100
# Stands for an encoded slash while a path is matched; it is of the private use area.
_SLASH = "\uf8ff"
_STATUS: dict[type[refusals.Refusal], int] = {
    refusals.Invalid: 400,
    refusals.Forbidden: 403,
    refusals.NotFound: 404,
    refusals.OutOfRange: 406,
    refusals.Conflict: 409,
    refusals.Precondition: 412,
    refusals.TooLarge: 413,
    refusals.Unprocessable: 422,
    refusals.Locked: 423,
    refusals.TooFast: 429,
    refusals.Unavailable: 503,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the routes see it."""

    request: Request
    key: ApiKey
    plane: Plane
    place: Place
    pg_version: int

    def path(self, name: str) -> str:
        return str(self.request.path_params[name]).replace(_SLASH, "/")

    @property
    def branch(self) -> tuple[str, str]:
        """The project's and the branch's id, which most paths begin with."""
        return self.path("project"), self.path("branch")

    @property
    def endpoint(self) -> tuple[str, str]:
        return self.path("project"), self.path("endpoint")

    def query(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def required(self, name: str) -> str:
        """A query parameter; raises Invalid without it."""
        value = self.query(name)
        if not value:
            raise refusals.Invalid(f"query parameter {name} is required")
        return value

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false, and false when it is not there; raises Invalid."""
        text = self.query(name)
        if text not in {None, "true", "false"}:
            raise refusals.Invalid(f"query parameter {name} must be true or false")
        return text == "true"

    async def body(self, key: str, fields: Fields) -> dict[str, Any]:
        """The wrapped object of the body; raises Invalid."""
        return wrapped(await self._raw(), self.request.headers.get("content-type", ""), key, fields)

    async def document(self, fields: Fields) -> dict[str, Any]:
        """The whole body, of the calls that wrap nothing; raises Invalid."""
        return bare(await self._raw(), self.request.headers.get("content-type", ""), fields)

    async def optional(self, fields: Fields) -> dict[str, Any]:
        """The whole body of a call that needs none; raises Invalid."""
        raw = await self._raw()
        return bare(raw, self.request.headers.get("content-type", ""), fields) if raw.strip() else {}

    async def _raw(self) -> bytes:
        raw = bytearray()
        async for chunk in self.request.stream():
            raw += chunk
            if len(raw) > _LONGEST_BODY:
                raise refusals.TooLarge(f"request body must not be longer than {_LONGEST_BODY} bytes")
        return bytes(raw)


Handler = Callable[[Call], Awaitable[Response]]


class Wire:
    """Turns handlers into routes that check the key and speak the error envelope."""

    def __init__(
        self, call: Callable[[Request, ApiKey], Call], keys: Keyring, clock: Clock, limits: Limits | None
    ) -> None:
        self._call = call
        self._keys = keys
        self._clock = clock
        self._limits = limits

    def route(self, method: str, path: str, handler: Handler) -> Route:
        return Route(BASE + path, partial(self._answer, handler, f"{method} {path}"), methods=[method])

    async def _answer(self, handler: Handler, route: str, request: Request) -> Response:
        key = self._key(request)
        if key is None:
            return error(request, 401, "authentication credentials are missing or not valid")
        try:
            if self._limits is not None:
                self._limits.count(route)
            if "project" in request.path_params:
                key.require_project(str(request.path_params["project"]))
            response = await handler(self._call(request, key))
        except refusals.Refusal as exc:
            response = error(request, _STATUS[type(exc)], exc.message, exc.code)
            if isinstance(exc, refusals.TooFast):
                response.headers["Retry-After"] = str(exc.retry_after)
            return response
        response.headers[REQUEST_ID] = _request_id(request)
        return response

    def _key(self, request: Request) -> ApiKey | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = self._keys.find(token.strip()) if scheme.lower() == "bearer" else None
        if found is not None:
            found.last_used_at = self._clock.now()
            found.last_used_from = request.client.host if request.client else ""
        return found


class EncodedSlashes:
    """Lets a name with a slash in it stay one segment of a path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path", b"")
        if scope["type"] == "http" and b"%2f" in raw.lower():
            segments = raw.decode("ascii", "replace").replace("%2f", "%2F").split("%2F")
            scope = {**scope, "path": _SLASH.join(unquote(segment) for segment in segments)}
        await self._app(scope, receive, send)


def error(request: Request, status: int, message: str, code: str = "") -> Response:
    """The general error form; `request_id` is the caller's own where it sent one."""
    request_id = _request_id(request)
    body = {"request_id": request_id, "code": code, "message": message}
    return JSONResponse(body, status, {REQUEST_ID: request_id})


async def unrouted(request: Request, exc: Exception) -> Response:
    """What no route answers: unknown paths, the v1-style ones among them, and wrong methods."""
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    message = {404: "this route does not exist", 405: "method not allowed"}.get(status, "internal error")
    return error(request, status, message)


def _request_id(request: Request) -> str:
    return request.headers.get(REQUEST_ID, "")[:_LONGEST_REQUEST_ID] or str(uuid4())
