"""The kinds of Kubernetes objects a chain is judged by, and the table each of them fills."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from portal.core.cluster import KubeObject, Resource
from portal.core.objects.argo import Application, ApplicationSet
from portal.core.objects.crossplane import Composite, Reference
from portal.core.objects.external import ExternalSecret, Store
from portal.core.objects.meta import Meta, text
from portal.core.objects.plain import Event, Namespace, SecretMeta, Service, VolumeClaim
from portal.core.objects.pod import Pod
from portal.core.objects.workload import Workload
from portal.ports import Cluster
from portal.settings import PlatformSettings

CORE = ""


class Item(Protocol):
    """A slim object."""

    @property
    def meta(self) -> Meta: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One table: which resource fills it, in what slim form. Groups are tried in order; None is any."""

    table: str
    kind: str
    groups: tuple[str | None, ...]
    project: Callable[[KubeObject], Item]
    installed_by: str = ""
    metadata_only: bool = False
    keep: Callable[[KubeObject], bool] = lambda _: True

    async def discover(self, cluster: Cluster) -> Resource | None:
        """The served resource, None where it is not installed."""
        for group in self.groups:
            found = await cluster.discover(self.kind, group=group)
            if found is not None:
                return found
        return None

    def shaped(self, items: Iterable[KubeObject]) -> list[Item]:
        """The projections of those objects that are kept."""
        return [self.slim(item) for item in items if self.keep(item)]

    def slim(self, item: KubeObject) -> Item:
        """The projection of a raw object; list items do not repeat their kind, so it is supplied."""
        named = item if text(item, "kind") == self.kind else {**item, "kind": self.kind}
        return self.project(named)

    @property
    def missing(self) -> str:
        """What it means that the kind is not served."""
        by = f": {self.installed_by} is not installed" if self.installed_by else ""
        return f"this cluster serves no {self.kind}{by}"


def _warning(item: KubeObject) -> bool:
    return text(item, "type") == "Warning"


def kinds_of(platform: PlatformSettings) -> tuple[Kind, ...]:
    """Every kind that is read; the claim's group is the configured one, else whichever serves the kind."""
    argo, external, cross = "ArgoCD", "External Secrets", "Crossplane"
    claims = (platform.claim_group, None)
    definition = f"the definition of {platform.claim_kind}"
    # The large and telling ones first: lists are read a few at a time.
    return (
        Kind("applications", "Application", ("argoproj.io",), Application.of, argo),
        Kind("pods", "Pod", (CORE,), Pod.of),
        Kind("deployments", "Deployment", ("apps",), Workload.of),
        Kind("external_secrets", "ExternalSecret", ("external-secrets.io",), ExternalSecret.of, external),
        Kind("replica_sets", "ReplicaSet", ("apps",), Workload.of),
        Kind("namespaces", "Namespace", (CORE,), Namespace.of),
        Kind("generators", "ApplicationSet", ("argoproj.io",), ApplicationSet.of, argo),
        Kind("stores", "ClusterSecretStore", ("external-secrets.io",), Store.of, external),
        Kind("local_stores", "SecretStore", ("external-secrets.io",), Store.of, external),
        Kind("claims", platform.claim_kind, claims, Composite.of, definition),
        Kind("composites", f"X{platform.claim_kind}", claims, Composite.of, definition),
        Kind("composed", "Object", ("kubernetes.crossplane.io",), Composite.of, cross),
        Kind("stateful_sets", "StatefulSet", ("apps",), Workload.of),
        Kind("jobs", "Job", ("batch",), Workload.of),
        Kind("events", "Event", (CORE,), Event.of, keep=_warning),
        Kind("services", "Service", (CORE,), Service.of),
        Kind("volumes", "PersistentVolumeClaim", (CORE,), VolumeClaim.of),
        Kind("secrets", "Secret", (CORE,), SecretMeta.of, metadata_only=True),
    )


def composed_kind(reference: Reference) -> Kind:
    """The kind of a composed object that was found by its reference, filling a table of its own."""
    table = f"composed {reference.kind}.{reference.group}"
    return Kind(table, reference.kind, (reference.group,), Composite.of)


def is_composed(reference: Reference) -> bool:
    """Whether an object carries Crossplane's conditions: Kubernetes' own kinds do not."""
    return "." in reference.group and not reference.group.endswith(".k8s.io")
