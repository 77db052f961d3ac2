"""From a composite and its Composition to the composed resources, and back to what the composite reports."""

import hashlib
from copy import deepcopy
from dataclasses import dataclass

from simulator.controllers import fieldpaths as paths
from simulator.controllers.conditions import find
from simulator.controllers.crossplane import kinds, patches
from simulator.controllers.kinds import Object, annotations_of, labels_of, name_of
from simulator.controllers.reconciling import owner_reference

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
FIRST_NAMED = 3
SELECT = "SelectComposition"


class CompositionError(Exception):
    """The Composition cannot be used; the text is the condition's message, `reason` the Event's."""

    def __init__(self, message: str, reason: str = "ComposeResources") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Composed:
    """One resource of the Composition, as wanted, with the entry it comes from."""

    name: str
    template: Object
    desired: Object


def suffix(*parts: str) -> str:
    """Five characters as generated names end in, the same for the same parts."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:5])


def selected(composite: Object, definition: Object, compositions: list[Object]) -> Object:
    """The Composition this composite is to use; raises CompositionError."""
    spec = composite["spec"]
    enforced = definition["spec"].get("enforcedCompositionRef")
    reference = enforced or spec.get("compositionRef")
    if reference is None and not spec.get("compositionSelector"):
        reference = definition["spec"].get("defaultCompositionRef")
    if reference is not None:
        return _referenced(reference["name"], composite, compositions)
    wanted = (spec.get("compositionSelector") or {}).get("matchLabels") or {}
    fitting = [
        c for c in compositions if _compatible(c, composite) and wanted.items() <= labels_of(c).items()
    ]
    if not fitting:
        raise CompositionError("cannot select Composition: no compatible Compositions found", SELECT)
    return min(fitting, key=name_of)


def _referenced(name: str, composite: Object, compositions: list[Object]) -> Object:
    found = next((c for c in compositions if name_of(c) == name), None)
    if found is None:
        raise CompositionError(
            f'cannot get Composition: Composition.apiextensions.crossplane.io "{name}" not found', SELECT
        )
    if not _compatible(found, composite):
        raise CompositionError("Composition is not compatible with Composite resource", SELECT)
    return found


def _compatible(composition: Object, composite: Object) -> bool:
    reference = composition["spec"]["compositeTypeRef"]
    return bool(reference["apiVersion"] == composite["apiVersion"] and reference["kind"] == composite["kind"])


def rendered(composite: Object, composition: Object) -> list[Composed]:
    """Every resource of the Composition patched from the composite; raises CompositionError."""
    if composition["spec"].get("mode", "Resources") != "Resources":
        raise CompositionError("cannot compose resources: only Compositions of mode Resources are served")
    result = []
    for index, template in enumerate(composition["spec"].get("resources") or ()):
        name = str(template.get("name") or f"resource {index + 1}")
        result.append(Composed(name, template, _desired(composite, composition, template, name)))
    return result


def _desired(composite: Object, composition: Object, template: Object, name: str) -> Object:
    desired: Object = deepcopy(template["base"])
    try:
        patches.patch_composed(_patches(composition, template), composite, desired)
    except patches.PatchError as error:
        raise CompositionError(
            f'cannot compose resources: cannot render composed resource "{name}": {error}'
        ) from error
    metadata = desired.setdefault("metadata", {})
    generated = f"{name_of(composite)}-{suffix(str(composite['metadata']['uid']), name)}"
    metadata.setdefault("name", generated)
    labels = labels_of(composite)
    claim = {key: labels[key] for key in (kinds.CLAIM_NAME, kinds.CLAIM_NAMESPACE) if key in labels}
    metadata["labels"] = {**(metadata.get("labels") or {}), kinds.COMPOSITE: name_of(composite), **claim}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), kinds.RESOURCE_NAME: name}
    metadata["ownerReferences"] = [owner_reference(composite)]
    return desired


def reported(composite: Object, composition: Object, resources: list[Composed], live: list[Object]) -> Object:
    """The composite's status after the patches that come back up; raises CompositionError."""
    changed = {"spec": deepcopy(composite["spec"]), "status": deepcopy(composite.get("status") or {})}
    for resource, observed in zip(resources, live, strict=True):
        try:
            patches.patch_composite(_patches(composition, resource.template), observed, changed)
        except patches.PatchError as error:
            raise CompositionError(f"cannot compose resources: {error}") from error
    return dict(changed["status"])


def _patches(composition: Object, template: Object) -> list[Object]:
    return patches.expanded(template.get("patches") or (), composition["spec"].get("patchSets") or ())


def ready(resource: Composed, live: Object) -> bool:
    """Whether every readiness check of the resource holds; none given means its condition Ready."""
    checks = resource.template.get("readinessChecks") or [
        {"type": "MatchCondition", "matchCondition": {"type": "Ready", "status": "True"}}
    ]
    return all(_check(check, live) for check in checks)


def _check(check: Object, live: Object) -> bool:
    kind = check["type"]
    if kind == "None":
        return True
    if kind == "MatchCondition":
        wanted = check.get("matchCondition") or {"type": "Ready", "status": "True"}
        found = find(live, wanted["type"])
        return found is not None and found.get("status") == wanted["status"]
    try:
        value = paths.get(live, check["fieldPath"])
    except paths.NoSuchField:
        return False
    expected = {
        "MatchString": check.get("matchString"),
        "MatchInteger": check.get("matchInteger"),
        "MatchTrue": True,
        "MatchFalse": False,
    }
    return bool(value) if kind == "NonEmpty" else value == expected.get(kind, object())


def unready_text(names: list[str]) -> str:
    """`Unready resources: a, b, c, and 2 more`, names in order."""
    ordered = sorted(names)
    if len(ordered) > FIRST_NAMED:
        listed = f"{', '.join(ordered[:FIRST_NAMED])}, and {len(ordered) - FIRST_NAMED} more"
    elif len(ordered) == FIRST_NAMED:
        listed = f"{', '.join(ordered[:-1])}, and {ordered[-1]}"
    else:
        listed = ", ".join(ordered)
    return f"Unready resources: {listed}"


def composite_from(claim: Object, definition: Object, name: str, live: Object | None = None) -> Object:
    """The composite a claim asks for: its fields but the machinery of claims, its labels and annotations."""
    kept = {"resourceRef", "writeConnectionSecretToRef", "compositeDeletePolicy"}
    spec = {key: value for key, value in claim["spec"].items() if key not in kept}
    kind = kinds.composite_kind(definition)
    spec["claimRef"] = {
        "apiVersion": claim["apiVersion"],
        "kind": claim["kind"],
        "name": claim["metadata"]["name"],
        "namespace": claim["metadata"]["namespace"],
    }
    if live is not None and "compositionRef" in live["spec"]:
        spec.setdefault("compositionRef", live["spec"]["compositionRef"])
    annotations = {
        key: value
        for key, value in annotations_of(claim).items()
        if not key.startswith("kubectl.kubernetes.io/")
    }
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": name,
            "labels": {
                **labels_of(claim),
                kinds.CLAIM_NAME: claim["metadata"]["name"],
                kinds.CLAIM_NAMESPACE: claim["metadata"]["namespace"],
                kinds.COMPOSITE: name,
            },
            "annotations": annotations,
        },
        "spec": spec,
    }
