"""A container's environment, from what the API holds; what is missing is said as the kubelet says it."""

import base64
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from simulator.controllers.fieldpaths import NoSuchField, get
from simulator.controllers.kinds import Object, name_of, namespace_of
from simulator.controllers.virtual_kubelet.quantities import value

Lookup = Callable[[str, str], Awaitable[Object | None]]
_REFERENCE = re.compile(r"\$(?:\$|\((?P<name>[^()]+)\))")


class ConfigError(Exception):
    """The container cannot be configured; the text is the waiting message."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where referenced objects are looked up, by name and namespace."""

    secret: Lookup
    config_map: Lookup


async def resolve(pod: Object, container: Object, sources: Sources) -> dict[str, str]:
    """`envFrom` in order, then `env` in order with `$(NAME)` of what came before. Raises ConfigError."""
    env: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix", "")
        data = await _whole(source, namespace_of(pod), sources)
        env |= {prefix + key: value for key, value in data.items() if key and "=" not in key}
    for variable in container.get("env") or ():
        name = variable["name"]
        if "valueFrom" in variable:
            given = await _from(variable["valueFrom"], pod, container, sources)
            if given is not None:
                env[name] = given
        else:
            env[name] = expand(str(variable.get("value", "")), env)
    return env


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replace `$(NAME)` by what `env` holds; unknown names stay, `$$` is a dollar sign."""

    def one(match: re.Match[str]) -> str:
        name = match["name"]
        return "$" if name is None else env.get(name, match[0])

    return _REFERENCE.sub(one, text)


def words(container: Object, field: str, env: Mapping[str, str]) -> list[str]:
    """`command` or `args`, expanded."""
    given: Sequence[str] = container.get(field) or ()
    return [expand(word, env) for word in given]


async def _whole(source: Object, namespace: str, sources: Sources) -> dict[str, str]:
    if "secretRef" in source:
        reference = source["secretRef"]
        found = await sources.secret(reference["name"], namespace)
        if found is None:
            return _unless_optional(reference, f'secret "{reference["name"]}" not found')
        return _decoded(found)
    reference = source["configMapRef"]
    found = await sources.config_map(reference["name"], namespace)
    if found is None:
        return _unless_optional(reference, f'configmap "{reference["name"]}" not found')
    return dict(found.get("data") or {})


async def _from(source: Object, pod: Object, container: Object, sources: Sources) -> str | None:
    if "secretKeyRef" in source:
        return await _key(source["secretKeyRef"], "Secret", sources.secret, namespace_of(pod))
    if "configMapKeyRef" in source:
        return await _key(source["configMapKeyRef"], "ConfigMap", sources.config_map, namespace_of(pod))
    if "fieldRef" in source:
        return _field(source["fieldRef"]["fieldPath"], pod)
    if "resourceFieldRef" in source:
        return _resource(source["resourceFieldRef"], pod, container)
    raise ConfigError(f"the rehearsal node does not resolve {', '.join(source)}")


async def _key(reference: Object, kind: str, lookup: Lookup, namespace: str) -> str | None:
    name, key = reference["name"], reference["key"]
    found = await lookup(name, namespace)
    if found is None:
        _unless_optional(reference, f'{kind.lower()} "{name}" not found')
        return None
    data = _decoded(found) if kind == "Secret" else found.get("data") or {}
    if key not in data:
        _unless_optional(reference, f"couldn't find key {key} in {kind} {namespace}/{name}")
        return None
    return str(data[key])


def _resource(reference: Object, pod: Object, container: Object) -> str:
    """A request or limit of a container, in multiples of the divisor, rounded up; a missing one is 0."""
    named = reference.get("containerName")
    every = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
    of = next((each for each in every if each["name"] == named), container) if named else container
    kind, _, resource = str(reference["resource"]).partition(".")
    amount = ((of.get("resources") or {}).get(kind) or {}).get(resource, 0)
    divisor = value(reference.get("divisor") or 1) or 1.0
    return str(math.ceil(value(amount) / divisor))


def _unless_optional(reference: Object, message: str) -> dict[str, str]:
    if not reference.get("optional"):
        raise ConfigError(message)
    return {}


def _decoded(secret: Object) -> dict[str, str]:
    return {
        key: base64.b64decode(value).decode(errors="replace")
        for key, value in (secret.get("data") or {}).items()
    }


def _field(path: str, pod: Object) -> str:
    known = {
        "status.podIP": "127.0.0.1",
        "status.podIPs": "127.0.0.1",
        "status.hostIP": "127.0.0.1",
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "metadata.name": name_of(pod),
    }
    if path in known:
        return str(known[path])
    try:
        found = get(pod, path)
    except NoSuchField:
        if path.startswith(("metadata.labels[", "metadata.annotations[")):
            return ""
        raise ConfigError(f"field label not supported: {path}") from None
    return str(found)
