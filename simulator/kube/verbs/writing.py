"""Create and update: from a decoded object to a stored one, in one synchronous and so atomic step."""

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from simulator.clock import Clock, rfc3339
from simulator.kube import crd
from simulator.kube.merging.fieldset import Difference
from simulator.kube.merging.ownership import Manager, Ownership
from simulator.kube.resource import Resource
from simulator.kube.schema.decode import apply_defaults, decode
from simulator.kube.schema.defaults import complete, zero, zero_fill
from simulator.kube.schema.nodes import is_built_in
from simulator.kube.status import (
    Cause,
    Object,
    Refusal,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    internal,
    invalid,
    not_found,
)
from simulator.kube.storage.store import Store, Stored
from simulator.kube.validation.causes import quoted
from simulator.kube.validation.custom import causes as schema_causes
from simulator.kube.validation.expressions import causes as rule_causes
from simulator.kube.validation.kinds import PREPARE, VALIDATE, keeps_status_on_create
from simulator.kube.validation.metadata import finalizer_warnings, metadata_causes
from simulator.kube.validation.names import metadata_name_causes

_PLACES: Final = {"services": "services/specs", "nodes": "minions", "endpoints": "services/endpoints"}
_SCHEME: Final = "pkg/api/legacyscheme/scheme.go:30"
_SUFFIX: Final = "bcdfghjklmnpqrstvwxz2456789"
_PREFIX_CHARACTERS: Final = 58
NAMESPACES: Final = ("", "namespaces")
_SERVER_SET: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
)
_FOREVER: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
)


