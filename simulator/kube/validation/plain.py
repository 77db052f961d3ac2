"""What makes single built-in kinds invalid: data, services, volumes, roles, leases and events."""

import base64
from collections.abc import Iterator
from typing import Any, Final

import orjson

from simulator.kube.encoding.bodies import json_error
from simulator.kube.status import Cause, Object
from simulator.kube.validation.causes import (
    PROTOCOLS,
    Struct,
    duplicate,
    forbidden_field,
    immutable,
    invalid_value,
    not_negative,
    one_of,
    port_number,
    port_or_name,
    required,
    unsupported,
)
from simulator.kube.validation.metadata import label_causes
from simulator.kube.validation.names import data_causes, label_faults, name_faults

_IMMUTABLE_SAYS: Final = "field is immutable when `immutable` is set"
_DOCKER: Final = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}
_REDACTED: Final = "<secret contents redacted>"
_GROUP: Final = "rbac.authorization.k8s.io"
_SERVICES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def config_map_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    yield from _frozen(new, old)
    yield from data_causes(new, "[]")


def secret_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    if old is not None and new.get("type") != old.get("type"):
        yield immutable("type", new.get("type", ""))
    yield from _frozen(new, old)
    yield from data_causes(new, "data")
    yield from _of_type(new, new.get("data") or {})


def _frozen(new: Object, old: Object | None) -> Iterator[Cause]:
    """The content of a Secret or ConfigMap, which does not change where it was declared immutable."""
    if old is None or not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden_field("immutable", _IMMUTABLE_SAYS)
    for field in ("data", "binaryData"):
        if new.get(field) != old.get(field):
            yield forbidden_field(field, _IMMUTABLE_SAYS)


def _of_type(secret: Object, data: Object) -> Iterator[Cause]:
    """What Secrets of the well-known types must hold."""
    kind = secret.get("type", "")
    if kind in _DOCKER:
        key = _DOCKER[kind]
        if key not in data:
            yield required(f"data[{key}]")
            return
        content = base64.b64decode(data[key])
        try:
            orjson.loads(content)
        except orjson.JSONDecodeError:
            yield invalid_value(f"data[{key}]", _REDACTED, json_error(content.decode(errors="replace")))
    elif kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        yield from (required(f"data[{key}]") for key in ("username", "password"))
    elif kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        yield required("data[ssh-privatekey]")
    elif kind == "kubernetes.io/tls":
        yield from (required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data)
    elif kind == "kubernetes.io/service-account-token":
        key = "kubernetes.io/service-account.name"
        if not (secret["metadata"].get("annotations") or {}).get(key):
            yield required(f"metadata.annotations[{key}]")


def service_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    spec = new["spec"]
    kind, ports = spec.get("type", ""), spec.get("ports") or []
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield required("spec.ports")
    if kind == "ExternalName":
        name = str(spec.get("externalName", "")).removesuffix(".")
        if not name:
            yield required("spec.externalName")
        for says in name_faults("", name) if name else ():
            yield invalid_value("spec.externalName", name, says)
    yield from _service_ports(ports)
    yield from label_causes(spec.get("selector") or {}, "spec.selector")
    yield from one_of("spec.sessionAffinity", spec.get("sessionAffinity", ""), ("ClientIP", "None"))
    yield from one_of("spec.type", kind, _SERVICES)
    if old is not None:
        before = old["spec"]
        fixed = "ExternalName" not in {kind, before.get("type")} and before.get("clusterIPs")
        if fixed and before["clusterIPs"][:1] != (spec.get("clusterIPs") or [])[:1]:
            yield invalid_value("spec.clusterIPs[0]", spec.get("clusterIPs"), "may not change once set")


def _service_ports(ports: list[Object]) -> Iterator[Cause]:
    names: set[str] = set()
    places: set[tuple[Any, Any]] = set()
    for at, one in enumerate(ports):
        where, name = f"spec.ports[{at}]", one.get("name", "")
        if not name and len(ports) > 1:
            yield required(f"{where}.name")
        for says in label_faults(name) if name else ():
            yield invalid_value(f"{where}.name", name, says)
        if name and name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)
        yield from port_number(f"{where}.port", one.get("port", 0))
        yield from one_of(f"{where}.protocol", one.get("protocol", ""), PROTOCOLS)
        yield from port_or_name(f"{where}.targetPort", one.get("targetPort", 0))
    for at, one in enumerate(ports):
        place = (one.get("protocol"), one.get("port"))
        if place in places:
            shown = Struct(
                Name="", Protocol=place[0], AppProtocol=None, Port=place[1], TargetPort=0, NodePort=0
            )
            yield duplicate(f"spec.ports[{at}]", shown)
        places.add(place)


