"""The control API of a world: its state, its fault rules, its end; every call needs the run's token."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.gateway.faults import Faults, InvalidRule, rule
from simulator.gateway.service import Head, is_loopback


class Unresettable(Exception):
    """Why a world cannot go back; one sentence."""


class Untold(Exception):
    """Why nothing is told; one sentence without a value."""


class Control:
    """`app` is an ASGI application. A world without a gateway has no `faults`."""

    def __init__(
        self,
        token: str,
        faults: Faults | None,
        status: Callable[[], Mapping[str, Any]],
        heal: Callable[[], Awaitable[Mapping[str, Any]]],
        end: Callable[[], None],
        *,
        truth: Callable[[], Awaitable[Mapping[str, Any]]],
        reset: Callable[[bool], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._token = token
        self._faults = faults or Faults(0)
        self._status = status
        self._heal = heal
        self._end = end
        self._truth = truth
        self._reset = reset
        self.app = Starlette(
            routes=[
                Route("/status", self._show_status),
                Route("/truth", self._tell_truth),
                *([] if faults is not None else [Route("/faults", self._no_gateway, methods=["POST"])]),
                Route("/faults", self._list, methods=["GET"]),
                Route("/faults", self._add, methods=["POST"]),
                Route("/faults", self._clear, methods=["DELETE"]),
                Route("/faults/{id}", self._remove, methods=["DELETE"]),
                Route("/reset", self._go_back, methods=["POST"]),
                Route("/heal", self._start_again, methods=["POST"]),
                Route("/shutdown", self._shutdown, methods=["POST"]),
            ],
            exception_handlers={HTTPException: self._unrouted},
        )

    async def _show_status(self, request: Request) -> Response:
        return self._refusal(request) or _json(self._status())

    async def _tell_truth(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        try:
            return _json(await self._truth())
        except Untold as exc:
            return _json({"error": str(exc)}, 503)

    async def _list(self, request: Request) -> Response:
        return self._refusal(request) or _json({"faults": [each.as_json() for each in self._faults.listed()]})

    async def _add(self, request: Request) -> Response:
        """One rule, or `{"faults": [...]}`, of which all are added or none."""
        if refusal := self._refusal(request):
            return refusal
        try:
            given = orjson.loads(await request.body())
            several = isinstance(given, dict) and given.keys() == {"faults"}
            rules = [rule(each) for each in _listed(given["faults"] if several else [given])]
        except (InvalidRule, orjson.JSONDecodeError) as exc:
            return _json({"error": f"This is no fault rule: {exc}."}, 400)
        posted = [self._faults.add(each).as_json() for each in rules]
        return _json({"faults": posted} if several else posted[0], 201)

    async def _no_gateway(self, request: Request) -> Response:
        error = "This world has no gateway that could break calls; a whole one has: python -m simulator up"
        return self._refusal(request) or _json({"error": error}, 409)

    async def _clear(self, request: Request) -> Response:
        return self._refusal(request) or _json({"faults": [each.as_json() for each in self._faults.clear()]})

    async def _remove(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        name = request.path_params["id"]
        gone = self._faults.remove(name)
        if gone is None:
            return _json({"error": f"There is no fault rule {name}; list them: fault list."}, 404)
        return _json({"faults": [gone.as_json()]})

    async def _start_again(self, request: Request) -> Response:
        return self._refusal(request) or _json(await self._heal())

    async def _go_back(self, request: Request) -> Response:
        """All of the world, or, with `{"faults": true}`, only the rules."""
        if refusal := self._refusal(request):
            return refusal
        only_rules = _only_rules(await request.body())
        if only_rules is None:
            return _json({"error": 'A reset takes no body, or {"faults": true} or {"faults": false}.'}, 400)
        try:
            return _json(await self._reset(only_rules))
        except Unresettable as exc:
            return _json({"error": str(exc)}, 409)

    async def _shutdown(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self._end()
        return _json({}, 202)

    async def _unrouted(self, request: Request, refused: Exception) -> Response:
        assert isinstance(refused, HTTPException)  # noqa: S101 - what this is registered for
        told = {"error": f"{request.method} {request.url.path}: {refused.detail}."}
        return self._refusal(request) or _json(told, refused.status_code)

    def _refusal(self, request: Request) -> Response | None:
        head = Head.of(request.scope)
        if not is_loopback(head.headers.get("host", "")):
            return _json({"error": "Only loopback addresses are served here."}, 421)
        if not hmac.compare_digest((head.bearer() or "").encode(), self._token.encode()):
            return _json({"error": "The control token is missing or not the one of this run."}, 401)
        return None


def _only_rules(body: bytes) -> bool | None:
    """What a reset is asked for; None when that is not clear, for it takes everything else away."""
    try:
        asked = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(asked, dict) or asked.keys() - {"faults"}:
        return None
    wanted = asked.get("faults", False)
    return wanted if isinstance(wanted, bool) else None


def _listed(given: object) -> Sequence[object]:
    if not isinstance(given, list):
        raise InvalidRule([("faults", "faults is a list of rules")])
    return given


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
