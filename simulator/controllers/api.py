"""A Kubernetes API client over aiohttp: JSON in, JSON out, the same against any conformant server."""

import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from simulator.controllers.errors import ApiError, Invalid, NotFound, Unreachable
from simulator.controllers.kinds import POD, Kind, Object, name_of, namespace_of

CALL_SECONDS = 30.0
"""Wall seconds any call but a watch may take."""
WATCH_SECONDS = 300
"""Seconds after which the server is asked to end a watch, so that a dead connection is found."""

KEEP_SECONDS = 60.0
"""A handshake costs more than a call, so what a burst opened is kept for the next."""

_UNTIMED = aiohttp.ClientTimeout(total=None)
_CALLING = aiohttp.ClientTimeout(total=CALL_SECONDS)
_WATCHING = aiohttp.ClientTimeout(
    total=None, sock_connect=CALL_SECONDS, sock_read=WATCH_SECONDS + CALL_SECONDS
)

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list answer: its items carry apiVersion and kind, `version` is where a watch goes on."""

    items: list[Object]
    version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, with the object (a Status for ERROR)."""

    type: str
    object: Object


class Api:
    """One caller's view of the API server; an async context manager that owns its connections."""

    def __init__(self, url: str, token: str, trust: Path | ssl.SSLContext, *, manager: str) -> None:
        """Speak to `url` as the owner of `token`; `manager` is the field manager of every write.

        `trust` is the file of the server's authority, or how to connect, with a certificate in the place of a
        token.
        """
        self.manager = manager
        self._url = url.rstrip("/")
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._headers = {"Accept": "application/json", "User-Agent": manager}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._trust = ssl.create_default_context(cafile=str(trust)) if isinstance(trust, Path) else trust
        self._opened: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        """Made by the first call, in whose loop it lives. No number of watches keeps other calls waiting."""
        if self._opened is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_SECONDS, ssl=self._trust)
            self._opened = aiohttp.ClientSession(
                connector=connector, headers=self._headers, timeout=_UNTIMED, auto_decompress=True
            )
        return self._opened

    async def get(self, kind: Kind, name: str, namespace: str = "") -> Object:
        """Raises NotFound."""
        return await self._call("GET", kind.path(namespace, name))

    async def find(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """The object, or None when it is not there."""
        try:
            return await self.get(kind, name, namespace)
        except NotFound:
            return None

    async def list(
        self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "", fresh: bool = True
    ) -> Listing:
        """Everything of a kind, in one namespace or in all; `labels` and `fields` are selectors."""
        query = _selectors(labels, fields)
        if not fresh:
            query["resourceVersion"] = "0"
        answer = await self._call("GET", kind.path(namespace), query=query)
        items: list[Object] = answer.get("items") or []
        for item in items:
            item.setdefault("apiVersion", kind.api_version)
            item.setdefault("kind", kind.kind)
        return Listing(items, str(answer["metadata"].get("resourceVersion", "")))

    async def create(self, kind: Kind, obj: Object) -> Object:
        """Raises AlreadyExists."""
        return await self._write("POST", kind.path(namespace_of(obj)), obj, "application/json")

    async def bind(self, pod: str, namespace: str, node: str) -> None:
        """Assign a pod to a node, as a scheduler does; raises Conflict when it has one already."""
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        metadata = {"name": pod, "namespace": namespace}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}
        await self._write("POST", POD.path(namespace, pod, "binding"), binding, "application/json")

    async def replace(self, kind: Kind, obj: Object, *, subresource: str = "") -> Object:
        """PUT; with the resourceVersion it was read at, raises Conflict when somebody wrote since."""
        path = kind.path(namespace_of(obj), name_of(obj), subresource)
        return await self._write("PUT", path, obj, "application/json")

    async def apply(
        self, kind: Kind, obj: Object, *, manager: str = "", force: bool = True, dry_run: bool = False
    ) -> Object:
        """Server-side apply: this manager owns exactly the fields named in `obj`."""
        query = {"force": str(force).lower(), "fieldManager": manager or self.manager}
        if dry_run:
            query["dryRun"] = "All"
        path = kind.path(namespace_of(obj), name_of(obj))
        return await self._write("PATCH", path, obj, APPLY, query)

    async def merge_patch(
        self, kind: Kind, name: str, patch: Object, namespace: str = "", *, subresource: str = ""
    ) -> Object:
        return await self._write("PATCH", kind.path(namespace, name, subresource), patch, MERGE)

    async def json_patch(
        self,
        kind: Kind,
        name: str,
        operations: Sequence[Object],
        namespace: str = "",
        *,
        subresource: str = "",
    ) -> Object:
        return await self._write("PATCH", kind.path(namespace, name, subresource), operations, JSON_PATCH)

    async def patch_status(self, kind: Kind, name: str, status: Object, namespace: str = "") -> Object:
        """Merge `status` through the status subresource."""
        return await self.merge_patch(kind, name, {"status": status}, namespace, subresource="status")

    async def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "",
        uid: str = "",
        grace: int = -1,
    ) -> Object:
        """Raises NotFound; `propagation` is Foreground, Background or Orphan, `uid` a precondition."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if propagation:
            options["propagationPolicy"] = propagation
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace >= 0:
            options["gracePeriodSeconds"] = grace
        return await self._call("DELETE", kind.path(namespace, name), options, "application/json")

    async def watch(
        self, kind: Kind, namespace: str = "", *, version: str, labels: str = "", fields: str = ""
    ) -> AsyncGenerator[WatchEvent, None]:
        """Changes after `version` until the server ends the stream; raises what the server refused it with.

        Wrap it in `contextlib.aclosing`, so that the stream is closed when the loop is left.
        """
        query = _selectors(labels, fields) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        try:
            async with self._session.get(
                self._url + kind.path(namespace), params=query, timeout=_WATCHING
            ) as response:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise ApiError.of(response.status, _decode(await response.read()))
                async for line in _lines(response):
                    yield _event(line)
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise Unreachable.because(type(exc).__name__) from exc

    async def resource(self, api_version: str, kind: str) -> Kind:
        """Where the server serves a kind, by discovery; raises NotFound when it does not."""
        known = self._kinds.get((api_version, kind))
        if known is not None:
            return known
        for found, _ in await self._served_in(api_version):
            self._kinds[(api_version, found.kind)] = found
        if (api_version, kind) not in self._kinds:
            raise NotFound(404, "NotFound", f'no matches for kind "{kind}" in version "{api_version}"')
        return self._kinds[(api_version, kind)]

    async def followable(self) -> Sequence[Kind]:
        """Every kind that can be listed and watched, in the version its group prefers."""
        groups = (await self._call("GET", "/apis")).get("groups", [])
        versions = ["v1", *(each["preferredVersion"]["groupVersion"] for each in groups)]
        served = [one for version in versions for one in await self._served_in(version)]
        return [kind for kind, verbs in served if verbs >= {"list", "watch"}]

    async def _served_in(self, api_version: str) -> Sequence[tuple[Kind, set[str]]]:
        """The kinds of one group and version, with their verbs."""
        group, _, version = api_version.rpartition("/")
        answer = await self._call("GET", ("/apis/" if group else "/api/") + api_version)
        entries = (entry for entry in answer.get("resources", []) if "/" not in entry["name"])
        return [
            (
                Kind(group, version, entry["kind"], entry["name"], bool(entry["namespaced"])),
                set(entry.get("verbs") or ()),
            )
            for entry in entries
        ]

    async def _write(
        self, method: str, path: str, body: Any, content_type: str, query: Mapping[str, str] | None = None
    ) -> Object:
        return await self._call(
            method, path, body, content_type, {"fieldManager": self.manager, **(query or {})}
        )

    async def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Object:
        headers = {"Content-Type": content_type} if body is not None else None
        content = orjson.dumps(body) if body is not None else None
        try:
            async with self._session.request(
                method, self._url + path, params=query, data=content, headers=headers, timeout=_CALLING
            ) as response:
                status, answer = response.status, _decode(await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise Unreachable.because(type(exc).__name__) from exc
        if status >= HTTPStatus.BAD_REQUEST:
            raise ApiError.of(status, answer)
        if not isinstance(answer, dict):
            raise Invalid(status, "NotJson", f"{method} {path} was answered with no JSON object")
        return answer


def _selectors(labels: str, fields: str) -> dict[str, str]:
    chosen = {"labelSelector": labels, "fieldSelector": fields}
    return {name: value for name, value in chosen.items() if value}


def _decode(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _event(line: bytes) -> WatchEvent:
    event = _decode(line)
    if not isinstance(event, dict) or not {"type", "object"} <= event.keys():
        raise Invalid(HTTPStatus.OK, "NotJson", "a watch brought what is no event")
    return WatchEvent(str(event["type"]), event["object"])


async def _lines(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    """The complete lines of a stream; an unfinished last line was cut off and will be asked for again."""
    rest = b""
    async for chunk in response.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line