_KEPT_BY_STATUS: Final = {"Deployment": ("labels",), "Pod": ("ownerReferences",)}


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, how strictly the body is read, and what it names more than once."""

    manager: str
    validation: str = "Warn"
    dry_run: bool = False
    repeated: Sequence[str] = ()


@dataclass(slots=True)
class Written:
    """The state after a write, encoded where it is stored, and what there is to warn about."""

    value: Object
    warnings: list[str]
    body: bytes = b""

    def encoded(self) -> bytes:
        return self.body or orjson.dumps(self.value)


def _written(stored: Stored, warnings: list[str]) -> Written:
    return Written(stored.value, warnings, stored.body)


class Writer:
    """Turns decoded objects into stored ones."""

    def __init__(self, store: Store, clock: Clock, seed: int | None = None) -> None:
        self.store = store
        self.clock = clock
        self._random = random.Random(seed)

    def now(self) -> str:
        return rfc3339(self.clock.now())

    def read(
        self,
        resource: Resource,
        raw: Object,
        validation: str,
        repeated: Sequence[str] = (),
        refused: Callable[[str], Refusal] | None = None,
    ) -> tuple[Object, list[str]]:
        """Check the body's type, prune what is unknown, apply defaults. Answers object and warnings.

        `refused` is how what cannot be read is refused, where that is not the body of the request itself.
        """
        check_type(resource, raw)
        decoded = decode(resource.schema, raw)
        called = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
        refused = refused or (lambda why: bad_request(f"{called}: {why}"))
        if decoded.mismatches:
            raise refused(decoded.mismatches[0])
        unknown = [*repeated, *(f'unknown field "{path}"' for path in decoded.unknown)]
        if unknown and validation == "Strict":
            raise refused(f"strict decoding error: {', '.join(unknown)}")
        value = decoded.value
        value.pop("apiVersion", None)
        value.pop("kind", None)
        value.setdefault("metadata", {})
        self.default(resource, value)
        return value, unknown if validation != "Ignore" else []

    def default(self, resource: Resource, value: Object) -> None:
        if resource.custom:
            apply_defaults(resource.schema, value)
        else:
            complete(resource.schema, value)

    def create(self, resource: Resource, namespace: str, raw: Object, author: Author) -> Written:
        """Store a new object from a client's body."""
        value, warnings = self.read(resource, raw, author.validation, author.repeated)
        if value["metadata"].get("resourceVersion"):
            raise internal("resourceVersion should not be set on objects to be created")
        value["metadata"].pop("managedFields", None)
        return self.insert(resource, namespace, value, author, warnings=warnings)

    def insert(
        self,
        resource: Resource,
        namespace: str,
        value: Object,
        author: Author,
        *,
        warnings: list[str],
        ownership: Ownership | None = None,
    ) -> Written:
        """Store a new object; without `ownership` the author owns every field of it."""
        self._admit(resource, namespace, value)
        metadata = value["metadata"]
        self._identify(resource, namespace, metadata)
        if resource.has_status and not keeps_status_on_create(resource.kind):
            value.pop("status", None)
        if resource.counts_generation:
            metadata["generation"] = 1
        if ownership is None:
            ownership = Ownership(())
            manager = Manager(author.manager, "Update", resource.group_version)
            ownership.begun(manager, resource.schema, self._blank(resource), value, self.now())
        self._prepare(resource, value, None)
        self._validate(resource, value, None)
        if self.store.collection(*resource.storage).get(metadata.get("namespace", ""), metadata["name"]):
            raise already_exists(resource.group, resource.plural, metadata["name"])
        _record(metadata, ownership)
        warnings = warnings + finalizer_warnings(metadata)
        if author.dry_run:
            return Written(value, warnings)
        return _written(self.store.write(resource.storage, value), warnings)

    def _blank(self, resource: Resource) -> Object:
        """What an object without any field looks like; its parts belong to nobody."""
        blank: Object = {}
        if not resource.custom:
            zero_fill(resource.schema, blank)
        return blank

    def _admit(self, resource: Resource, namespace: str, value: Object) -> None:
        """The namespace must match, exist and not be on its way out."""
        metadata = value["metadata"]
        if not resource.namespaced:
            metadata.pop("namespace", None)
            return
        if metadata.get("namespace") not in {None, "", namespace}:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        metadata["namespace"] = namespace
        found = self.store.collection(*NAMESPACES).get("", namespace)
        if found is None:
            raise not_found("", "namespaces", namespace)
        if found.metadata.get("deletionTimestamp"):
            name = metadata.get("name", "")
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            qualified = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
            cause = Cause(
                "metadata.namespace", "NamespaceTerminating", f"namespace {namespace} is being terminated"
            )
            message = f'{qualified} "{name}" is forbidden: {why}'
            raise forbidden(resource.group, resource.plural, name, message, [cause])

    def _identify(self, resource: Resource, namespace: str, metadata: Object) -> None:
        for key in (*_SERVER_SET, "selfLink", "resourceVersion"):
            metadata.pop(key, None)
        if not metadata.get("name") and metadata.get("generateName"):
            taken = self.store.collection(*resource.storage)
            while not metadata.get("name") or taken.get(namespace, metadata["name"]):
                suffix = "".join(self._random.choices(_SUFFIX, k=5))
                metadata["name"] = metadata["generateName"][:_PREFIX_CHARACTERS] + suffix
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = self.now()

    def _prepare(self, resource: Resource, value: Object, old: Object | None) -> None:
        prepare = None if resource.custom else PREPARE.get(resource.kind)
        if prepare is not None:
            prepare(value, old)
        if not resource.custom:
            zero(resource.schema, value)
            child = resource.schema.properties.get("status")
            if child is not None and value.get("status") == {}:
                zero_fill(child, value["status"])

    def _validate(self, resource: Resource, value: Object, old: Object | None) -> None:
        metadata = value["metadata"]
        name = metadata.get("name", "")
        found: list[Cause] = [] if old else list(metadata_name_causes(resource.plural, metadata))
        before = old["metadata"] if old else None
        found += metadata_causes(metadata, before, custom=resource.custom)
        if resource.custom:
            shown = value_for_schema(resource, value)
            found += schema_causes(resource.validator, shown)
            rules = resource.rules()
            if rules is not None:
                before = value_for_schema(resource, old) if old else None
                found += rule_causes(rules, shown, before, found)
        else:
            check = VALIDATE.get(resource.kind)
            found += check(value, old) if check else ()
            if resource.storage == crd.STORAGE:
                found += crd.causes(value)
        if found:
            raise invalid(resource.group, resource.kind, name, found)

    def update(
        self,
        resource: Resource,
        old: Stored,
        value: Object,
        author: Author,
        *,
        subresource: str,
        warnings: list[str],
    ) -> Written:
        """Store a new state of an object from a client's body."""
        self.restrict(resource, old, value, subresource)
        manager = Manager(author.manager, "Update", resource.group_version, subresource)
        entries = value["metadata"].get("managedFields")
        ownership = Ownership(old.metadata.get("managedFields", ()) if entries is None else entries)
        ownership.updated(manager, Difference(resource.schema, old.value, value), self.now())
        return self.replace(
            resource, old, value, author, subresource=subresource, warnings=warnings, ownership=ownership
        )

    def restrict(self, resource: Resource, old: Stored, value: Object, subresource: str) -> None:
        """Check the preconditions in the body, and take from `old` what this request may not change."""
        metadata, before = value["metadata"], old.metadata
        self._preconditions(resource, old, metadata)
        for key in _FOREVER:
            metadata.pop(key, None)
            if key in before:
                metadata[key] = before[key]
        metadata["name"], metadata["resourceVersion"] = old.name, before["resourceVersion"]
        if resource.namespaced:
            metadata["namespace"] = old.namespace
        if subresource == "status":
            kept = {key: item for key, item in old.value.items() if key not in {"metadata", "status"}}
            for key in [key for key in value if key not in {"metadata", "status"}]:
                del value[key]
            value.update(kept)
            _keep_metadata(resource, metadata, before)
        elif resource.has_status:
            value.pop("status", None)
            if "status" in old.value:
                value["status"] = old.value["status"]

    def _preconditions(self, resource: Resource, old: Stored, metadata: Object) -> None:
        where = (resource.group, resource.plural, old.name)
        uid, rv = metadata.get("uid"), metadata.get("resourceVersion")
        if uid and uid != old.metadata["uid"]:
            failed = f"UID in precondition: {uid}, UID in object meta: {old.metadata['uid']}"
            raise conflict(*where, f"{_storage_error(resource, old)}: Precondition failed: {failed}")
        if rv and not rv.isdigit():
            raise internal(f"strconv.ParseUint: parsing {quoted(rv)}: invalid syntax")
        if rv and int(rv) and rv != old.metadata["resourceVersion"]:
            raise conflict(*where)

    def replace(
        self,
        resource: Resource,
        old: Stored,
        value: Object,
        author: Author,
        *,
        subresource: str,
        warnings: list[str],
        ownership: Ownership,
    ) -> Written:
        """Store `value` unless it is what is stored already; complete a deletion its finalizers held up."""
        self._prepare(resource, value, old.value)
        self._validate(resource, value, old.value)
        metadata = value["metadata"]
        counted = resource.counts_generation and subresource != "status"
        if counted and _spec_changed(resource, old.value, value):
            metadata["generation"] = int(old.metadata.get("generation", 0)) + 1
        _record(metadata, ownership)
        metadata["resourceVersion"] = old.metadata["resourceVersion"]
        warnings = warnings + [
            one for one in finalizer_warnings(metadata) if one not in finalizer_warnings(old.metadata)
        ]
        if value == old.value:
            return _written(old, warnings)
        if author.dry_run:
            return Written(value, warnings)
        if deletable(resource, value):
            stored = self.store.remove(resource.storage, old, value)
            return Written(stored.value, warnings, stored.body)
        return _written(self.store.write(resource.storage, value), warnings)

    def bind(self, resource: Resource, old: Stored, node: str) -> None:
        """Assign a Pod to a node."""
        value: Object = orjson.loads(old.body)
        value["spec"]["nodeName"] = node
        conditions = [one for one in value["status"].get("conditions") or () if one["type"] != "PodScheduled"]
        scheduled = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": self.now(),
        }
        value["status"]["conditions"] = [*conditions, scheduled]
        self.store.write(resource.storage, value)

    def finalized(self, resource: Resource, old: Stored, value: Object) -> Object:
        """Store a Namespace with other finalizers, or end it when none holds it any more."""
        if deletable(resource, value):
            return self.store.remove(resource.storage, old, value).value
        return self.store.write(resource.storage, value).value


