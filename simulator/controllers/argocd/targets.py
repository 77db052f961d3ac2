"""Manifests made ready to be applied: in the right namespace, and marked as their Application's."""

import copy
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from simulator.controllers.argocd.identity import TRACKING_ID, Ref, tracking_id
from simulator.controllers.kinds import Kind, Object

APPLICATION = Kind("argoproj.io", "v1alpha1", "Application", "applications", namespaced=True)

KindName = tuple[str, str]
"""apiVersion and kind."""
Notice = tuple[str, str]
"""Type and message of a condition."""


def kind_name(obj: Object) -> KindName:
    return str(obj["apiVersion"]), str(obj["kind"])


def prepare(
    manifests: Iterable[Object],
    application: str,
    destination: str,
    kinds: Mapping[KindName, Kind | None],
    excluded: Collection[str] = (),
) -> tuple[list[Object], list[Notice]]:
    """Copies ready to be applied, and what is to be said of those that are named twice, excluded or homeless.

    A kind the cluster does not serve is None in `kinds` and taken for a namespaced one. Of objects with one
    identity the last counts.
    """
    prepared: dict[Ref, Object] = {}
    counted: Counter[Ref] = Counter()
    notices: list[Notice] = []
    for manifest in manifests:
        obj = copy.deepcopy(manifest)
        obj.pop("status", None)
        metadata = obj["metadata"]
        kind = kinds.get(kind_name(obj))
        if kind is not None and not kind.namespaced:
            metadata.pop("namespace", None)
        elif not metadata.get("namespace"):
            metadata["namespace"] = destination
        ref = Ref.of(obj)
        if ref.kind in excluded:
            text = f"Resource {ref.group}/{ref.kind} {ref.name} is excluded in the settings"
            notices.append(("ExcludedResourceWarning", text))
            continue
        if not ref.namespace and (kind is None or kind.namespaced):
            version = f"{obj['apiVersion']}, Kind={ref.kind}"
            notices.append(("InvalidSpecError", f"Namespace for {ref.name} {version} is missing."))
        annotations = metadata.get("annotations") or {}
        metadata["annotations"] = {**annotations, TRACKING_ID: tracking_id(application, ref, destination)}
        counted[ref] += 1
        prepared[ref] = obj
    notices += [_repeated(ref, count) for ref, count in counted.items() if count > 1]
    return list(prepared.values()), notices


def _repeated(ref: Ref, count: int) -> Notice:
    path = f"{ref.group}/{ref.kind}/{ref.namespace}/{ref.name}"
    text = f"Resource {path} appeared {count} times among application resources."
    return "RepeatedResourceWarning", text


def named(target: Object, commit: str, phase: str, started: int) -> Object:
    """A hook with generateName under the name this sync gives it."""
    if target["metadata"].get("name"):
        return target
    target = copy.deepcopy(target)
    prefix = target["metadata"].pop("generateName")
    name = f"{prefix}{commit[:7]}-{phase}-{started}".lower()
    target["metadata"]["name"] = name
    target["metadata"]["annotations"][TRACKING_ID] += name
    return target
