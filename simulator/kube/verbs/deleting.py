"""DELETE: preconditions, grace, finalizers, and what is left to the garbage collector."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from simulator.clock import rfc3339
from simulator.kube import crd
from simulator.kube.encoding.bodies import decoded_body
from simulator.kube.resource import Resource
from simulator.kube.schema.decode import decode
from simulator.kube.schema.nodes import definition
from simulator.kube.status import Object, bad_request, conflict, forbidden
from simulator.kube.storage.store import Stored
from simulator.kube.validation.metadata import FOREGROUND, ORPHAN
from simulator.kube.verbs.call import Call
from simulator.kube.verbs.options import check_deletion, number
from simulator.kube.verbs.writing import NAMESPACES, Writer, deletable

_POLICIES: Final = {"Foreground": FOREGROUND, "Orphan": ORPHAN, "Background": ""}
_PODS: Final = ("", "pods")
_JOBS: Final = ("batch", "jobs")
_LEFT: Final = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
    "them or set propagationPolicy=Orphan to suppress this warning"
)
_IMMORTAL: Final = frozenset({"default", "kube-system", "kube-public"})
_KIND: Final = "DeleteOptions"
_POINTERS: Final = ("gracePeriodSeconds", "orphanDependents")
_SCHEMA: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_SCHEME: Final = "pkg/api/legacyscheme/scheme.go:30"


@dataclass(frozen=True, slots=True)
class Options:
    """DeleteOptions."""

    propagation: str = "Background"
    grace: int | None = None
    uid: str = ""
    rv: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object as it was or still is, and whether it is gone."""

    value: Object
    gone: bool


def options_of(resource: Resource, call: Call) -> Options:
    """From the body, or where there is none from the query; Jobs leave their Pods behind unless told."""
    given = _body(call) if call.body else _query(call)
    preconditions = given.get("preconditions") or {}
    propagation, orphan = given.get("propagationPolicy"), given.get("orphanDependents")
    dry_run = given.get("dryRun") or ()
    check_deletion(propagation, orphan, dry_run)
    return Options(
        propagation=propagation or _default(resource, orphan),
        grace=given.get("gracePeriodSeconds"),
        uid=preconditions.get("uid") or "",
        rv=preconditions.get("resourceVersion") or "",
        dry_run=bool(dry_run),
    )


def _default(resource: Resource, orphan: bool | None) -> str:
    orphans = resource.storage == _JOBS if orphan is None else orphan
    return "Orphan" if orphans else "Background"


def warnings_of(resource: Resource, call: Call, options: Options) -> list[str]:
    """Who deletes a Job and says nothing of its Pods is told that they stay."""
    said = b"propagationPolicy" in call.body or {"propagationPolicy", "orphanDependents"} & {*call.query}
    left = resource.storage == _JOBS and options.propagation == "Orphan" and not said
    return [_LEFT] if left else []


