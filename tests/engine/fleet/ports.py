"""Plain ports: dictionaries behind the protocols, with failures a test can switch on."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from portal.core.cluster import KubeObject, Listing, Resource, WatchEvent, WatchKind
from portal.core.neon import (
    NeonAuth,
    NeonBranch,
    NeonDatabase,
    NeonEndpoint,
    NeonOperation,
    NeonProject,
    NeonRole,
    RoleCreated,
)
from portal.core.parameters import ParameterMeta, ParameterValue, ParameterVersion
from portal.core.repository import CommitRequest, CommitResult, RepositorySnapshot
from portal.core.secrets import Secret
from portal.core.spec import STORAGE_PROVIDERS
from portal.errors import Conflict, NotFound, PortalError, RefusedError

CLUSTER_SCOPED = {"ClusterSecretStore", "XDragonflyInstance", "Object", "Namespace"}
GROUPS = {
    "Application": "argoproj.io",
    "ApplicationSet": "argoproj.io",
    "ExternalSecret": "external-secrets.io",
    "ClusterSecretStore": "external-secrets.io",
    "SecretStore": "external-secrets.io",
    "DragonflyInstance": "cache.bizmatters.io",
    "XDragonflyInstance": "cache.bizmatters.io",
    "Object": "kubernetes.crossplane.io",
    "Deployment": "apps",
    "ReplicaSet": "apps",
    "StatefulSet": "apps",
    "Job": "batch",
    **dict.fromkeys(("Pod", "Event", "Service", "PersistentVolumeClaim", "Namespace", "Secret"), ""),
}
Watch = tuple[str, "asyncio.Queue[WatchEvent | PortalError | None]"]


class PlainCluster:
    """Objects by kind; `fail` maps a kind, or "*" for all, to the error its calls raise."""

    def __init__(self) -> None:
        self.fail: dict[str, PortalError] = {}
        self.absent: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.forgotten = 0
        self.uid = "kube-system-1"
        self._version = 100
        self._held: dict[str, dict[tuple[str, str], KubeObject]] = {kind: {} for kind in GROUPS}
        self._history: list[tuple[int, str, WatchEvent]] = []
        self._watches: list[Watch] = []

    def put(self, item: KubeObject) -> None:
        """Create or change an object."""
        kind, meta = item["kind"], item["metadata"]
        self._version += 1
        known = (meta.get("namespace", ""), meta["name"]) in self._held[kind]
        versioned = {**item, "metadata": {**meta, "resourceVersion": str(self._version)}}
        self._held[kind][meta.get("namespace", ""), meta["name"]] = versioned
        self._tell(kind, WatchEvent(WatchKind.MODIFIED if known else WatchKind.ADDED, versioned))

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Delete an object."""
        self._version += 1
        item = self._held[kind].pop((namespace, name))
        gone = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self._version)}}
        self._tell(kind, WatchEvent(WatchKind.DELETED, gone))

    def cut(self, error: PortalError | None = None) -> None:
        """End every open watch, in order or by an error."""
        for _, queue in self._watches:
            queue.put_nowait(error)

    def forget(self) -> None:
        """Drop the history: watches may resume from now on only."""
        self.forgotten = self._version

    def _tell(self, kind: str, event: WatchEvent) -> None:
        self._history.append((self._version, kind, event))
        for watched, queue in self._watches:
            if watched == kind:
                queue.put_nowait(event)

    def _check(self, operation: str, kind: str) -> None:
        self.calls[f"{operation} {kind}".strip()] += 1
        for name in ("*", kind or operation):
            if name in self.fail:
                raise self.fail[name]

    async def version(self) -> str:
        self._check("version", "")
        return "v1.36.2"

    async def discover(self, kind: str, *, group: str | None = None) -> Resource | None:
        if kind in self.absent or group not in {None, GROUPS[kind]}:
            return None
        return Resource(GROUPS[kind], "v1", f"{kind.lower()}s", kind, kind not in CLUSTER_SCOPED)

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        assert metadata_only == (resource.kind == "Secret")
        self._check("list", resource.kind)
        held = self._held[resource.kind].items()
        items = [item for (where, _), item in held if namespace in {None, where}]
        if label_selector:
            label, _, value = label_selector.partition("=")
            items = [item for item in items if item["metadata"].get("labels", {}).get(label) == value]
        return Listing(tuple(items), str(self._version))

    async def pages(
        self, resource: Resource, *, whole: bool = False, metadata_only: bool = False
    ) -> AsyncGenerator[Listing, None]:
        """Two pages, or one where everything is asked for in one piece."""
        listing = await self.list(resource, metadata_only=metadata_only)
        half = 0 if whole else len(listing.items) // 2
        for items in (listing.items[:half], listing.items[half:]):
            yield Listing(items, listing.resource_version)

    async def skew(self) -> float | None:
        return 0.0

    async def identity(self) -> str:
        self._check("identity", "identity")
        return self.uid

    async def place(self) -> str:
        return "context test at https://127.0.0.1"

    @asynccontextmanager
    async def watch(
        self, resource: Resource, *, resource_version: str, metadata_only: bool = False
    ) -> AsyncIterator[AsyncIterator[WatchEvent]]:
        assert metadata_only == (resource.kind == "Secret")
        self._check("watch", resource.kind)
        if int(resource_version) < self.forgotten:
            raise Conflict("too old", system="kubernetes", operation="watch")
        queue: asyncio.Queue[WatchEvent | PortalError | None] = asyncio.Queue()
        for version, kind, event in self._history:
            if kind == resource.kind and version > int(resource_version):
                queue.put_nowait(event)
        entry = (resource.kind, queue)
        self._watches.append(entry)
        try:
            yield _events(queue)
        finally:
            self._watches.remove(entry)

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        self._check("get", resource.kind)
        found = self._held[resource.kind].get((namespace or "", name))
        if found is None:
            raise NotFound(f"{name} not found", system="kubernetes", operation="get")
        return found

    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        raise RefusedError(f"the fleet wrote {name} in {namespace}: {resource} {patch}")

    async def logs(self, namespace: str, pod: str, *, container: str = "", tail: int = 50) -> str:
        raise RefusedError(f"the fleet read logs of {namespace}/{pod} {container} {tail}")

    async def allowed(self, verb: str, resource: Resource, *, namespace: str | None = None) -> bool:
        raise RefusedError(f"the fleet asked for {verb} {resource} in {namespace}")