def claim_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    if old is not None:
        return
    spec = new["spec"]
    modes = spec.get("accessModes") or ()
    if not modes:
        yield required("spec.accessModes", "at least 1 access mode is required")
    for mode in modes:
        if mode not in _MODES:
            yield unsupported("spec.accessModes", mode, _MODES)
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        yield required("spec.resources[storage]")


def role_causes(new: Object, _old: Object | None) -> Iterator[Cause]:
    yield from _rules(new, namespaced=True)


def cluster_role_causes(new: Object, _old: Object | None) -> Iterator[Cause]:
    yield from _rules(new, namespaced=False)


def _rules(role: Object, *, namespaced: bool) -> Iterator[Cause]:
    for at, rule in enumerate(role.get("rules") or ()):
        where, urls = f"rules[{at}]", rule.get("nonResourceURLs") or []
        if not rule.get("verbs"):
            yield required(f"{where}.verbs", "verbs must contain at least one value")
        if urls:
            if namespaced:
                says = "namespaced rules cannot apply to non-resource URLs"
                yield invalid_value(f"{where}.nonResourceURLs", urls, says)
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                says = "rules cannot apply to both regular resources and non-resource URLs"
                yield invalid_value(f"{where}.nonResourceURLs", urls, says)
            continue
        if not rule.get("apiGroups"):
            yield required(f"{where}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            yield required(f"{where}.resources", "resource rules must supply at least one resource")


def role_binding_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    yield from _binding(new, old, ("Role", "ClusterRole"), namespaced=True)


def cluster_role_binding_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    yield from _binding(new, old, ("ClusterRole",), namespaced=False)


def _binding(new: Object, old: Object | None, kinds: tuple[str, ...], *, namespaced: bool) -> Iterator[Cause]:
    role = new.get("roleRef") or {}
    if role.get("apiGroup") != _GROUP:
        yield unsupported("roleRef.apiGroup", role.get("apiGroup", ""), (_GROUP,))
    if role.get("kind") not in kinds:
        yield unsupported("roleRef.kind", role.get("kind", ""), kinds)
    if not role.get("name"):
        yield required("roleRef.name")
    for at, subject in enumerate(new.get("subjects") or ()):
        yield from _subject(subject, f"subjects[{at}]", namespaced=namespaced)
    if old is not None and old.get("roleRef") != role:
        shown = Struct(APIGroup=role.get("apiGroup"), Kind=role.get("kind"), Name=role.get("name"))
        yield invalid_value("roleRef", shown, "cannot change roleRef")


def _subject(subject: Object, path: str, *, namespaced: bool) -> Iterator[Cause]:
    kind, name = subject.get("kind", ""), subject.get("name", "")
    if not name:
        yield required(f"{path}.name")
    if kind == "ServiceAccount":
        for says in name_faults("serviceaccounts", name) if name else ():
            yield invalid_value(f"{path}.name", name, says)
        if subject.get("apiGroup"):
            yield unsupported(f"{path}.apiGroup", subject["apiGroup"], ("",))
        if not namespaced and not subject.get("namespace"):
            yield required(f"{path}.namespace")
    elif kind in {"User", "Group"}:
        if subject.get("apiGroup") != _GROUP:
            yield unsupported(f"{path}.apiGroup", subject.get("apiGroup", ""), (_GROUP,))
    else:
        yield unsupported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group"))


def lease_causes(new: Object, _old: Object | None) -> Iterator[Cause]:
    spec = new.get("spec") or {}
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        yield invalid_value("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    yield from not_negative("spec.leaseTransitions", spec.get("leaseTransitions"))


def event_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    """An Event without an eventTime stands in the namespace of what it is about."""
    if old is not None or new.get("eventTime"):
        return
    about = (new.get("involvedObject") or {}).get("namespace", "")
    stands = new["metadata"].get("namespace", "")
    if about != stands and not (not about and stands == "default"):
        yield invalid_value("involvedObject.namespace", about, "does not match event.namespace")
