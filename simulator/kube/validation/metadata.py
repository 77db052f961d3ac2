"""Rules for labels, annotations, owners and finalizers, with the sentences of the real server."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from simulator.kube.status import Cause, Object
from simulator.kube.validation.causes import forbidden_field, invalid_value, quoted, too_long
from simulator.kube.validation.names import (
    ENDS,
    MAX_LABEL,
    MAX_SUBDOMAIN,
    REGEX,
    SUBDOMAIN,
    SUBDOMAIN_SAYS,
)

_VALUE: Final = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_VALUE_SAYS: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    f"{ENDS} (e.g. 'MyValue',  or 'my_value',  or '12345', {REGEX} '{_VALUE}')"
)
_NAME: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_NAME_SAYS: Final = (
    f"must consist of alphanumeric characters, '-', '_' or '.', {ENDS} "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', {REGEX} '{_NAME}')"
)
_QUALIFIED_SAYS: Final = (
    f"a qualified name {_NAME_SAYS} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_MOST_PARTS: Final = 2
_REMEMBERED: Final = 1024
MAX_NOTES: Final = 262144
FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"
_STANDARD: Final = frozenset({FOREGROUND, ORPHAN, "kubernetes"})
_UNQUALIFIED: Final = "name is neither a standard finalizer name nor is it fully qualified"


def metadata_causes(metadata: Object, old: Object | None, *, custom: bool) -> Iterator[Cause]:
    """What is wrong with an object's metadata apart from its name, where it is not as it was."""
    before = old or {}
    if metadata.get("labels") != before.get("labels"):
        yield from label_causes(metadata.get("labels") or {}, "metadata.labels")
    if metadata.get("annotations") != before.get("annotations"):
        yield from _annotation_causes(metadata.get("annotations") or {})
    yield from _owner_causes(metadata.get("ownerReferences") or [])
    yield from _finalizer_causes(metadata.get("finalizers") or [], custom=custom)
    if old is not None and old.get("deletionTimestamp"):
        added = sorted({*(metadata.get("finalizers") or ())} - {*(old.get("finalizers") or ())})
        if added:
            says = "no new finalizers can be added if the object is being deleted, found new finalizers"
            shown = ", ".join(quoted(one) for one in added)
            yield forbidden_field("metadata.finalizers", f"{says} []string{{{shown}}}")


@lru_cache(_REMEMBERED)
def qualified_faults(name: str) -> tuple[str, ...]:
    """Why a text is no qualified name, such as `example.com/name`."""
    return tuple(_qualified_faults(name))


def _qualified_faults(name: str) -> Iterator[str]:
    parts = name.split("/")
    if len(parts) > _MOST_PARTS:
        yield _QUALIFIED_SAYS
        return
    if len(parts) == _MOST_PARTS:
        if not parts[0]:
            yield "prefix part must be non-empty"
        if len(parts[0]) > MAX_SUBDOMAIN:
            yield f"prefix part {too_long(MAX_SUBDOMAIN)}"
        if parts[0] and not re.fullmatch(SUBDOMAIN, parts[0]):
            yield f"prefix part {SUBDOMAIN_SAYS}"
    if not parts[-1]:
        yield "name part must be non-empty"
    elif len(parts[-1]) > MAX_LABEL:
        yield f"name part {too_long(MAX_LABEL)}"
    if not re.fullmatch(_NAME, parts[-1]):
        yield f"name part {_NAME_SAYS}"


def label_causes(labels: Object, field: str) -> Iterator[Cause]:
    """What is wrong with labels, of an object, a template or a selector."""
    for key, value in labels.items():
        for says in qualified_faults(key):
            yield invalid_value(field, key, says)
        yield from (invalid_value(field, value, says) for says in value_faults(value))


@lru_cache(_REMEMBERED)
def value_faults(value: str) -> tuple[str, ...]:
    """Why a text cannot be the value of a label."""
    return tuple(_value_faults(value))


def _value_faults(value: str) -> Iterator[str]:
    if len(value) > MAX_LABEL:
        yield too_long(MAX_LABEL)
    if not re.fullmatch(_VALUE, value):
        yield _VALUE_SAYS


def _annotation_causes(annotations: Object) -> Iterator[Cause]:
    for key in annotations:
        for says in qualified_faults(key.lower()):
            yield invalid_value("metadata.annotations", key, says)
    if sum(len(f"{key}{value}".encode()) for key, value in annotations.items()) > MAX_NOTES:
        says = f"Too long: may not be more than {MAX_NOTES} bytes"
        yield Cause("metadata.annotations", "FieldValueTooLong", says)


def _owner_causes(owners: list[Object]) -> Iterator[Cause]:
    field, controller = "metadata.ownerReferences", ""
    for owner in owners:
        version = owner.get("apiVersion", "")
        if not version.rpartition("/")[2]:
            yield invalid_value(f"{field}.apiVersion", version, "version must not be empty")
        for key in ("kind", "name", "uid"):
            if not owner.get(key):
                yield invalid_value(f"{field}.{key}", "", "must not be empty")
        if (version, owner.get("kind")) == ("v1", "Event"):
            says = "/v1, Kind=Event is disallowed from being an owner"
            yield invalid_value(field, owner, says)
        if owner.get("controller"):
            found = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if controller:
                says = 'Only one reference can have Controller set to true. Found "true" in references for'
                yield invalid_value(field, owners, f"{says} {controller} and {found}")
            controller = controller or found


def _finalizer_causes(finalizers: list[str], *, custom: bool) -> Iterator[Cause]:
    """Built-in kinds take only the server's own names without a path, custom resources any."""
    field = "metadata.finalizers"
    for name in finalizers:
        for says in qualified_faults(name):
            yield invalid_value(field, name, says)
    if {FOREGROUND, ORPHAN} <= {*finalizers}:
        says = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        yield invalid_value(field, finalizers, says)
    for at, name in enumerate(finalizers):
        if not custom and "/" not in name and name not in _STANDARD:
            yield invalid_value(f"{field}[{at}]", name, _UNQUALIFIED)


def finalizer_warnings(metadata: Object) -> list[str]:
    """A finalizer without a path could be anybody's."""
    return [
        f'metadata.finalizers: "{name}": prefer a domain-qualified finalizer name including a path (/) '
        "to avoid accidental conflicts with other finalizer writers"
        for name in metadata.get("finalizers") or ()
        if "/" not in name and name not in _STANDARD
    ]
