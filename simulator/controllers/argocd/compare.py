"""Whether a live object is as git describes it, and what the API server made of it is left out of account."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from simulator.controllers.argocd.identity import group_of
from simulator.controllers.kinds import Object

_MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "imagePullSecrets": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "ports": ("containerPort", "port"),
}
"""Lists of the built-in kinds whose items are matched by a key, whatever else was added to them."""

_COMPARED_METADATA = ("labels", "annotations", "finalizers")


def differs(target: Object, live: Object, *, manager: str) -> bool:
    """Whether applying `target` would change `live`.

    `manager` is the field manager the target is applied with: what it owns in `live` and `target` no longer
    names is a difference.
    """
    target = _plain(target)
    custom = _is_custom(target)
    return not _held(_compared(target), _compared(live), "", custom=custom) or bool(
        abandoned(target, live, manager)
    )


def abandoned(target: Object, live: Object, manager: str) -> list[str]:
    """Paths of the fields `manager` applied earlier, `live` still has, and `target` no longer has."""
    for entry in live["metadata"].get("managedFields") or []:
        applied = entry.get("manager") == manager and entry.get("operation") == "Apply"
        if applied and not entry.get("subresource"):
            return _missing(_plain(target), live, entry.get("fieldsV1") or {}, "")
    return []


def _is_custom(obj: Object) -> bool:
    group = group_of(obj)
    return "." in group and not group.endswith(".k8s.io")


def _plain(target: Object) -> Object:
    """The target as the API server stores it: a Secret's stringData becomes part of its data."""
    if group_of(target) != "" or target["kind"] != "Secret" or "stringData" not in target:
        return target
    stored = {name: value for name, value in target.items() if name != "stringData"}
    texts = target["stringData"] or {}
    encoded = {name: base64.b64encode(str(text).encode()).decode() for name, text in texts.items()}
    return {**stored, "data": {**(target.get("data") or {}), **encoded}} if encoded else stored


def _compared(obj: Object) -> Object:
    metadata = {name: obj["metadata"].get(name) for name in _COMPARED_METADATA}
    left_out = {"apiVersion", "kind", "metadata", "status"}
    return {"metadata": metadata} | {name: value for name, value in obj.items() if name not in left_out}


def _held(wanted: Any, live: Any, field: str, *, custom: bool) -> bool:
    """Whether everything `wanted` says is so in `live`; empty values want nothing."""
    if wanted is None or wanted == {}:
        return True
    if wanted == []:
        return not (custom and live)
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(
            _held(value, live.get(name), name, custom=custom) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(live, list) and _list_held(wanted, live, field, custom=custom)
    return bool(wanted == live) and isinstance(wanted, bool) == isinstance(live, bool)


def _list_held(wanted: list[Any], live: list[Any], field: str, *, custom: bool) -> bool:
    if custom:
        return wanted == live
    key = _merge_key(field, wanted)
    if not key:
        pairs = zip(wanted, live, strict=False)
        return len(wanted) == len(live) and all(_held(w, has, field, custom=False) for w, has in pairs)
    by_key = {item.get(key): item for item in live if isinstance(item, dict)}
    return all(item[key] in by_key and _held(item, by_key[item[key]], "", custom=False) for item in wanted)


def _merge_key(field: str, items: Sequence[Any]) -> str:
    for key in _MERGE_KEYS.get(field, ()):
        if all(isinstance(item, dict) and key in item for item in items):
            return key
    return ""


def _missing(target: Any, live: Any, owned: Object, path: str) -> list[str]:
    """The owned leaves of `live` without a value in `target`; `owned` is a fieldsV1 tree."""
    found: list[str] = []
    for name, below in owned.items():
        prefix, _, rest = name.partition(":")
        if prefix == "f":
            where = f"{path}.{rest}"
            if not isinstance(live, dict) or rest not in live:
                continue
            if not isinstance(target, dict) or target.get(rest) is None:
                found.append(where)
            else:
                found += _missing(target[rest], live[rest], below, where)
        elif prefix == "k":
            where, keys = f"{path}[{rest}]", json.loads(rest)
            item, has = _item(target, keys), _item(live, keys)
            if has is not None:
                found += [where] if item is None else _missing(item, has, below, where)
        elif prefix == "v" and _holds(live, json.loads(rest)) and not _holds(target, json.loads(rest)):
            found.append(f"{path}[{rest}]")
    return found


def _holds(values: Any, value: Any) -> bool:
    return isinstance(values, list) and value in values


def _item(target: Any, keys: Object) -> Any:
    """The list item with these keys; a key the item does not say was filled in by the server."""
    for item in target if isinstance(target, list) else []:
        if isinstance(item, dict) and all(item.get(name, value) == value for name, value in keys.items()):
            return item
    return None
