"""`portal.ports.Cluster` over HTTP."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from types import TracebackType
from typing import Any, Self

from portal.adapters.kube.connection import JSON, Connection, Request
from portal.adapters.kube.discovery import Discovery
from portal.adapters.kube.failures import Call, decoded
from portal.adapters.kube.watching import events
from portal.core.cluster import KubeObject, Listing, Resource, WatchEvent
from portal.core.objects.meta import dig, mappings, text
from portal.errors import Conflict, NotFound, Protocol
from portal.settings import KubeSettings

_PAGE = 500
_LOG_BYTES = 65536
# The server ends a watch by itself after this; bookmarks come every minute, so silence is a dead peer.
_WATCH_SECONDS = 300
_SILENCE_SECONDS = 75.0
_METADATA = "g=meta.k8s.io;v=v1"
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class KubeCluster:
    """An async context manager; nothing is read or contacted before the first call."""

    def __init__(self, settings: KubeSettings, *, now: Callable[[], float] = time.monotonic) -> None:
        self._connection = Connection(settings)
        self.traffic = self._connection.traffic
        self._discovery = Discovery(self._connection, now)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; safe to call twice."""
        await self._connection.close()

    async def version(self) -> str:
        """`v1.36.2`."""
        call = Call("version", "")
        return text(await self._document(call, Request("/version")), "gitVersion")

    async def discover(self, kind: str, *, group: str | None = None) -> Resource | None:
        return await self._discovery.find(kind, group)

    async def identity(self) -> str:
        call = Call("get", "namespaces/kube-system")
        document = await self._document(call, Request("/api/v1/namespaces/kube-system"))
        return text(document, "metadata", "uid")

    async def skew(self) -> float | None:
        await self.version()
        return self._connection.skew

    async def place(self) -> str:
        return await self._connection.place(Call("login", ""))

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        """All pages; when a page's token expires midway, everything in one piece."""
        selected = {"labelSelector": label_selector} if label_selector else {}
        path = _collection(resource, namespace)
        call = Call("list", _target(resource, namespace))
        try:
            return await self._together(call, path, {**selected, "limit": str(_PAGE)}, metadata_only)
        except Conflict:
            return await self._together(call, path, selected, metadata_only)

    async def _together(self, call: Call, path: str, query: dict[str, str], metadata_only: bool) -> Listing:
        items: list[KubeObject] = []
        version = ""
        async with aclosing(self._pages(call, path, query, metadata_only)) as pages:
            async for page in pages:
                items += page.items
                version = page.resource_version
        return Listing(tuple(items), version)

    def pages(
        self, resource: Resource, *, whole: bool = False, metadata_only: bool = False
    ) -> AsyncGenerator[Listing, None]:
        call = Call("list", _target(resource, None))
        query = {} if whole else {"limit": str(_PAGE)}
        return self._pages(call, resource.collection_path, query, metadata_only)

    async def _pages(
        self, call: Call, path: str, query: dict[str, str], metadata_only: bool
    ) -> AsyncGenerator[Listing, None]:
        accept = f"{JSON};as=PartialObjectMetadataList;{_METADATA}" if metadata_only else JSON
        following = ""
        while True:
            asked = {**query, "continue": following} if following else query
            try:
                page = await self._document(call, Request(path, query=asked, accept=accept))
            except NotFound:
                self._discovery.forget()
                raise
            if metadata_only and text(page, "kind") != "PartialObjectMetadataList":
                raise call.failed(Protocol, "the server does not serve metadata alone")
            if "items" not in page:
                raise call.failed(
                    Protocol, f"the answer is no list but {text(page, 'kind') or 'nothing known'}"
                )
            yield Listing(tuple(mappings(page, "items")), text(page, "metadata", "resourceVersion"))
            following = text(page, "metadata", "continue")
            if not following:
                return

    def watch(
        self, resource: Resource, *, resource_version: str, metadata_only: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        return self._watch(resource, resource_version, metadata_only)

    @asynccontextmanager
    async def _watch(
        self, resource: Resource, resource_version: str, metadata_only: bool
    ) -> AsyncIterator[AsyncIterator[WatchEvent]]:
        call = Call("watch", _target(resource, None))
        accept = f"{JSON};as=PartialObjectMetadata;{_METADATA}" if metadata_only else JSON
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        request = Request(resource.collection_path, query=query, accept=accept)
        try:
            async with self._connection.stream(call, request, silence=_SILENCE_SECONDS) as content:
                yield events(call, content, self.traffic)
        except NotFound:
            self._discovery.forget()
            raise

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        call = Call("get", f"{_target(resource, namespace)}/{name}")
        return await self._document(call, Request(resource.path(name, namespace)))

    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        call = Call("patch", f"{_target(resource, namespace)}/{name}")
        request = Request(
            resource.path(name, namespace),
            method="PATCH",
            body=dict(patch),
            content_type="application/merge-patch+json",
        )
        return await self._document(call, request)

    async def logs(self, namespace: str, pod: str, *, container: str = "", tail: int = 50) -> str:
        call = Call("logs", f"{namespace}/{pod}")
        query = {"tailLines": str(tail), "limitBytes": str(_LOG_BYTES)}
        if container:
            query["container"] = container
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        content = await self._connection.request(call, Request(path, query=query, accept="*/*"))
        return content.decode(errors="replace")

    async def allowed(self, verb: str, resource: Resource, *, namespace: str | None = None) -> bool:
        call = Call("review", f"{verb} {_target(resource, namespace)}")
        plural, _, part = resource.plural.partition("/")
        attributes = {
            "verb": verb,
            "group": resource.group,
            "version": resource.version,
            "resource": plural,
            "subresource": part,
            "namespace": namespace or "",
        }
        review: dict[str, Any] = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = await self._document(call, Request(_REVIEW, method="POST", body=review))
        return dig(answer, "status", "allowed") is True

    async def _document(self, call: Call, request: Request) -> KubeObject:
        return decoded(call, await self._connection.request(call, request))


def _target(resource: Resource, namespace: str | None) -> str:
    """`externalsecrets.external-secrets.io in platform-identity`."""
    name = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    return f"{name} in {namespace}" if namespace else name


def _collection(resource: Resource, namespace: str | None) -> str:
    if namespace is None:
        return resource.collection_path
    return resource.path("", namespace).rstrip("/")
