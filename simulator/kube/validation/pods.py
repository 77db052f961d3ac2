"""What makes the specification of a Pod invalid, in the words of the real server."""

from collections.abc import Iterator
from typing import Any, Final

from simulator.kube.schema.quantities import compared
from simulator.kube.status import Cause, Object
from simulator.kube.validation.causes import (
    PROTOCOLS,
    duplicate,
    forbidden_field,
    invalid_value,
    missing,
    not_negative,
    one_of,
    port_name_faults,
    port_number,
    port_or_name,
    required,
    unsupported,
)
from simulator.kube.validation.metadata import label_causes
from simulator.kube.validation.names import key_faults, label_faults, name_faults

_PULLS: Final = ("Always", "IfNotPresent", "Never")
_MESSAGES: Final = ("File", "FallbackToLogsOnError")
_RESTARTS: Final = ("Always", "OnFailure", "Never")
_DNS: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_COUNTS: Final = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)
_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")
_SOURCES: Final = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_NO_SOURCE: Final = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
_MANY: Final = "may not have more than one field specified at a time"
_ENV_SAYS: Final = (
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
)
_RESOURCES: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
_NAMED: Final = {"secret": "secretName", "configMap": "name", "persistentVolumeClaim": "claimName"}
_MOST_SECONDS: Final = 2147483647


def pod_spec_causes(spec: Object, path: str) -> Iterator[Cause]:
    """What is wrong with a Pod's spec, or with that of a template."""
    volumes, found = _volumes(spec.get("volumes") or (), f"{path}.volumes")
    yield from found
    yield from _containers(spec.get("containers") or (), volumes, f"{path}.containers")
    yield from _initial(spec, volumes, f"{path}.initContainers")
    yield from one_of(f"{path}.restartPolicy", spec.get("restartPolicy", ""), _RESTARTS)
    yield from one_of(f"{path}.dnsPolicy", spec.get("dnsPolicy", ""), _DNS)
    yield from label_causes(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    account = spec.get("serviceAccountName", "")
    for says in name_faults("serviceaccounts", account) if account else ():
        yield invalid_value(f"{path}.serviceAccountName", account, says)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MOST_SECONDS:
        says = f"must be between 1 and {_MOST_SECONDS}, inclusive"
        yield invalid_value(f"{path}.activeDeadlineSeconds", deadline, says)
    for field in ("hostname", "subdomain"):
        for says in label_faults(spec[field]) if spec.get(field) else ():
            yield invalid_value(f"{path}.{field}", spec[field], says)


def _volumes(volumes: Any, path: str) -> tuple[set[str], list[Cause]]:
    """The names of the volumes that are right, and what is wrong with the others."""
    names: set[str] = set()
    causes: list[Cause] = []
    for at, one in enumerate(volumes):
        found, name = list(_volume(one, f"{path}[{at}]")), one.get("name", "")
        if name in names:
            found.append(duplicate(f"{path}[{at}].name", name))
        causes += found
        if not found:
            names.add(name)
    return names, causes


def _volume(volume: Object, path: str) -> Iterator[Cause]:
    sources = [key for key in volume if key != "name"]
    for key in sources[1:]:
        yield forbidden_field(f"{path}.{key}", "may not specify more than one volume type")
    for key in sources[:1]:
        needed = _NAMED.get(key)
        if needed and not (volume[key] or {}).get(needed):
            yield required(f"{path}.{key}.{needed}")
    yield from _label(f"{path}.name", volume.get("name", ""))


def _label(field: str, value: str) -> Iterator[Cause]:
    if not value:
        yield required(field)
        return
    yield from (invalid_value(field, value, says) for says in label_faults(value))


def _containers(containers: Any, volumes: set[str], path: str) -> Iterator[Cause]:
    if not containers:
        yield required(path)
    names: set[str] = set()
    for at, one in enumerate(containers):
        yield from _container(one, volumes, f"{path}[{at}]")
        name = one.get("name", "")
        if name in names:
            yield duplicate(f"{path}[{at}].name", name)
        names.add(name)
        for probe in _PROBES:
            if one.get(probe) is not None:
                yield from _probe(one[probe], probe, f"{path}[{at}].{probe}")


def _initial(spec: Object, volumes: set[str], path: str) -> Iterator[Cause]:
    names = {one.get("name", "") for one in spec.get("containers") or ()}
    for at, one in enumerate(spec.get("initContainers") or ()):
        yield from _container(one, volumes, f"{path}[{at}]")
        name = one.get("name", "")
        if name and name in names:
            yield duplicate(f"{path}[{at}].name", name)
        names.add(name)


def _container(one: Object, volumes: set[str], path: str) -> Iterator[Cause]:
    yield from _label(f"{path}.name", one.get("name", ""))
    if not one.get("image"):
        yield required(f"{path}.image")
    yield from one_of(f"{path}.terminationMessagePolicy", one.get("terminationMessagePolicy", ""), _MESSAGES)
    yield from _ports(one.get("ports") or (), f"{path}.ports")
    yield from _environment(one.get("env") or (), f"{path}.env")
    yield from _environment_from(one.get("envFrom") or (), f"{path}.envFrom")
    yield from _mounts(one.get("volumeMounts") or (), volumes, f"{path}.volumeMounts")
    yield from one_of(f"{path}.imagePullPolicy", one.get("imagePullPolicy", ""), _PULLS)
    yield from _resources(one.get("resources") or {}, f"{path}.resources")


def _ports(ports: Any, path: str) -> Iterator[Cause]:
    names: set[str] = set()
    for at, one in enumerate(ports):
        where, name = f"{path}[{at}]", one.get("name", "")
        faults = list(port_name_faults(name)) if name else []
        yield from (invalid_value(f"{where}.name", name, says) for says in faults)
        if name and not faults and name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)
        if not one.get("containerPort"):
            yield required(f"{where}.containerPort")
        else:
            yield from port_number(f"{where}.containerPort", one["containerPort"])
        if one.get("hostPort"):
            yield from port_number(f"{where}.hostPort", one["hostPort"])
        yield from one_of(f"{where}.protocol", one.get("protocol", ""), PROTOCOLS)


