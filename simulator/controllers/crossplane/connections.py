"""Connection details: from composed resources into the composite's Secret, from there into the claim's.

Source: Crossplane 1.16, `writeConnectionSecretToRef` of claims and composites, `connectionSecretKeys` of
definitions. Only the keys the definition names are passed on; a key it misspells is passed on nowhere.
"""

import base64
from collections.abc import Iterable

from simulator.controllers import fieldpaths as paths
from simulator.controllers.api import Api
from simulator.controllers.crossplane.rendering import Composed
from simulator.controllers.kinds import SECRET, Object, name_of, namespace_of
from simulator.controllers.reconciling import owner_reference

TYPE = "connection.crossplane.io/v1alpha1"
MANAGER = "apiextensions.crossplane.io/connection"


async def details(api: Api, resources: Iterable[tuple[Composed, Object]]) -> dict[str, str]:
    """What the Composition asks for, values in base64; what is not there yet is left out."""
    found: dict[str, str] = {}
    for resource, live in resources:
        for entry in resource.template.get("connectionDetails") or ():
            value = await _value(api, entry, live)
            name = entry.get("name") or entry.get("fromConnectionSecretKey")
            if value is not None and name:
                found[str(name)] = value
    return found


async def _value(api: Api, entry: Object, live: Object) -> str | None:
    if "fromConnectionSecretKey" in entry:
        reference = live["spec"].get("writeConnectionSecretToRef") or {}
        if not reference:
            return None
        secret = await api.find(SECRET, reference["name"], reference.get("namespace", ""))
        value = ((secret or {}).get("data") or {}).get(entry["fromConnectionSecretKey"])
        return None if value is None else str(value)
    if "fromFieldPath" in entry:
        try:
            return _encoded(paths.get(live, entry["fromFieldPath"]))
        except paths.NoSuchField:
            return None
    return _encoded(entry["value"]) if "value" in entry else None


def _encoded(value: object) -> str:
    return base64.b64encode(str(value).encode()).decode()


def allowed(definition: Object, data: dict[str, str]) -> dict[str, str]:
    """What the definition lets through: all of it when it names no key."""
    keys = definition["spec"].get("connectionSecretKeys") or []
    return {key: value for key, value in data.items() if key in keys} if keys else data


async def publish(api: Api, definition: Object, composite: Object, data: dict[str, str]) -> None:
    """Write the composite's Secret, where it names one."""
    reference = composite["spec"].get("writeConnectionSecretToRef")
    if reference and data:
        wanted = _secret(reference["name"], reference["namespace"], composite, allowed(definition, data))
        await api.apply(SECRET, wanted, manager=MANAGER)


async def propagate(api: Api, claim: Object, composite: Object) -> bool:
    """Write the claim's Secret, where claim and composite each name one; whether it was changed."""
    to, source = (obj["spec"].get("writeConnectionSecretToRef") for obj in (claim, composite))
    if not to or not source:
        return False
    held = await api.find(SECRET, source["name"], source["namespace"])
    present = await api.find(SECRET, to["name"], namespace_of(claim))
    data = (held or {}).get("data") or {}
    if held is None or (present is not None and (present.get("data") or {}) == data):
        return False
    await api.apply(SECRET, _secret(to["name"], namespace_of(claim), claim, data), manager=MANAGER)
    return True


def _secret(name: str, namespace: str, owner: Object, data: dict[str, str]) -> Object:
    metadata: Object = {"name": name, "namespace": namespace, "ownerReferences": [owner_reference(owner)]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": TYPE, "data": data}


def secret_of(composite: Object, composition: Object) -> Object | None:
    """Where a composite's details go, when its Composition says so and it does not itself."""
    namespace = composition["spec"].get("writeConnectionSecretsToNamespace")
    if not namespace or composite["spec"].get("writeConnectionSecretToRef"):
        return None
    return {"name": str(composite["metadata"].get("uid") or name_of(composite)), "namespace": namespace}
