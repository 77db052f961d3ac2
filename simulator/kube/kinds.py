"""What single built-in kinds add on create and update, and what they refuse."""

import ipaddress
import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from simulator.kube.encoding import text
from simulator.kube.names import data_causes
from simulator.kube.selectors import LabelSelector
from simulator.kube.status import Cause, Object

Prepare = Callable[[Object, Object | None], None]
Validate = Callable[[Object, Object | None], Iterator[Cause]]

_addresses: Final = itertools.count(int(ipaddress.IPv4Address("10.96.0.10")))
_KEEPS_STATUS: Final = frozenset({"Node"})
_IMMUTABLE_SAYS: Final = "field is immutable when `immutable` is set"


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
    template["labels"] = {**(template.get("labels") or {}), **labels}
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


def immutable(field: str, value: Any) -> Cause:
    shown = f'"{value}"' if isinstance(value, str) else text(value)
    return Cause(field, "FieldValueInvalid", f"Invalid value: {shown}: field is immutable")


def _frozen(new: Object, old: Object | None) -> Iterator[Cause]:
    """The content of a Secret or ConfigMap, which does not change where it was declared immutable."""
    yield from data_causes(new)
    if old is None or not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield Cause("immutable", "FieldValueForbidden", f"Forbidden: {_IMMUTABLE_SAYS}")
    for field in ("data", "binaryData"):
        if new.get(field) != old.get(field):
            yield Cause(field, "FieldValueForbidden", f"Forbidden: {_IMMUTABLE_SAYS}")


def _secret_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    if old is not None and new.get("type") != old.get("type"):
        yield immutable("type", new.get("type", ""))
    yield from _frozen(new, old)


def _selects(selector: Object, labels: Object) -> bool:
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for one in selector.get("matchExpressions") or ():
        key, operator, values = one["key"], one["operator"], ",".join(one.get("values") or ())
        term = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(
            operator, f"!{key}"
        )
        if not LabelSelector(term).matches(labels):
            return False
    return True


def _workload_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    spec = new["spec"]
    selector = spec.get("selector")
    if not selector:
        yield Cause("spec.selector", "FieldValueRequired", "Required value")
        return
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not _selects(selector, labels):
        says = "`selector` does not match template `labels`"
        message = f"Invalid value: {text(labels)}: {says}"
        yield Cause("spec.template.metadata.labels", "FieldValueInvalid", message)
    if old is not None and old["spec"].get("selector") != selector:
        yield immutable("spec.selector", selector)
    yield from _containers((spec.get("template") or {}).get("spec") or {}, "spec.template.spec")


def _containers(spec: Object, path: str) -> Iterator[Cause]:
    containers = spec.get("containers") or ()
    if not containers:
        yield Cause(f"{path}.containers", "FieldValueRequired", "Required value")
    names: set[str] = set()
    for at, one in enumerate(containers):
        where, name = f"{path}.containers[{at}]", one.get("name", "")
        if not name:
            yield Cause(f"{where}.name", "FieldValueRequired", "Required value")
        elif name in names:
            yield Cause(f"{where}.name", "FieldValueDuplicate", f'Duplicate value: "{name}"')
        names.add(name)
        if not one.get("image"):
            yield Cause(f"{where}.image", "FieldValueRequired", "Required value")


def _pod_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    if old is None:
        yield from _containers(new["spec"], "spec")
    elif _fixed(new["spec"]) != _fixed(old["spec"]):
        yield Cause("spec", "FieldValueForbidden", f"Forbidden: {_POD_UPDATES}")


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


def _job_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    template = (new["spec"].get("template") or {}).get("spec") or {}
    yield from _containers(template, "spec.template.spec")
    policy = template.get("restartPolicy")
    if policy not in {"OnFailure", "Never"}:
        message = 'Required value: valid values: "OnFailure", "Never"'
        yield Cause("spec.template.spec.restartPolicy", "FieldValueRequired", message)
    if old is not None and old["spec"].get("template") != new["spec"].get("template"):
        yield immutable("spec.template", new["spec"].get("template"))


def _binding_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    if old is not None and old.get("roleRef") != new.get("roleRef"):
        message = f"Invalid value: {text(new.get('roleRef'))}: cannot change roleRef"
        yield Cause("roleRef", "FieldValueInvalid", message)


VALIDATE: Final[dict[str, Validate]] = {
    "ConfigMap": _frozen,
    "Secret": _secret_causes,
    "Deployment": _workload_causes,
    "ReplicaSet": _workload_causes,
    "StatefulSet": _workload_causes,
    "DaemonSet": _workload_causes,
    "Pod": _pod_causes,
    "Job": _job_causes,
    "RoleBinding": _binding_causes,
    "ClusterRoleBinding": _binding_causes,
}