def require_version(resource: Resource, old: Stored, metadata: Object) -> None:
    """Raises 422 for an update that names no version, of a kind that is never updated without."""
    if not resource.updated_unconditionally and metadata.get("resourceVersion", "") in {"", "0"}:
        says = "Invalid value: 0: must be specified for an update"
        cause = Cause("metadata.resourceVersion", "FieldValueInvalid", says)
        raise invalid(resource.group, resource.plural, old.name, [cause])


def _keep_metadata(resource: Resource, metadata: Object, before: Object) -> None:
    """What of its metadata a write of the status may not change: a custom resource's none at all."""
    entries = metadata.get("managedFields", before.get("managedFields", []))
    if resource.custom or resource.storage == crd.STORAGE:
        metadata.clear()
        metadata.update(before)
        metadata["managedFields"] = entries
        return
    for key in _KEPT_BY_STATUS.get(resource.kind, ()):
        metadata.pop(key, None)
        if key in before:
            metadata[key] = before[key]


def _storage_error(resource: Resource, stored: Stored) -> str:
    """How the real server's storage introduces what it holds against a write."""
    below = f"{resource.group}/{resource.plural}" if resource.custom else resource.plural
    place = "/".join(filter(None, ("/registry", _PLACES.get(below, below), stored.namespace, stored.name)))
    return f"StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg"


