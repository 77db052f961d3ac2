"""One answer of object storage: headers every answer has, nothing of a body for who asked with HEAD."""

from http import HTTPStatus
from uuid import uuid4

from starlette.types import Message, Send

from simulator.ssm.objects.behind import Headers
from simulator.ssm.objects.errors import Fault

_XML: Headers = ((b"content-type", b"application/xml"),)
_OWN = {b"date", b"server", b"transfer-encoding", b"x-amz-request-id", b"x-amz-id-2"}
_ENDS = {"EntityTooLarge", "MaxMessageLengthExceeded"}
"""Errors after which nobody reads what else the caller has to send."""


class Reply:
    """Sent once; `waited_for` says that the caller sends its body only once it is told to go on."""

    def __init__(self, method: str, send: Send, *, waited_for: bool) -> None:
        self._waited_for = waited_for
        self._method = method
        self._send = send
        self._id = uuid4().hex[:16].upper()
        self._host = uuid4().hex
        self._begun = False

    async def stream(self, message: Message) -> None:
        """An answer as it comes, with our own headers."""
        if message["type"] == "http.response.start":
            self._begun = True
            message = {**message, "headers": self._headers(message["headers"])}
        await self._send(message)

    async def whole(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        self._begun = True
        kept = [each for each in headers if each[0].lower() != b"content-length"]
        if status != HTTPStatus.NO_CONTENT:
            kept.append((b"content-length", str(len(body)).encode()))
        shown = b"" if self._method == "HEAD" else body
        await self._send({"type": "http.response.start", "status": status, "headers": self._headers(kept)})
        await self._send({"type": "http.response.body", "body": shown})

    async def xml(self, body: bytes) -> None:
        await self.whole(HTTPStatus.OK, _XML, body)

    async def fault(self, fault: Fault) -> None:
        """An answer that has begun is left as it is, which the caller sees by its length."""
        if self._begun:
            return
        body = b"" if self._method == "HEAD" else fault.xml(self._id, self._host)
        # A body that was announced and never sent would otherwise be taken for the next request.
        ends = self._waited_for or fault.code in _ENDS
        await self.whole(fault.status, (*_XML, (b"connection", b"close")) if ends else _XML, body)

    def _headers(self, given: Headers) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in given if name.lower() not in _OWN]
        return [*kept, (b"x-amz-request-id", self._id.encode()), (b"x-amz-id-2", self._host.encode())]
