"""What stands in the columns of the built-in kinds, but workloads and storage."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from simulator.kube.encoding.bodies import text
from simulator.kube.status import Object
from simulator.kube.tables.ages import since

Fill = Callable[[Object, datetime], list[Any]]
NONE: Final = "<none>"
_SHOWN: Final = 3


def plain(value: Any) -> str:
    return value if isinstance(value, str) else text(value)


def age(value: Object, now: datetime) -> str:
    return since(value["metadata"].get("creationTimestamp"), now)


def name(value: Object) -> str:
    return str(value["metadata"]["name"])


def generic(value: Object, _now: datetime) -> list[Any]:
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


def service(value: Object, now: datetime) -> list[Any]:
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


def event(value: Object, now: datetime) -> list[Any]:
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


def node(value: Object, now: datetime) -> list[Any]:
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


def secret(value: Object, now: datetime) -> list[Any]:
    return [name(value), value.get("type", ""), len(value.get("data") or {}), age(value, now)]


def configmap(value: Object, now: datetime) -> list[Any]:
    return [name(value), len(value.get("data") or {}) + len(value.get("binaryData") or {}), age(value, now)]


def namespace(value: Object, now: datetime) -> list[Any]:
    return [name(value), (value.get("status") or {}).get("phase", ""), age(value, now)]


def account(value: Object, now: datetime) -> list[Any]:
    return [name(value), len(value.get("secrets") or ()), age(value, now)]


def definition(value: Object, _now: datetime) -> list[Any]:
    return [name(value), value["metadata"].get("creationTimestamp", "")]


def endpoints(value: Object, now: datetime) -> list[Any]:
    found: list[str] = []
    for subset in value.get("subsets") or ():
        ports = [f":{one['port']}" for one in subset.get("ports") or ()] or [""]
        found += [f"{one['ip']}{port}" for one in subset.get("addresses") or () for port in ports]
    shown = ",".join(found[:_SHOWN]) + (f" + {len(found) - _SHOWN} more..." if len(found) > _SHOWN else "")
    return [name(value), shown or NONE, age(value, now)]


def lease(value: Object, now: datetime) -> list[Any]:
    return [name(value), value["spec"].get("holderIdentity", ""), age(value, now)]


def ingress(value: Object, now: datetime) -> list[Any]:
    spec = value["spec"]
    hosts = ",".join(one.get("host", "*") for one in spec.get("rules") or ()) or "*"
    given = ((value.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    address = ",".join(one.get("ip") or one.get("hostname", "") for one in given)
    ports = "80, 443" if spec.get("tls") else "80"
    return [name(value), spec.get("ingressClassName", NONE), hosts, address, ports, age(value, now)]


def binding(value: Object, now: datetime) -> list[Any]:
    role, subjects = value.get("roleRef") or {}, value.get("subjects") or ()
    users, groups = (
        ", ".join(one.get("name", "") for one in subjects if one.get("kind") == kind)
        for kind in ("User", "Group")
    )
    accounts = ", ".join(
        f"{one.get('namespace', '')}/{one.get('name', '')}"
        for one in subjects
        if one.get("kind") == "ServiceAccount"
    )
    shown = f"{role.get('kind', '')}/{role.get('name', '')}"
    return [name(value), shown, age(value, now), users, groups, accounts]


def network_policy(value: Object, now: datetime) -> list[Any]:
    return [name(value), selector(value["spec"].get("podSelector")), age(value, now)]


def priority_class(value: Object, now: datetime) -> list[Any]:
    policy = value.get("preemptionPolicy", "")
    return [name(value), value.get("value", 0), bool(value.get("globalDefault")), age(value, now), policy]
