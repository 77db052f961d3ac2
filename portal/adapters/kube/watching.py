"""A watch's stream of bytes as events."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from portal.adapters.kube.failures import Call, decoded, translated
from portal.core.cluster import WatchEvent, WatchKind
from portal.core.objects.meta import dig, number, text
from portal.errors import Conflict, Protocol, RemoteError, Unreachable
from portal.ports import Traffic

if TYPE_CHECKING:
    import aiohttp

_KINDS = {kind.value: kind for kind in WatchKind}


async def events(call: Call, content: "aiohttp.StreamReader", traffic: Traffic) -> AsyncIterator[WatchEvent]:
    """Events until the server ends the watch; a torn last line is a broken connection."""
    torn = b""
    with translated(call):
        async for chunk in content.iter_any():
            traffic.received += len(chunk)
            *lines, torn = (torn + chunk).split(b"\n")
            for line in lines:
                if line.strip():
                    yield _event(call, line)
    if torn.strip():
        raise call.failed(Unreachable, "the connection broke in the middle of an event")


def _event(call: Call, line: bytes) -> WatchEvent:
    document = decoded(call, line)
    kind, item = text(document, "type"), dig(document, "object")
    if kind == "ERROR":
        raise _failure(call, item)
    if kind not in _KINDS or not isinstance(item, dict):
        raise call.failed(Protocol, f"a watch event of type {kind or 'nothing'}")
    return WatchEvent(_KINDS[kind], item)


def _failure(call: Call, status: Any) -> RemoteError:
    """An ERROR event carries a Status; 410 means that the resourceVersion is too old."""
    code, message = number(status, "code"), text(status, "message")
    if code == HTTPStatus.GONE or text(status, "reason") in {"Expired", "Gone"}:
        return call.failed(Conflict, message or "the resourceVersion has expired")
    kind = Unreachable if code >= HTTPStatus.INTERNAL_SERVER_ERROR else Protocol
    return call.failed(kind, message or f"the watch failed with code {code}")
