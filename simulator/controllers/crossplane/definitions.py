"""The CustomResourceDefinitions a CompositeResourceDefinition stands for."""

from copy import deepcopy
from dataclasses import dataclass

from simulator.controllers.kinds import Object
from simulator.controllers.reconciling import owner_reference

_STRING: Object = {"type": "string"}
_NAMED: Object = {"type": "object", "required": ["name"], "properties": {"name": _STRING}}
_SELECTOR: Object = {
    "type": "object",
    "required": ["matchLabels"],
    "properties": {"matchLabels": {"type": "object", "additionalProperties": _STRING}},
}
_POLICY: Object = {"type": "string", "enum": ["Automatic", "Manual"], "default": "Automatic"}
_MACHINERY: Object = {
    "compositionRef": _NAMED,
    "compositionSelector": _SELECTOR,
    "compositionRevisionRef": _NAMED,
    "compositionRevisionSelector": _SELECTOR,
    "compositionUpdatePolicy": _POLICY,
    "publishConnectionDetailsTo": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
_REFERENCE: Object = {
    "type": "object",
    "required": ["apiVersion", "kind"],
    "properties": {"apiVersion": _STRING, "kind": _STRING, "name": _STRING, "namespace": _STRING},
}
_COMPOSITE: Object = {
    **_MACHINERY,
    "claimRef": _REFERENCE,
    "environmentConfigRefs": {"type": "array", "items": _REFERENCE},
    "resourceRefs": {"type": "array", "items": _REFERENCE, "x-kubernetes-list-type": "atomic"},
    "writeConnectionSecretToRef": {
        "type": "object",
        "required": ["name", "namespace"],
        "properties": {"name": _STRING, "namespace": _STRING},
    },
}
_CLAIM: Object = {
    **_MACHINERY,
    "compositeDeletePolicy": {
        "type": "string",
        "enum": ["Background", "Foreground"],
        "default": "Background",
    },
    "resourceRef": _REFERENCE,
    "writeConnectionSecretToRef": _NAMED,
}
_STATUS: Object = {
    "conditions": {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["lastTransitionTime", "reason", "status", "type"],
            "properties": {
                "lastTransitionTime": {"type": "string", "format": "date-time"},
                "message": _STRING,
                "reason": _STRING,
                "status": _STRING,
                "type": _STRING,
                "observedGeneration": {"type": "integer", "format": "int64"},
            },
        },
    },
    "connectionDetails": {
        "type": "object",
        "properties": {"lastPublishedTime": {"type": "string", "format": "date-time"}},
    },
}


def _column(name: str, path: str, kind: str = "string") -> Object:
    return {"name": name, "type": kind, "jsonPath": path}


_SYNCED = _column("SYNCED", ".status.conditions[?(@.type=='Synced')].status")
_READY = _column("READY", ".status.conditions[?(@.type=='Ready')].status")
_AGE = _column("AGE", ".metadata.creationTimestamp", "date")
_COMPOSITE_COLUMNS = [
    _SYNCED,
    _READY,
    _column("COMPOSITION", ".spec.compositionRef.name"),
    _AGE,
]
_CLAIM_COLUMNS = [
    _SYNCED,
    _READY,
    _column("CONNECTION-SECRET", ".spec.writeConnectionSecretToRef.name"),
    _AGE,
]


@dataclass(frozen=True, slots=True)
class _Side:
    """What sets the CRD of claims apart from that of composites."""

    scope: str
    category: str
    machinery: Object
    columns: list[Object]


def composite_crd(definition: Object) -> Object:
    """Cluster-scoped, named as the definition names it."""
    names = definition["spec"]["names"]
    return _crd(definition, names, _Side("Cluster", "composite", _COMPOSITE, _COMPOSITE_COLUMNS))


def claim_crd(definition: Object) -> Object | None:
    """Namespaced; None when the definition offers no claim."""
    names = definition["spec"].get("claimNames")
    return _crd(definition, names, _Side("Namespaced", "claim", _CLAIM, _CLAIM_COLUMNS)) if names else None


def _crd(definition: Object, names: Object, side: _Side) -> Object:
    group = definition["spec"]["group"]
    kind = names["kind"]
    full = {"singular": kind.lower(), "listKind": f"{kind}List", **names}
    full["categories"] = sorted({*names.get("categories", ()), side.category})
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{names['plural']}.{group}",
            "labels": (definition["spec"].get("metadata") or {}).get("labels") or {},
            "ownerReferences": [owner_reference(definition)],
        },
        "spec": {
            "group": group,
            "scope": side.scope,
            "names": full,
            "versions": [_version(v, side) for v in definition["spec"]["versions"]],
        },
    }


def _version(version: Object, side: _Side) -> Object:
    given = deepcopy((version.get("schema") or {}).get("openAPIV3Schema") or {})
    properties = given.get("properties") or {}
    spec = properties.get("spec") or {"type": "object"}
    status = properties.get("status") or {"type": "object"}
    spec["properties"] = {**(spec.get("properties") or {}), **side.machinery}
    status["properties"] = {**(status.get("properties") or {}), **_STATUS}
    schema: Object = {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": _STRING,
            "kind": _STRING,
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
    return {
        "name": version["name"],
        "served": version.get("served", True),
        "storage": version.get("referenceable", False),
        "additionalPrinterColumns": [*(version.get("additionalPrinterColumns") or []), *side.columns],
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
