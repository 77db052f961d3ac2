"""Which resources the server serves: aggregated discovery where it exists, the old lists elsewhere."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from portal.adapters.attempts import SharedAttempt
from portal.adapters.kube.connection import JSON, Connection, Request
from portal.adapters.kube.failures import Call, decoded
from portal.core.cluster import Resource
from portal.core.objects.meta import dig, mappings, text
from portal.errors import NotFound

_AGGREGATED = f"{JSON};v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList,{JSON}"
# What is installed is trusted for a while; what is missing is looked for again soon.
_HIT_SECONDS = 600.0
_MISS_SECONDS = 5.0


class Discovery:
    """Served resources in the server's order of preference; `now` is monotonic seconds."""

    def __init__(self, connection: Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now
        self._reading = SharedAttempt()
        self._read_at: float | None = None
        self._served: tuple[Resource, ...] = ()

    async def find(self, kind: str, group: str | None) -> Resource | None:
        """The preferred resource of a kind, in any group where none is named."""
        found = self._known(kind, group)
        if found is not None and not self._older_than(_HIT_SECONDS):
            return found
        await self._reading.make(self._refresh, unless=lambda: self._fresh(kind, group))
        return self._known(kind, group)

    def _fresh(self, kind: str, group: str | None) -> bool:
        missing = self._known(kind, group) is None
        return not self._older_than(_MISS_SECONDS if missing else _HIT_SECONDS)

    async def _refresh(self) -> None:
        self._served = await self._read()
        self._read_at = self._now()

    def forget(self) -> None:
        """Ask the server again next time: a resource it served has gone."""
        self._read_at = None

    def _known(self, kind: str, group: str | None) -> Resource | None:
        return next(
            (item for item in self._served if item.kind == kind and group in {None, item.group}), None
        )

    def _older_than(self, seconds: float) -> bool:
        return self._read_at is None or self._now() - self._read_at > seconds

    async def _read(self) -> tuple[Resource, ...]:
        core, groups = await asyncio.gather(self._document("/api"), self._document("/apis"))
        if text(groups, "kind") == "APIGroupDiscoveryList" and text(core, "kind") == "APIGroupDiscoveryList":
            return tuple(item for document in (core, groups) for item in _aggregated(document))
        paths = [("", version, f"/api/{version}") for version in dig(core, "versions") or ()]
        paths += [
            (text(group, "name"), version, f"/apis/{text(group, 'name')}/{version}")
            for group in mappings(groups, "groups")
            for version in _versions(group)
        ]
        lists = await asyncio.gather(*(self._resources(*place) for place in paths))
        return tuple(item for found in lists for item in found)

    async def _document(self, path: str) -> Mapping[str, Any]:
        call = Call("discovery", path)
        return decoded(call, await self._connection.request(call, Request(path, accept=_AGGREGATED)))

    async def _resources(self, group: str, version: str, path: str) -> tuple[Resource, ...]:
        try:
            document = await self._document(path)
        except NotFound:
            return ()
        return tuple(
            Resource(group, version, text(row, "name"), text(row, "kind"), dig(row, "namespaced") is True)
            for row in mappings(document, "resources")
            if "/" not in text(row, "name")
        )


def _versions(group: Mapping[str, Any]) -> list[str]:
    """Versions of a legacy group, the preferred one first."""
    preferred = text(group, "preferredVersion", "version")
    versions = [text(row, "version") for row in mappings(group, "versions")]
    return sorted(versions, key=lambda version: version != preferred)


def _aggregated(document: Mapping[str, Any]) -> Iterator[Resource]:
    for group in mappings(document, "items"):
        for version in mappings(group, "versions"):
            for row in mappings(version, "resources"):
                yield Resource(
                    group=text(group, "metadata", "name"),
                    version=text(version, "version"),
                    plural=text(row, "resource"),
                    kind=text(row, "responseKind", "kind"),
                    namespaced=text(row, "scope") == "Namespaced",
                )
