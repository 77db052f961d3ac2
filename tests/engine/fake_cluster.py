"""A cluster with ArgoCD over the in-memory world."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager

from portal.core.cluster import KubeObject, Listing, Resource, WatchEvent
from portal.errors import (
    NotFound,
)
from tests.engine.boundaries import boundary
from tests.engine.fakes import APPLICATION, APPLICATION_SET, NAMESPACE_MAKER, World


class FakeCluster:
    """ArgoCD that makes an Application once its ApplicationSet is told to look."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    async def version(self) -> str:
        return "v1.34.0"

    @boundary("kubernetes")
    async def discover(self, kind: str, *, group: str | None = None) -> Resource | None:
        self.world.allow("kubernetes")
        found = self.world.kinds.get(kind)
        return found if found and group in {None, found.group} else None

    @boundary("kubernetes")
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        assert namespace == "argocd"
        assert not label_selector
        assert not metadata_only
        if resource == APPLICATION:
            source = {"directory": {"include": "**/00-namespace.yaml"}}
            maker = {"metadata": {"name": NAMESPACE_MAKER}, "spec": {"source": source}}
            others = [{"metadata": {"name": name}} for name in sorted(self.world.applications)]
            return Listing((maker, *others), "1")
        assert resource == APPLICATION_SET
        files = [{"path": "tenants/*/overlays/dev/config.yaml"}]
        tenants = {
            "metadata": {"name": "tenant-applications"},
            "spec": {"generators": [{"git": {"files": files}}]},
        }
        other = {"metadata": {"name": "other"}, "spec": {"generators": [{"list": {}}]}}
        return Listing((tenants, other), "1")

    async def place(self) -> str:
        return "context fake at https://127.0.0.1"

    async def skew(self) -> float | None:
        return 0.0

    async def identity(self) -> str:
        return "kube-system"

    def pages(
        self, resource: Resource, *, whole: bool = False, metadata_only: bool = False
    ) -> AsyncGenerator[Listing, None]:
        raise NotImplementedError(resource, whole, metadata_only)

    def watch(
        self, resource: Resource, *, resource_version: str, metadata_only: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        raise NotImplementedError(resource, resource_version, metadata_only)

    @boundary("kubernetes")
    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        self.world.allow("kubernetes")
        there = self.world.namespaces if resource.kind == "Namespace" else self.world.applications
        if name not in there:
            raise NotFound("not found", system="kubernetes", operation="get", target=name)
        return {"kind": resource.kind, "metadata": {"name": name, "namespace": namespace}}

    @boundary("kubernetes", mutating=True)
    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        if resource == APPLICATION_SET:
            assert name == "tenant-applications"
            self.world.applications |= {path.split("/")[1] for path in self.world.files}
        elif name == NAMESPACE_MAKER:
            made = self.world.files and not self.world.slow_namespaces
            self.world.namespaces |= {"platform-identity"} if made else set()
        elif name in self.world.applications:
            self.world.refreshed.append(name)
        else:
            raise NotFound("no such Application", system="kubernetes", operation="patch", target=name)
        return {"metadata": {"name": name, "namespace": namespace, **patch["metadata"]}}

    async def logs(self, namespace: str, pod: str, *, container: str = "", tail: int = 50) -> str:
        return f"{namespace}/{pod}/{container} last {tail}"

    async def allowed(self, verb: str, resource: Resource, *, namespace: str | None = None) -> bool:
        return (verb, namespace) != ("", None) and resource.plural != ""
