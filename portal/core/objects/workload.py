"""Deployment, ReplicaSet, StatefulSet and Job, read by one shape."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.cluster import KubeObject
from portal.core.objects.meta import Condition, Meta, conditions_of, dig, mappings, meta_of, number, text


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A Secret the pod template takes into its environment; an optional one does not hold a pod back."""

    name: str
    key: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """One controller of pods. Counts a kind does not have are 0; `revision` orders ReplicaSets."""

    meta: Meta
    desired: int = 1
    current: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    failed: int = 0
    succeeded: int = 0
    paused: bool = False
    observed_generation: int = 0
    revision: int = 0
    conditions: tuple[Condition, ...] = ()
    secrets: tuple[SecretUse, ...] = ()

    @classmethod
    def of(cls, item: KubeObject) -> "Workload":
        """Read one raw object; a Job's `suspend` is read as paused."""
        revision = text(item, "metadata", "annotations", "deployment.kubernetes.io/revision")
        status = dig(item, "status")
        # A ReplicaSet repeats the template of its Deployment.
        repeats = text(item, "kind") == "ReplicaSet"
        return cls(
            meta=meta_of(item),
            desired=number(item, "spec", "replicas", default=1),
            current=number(status, "replicas"),
            updated=number(status, "updatedReplicas"),
            ready=number(status, "readyReplicas"),
            available=number(status, "availableReplicas"),
            failed=number(status, "failed"),
            succeeded=number(status, "succeeded"),
            paused=dig(item, "spec", "paused") is True or dig(item, "spec", "suspend") is True,
            observed_generation=number(status, "observedGeneration"),
            revision=int(revision) if revision.isdigit() else 0,
            conditions=conditions_of(item, "Progressing", "ReplicaFailure", "Failed", "Complete"),
            secrets=() if repeats else tuple(_secrets(dig(item, "spec", "template", "spec"))),
        )


def _secrets(pod_spec: object) -> Iterator[SecretUse]:
    for section in ("initContainers", "containers"):
        for container in mappings(pod_spec, section):
            for row in mappings(container, "envFrom"):
                if text(row, "secretRef", "name"):
                    optional = dig(row, "secretRef", "optional") is True
                    yield SecretUse(text(row, "secretRef", "name"), optional=optional)
            for row in mappings(container, "env"):
                reference = dig(row, "valueFrom", "secretKeyRef")
                if text(reference, "name"):
                    optional = dig(reference, "optional") is True
                    yield SecretUse(text(reference, "name"), text(reference, "key"), optional)
