"""The columns of the built-in kinds, and what stands in them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from simulator.kube.ages import human, since
from simulator.kube.encoding import text
from simulator.kube.pod_status import pod_cells
from simulator.kube.status import Object

Fill = Callable[[Object, datetime], list[Any]]
NONE: Final = "<none>"
_SHOWN: Final = 3


def plain(value: Any) -> str:
    return value if isinstance(value, str) else text(value)


def age(value: Object, now: datetime) -> str:
    return since(value["metadata"].get("creationTimestamp"), now)


def name(value: Object) -> str:
    return str(value["metadata"]["name"])


def _generic(value: Object, _now: datetime) -> list[Any]:
    return [name(value), value["metadata"].get("creationTimestamp", "")]


def labels(wanted: Object | None) -> str:
    return ",".join(f"{key}={item}" for key, item in sorted((wanted or {}).items())) or NONE


def selector(wanted: Object | None) -> str:
    """A LabelSelector as text."""
    wanted = wanted or {}
    terms = [f"{key}={item}" for key, item in sorted((wanted.get("matchLabels") or {}).items())]
    for one in wanted.get("matchExpressions") or ():
        values = ",".join(sorted(one.get("values") or ()))
        shown = {
            "In": f"{one['key']} in ({values})",
            "NotIn": f"{one['key']} notin ({values})",
            "Exists": one["key"],
        }
        terms.append(shown.get(one["operator"], f"!{one['key']}"))
    return ",".join(terms) or NONE


def containers(value: Object) -> tuple[str, str]:
    """Names and images of a template's containers."""
    found = ((value["spec"].get("template") or {}).get("spec") or {}).get("containers") or ()
    return ",".join(one.get("name", "") for one in found), ",".join(one.get("image", "") for one in found)