async def _events(queue: "asyncio.Queue[WatchEvent | PortalError | None]") -> AsyncIterator[WatchEvent]:
    while (event := await queue.get()) is not None:
        if isinstance(event, PortalError):
            raise event
        yield event


class PlainNeon:
    """One project with one branch; reading is all the fleet may do."""

    def __init__(self) -> None:
        self.fail: PortalError | None = None
        self.branch = NeonBranch("br-1", "p-dev", "main", "ready", default=True)
        self.compute = NeonEndpoint(
            "ep-1", "p-dev", "br-1", "ep-1.local", "read_write", "idle", disabled=False
        )
        self.role_names = ["identity-service-dev"]
        self.calls: Counter[str] = Counter()

    def _check(self, operation: str) -> None:
        self.calls[operation] += 1
        if self.fail is not None:
            raise self.fail

    async def whoami(self) -> str:
        return "account"

    async def projects(self) -> tuple[NeonProject, ...]:
        return ()

    async def project(self, project_id: str) -> NeonProject:
        raise RefusedError(f"the fleet read project {project_id}")

    async def branches(self, project_id: str) -> tuple[NeonBranch, ...]:
        self._check(f"branches {project_id}")
        return (self.branch,)

    async def endpoints(self, project_id: str) -> tuple[NeonEndpoint, ...]:
        self._check(f"endpoints {project_id}")
        return (self.compute,)

    async def create_endpoint(self, project_id: str, branch_id: str) -> tuple[NeonOperation, ...]:
        raise RefusedError(f"the fleet made an endpoint in {project_id}/{branch_id}")

    async def roles(self, project_id: str, branch_id: str) -> tuple[NeonRole, ...]:
        self._check(f"roles {project_id}")
        return tuple(NeonRole(name, branch_id) for name in self.role_names)

    async def create_role(self, project_id: str, branch_id: str, name: str) -> RoleCreated:
        raise RefusedError(f"the fleet made role {name} in {project_id}/{branch_id}")

    async def reveal_password(self, project_id: str, branch_id: str, role: str) -> Secret:
        raise RefusedError(f"the fleet revealed {role} in {project_id}/{branch_id}")

    async def reset_password(self, project_id: str, branch_id: str, role: str) -> RoleCreated:
        raise RefusedError(f"the fleet reset {role} in {project_id}/{branch_id}")

    async def databases(self, project_id: str, branch_id: str) -> tuple[NeonDatabase, ...]:
        self._check(f"databases {project_id}")
        return (NeonDatabase("identity-service-dev", branch_id, "identity-service-dev"),)

    async def create_database(
        self, project_id: str, branch_id: str, name: str, owner: str
    ) -> tuple[NeonOperation, ...]:
        raise RefusedError(f"the fleet made database {name} of {owner} in {project_id}/{branch_id}")

    async def delete_database(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        raise RefusedError(f"the fleet deleted database {name} in {project_id}/{branch_id}")

    async def delete_role(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        raise RefusedError(f"the fleet deleted role {name} in {project_id}/{branch_id}")

    async def operations(self, project_id: str) -> tuple[NeonOperation, ...]:
        self._check(f"operations {project_id}")
        return ()

    async def operation(self, project_id: str, operation_id: str) -> NeonOperation:
        raise RefusedError(f"the fleet read operation {project_id}/{operation_id}")

    async def connection_uri(
        self, project_id: str, branch_id: str, database: str, role: str, *, pooled: bool
    ) -> Secret:
        raise RefusedError(f"the fleet asked for {database} {role} {pooled} in {project_id}/{branch_id}")

    async def auth(self, project_id: str, branch_id: str) -> NeonAuth | None:
        self._check(f"auth {project_id}")
        return NeonAuth(branch_id, "neon", "http://127.0.0.1/jwks.json")

    async def enable_auth(self, project_id: str, branch_id: str, database: str) -> NeonAuth:
        raise RefusedError(f"the fleet enabled auth of {database} in {project_id}/{branch_id}")

    async def jwks(self, url: str) -> Mapping[str, object]:
        self._check("jwks")
        return {"keys": [{"kid": url}]}


class PlainParameters:
    """Metadata by name."""

    def __init__(self, held: Mapping[str, ParameterMeta]) -> None:
        self.held = dict(held)
        self.fail: PortalError | None = None
        self.described = 0

    async def describe(self, prefix: str) -> tuple[ParameterMeta, ...]:
        self.described += 1
        if self.fail is not None:
            raise self.fail
        return tuple(meta for name, meta in self.held.items() if name.startswith(f"{prefix}/"))

    async def get(self, names: Sequence[str]) -> Mapping[str, ParameterValue]:
        raise RefusedError(f"the fleet read values of {names}")

    async def create(self, name: str, value: Secret, *, tags: Mapping[str, str]) -> int:
        raise RefusedError(f"the fleet wrote {name} {value} {tags}")

    async def replace(self, name: str, value: Secret, *, expected_version: int) -> int:
        raise RefusedError(f"the fleet wrote {name} {value} {expected_version}")

    async def delete(self, name: str) -> None:
        raise RefusedError(f"the fleet deleted {name}")

    async def history(self, name: str) -> tuple[ParameterVersion, ...]:
        raise NotImplementedError(name)

    async def tags(self, name: str) -> Mapping[str, str]:
        raise RefusedError(f"the fleet read tags of {name}")

    async def tag(self, name: str, tags: Mapping[str, str]) -> None:
        raise RefusedError(f"the fleet tagged {name} {tags}")


class PlainStorage:
    """Buckets that exist."""

    def __init__(self, *buckets: str) -> None:
        self.buckets = set(buckets)

    async def bucket_exists(self, provider: str, bucket: str) -> bool:
        return provider in STORAGE_PROVIDERS and bucket in self.buckets

    async def create_bucket(self, provider: str, bucket: str) -> None:
        raise RefusedError(f"the fleet made bucket {bucket} at {provider}")


class PlainRepository:
    """One snapshot, replaced by tests."""

    def __init__(self, snapshot: RepositorySnapshot) -> None:
        self.held = snapshot
        self.fail: PortalError | None = None

    async def snapshot(self, services: Collection[str] = ()) -> RepositorySnapshot:
        if self.fail is not None:
            raise self.fail
        if services:
            folders = {name: folder for name, folder in self.held.tenants.items() if name in services}
            return replace(self.held, tenants=folders)
        return self.held

    async def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        raise RefusedError(f"the fleet read {paths}")

    async def commit(self, request: CommitRequest) -> CommitResult:
        raise RefusedError(f"the fleet committed {request}")


def named(item: dict[str, Any], kind: str) -> KubeObject:
    """An object with its kind written on it."""
    return {**item, "kind": kind}
