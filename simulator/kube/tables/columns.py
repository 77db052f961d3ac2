"""The columns of each built-in kind: `Name`, `Name:type`, and `+1` behind those shown on request only."""

from collections.abc import Iterable
from typing import Final

from simulator.kube.tables import cells, storage_cells, workload_cells
from simulator.kube.tables.pod_status import pod_cells


def _columns(text_of: str) -> list[str]:
    return [one.strip() for one in text_of.split("|")]


def _rows(
    rows: Iterable[tuple[str, str, str, cells.Fill]],
) -> dict[tuple[str, str], tuple[list[str], cells.Fill]]:
    return {(group, plural): (_columns(spec), fill) for group, plural, spec, fill in rows}


_BINDING: Final = "Name|Role|Age|Users+1|Groups+1|ServiceAccounts+1"
_COUNTS: Final = "Name|Desired:integer|Current:integer|Ready:integer"
_CLASSES: Final = "StorageClass|VolumeAttributesClass"
_TEMPLATE: Final = "Containers+1|Images+1|Selector+1"
GENERIC: Final[tuple[list[str], cells.Fill]] = (["Name", "Created At:date"], cells.generic)
BUILTIN: Final = _rows(
    (
        (
            "",
            "pods",
            "Name|Ready|Status|Restarts|Age|IP+1|Node+1|Nominated Node+1|Readiness Gates+1",
            pod_cells,
        ),
        ("", "configmaps", "Name|Data|Age", cells.configmap),
        ("", "secrets", "Name|Type|Data|Age", cells.secret),
        ("", "namespaces", "Name|Status|Age", cells.namespace),
        ("", "serviceaccounts", "Name|Secrets|Age", cells.account),
        ("", "endpoints", "Name|Endpoints|Age", cells.endpoints),
        ("", "services", "Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+1", cells.service),
        (
            "",
            "nodes",
            "Name|Status|Roles|Age|Version|Internal-IP+1|External-IP+1|OS-Image+1|Kernel-Version+1|Container-Runtime+1",
            cells.node,
        ),
        (
            "",
            "events",
            "Last Seen|Type|Reason|Object|Subobject+1|Source+1|Message|First Seen+1|Count+1|Name+1",
            cells.event,
        ),
        (
            "",
            "persistentvolumeclaims",
            f"Name|Status|Volume|Capacity|Access Modes|{_CLASSES}|Age|VolumeMode+1",
            storage_cells.claim,
        ),
        (
            "",
            "persistentvolumes",
            f"Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|{_CLASSES}|Reason|Age|VolumeMode+1",
            storage_cells.volume,
        ),
        (
            "storage.k8s.io",
            "storageclasses",
            "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion:boolean|Age",
            storage_cells.storage_class,
        ),
        (
            "apps",
            "deployments",
            f"Name|Ready|Up-to-date|Available|Age|{_TEMPLATE}",
            workload_cells.deployment,
        ),
        (
            "apps",
            "replicasets",
            f"{_COUNTS}|Age|{_TEMPLATE}",
            workload_cells.replicaset,
        ),
        ("apps", "statefulsets", "Name|Ready|Age|Containers+1|Images+1", workload_cells.statefulset),
        (
            "apps",
            "daemonsets",
            f"{_COUNTS}|Up-to-date:integer|Available:integer|Node Selector|Age|{_TEMPLATE}",
            workload_cells.daemonset,
        ),
        ("batch", "jobs", f"Name|Status|Completions|Duration|Age|{_TEMPLATE}", workload_cells.job),
        (
            "batch",
            "cronjobs",
            f"Name|Schedule|Timezone|Suspend|Active:integer|Last Schedule|Age|{_TEMPLATE}",
            workload_cells.cronjob,
        ),
        ("rbac.authorization.k8s.io", "rolebindings", _BINDING, cells.binding),
        ("rbac.authorization.k8s.io", "clusterrolebindings", _BINDING, cells.binding),
        ("networking.k8s.io", "networkpolicies", "Name|Pod-Selector|Age", cells.network_policy),
        (
            "scheduling.k8s.io",
            "priorityclasses",
            "Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy",
            cells.priority_class,
        ),
        ("coordination.k8s.io", "leases", "Name|Holder|Age", cells.lease),
        ("networking.k8s.io", "ingresses", "Name|Class|Hosts|Address|Ports|Age", cells.ingress),
        ("apiextensions.k8s.io", "customresourcedefinitions", "Name|Created At:date", cells.definition),
    )
)