def check_type(resource: Resource, raw: Object) -> None:
    """The body must be of the kind and version that the path names; built-in kinds may leave them out."""
    implied = ("", "") if resource.custom else (resource.kind, resource.group_version)
    kind, version = raw.get("kind") or implied[0], raw.get("apiVersion") or implied[1]
    if kind == resource.kind and version == resource.group_version:
        return
    if not isinstance(kind, str) or not isinstance(version, str):
        raise bad_request("the object provided is unrecognized: kind and apiVersion must be strings")
    raise _another_type(resource, kind, version, raw)


def _another_type(resource: Resource, kind: str, version: str, raw: Object) -> Refusal:
    """What a body of another kind than the path's is refused with."""
    if version.count("/") > 1:
        return bad_request(f"unexpected GroupVersion string: {version}")
    if resource.custom and version == resource.group_version:
        cause = Cause("kind", "FieldValueInvalid", f'Invalid value: "{kind}": must be {resource.kind}')
        metadata = raw.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        return invalid(resource.group, kind, name, [cause])
    known = is_built_in(version, kind)
    if resource.custom or (known and kind == resource.kind):
        expected = f"does not match the expected API version ({resource.group_version})"
        return bad_request(f"the API version in the data ({version}) {expected}")
    why = f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"'
    if known:
        package = resource.group.partition(".")[0] or "core"
        from_, to = f"{version.rpartition('/')[2]}.{kind}", f"{package}.{resource.kind}"
        why = f"converting ({from_}) to ({to}): unknown conversion"
    called = f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}'
    return bad_request(f"{called}: {why}")


def value_for_schema(resource: Resource, value: Object) -> Object:
    return {"apiVersion": resource.group_version, "kind": resource.kind, **value}


def deletable(resource: Resource, value: Object) -> bool:
    """Whether nothing holds an object that is being deleted any more."""
    metadata = value["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if resource.storage == NAMESPACES and value["spec"].get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds")


def _record(metadata: Object, ownership: Ownership) -> None:
    entries = ownership.render()
    if entries:
        metadata["managedFields"] = entries
    else:
        metadata.pop("managedFields", None)


def _spec_changed(resource: Resource, old: Object, new: Object) -> bool:
    """Whether a write is one that observers have to catch up with."""
    if resource.custom:
        ignored = {"metadata", "status"} if resource.has_status else {"metadata"}
        keys = {*old, *new} - ignored
        return any(old.get(key) != new.get(key) for key in keys)
    if old.get("spec") != new.get("spec"):
        return True
    annotated = resource.kind == "Deployment"
    return annotated and old["metadata"].get("annotations") != new["metadata"].get("annotations")