def _deployment(value: Object, now: datetime) -> list[Any]:
    status = value.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{value['spec'].get('replicas', 0)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [
        name(value),
        ready,
        *counts,
        age(value, now),
        *containers(value),
        selector(value["spec"].get("selector")),
    ]


def _replicaset(value: Object, now: datetime) -> list[Any]:
    status = value.get("status") or {}
    counts = [value["spec"].get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [
        name(value),
        *counts,
        age(value, now),
        *containers(value),
        selector(value["spec"].get("selector")),
    ]


def _statefulset(value: Object, now: datetime) -> list[Any]:
    ready = f"{(value.get('status') or {}).get('readyReplicas', 0)}/{value['spec'].get('replicas', 0)}"
    return [name(value), ready, age(value, now), *containers(value)]


def _daemonset(value: Object, now: datetime) -> list[Any]:
    status = value.get("status") or {}
    keys = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    nodes = labels(((value["spec"].get("template") or {}).get("spec") or {}).get("nodeSelector"))
    counts = [status.get(key, 0) for key in keys]
    return [
        name(value),
        *counts,
        nodes,
        age(value, now),
        *containers(value),
        selector(value["spec"].get("selector")),
    ]


def _job(value: Object, now: datetime) -> list[Any]:
    spec, status = value["spec"], value.get("status") or {}
    true = {one["type"] for one in status.get("conditions") or () if one.get("status") == "True"}
    state = next((one for one in ("Failed", "Complete", "Suspended") if one in true), "Running")
    done = f"{status.get('succeeded', 0)}/{spec.get('completions', 1)}"
    lasted = ""
    if status.get("startTime"):
        end = status.get("completionTime")
        start = datetime.fromisoformat(status["startTime"])
        lasted = human(((datetime.fromisoformat(end) if end else now) - start).total_seconds())
    return [
        name(value),
        state,
        done,
        lasted,
        age(value, now),
        *containers(value),
        selector(spec.get("selector")),
    ]


def _cronjob(value: Object, now: datetime) -> list[Any]:
    spec, status = value["spec"], value.get("status") or {}
    last = since(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else NONE
    shown = [
        spec.get("schedule", ""),
        spec.get("timeZone", NONE),
        str(spec.get("suspend", False)),
        len(status.get("active") or ()),
    ]
    inner = {"spec": (spec.get("jobTemplate") or {}).get("spec") or {}}
    return [
        name(value),
        *shown,
        last,
        age(value, now),
        *containers(inner),
        selector(inner["spec"].get("selector")),
    ]


def _service(value: Object, now: datetime) -> list[Any]:
    spec = value["spec"]
    external = spec.get("externalName") or ",".join(spec.get("externalIPs") or ()) or NONE
    if spec.get("type") == "LoadBalancer":
        given = ((value.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        external = ",".join(one.get("ip") or one.get("hostname", "") for one in given) or "<pending>"
    ports = ",".join(_port(one) for one in spec.get("ports") or ()) or NONE
    shown = [spec.get("type", ""), spec.get("clusterIP") or NONE, external, ports]
    return [name(value), *shown, age(value, now), labels(spec.get("selector"))]


def _port(one: Object) -> str:
    node = f":{one['nodePort']}" if one.get("nodePort") else ""
    return f"{one.get('port')}{node}/{one.get('protocol', 'TCP')}"


def _event(value: Object, now: datetime) -> list[Any]:
    about, source = value.get("involvedObject") or {}, value.get("source") or {}
    about_text = "/".join(filter(None, (str(about.get("kind", "")).lower(), about.get("name", ""))))
    first = value.get("firstTimestamp") or value.get("eventTime")
    last = value.get("lastTimestamp") or first
    origin = ", ".join(
        filter(None, (source.get("component") or value.get("reportingComponent"), source.get("host")))
    )
    message = str(value.get("message", "")).strip()
    before = [
        since(last, now),
        value.get("type", ""),
        value.get("reason", ""),
        about_text,
        about.get("fieldPath", ""),
    ]
    return [*before, origin, message, since(first, now), value.get("count") or 1, name(value)]


def _node(value: Object, now: datetime) -> list[Any]:
    status, info = value.get("status") or {}, (value.get("status") or {}).get("nodeInfo") or {}
    ready = next(
        (one["status"] for one in status.get("conditions") or () if one["type"] == "Ready"), "Unknown"
    )
    state = {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")
    if value["spec"].get("unschedulable"):
        state += ",SchedulingDisabled"
    marks = (
        key.rpartition("/")[2]
        for key in value["metadata"].get("labels") or {}
        if "node-role.kubernetes.io/" in key
    )
    address = {one["type"]: one["address"] for one in status.get("addresses") or ()}
    versions = [
        info.get(key) or "<unknown>" for key in ("osImage", "kernelVersion", "containerRuntimeVersion")
    ]
    addresses = [address.get("InternalIP", NONE), address.get("ExternalIP", NONE)]
    roles = ",".join(sorted(marks)) or NONE
    return [name(value), state, roles, age(value, now), info.get("kubeletVersion", ""), *addresses, *versions]


def _secret(value: Object, now: datetime) -> list[Any]:
    return [name(value), value.get("type", ""), len(value.get("data") or {}), age(value, now)]


def _configmap(value: Object, now: datetime) -> list[Any]:
    return [name(value), len(value.get("data") or {}) + len(value.get("binaryData") or {}), age(value, now)]


def _namespace(value: Object, now: datetime) -> list[Any]:
    return [name(value), (value.get("status") or {}).get("phase", ""), age(value, now)]


def _account(value: Object, now: datetime) -> list[Any]:
    return [name(value), len(value.get("secrets") or ()), age(value, now)]


def _definition(value: Object, _now: datetime) -> list[Any]:
    return [name(value), value["metadata"].get("creationTimestamp", "")]


def _endpoints(value: Object, now: datetime) -> list[Any]:
    found: list[str] = []
    for subset in value.get("subsets") or ():
        ports = [f":{one['port']}" for one in subset.get("ports") or ()] or [""]
        found += [f"{one['ip']}{port}" for one in subset.get("addresses") or () for port in ports]
    shown = ",".join(found[:_SHOWN]) + (f" + {len(found) - _SHOWN} more..." if len(found) > _SHOWN else "")
    return [name(value), shown or NONE, age(value, now)]


def _lease(value: Object, now: datetime) -> list[Any]:
    return [name(value), value["spec"].get("holderIdentity", ""), age(value, now)]


def _claim(value: Object, now: datetime) -> list[Any]:
    spec, status = value["spec"], value.get("status") or {}
    modes = ",".join(_MODES.get(one, one) for one in status.get("accessModes") or ())
    shown = [
        status.get("phase", ""),
        spec.get("volumeName", ""),
        (status.get("capacity") or {}).get("storage", ""),
        modes,
    ]
    classes = [spec.get("storageClassName", ""), spec.get("volumeAttributesClassName", "<unset>")]
    return [name(value), *shown, *classes, age(value, now), spec.get("volumeMode", "<unset>")]


_MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _ingress(value: Object, now: datetime) -> list[Any]:
    spec = value["spec"]
    hosts = ",".join(one.get("host", "*") for one in spec.get("rules") or ()) or "*"
    given = ((value.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    address = ",".join(one.get("ip") or one.get("hostname", "") for one in given)
    ports = "80, 443" if spec.get("tls") else "80"
    return [name(value), spec.get("ingressClassName", NONE), hosts, address, ports, age(value, now)]


def _columns(text_of: str) -> list[str]:
    return [one.strip() for one in text_of.split("|")]


def _rows(rows: Iterable[tuple[str, str, str, Fill]]) -> dict[tuple[str, str], tuple[list[str], Fill]]:
    return {(group, plural): (_columns(spec), fill) for group, plural, spec, fill in rows}


_COUNTS: Final = "Name|Desired:integer|Current:integer|Ready:integer"
_TEMPLATE: Final = "Containers+1|Images+1|Selector+1"
GENERIC: Final[tuple[list[str], Fill]] = (["Name", "Created At:date"], _generic)
BUILTIN: Final = _rows(
    (
        (
            "",
            "pods",
            "Name|Ready|Status|Restarts|Age|IP+1|Node+1|Nominated Node+1|Readiness Gates+1",
            pod_cells,
        ),
        ("", "configmaps", "Name|Data|Age", _configmap),
        ("", "secrets", "Name|Type|Data|Age", _secret),
        ("", "namespaces", "Name|Status|Age", _namespace),
        ("", "serviceaccounts", "Name|Secrets|Age", _account),
        ("", "endpoints", "Name|Endpoints|Age", _endpoints),
        ("", "services", "Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+1", _service),
        (
            "",
            "nodes",
            "Name|Status|Roles|Age|Version|Internal-IP+1|External-IP+1|OS-Image+1|Kernel-Version+1|Container-Runtime+1",
            _node,
        ),
        (
            "",
            "events",
            "Last Seen|Type|Reason|Object|Subobject+1|Source+1|Message|First Seen+1|Count+1|Name+1",
            _event,
        ),
        (
            "",
            "persistentvolumeclaims",
            "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode+1",
            _claim,
        ),
        ("apps", "deployments", f"Name|Ready|Up-to-date|Available|Age|{_TEMPLATE}", _deployment),
        (
            "apps",
            "replicasets",
            f"{_COUNTS}|Age|{_TEMPLATE}",
            _replicaset,
        ),
        ("apps", "statefulsets", "Name|Ready|Age|Containers+1|Images+1", _statefulset),
        (
            "apps",
            "daemonsets",
            f"{_COUNTS}|Up-to-date:integer|Available:integer|Node Selector|Age|{_TEMPLATE}",
            _daemonset,
        ),
        ("batch", "jobs", f"Name|Status|Completions|Duration|Age|{_TEMPLATE}", _job),
        (
            "batch",
            "cronjobs",
            f"Name|Schedule|Timezone|Suspend|Active:integer|Last Schedule|Age|{_TEMPLATE}",
            _cronjob,
        ),
        ("coordination.k8s.io", "leases", "Name|Holder|Age", _lease),
        ("networking.k8s.io", "ingresses", "Name|Class|Hosts|Address|Ports|Age", _ingress),
        ("apiextensions.k8s.io", "customresourcedefinitions", "Name|Created At:date", _definition),
    )
)
