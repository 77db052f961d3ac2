"""HTTP around the rules: who may call, error envelopes, request ids."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from hmac import compare_digest
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.neon import refusals
from simulator.neon.bodies import Fields, bare, wrapped
from simulator.neon.plane import Plane
from simulator.neon.projects import Place

REQUEST_ID = "X-Request-ID"
BASE = "/api/v2"
# Below it everything is public, as the addresses of Neon Auth are.
PUBLIC = "/neonauth"
_STATUS: dict[type[refusals.Refusal], int] = {
    refusals.Invalid: 400,
    refusals.NotFound: 404,
    refusals.Conflict: 409,
    refusals.Precondition: 412,
    refusals.Unprocessable: 422,
    refusals.Locked: 423,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the routes see it."""

    request: Request
    plane: Plane
    place: Place
    pg_version: int

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

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

    async def body(self, key: str, fields: Fields) -> dict[str, Any]:
        """The wrapped object of the body; raises Invalid."""
        raw = await self.request.body()
        return wrapped(raw, self.request.headers.get("content-type", ""), key, fields)

    async def document(self, fields: Fields) -> dict[str, Any]:
        """The whole body, of the few calls that wrap nothing; raises Invalid."""
        raw = await self.request.body()
        return bare(raw, self.request.headers.get("content-type", ""), fields)


Handler = Callable[[Call], Awaitable[Response]]


class Wire:
    """Turns handlers into routes that check the key and speak the error envelope."""

    def __init__(self, call: Callable[[Request], Call], api_keys: Collection[str]) -> None:
        self._call = call
        self._keys = [key.encode() for key in api_keys]

    def route(self, method: str, path: str, handler: Handler) -> Route:
        return Route(BASE + path, partial(self._answer, handler), methods=[method])

    async def _answer(self, handler: Handler, request: Request) -> Response:
        if not self._known(request.headers.get("authorization", "")):
            return error(request, 401, "authentication credentials are missing or not valid")
        try:
            response = await handler(self._call(request))
        except refusals.Refusal as exc:
            return error(request, _STATUS[type(exc)], exc.message, exc.code)
        _echo(request, response)
        return response

    def _known(self, authorization: str) -> bool:
        scheme, _, key = authorization.partition(" ")
        given = key.strip().encode()
        return scheme.lower() == "bearer" and any(compare_digest(given, known) for known in self._keys)


def error(request: Request, status: int, message: str, code: str = "") -> Response:
    """The general error form; `request_id` is there when the caller sent one."""
    request_id = request.headers.get(REQUEST_ID)
    body = {"code": code, "message": message} | ({"request_id": request_id} if request_id else {})
    response = JSONResponse(body, status)
    _echo(request, response)
    return response


async def unrouted(request: Request, exc: Exception) -> Response:
    """What no route answers: unknown paths, the v1-style ones among them, and wrong methods."""
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    message = {404: "this route does not exist", 405: "method not allowed"}.get(status, "internal error")
    return error(request, status, message)


def _echo(request: Request, response: Response) -> None:
    request_id = request.headers.get(REQUEST_ID)
    if request_id:
        response.headers[REQUEST_ID] = request_id