def _environment(variables: Any, path: str) -> Iterator[Cause]:
    for at, one in enumerate(variables):
        where, name = f"{path}[{at}]", one.get("name", "")
        if not name:
            yield required(f"{where}.name")
        elif not (name.isascii() and name.isprintable()) or "=" in name:
            yield invalid_value(f"{where}.name", name, _ENV_SAYS)
        if one.get("valueFrom") is not None:
            yield from _value_from(one, f"{where}.valueFrom")


def _value_from(one: Object, path: str) -> Iterator[Cause]:
    sources = [key for key in _SOURCES if one["valueFrom"].get(key) is not None]
    for key in ("configMapKeyRef", "secretKeyRef"):
        if key in sources:
            name = one["valueFrom"][key].get("key", "")
            if not name:
                yield required(f"{path}.{key}.key")
            yield from (
                invalid_value(f"{path}.{key}.key", name, says) for says in (key_faults(name) if name else ())
            )
    if not sources:
        yield invalid_value(path, "", _NO_SOURCE)
    elif one.get("value"):
        yield invalid_value(path, "", "may not be specified when `value` is not empty")
    elif len(sources) > 1:
        yield invalid_value(path, "", _MANY)


def _environment_from(sources: Any, path: str) -> Iterator[Cause]:
    for at, one in enumerate(sources):
        given = [key for key in ("configMapRef", "secretRef") if one.get(key) is not None]
        for key in given:
            if not one[key].get("name"):
                yield required(f"{path}[{at}].{key}.name")
        if not given:
            yield invalid_value(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            yield invalid_value(path, "", _MANY)


def _mounts(mounts: Any, volumes: set[str], path: str) -> Iterator[Cause]:
    places: set[str] = set()
    for at, one in enumerate(mounts):
        where, name, place = f"{path}[{at}]", one.get("name", ""), one.get("mountPath", "")
        if not name:
            yield required(f"{where}.name")
        if name not in volumes:
            yield missing(f"{where}.name", name)
        if not place:
            yield required(f"{where}.mountPath")
        if place in places:
            yield invalid_value(f"{where}.mountPath", place, "must be unique")
        places.add(place)


def _resources(resources: Object, path: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for kind, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            where = f"{path}.{kind}[{name}]"
            if "/" not in name and name not in _RESOURCES and not name.startswith("hugepages-"):
                yield invalid_value(where, name, "must be a standard resource for containers")
            if compared(amount, "0") < 0:
                yield invalid_value(where, amount, "must be greater than or equal to 0")
            if kind == "requests" and name in limits and compared(amount, limits[name]) > 0:
                says = f"must be less than or equal to {name} limit of {limits[name]}"
                yield invalid_value(f"{path}.requests", amount, says)


def _probe(probe: Object, kind: str, path: str) -> Iterator[Cause]:
    handlers = [key for key in _HANDLERS if probe.get(key) is not None]
    if not handlers:
        yield required(path, "must specify a handler type")
    for key in handlers[1:]:
        yield forbidden_field(f"{path}.{key}", "may not specify more than one handler type")
    for key in handlers[:1]:
        if key in {"httpGet", "tcpSocket"}:
            yield from port_or_name(f"{path}.{key}.port", probe[key].get("port", 0))
        if key == "httpGet" and probe[key].get("scheme") not in {"HTTP", "HTTPS"}:
            yield unsupported(f"{path}.{key}.scheme", probe[key].get("scheme", ""), ("HTTP", "HTTPS"))
        if key == "exec" and not probe[key].get("command"):
            yield required(f"{path}.{key}.command")
    for field in _COUNTS:
        yield from not_negative(f"{path}.{field}", probe.get(field))
    if kind != "readinessProbe" and probe.get("successThreshold", 1) != 1:
        yield invalid_value(f"{path}.successThreshold", probe["successThreshold"], "must be 1")