def _body(call: Call) -> Object:
    """The DeleteOptions in a body; raises 400 for anything else, 415 for a type that is not read."""
    raw = decoded_body(call.body, call.headers.get("content-type", ""))
    kind = raw.get("kind") or _KIND
    if kind != _KIND:
        version = raw.get("apiVersion", "")
        raise bad_request(f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"')
    decoded = decode(definition(_SCHEMA), raw)
    if decoded.mismatches:
        raise bad_request(decoded.mismatches[0])
    return {**decoded.value, **{key: raw[key] for key in _POINTERS if raw.get(key) is not None}}


def _query(call: Call) -> Object:
    query = call.query
    found: Object = {}
    if query.get("gracePeriodSeconds"):
        found["gracePeriodSeconds"] = number(query["gracePeriodSeconds"])
    if query.get("orphanDependents"):
        found["orphanDependents"] = call.flag("orphanDependents")
    if query.get("dryRun"):
        found["dryRun"] = [query["dryRun"]]
    if query.get("propagationPolicy"):
        found["propagationPolicy"] = query["propagationPolicy"]
    return found


def delete(writer: Writer, resource: Resource, old: Stored, options: Options) -> Deleted:
    """Delete an object, or mark it when its grace or its finalizers hold it."""
    _check(resource, old, options)
    finalizers = _finalizers(old, options)
    if resource.storage == crd.STORAGE and crd.has_instances(writer.store, old.value):
        finalizers = [*finalizers, *({crd.CLEANUP} - set(finalizers))]
    grace = _grace(resource, old, options)
    held = bool(finalizers) or (resource.storage == NAMESPACES and bool(old.value["spec"].get("finalizers")))
    if not held and not grace:
        if options.dry_run:
            return Deleted(old.value, gone=True)
        last = _ending(writer, resource, old)
        return Deleted(writer.store.remove(resource.storage, old, last).value, gone=True)
    value = _marked(writer, resource, old, finalizers, grace)
    if value is old.value or options.dry_run:
        return Deleted(value, gone=False)
    return Deleted(writer.store.write(resource.storage, value).value, gone=False)


def _check(resource: Resource, old: Stored, options: Options) -> None:
    if resource.storage == NAMESPACES and old.name in _IMMORTAL:
        message = f'namespaces "{old.name}" is forbidden: this namespace may not be deleted'
        raise forbidden("", "namespaces", old.name, message)
    where = (resource.group, resource.kind, old.name)
    uid, rv = old.metadata["uid"], old.metadata["resourceVersion"]
    if options.uid and options.uid != uid:
        why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid})"
        raise conflict(*where, f"{why}. The object might have been deleted and then recreated")
    if options.rv and options.rv != rv:
        why = f"the ResourceVersion in the precondition ({options.rv}) does not match the ResourceVersion"
        raise conflict(*where, f"{why} in record ({rv}). The object might have been modified")


def _finalizers(old: Stored, options: Options) -> list[str]:
    """The object's finalizers with the one of the wanted propagation, without the other."""
    wanted = _POLICIES[options.propagation]
    kept = [one for one in old.metadata.get("finalizers") or () if one not in {FOREGROUND, ORPHAN}]
    return [*kept, wanted] if wanted else kept


def _grace(resource: Resource, old: Stored, options: Options) -> int:
    """How long a Pod may still run; one that is not scheduled, or has ended, may not."""
    if resource.storage != _PODS:
        return 0
    spec, status = old.value["spec"], old.value.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in {"Succeeded", "Failed"}:
        return 0
    grace = int(spec.get("terminationGracePeriodSeconds", 30)) if options.grace is None else options.grace
    grace = 1 if grace < 0 else grace
    left = old.metadata.get("deletionGracePeriodSeconds")
    return grace if left is None else min(grace, int(left))


def _ending(writer: Writer, resource: Resource, old: Stored) -> Object:
    """What watchers of a Pod's end are told: that it had been marked."""
    if resource.storage != _PODS or old.metadata.get("deletionTimestamp"):
        return old.value
    metadata = {**old.metadata, "deletionTimestamp": writer.now(), "deletionGracePeriodSeconds": 0}
    return {**old.value, "metadata": metadata}


def _marked(writer: Writer, resource: Resource, old: Stored, finalizers: list[str], grace: int) -> Object:
    metadata = dict(old.metadata)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    value = {**old.value, "metadata": metadata}
    if resource.storage == NAMESPACES:
        value["status"] = {**(old.value.get("status") or {}), "phase": "Terminating"}
    shorter = grace < int(metadata.get("deletionGracePeriodSeconds", grace + 1))
    if not metadata.get("deletionTimestamp") or shorter:
        if not metadata.get("deletionTimestamp") and metadata.get("generation"):
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = rfc3339(writer.clock.now() + timedelta(seconds=grace))
        if resource.storage != NAMESPACES:
            metadata["deletionGracePeriodSeconds"] = grace
    return old.value if value == old.value else value


def let_go(writer: Writer, resource: Resource, stored: Stored, finalizer: str) -> None:
    """Take one finalizer off; an object that nothing else holds goes."""
    left = [one for one in stored.metadata.get("finalizers") or () if one != finalizer]
    metadata = {**stored.metadata, "finalizers": left}
    if not left:
        del metadata["finalizers"]
    value = {**stored.value, "metadata": metadata}
    if deletable(resource, value):
        writer.store.remove(resource.storage, stored, value)
    else:
        writer.store.write(resource.storage, value)
