"""What annotations say about the order of a sync: phases, waves, hooks, options, and the order of kinds."""

from collections.abc import Iterable

from simulator.controllers.kinds import Object, annotations_of

WAVE = "argocd.argoproj.io/sync-wave"
HOOK = "argocd.argoproj.io/hook"
HOOK_DELETE_POLICY = "argocd.argoproj.io/hook-delete-policy"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
HELM_HOOK_WEIGHT = "helm.sh/hook-weight"

CONFIRM_PRUNE = "Prune=confirm"
APPROVED = "argocd.argoproj.io/deletion-approved"
"""On an Application: when a person has agreed to what only goes with their consent."""

PRE_SYNC, SYNC, POST_SYNC, SYNC_FAIL = "PreSync", "Sync", "PostSync", "SyncFail"
PHASES = (PRE_SYNC, SYNC, POST_SYNC, SYNC_FAIL)
SKIP = "Skip"
HOOK_TYPES = frozenset({*PHASES, SKIP, "PreDelete", "PostDelete"})

BEFORE_CREATION, SUCCEEDED, FAILED = "BeforeHookCreation", "HookSucceeded", "HookFailed"

KIND_ORDER = (
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
_KIND_RANK = {kind: rank for rank, kind in enumerate(KIND_ORDER)}


def kind_rank(kind: str) -> int:
    """Place of a kind within a wave; kinds the list does not name, all custom ones among them, come last."""
    return _KIND_RANK.get(kind, len(KIND_ORDER))


def wave(obj: Object) -> int:
    """The wave an object is applied in; what is no whole number counts as not said."""
    annotations = annotations_of(obj)
    for name in (WAVE, HELM_HOOK_WEIGHT):
        try:
            return int(annotations[name])
        except (KeyError, ValueError):
            continue
    return 0


def hooks(obj: Object) -> tuple[str, ...]:
    """The hook types an object asks for, in its own order; unknown ones are dropped."""
    return tuple(each for each in _words(obj, HOOK) if each in HOOK_TYPES)


def is_hook(obj: Object) -> bool:
    """Whether the object takes part as a hook; `Skip` alone leaves it out of every sync."""
    return any(each != SKIP for each in hooks(obj))


def is_skipped(obj: Object) -> bool:
    return hooks(obj) == (SKIP,)


def delete_policies(obj: Object) -> frozenset[str]:
    """When a hook is deleted; one that does not say is deleted before it is created again."""
    known = {each for each in _words(obj, HOOK_DELETE_POLICY) if each in {BEFORE_CREATION, SUCCEEDED, FAILED}}
    return frozenset(known or {BEFORE_CREATION})


def sync_options(obj: Object) -> frozenset[str]:
    return frozenset(_words(obj, SYNC_OPTIONS))


def compare_options(obj: Object) -> frozenset[str]:
    return frozenset(_words(obj, COMPARE_OPTIONS))


def prune_waves(waves: Iterable[int]) -> dict[int, int]:
    """Objects are pruned in reverse: the highest wave takes the place of the lowest."""
    ordered = sorted(set(waves))
    return dict(zip(ordered, reversed(ordered), strict=True))


def _words(obj: Object, annotation: str) -> list[str]:
    return [word.strip() for word in annotations_of(obj).get(annotation, "").split(",") if word.strip()]
