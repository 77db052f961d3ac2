"""Parameter Store on the wire: AWS JSON 1.1 in and out, every error in its envelope."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from traceback import format_tb
from typing import Any
from uuid import uuid4

import orjson
from starlette.types import Receive, Scope, Send

from simulator.clock import Clock
from simulator.ssm.access.principals import Credentials, Principal
from simulator.ssm.body import Gone, TooLarge, body_of
from simulator.ssm.parameters import reading, tagging, writing
from simulator.ssm.parameters.keys import Keys
from simulator.ssm.parameters.model import Catalog
from simulator.ssm.parameters.names import Place
from simulator.ssm.parameters.refusals import Refusal, broken
from simulator.ssm.parameters.requests import REQUESTS
from simulator.ssm.parameters.shapes import checked
from simulator.ssm.parameters.store import Call, Store
from simulator.ssm.parameters.throughput import DEFAULT, Throttle, Throughput
from simulator.ssm.parameters.values import Values
from simulator.ssm.signature import Malformed, Request, Unsigned, headers_of, read

LARGEST_BODY = 1 << 20
_TARGET = "AmazonSSM."
_JSON = "application/x-amz-json-1.1"
_DOWN = "The simulated system behind the gateway does not answer."
_SKEW = timedelta(minutes=5)
_log = logging.getLogger(__name__)

_OPERATIONS: Mapping[str, Callable[[Call], Awaitable[dict[str, Any]]]] = {
    "PutParameter": writing.put_parameter,
    "GetParameter": reading.get_parameter,
    "GetParameters": reading.get_parameters,
    "GetParametersByPath": reading.get_parameters_by_path,
    "DescribeParameters": reading.describe_parameters,
    "GetParameterHistory": reading.get_parameter_history,
    "DeleteParameter": writing.delete_parameter,
    "DeleteParameters": writing.delete_parameters,
    "LabelParameterVersion": writing.label_parameter_version,
    "UnlabelParameterVersion": writing.unlabel_parameter_version,
    "AddTagsToResource": tagging.add_tags_to_resource,
    "RemoveTagsFromResource": tagging.remove_tags_from_resource,
    "ListTagsForResource": reading.list_tags_for_resource,
}


class ParameterStore:
    """An ASGI application: one store in one region, for the holders of `credentials`.

    `keys` maps aliases of customer managed KMS keys to their ids.
    """

    def __init__(
        self,
        values: Values,
        credentials: Credentials,
        clock: Clock,
        place: Place,
        *,
        throughput: Throughput = DEFAULT,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self._store = Store(place, values, Keys(place, keys or {}), clock)
        self._credentials = credentials
        self._throttle = Throttle(clock, throughput)
        self._writes: set[asyncio.Task[dict[str, Any]]] = set()
        self._up = True

    def behind(self, up: bool) -> None:
        """Take note that the server that keeps the values has ended, or came up again and is empty."""
        self._up = up
        if up:
            self._store.catalog = Catalog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer, status = await self._answer(scope, receive), HTTPStatus.OK
        except Refusal as refusal:
            answer = {"__type": refusal.code} | ({"message": refusal.message} if refusal.message else {})
            status = HTTPStatus(refusal.status)
        except Gone:
            return
        except Exception as exc:  # noqa: BLE001 - the service answers in its own envelope whatever happens
            # The text of an error may hold a value, so only its kind and its place are told.
            _log.error("%s\n%s", type(exc).__name__, "".join(format_tb(exc.__traceback__)))
            failed = broken()
            answer, status = {"__type": failed.code, "message": failed.message}, HTTPStatus(failed.status)
        await _send(send, status, orjson.dumps(answer))

    async def _answer(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        try:
            body = await body_of(scope, receive, LARGEST_BODY)
        except TooLarge:
            raise Refusal(
                "RequestEntityTooLargeException",
                "Request size exceeds limit.",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            ) from None
        principal = self._caller(scope, body)
        action = _action(scope)
        if not self._up:
            raise Refusal("ServiceUnavailable", _DOWN, HTTPStatus.SERVICE_UNAVAILABLE)
        if principal.counted:
            self._throttle.take(action)
        call = Call(self._store, principal, action, checked(REQUESTS[action], _json(body)))
        # A write that was begun is finished though the caller is cut off, so that catalog and values agree.
        task = asyncio.ensure_future(_OPERATIONS[action](call))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    def _caller(self, scope: Scope, body: bytes) -> Principal:
        try:
            signature = read(scope)
            moment = signature.moment
        except Unsigned:
            raise Refusal(
                "MissingAuthenticationTokenException", "Request is missing Authentication Token"
            ) from None
        except Malformed:
            raise Refusal(
                "IncompleteSignatureException",
                "The request signature does not conform to AWS standards.",
            ) from None
        credential = self._credentials.get(signature.key_id)
        if credential is None:
            raise Refusal(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        if credential.principal.expired(self._store.clock.now()):
            raise Refusal("ExpiredTokenException", "The security token included in the request is expired")
        region = self._store.place.region
        if (signature.region, signature.service) != (region, "ssm"):
            raise _unsigned(f"Credential should be scoped to a valid region. Expected {region}/ssm.")
        if abs(datetime.now(UTC) - moment) > _SKEW:
            raise _unsigned(f"Signature not yet current or expired: {signature.at} is more than 5 min. off.")
        if not signature.made_with(credential.secret, Request.of(scope, hashlib.sha256(body).hexdigest())):
            raise _unsigned(
                "The request signature we calculated does not match the signature you provided. Check "
                "your AWS "
                "Secret Access Key and signing method. Consult the service documentation for details."
            )
        return credential.principal


def _unsigned(message: str) -> Refusal:
    return Refusal("InvalidSignatureException", message)


def _action(scope: Scope) -> str:
    headers = headers_of(scope)
    target = headers.get("x-amz-target", "")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if scope["method"] != "POST" or scope["path"] != "/" or kind != _JSON:
        raise Refusal("UnknownOperationException", status=HTTPStatus.NOT_FOUND)
    action = target.removeprefix(_TARGET)
    if not target.startswith(_TARGET) or action not in REQUESTS:
        raise Refusal("UnknownOperationException")
    return action


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise Refusal("SerializationException") from None


async def _send(send: Send, status: HTTPStatus, body: bytes) -> None:
    headers = [
        (b"content-type", _JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", str(uuid4()).encode()),
    ]
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
