"""The server that keeps the objects: requests in its own terms, answers streamed or read whole."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote
from xml.sax.saxutils import unescape

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.ssm.objects.errors import Fault, broken

Headers = Sequence[tuple[bytes, bytes]]
_SERVER_ERROR, _FAILED = 500, 300
_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")
_SIGNATURE = re.compile(
    rb"(?:^|&)X-Amz-(?:Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)=[^&]*"
)
_REPLACED = {b"authorization", b"host", b"x-amz-security-token", b"x-amz-copy-source"}
_BY_STATUS = {403: "AccessDenied", 404: "NoSuchKey", 412: "PreconditionFailed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes

    def fault(self, details: Mapping[str, str]) -> Fault | None:
        """The error it is, in the terms of the API; None for a result. A page of HTML is a failed server."""
        if self.status < _FAILED or self.status == HTTPStatus.NOT_MODIFIED:
            return None
        code, message = _CODE.search(self.body), _MESSAGE.search(self.body)
        if self.status >= _SERVER_ERROR or (self.body.strip() and not code):
            return broken()
        named = unescape(code[1].decode()) if code else _BY_STATUS.get(self.status, "InvalidRequest")
        return Fault(named, unescape(message[1].decode()) if message else "", self.status, details)


class Behind:
    """`app` is the server, `region` and `account` are those it takes itself to have."""

    def __init__(self, app: ASGIApp, region: str, account: str) -> None:
        self.region = region
        self._app = app
        scope = f"{account}/20260101/{region}/s3/aws4_request"
        self._signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0".encode()

    async def ask(self, method: str, path: str, query: str = "", body: bytes = b"") -> Answer:
        """The answer to a request of our own."""
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query.encode(),
            "headers": [*self._named(), (b"content-length", str(len(body)).encode())],
        }
        collecting = Collecting()
        await self._app(scope, whole(body, None), collecting)
        return collecting.answer()

    async def send(self, scope: Scope, receive: Receive, send: Send, path: str, *, source: str = "") -> None:
        """Hand a request on under another path; `source` is the quoted path of what it copies."""
        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _REPLACED]
        copied = [(b"x-amz-copy-source", source.encode())] if source else []
        query = _SIGNATURE.sub(b"", scope["query_string"]).removeprefix(b"&")
        changed = {
            "path": path,
            "raw_path": quote(path, safe="/~").encode(),
            "query_string": query,
            "headers": [*kept, *self._named(), *copied],
        }
        await self._app({**scope, **changed}, receive, send)

    def _named(self) -> list[tuple[bytes, bytes]]:
        return [(b"host", b"127.0.0.1"), (b"authorization", self._signed)]


class Collecting:
    """An ASGI `send` that keeps an answer, or, of a result that `streams` to somebody, only its beginning."""

    def __init__(self, streams: Send | None = None) -> None:
        self._streams = streams
        self._start: Message = {"status": 500, "headers": []}
        self._pieces: list[bytes] = []
        self.streaming = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self.streaming = self._streams is not None and message["status"] < _FAILED
        if self.streaming and self._streams is not None:
            await self._streams(message)
        elif message["type"] == "http.response.body":
            self._pieces.append(message.get("body", b""))

    def answer(self) -> Answer:
        return Answer(self._start["status"], list(self._start["headers"]), b"".join(self._pieces))


def whole(body: bytes, then: Receive | None) -> Receive:
    """An ASGI `receive` of a body that was read already; afterwards `then` tells when the caller is gone."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if not told:
            told = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await then() if then else await _never()

    return receive


async def _never() -> Message:
    """Nobody goes away from a request of our own."""
    gone: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await gone
