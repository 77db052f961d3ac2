"""Health of one object by its kind, and of an Application by its objects."""

from collections.abc import Callable, Iterable

from simulator.controllers.argocd import workloads
from simulator.controllers.argocd.healthwords import (
    BEST_TO_WORST,
    DEGRADED,
    HEALTHY,
    PROGRESSING,
    Health,
    condition,
)
from simulator.controllers.argocd.identity import group_of
from simulator.controllers.kinds import Object, annotations_of

IGNORE = "argocd.argoproj.io/ignore-healthcheck"


def worst(statuses: Iterable[str]) -> str:
    """The health of the whole; nothing at all is healthy."""
    return max(statuses, key=BEST_TO_WORST.index, default=HEALTHY)


def has_check(obj: Object) -> bool:
    """Whether objects of this kind have a health at all."""
    return _check_for(obj) is not None


def counts(obj: Object) -> bool:
    """Whether the object's health is part of its Application's."""
    return has_check(obj) and annotations_of(obj).get(IGNORE) != "true"


def health(obj: Object) -> Health | None:
    """The health of a live object; None when its kind has no check."""
    check = _check_for(obj)
    if obj["metadata"].get("deletionTimestamp"):
        return Health(PROGRESSING, "Pending deletion")
    return check(obj) if check else None


def _check_for(obj: Object) -> Callable[[Object], Health] | None:
    group = group_of(obj)
    if group.endswith((".crossplane.io", ".upbound.io")):
        return _crossplane
    return _CHECKS.get((group, obj["kind"]))


def _external_secrets(obj: Object) -> Health:
    ready = condition(obj, "Ready")
    if ready.get("status") == "False":
        return Health(DEGRADED, str(ready.get("message", "")))
    if ready.get("status") == "True":
        return Health(HEALTHY, str(ready.get("message", "")))
    return Health(PROGRESSING, f"Waiting for {obj['kind']}")


def _crossplane(obj: Object) -> Health:
    if obj["kind"] in {"Composition", "CompositionRevision", "DeploymentRuntimeConfig", "ProviderConfig"}:
        return Health(HEALTHY, "Resource is up-to-date.")
    for kind in ("LastAsyncOperation", "Synced"):
        entry = condition(obj, kind)
        if entry.get("status") == "False":
            return Health(DEGRADED, str(entry.get("message", "")))
    for kind in ("Ready", "Healthy", "Offered", "Established"):
        if condition(obj, kind).get("status") == "True":
            return Health(HEALTHY, "Resource is up-to-date.")
    return Health(PROGRESSING, "Provisioning resource...")


def _application_set(obj: Object) -> Health:
    error = condition(obj, "ErrorOccurred")
    fresh = condition(obj, "ResourcesUpToDate")
    if error.get("status") == "True":
        return Health(DEGRADED, str(error.get("message", "")))
    if fresh.get("status") == "False":
        return Health(DEGRADED, str(fresh.get("message", "")))
    if condition(obj, "RolloutProgressing").get("status") == "True":
        return Health(PROGRESSING, str(condition(obj, "RolloutProgressing").get("message", "")))
    if fresh.get("status") == "True":
        return Health(HEALTHY, str(fresh.get("message", "")))
    return Health(PROGRESSING, "Waiting for the status to be reported")


_CHECKS: dict[tuple[str, str], Callable[[Object], Health]] = {
    ("", "PersistentVolumeClaim"): workloads.claim_of_volume,
    ("", "Pod"): workloads.pod,
    ("", "Service"): workloads.service,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("argoproj.io", "ApplicationSet"): _application_set,
    ("batch", "Job"): workloads.job,
    ("external-secrets.io", "ClusterSecretStore"): _external_secrets,
    ("external-secrets.io", "ExternalSecret"): _external_secrets,
    ("external-secrets.io", "SecretStore"): _external_secrets,
    ("networking.k8s.io", "Ingress"): workloads.balanced,
}
