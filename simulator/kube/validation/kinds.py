"""What single built-in kinds add on create and update, and what they refuse."""

import ipaddress
import itertools
from collections.abc import Callable, Iterator
from typing import Final

from simulator.kube.status import Cause, Object
from simulator.kube.validation import plain, workloads
from simulator.kube.validation.causes import forbidden_field, invalid_value
from simulator.kube.validation.pods import pod_spec_causes

Prepare = Callable[[Object, Object | None], None]
Validate = Callable[[Object, Object | None], Iterator[Cause]]

_node_ports_free: Final = itertools.count(30080)
_addresses: Final = itertools.count(int(ipaddress.IPv4Address("10.96.0.10")))
_KEEPS_STATUS: Final = frozenset({"Node"})


def keeps_status_on_create(kind: str) -> bool:
    return kind in _KEEPS_STATUS


def _namespace(new: Object, old: Object | None) -> None:
    if old is None:
        new["spec"] = {"finalizers": ["kubernetes"]}
        new["status"] = {"phase": "Active"}
    else:
        new["spec"] = old["spec"]


_TOLERATIONS: Final = tuple(
    {
        "key": f"node.kubernetes.io/{what}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    for what in ("not-ready", "unreachable")
)


def _pod(new: Object, old: Object | None) -> None:
    if old is not None:
        return
    spec = new["spec"]
    known = {(one.get("key"), one.get("effect")) for one in spec.get("tolerations") or ()}
    missing = [dict(one) for one in _TOLERATIONS if (one["key"], one["effect"]) not in known]
    spec["tolerations"] = [*(spec.get("tolerations") or ()), *missing]
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    new["status"] = {"phase": "Pending", "qosClass": _quality(spec)}


def _quality(spec: Object) -> str:
    """The quality-of-service class that follows from requests and limits."""
    resources = [one.get("resources") or {} for one in spec.get("containers") or ()]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    for one in resources:
        limits, requests = one.get("limits") or {}, one.get("requests") or {}
        if not {"cpu", "memory"} <= set(limits) or any(requests.get(key) != limits[key] for key in limits):
            return "Burstable"
    return "Guaranteed"


def _service(new: Object, old: Object | None) -> None:
    spec = new["spec"]
    if spec.get("type") == "ExternalName":
        return
    if old is not None and not spec.get("clusterIP"):
        spec["clusterIP"] = old["spec"].get("clusterIP", "")
    if not spec.get("clusterIP"):
        spec["clusterIP"] = str(ipaddress.IPv4Address(next(_addresses)))
    spec["clusterIPs"] = [spec["clusterIP"]]
    before = old["spec"] if old else {}
    spec.setdefault("ipFamilies", before.get("ipFamilies", ["IPv4"]))
    spec.setdefault("ipFamilyPolicy", before.get("ipFamilyPolicy", "SingleStack"))
    if spec.get("type") == "ClusterIP":
        _leave_nodes(spec, before)
    if spec.get("type") in {"NodePort", "LoadBalancer"}:
        _node_ports(spec, before)


def _leave_nodes(spec: Object, before: Object) -> None:
    """What a Service had of the nodes goes with the type that needs it, unless it is asked for anew."""
    if before.get("type") not in {"NodePort", "LoadBalancer"}:
        return
    known = {one.get("nodePort") for one in before.get("ports") or ()}
    for one in spec.get("ports") or ():
        if one.get("nodePort") in known:
            del one["nodePort"]
    for key in ("externalTrafficPolicy", "allocateLoadBalancerNodePorts"):
        if spec.get(key) == before.get(key):
            spec.pop(key, None)


def _node_ports(spec: Object, before: Object) -> None:
    """A port of every node for each of the Service's, the one it has had if there was one."""
    known = {(one.get("protocol"), one.get("port")): one.get("nodePort") for one in before.get("ports") or ()}
    for one in spec.get("ports") or ():
        if not one.get("nodePort"):
            one["nodePort"] = known.get((one.get("protocol"), one.get("port"))) or next(_node_ports_free)


def _job(new: Object, old: Object | None) -> None:
    spec = new["spec"]
    if old is not None or spec.get("manualSelector"):
        return
    uid, name = new["metadata"]["uid"], new["metadata"].get("name", "")
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = spec["template"].setdefault("metadata", {})
    given = template.get("labels") or {}
    template["labels"] = {**given, **labels}
    if (new["metadata"].get("labels") or {}) == given:
        new["metadata"]["labels"] = dict(template["labels"])
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _claim(new: Object, old: Object | None) -> None:
    if old is None:
        new["status"] = {"phase": "Pending"}


def _definition(new: Object, old: Object | None) -> None:
    if old is None:
        stored = [one["name"] for one in new["spec"].get("versions") or () if one.get("storage")]
        new["status"] = {
            "conditions": None,
            "acceptedNames": {"plural": "", "kind": ""},
            "storedVersions": stored,
        }


PREPARE: Final[dict[str, Prepare]] = {
    "Namespace": _namespace,
    "Pod": _pod,
    "Service": _service,
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _claim,
    "CustomResourceDefinition": _definition,
}


def _pod_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    if old is None:
        yield from pod_spec_causes(new["spec"], "spec")
        for at, one in enumerate(new["spec"].get("containers") or ()):
            image = one.get("image", "")
            if image.strip() != image:
                says = "must not have leading or trailing whitespace"
                yield invalid_value(f"spec.containers[{at}].image", image, says)
    elif _fixed(new["spec"]) != _fixed(old["spec"]):
        yield forbidden_field("spec", _POD_UPDATES)


_POD_UPDATES: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def _fixed(spec: Object) -> Object:
    """What no update of a Pod may change; a node is assigned through the binding subresource alone."""
    kept = {key: value for key, value in spec.items() if key not in {"activeDeadlineSeconds", "tolerations"}}
    for field in ("containers", "initContainers"):
        kept[field] = [{**one, "image": ""} for one in spec.get(field) or ()]
    return kept


VALIDATE: Final[dict[str, Validate]] = {
    "ConfigMap": plain.config_map_causes,
    "Secret": plain.secret_causes,
    "Service": plain.service_causes,
    "PersistentVolumeClaim": plain.claim_causes,
    "Event": plain.event_causes,
    "Pod": _pod_causes,
    "Deployment": workloads.deployment_causes,
    "ReplicaSet": workloads.replica_set_causes,
    "StatefulSet": workloads.stateful_set_causes,
    "DaemonSet": workloads.daemon_set_causes,
    "Job": workloads.job_causes,
    "CronJob": workloads.cron_job_causes,
    "Role": plain.role_causes,
    "ClusterRole": plain.cluster_role_causes,
    "RoleBinding": plain.role_binding_causes,
    "ClusterRoleBinding": plain.cluster_role_binding_causes,
    "Lease": plain.lease_causes,
}
