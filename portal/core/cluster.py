"""Kubernetes resource kinds and raw objects as the portal handles them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

# One Kubernetes object as it came over the wire (camelCase keys); never mutated.
KubeObject: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A served resource type, e.g. group `apps`, version `v1`, plural `deployments`."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`v1` for the core group, else `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def collection_path(self) -> str:
        """URL path of the cluster-wide collection."""
        prefix = f"/apis/{self.group}" if self.group else "/api"
        return f"{prefix}/{self.version}/{self.plural}"

    def path(self, name: str, namespace: str | None = None) -> str:
        """URL path of one object."""
        prefix = f"/apis/{self.group}" if self.group else "/api"
        scope = f"/namespaces/{namespace}" if namespace else ""
        return f"{prefix}/{self.version}{scope}/{self.plural}/{name}"


class WatchKind(StrEnum):
    """Event types of a watch; an ERROR is raised as an error instead."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One event; a bookmark's object carries only its resourceVersion."""

    kind: WatchKind
    object: KubeObject


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list (all pages) and the resourceVersion to watch from."""

    items: tuple[KubeObject, ...]
    resource_version: str
