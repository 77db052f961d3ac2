"""Secrets, a Deployment and its pods in memory: pods read their environment once, when they start."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.core.cluster import KubeObject, Listing, Resource
from portal.core.names import jwt_overlap_secret
from portal.core.render import overlap_file
from portal.errors import NotFound
from tests.engine.boundaries import boundary
from tests.engine.fake_cluster import FakeCluster
from tests.engine.fakes import World

SERVICE, ENVIRONMENT, NAMESPACE = "identity-service", "dev", "platform-identity"
PREFIX = f"/zerotouch/{ENVIRONMENT}/{SERVICE}"
OVERLAP = jwt_overlap_secret(SERVICE)
SECRETS: Mapping[str, tuple[str, ...]] = {
    f"{SERVICE}-db": ("database_url", "direct_url"),
    f"{SERVICE}-jwt": ("jwt_private_key", "jwt_public_key", "jwt_key_id"),
    f"{SERVICE}-secrets": ("openai_api_key", "anthropic_api_key"),
    OVERLAP: ("jwt_previous_public_key", "jwt_previous_key_id"),
}


@dataclass(slots=True)
class Cluster:
    """What stands in the cluster. `environments` are those pods started with, oldest first."""

    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    synced: dict[str, int] = field(default_factory=dict)
    overlap: bool = False
    mark: str = ""
    generation: int = 1
    replicas: int = 2
    environments: list[dict[str, str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What running pods hold."""
        return self.environments[-1]


class PodCluster(FakeCluster):
    """ExternalSecrets are synced by an annotation only, pods restarted by a new template."""

    def __init__(self, world: World, cluster: Cluster) -> None:
        super().__init__(world)
        self.cluster = cluster

    def settle(self) -> None:
        """Everything synced and running, as after an onboarding."""
        for name in self._there():
            self._sync(name)
        self._start()

    def _there(self) -> Iterator[str]:
        yield from (name for name in SECRETS if name != OVERLAP or self.cluster.overlap)

    def _sync(self, name: str) -> None:
        values = {key: self.world.parameters[f"{PREFIX}/{key}"][1] for key in SECRETS[name]}
        self.cluster.secrets[name] = values
        self.cluster.synced[name] = self.cluster.synced.get(name, 0) + 1

    def _start(self) -> None:
        found: dict[str, str] = {}
        for name in self._there():
            found |= self.cluster.secrets[name]
        self.cluster.environments.append(found)

    def deploy(self) -> None:
        """What ArgoCD does with the newest commit."""
        wanted = overlap_file(SERVICE, ENVIRONMENT) in self.world.files
        if wanted != self.cluster.overlap:
            self.cluster.overlap = wanted
            if wanted:
                self._sync(OVERLAP)
            self.cluster.generation += 1
            self._start()

    @boundary("kubernetes")
    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        self.world.allow("kubernetes")
        if resource.kind == "Deployment":
            assert (name, namespace) == (SERVICE, NAMESPACE)
            return self._deployment()
        if resource.kind == "ExternalSecret":
            if name not in self._there():
                raise NotFound("not found", system="kubernetes", operation="get", target=name)
            return self._external_secret(name)
        there = self.world.namespaces if resource.kind == "Namespace" else self.world.applications
        if name not in there:
            raise NotFound("not found", system="kubernetes", operation="get", target=name)
        return {"kind": resource.kind, "metadata": {"name": name, "namespace": namespace}}

    @boundary("kubernetes", mutating=True)
    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        if resource.kind == "ExternalSecret":
            assert "force-sync" in patch["metadata"]["annotations"]
            self._sync(name)
        elif resource.kind == "Deployment":
            annotations = patch["spec"]["template"]["metadata"]["annotations"]
            self.cluster.mark = annotations["portal.zerotouch.dev/rotation"]
            self.cluster.generation += 1
            self._start()
        elif resource.kind == "ApplicationSet":
            self.world.applications = {
                path.split("/")[1] for path in self.world.files if "/overlays/dev/" in path
            }
        elif name in self.world.applications:
            self.deploy()
        return {"metadata": {"name": name, "namespace": namespace}}

    @boundary("kubernetes")
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        if resource.kind != "Pod":
            return await FakeCluster.list(
                self,
                resource,
                namespace=namespace,
                label_selector=label_selector,
                metadata_only=metadata_only,
            )
        assert (namespace, label_selector) == (NAMESPACE, f"tenant={SERVICE}")
        many = self.cluster.replicas if SERVICE in self.world.applications else 0
        return Listing(tuple({"metadata": {"name": f"pod-{number}"}} for number in range(many)), "1")

    def _deployment(self) -> KubeObject:
        state, many = self.cluster, self.cluster.replicas
        refs = [{"secretRef": {"name": name}} for name in self._there()]
        template: dict[str, Any] = {
            "metadata": {"annotations": {"portal.zerotouch.dev/rotation": state.mark}},
            "spec": {"containers": [{"name": SERVICE, "envFrom": refs}]},
        }
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), many)
        return {
            "metadata": {"name": SERVICE, "namespace": NAMESPACE, "generation": state.generation},
            "spec": {"replicas": many, "template": template},
            "status": {"observedGeneration": state.generation, **counts},
        }

    def _external_secret(self, name: str) -> KubeObject:
        return {
            "metadata": {"name": name, "namespace": NAMESPACE},
            "status": {
                "syncedResourceVersion": f"1-{self.cluster.synced.get(name, 0)}",
                "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced"}],
            },
        }
