"""The query options of a write, and what the real server refuses about them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from simulator.kube.status import Cause, bad_request, invalid
from simulator.kube.validation.causes import invalid_value, unsupported

MANAGER_BYTES: Final = 128
_MATCH: Final = "resourceVersionMatch"
_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
_GROUP: Final = "meta.k8s.io"
_KINDS: Final = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}
_VALIDATIONS: Final = ("", "Ignore", "Strict", "Warn")
PROPAGATIONS: Final = ("Foreground", "Background", "Orphan", "nil")


def check(method: str, query: Mapping[str, str], *, apply: bool) -> None:
    """Raises 422 for options of a create, update or patch that do not hold."""
    if causes := list(_causes(method, query, apply=apply)):
        raise invalid(_GROUP, _KINDS[method], "", causes)


def check_deletion(propagation: Any, orphan: Any, dry_run: Sequence[Any]) -> None:
    """Raises 422 for the options of a delete."""
    causes = list(_deletion_causes(propagation, orphan))
    causes += _dry_run_causes(dry_run)
    if causes:
        raise invalid(_GROUP, "DeleteOptions", "", causes)


def _causes(method: str, query: Mapping[str, str], *, apply: bool) -> Iterator[Cause]:
    force, manager = query.get("force", ""), query.get("fieldManager", "")
    if apply and not manager:
        yield Cause("fieldManager", "FieldValueRequired", "Required value: is required for apply patch")
    elif method == "PATCH" and not apply and force:
        says = "Forbidden: may not be specified for non-apply patch"
        yield Cause("force", "FieldValueForbidden", says)
    if len(manager.encode()) > MANAGER_BYTES:
        says = f"Too long: may not be more than {MANAGER_BYTES} bytes"
        yield Cause("fieldManager", "FieldValueTooLong", says)
    for at, one in enumerate(manager):
        if not one.isprintable():
            says = f"invalid character U+{ord(one):04X} (at position {at})"
            yield invalid_value("fieldManager", manager, says)
    yield from _dry_run_causes([query["dryRun"]] if query.get("dryRun") else [])
    if query.get("fieldValidation", "") not in _VALIDATIONS:
        yield unsupported("fieldValidation", query["fieldValidation"], _VALIDATIONS)


def _dry_run_causes(values: Sequence[Any]) -> Iterator[Cause]:
    for value in values:
        if value != "All":
            yield unsupported("dryRun", [*values], ("All",))
            return


def _deletion_causes(propagation: Any, orphan: Any) -> Iterator[Cause]:
    if propagation and orphan is not None:
        says = f'Invalid value: "{propagation}": orphanDependents and deletionPropagation cannot be both set'
        yield Cause("propagationPolicy", "FieldValueInvalid", says)
    if propagation and propagation not in PROPAGATIONS[:-1]:
        yield unsupported("propagationPolicy", propagation, PROPAGATIONS)


def check_table(shape: str, query: Mapping[str, str]) -> None:
    """Raises 400 for a Table that is to hold of its objects what there is not."""
    include = query.get("includeObject", "")
    if shape == "Table" and include not in {"", "Metadata", "Object", "None"}:
        cause = invalid_value("includeObject", include, "must be 'Metadata', 'Object', 'None', or empty")
        raise bad_request(f"Unable to convert to Table as requested: {cause.sentence}")


def check_list(query: Mapping[str, str], *, watch: bool) -> None:
    """Raises 400 or 422 for the options of a list or watch."""
    for name in ("limit", "timeoutSeconds"):
        number(query.get(name, ""))
    if causes := list(_watch_causes(query) if watch else _list_causes(query)):
        raise invalid(_GROUP, "ListOptions", "", causes)
    if query.get("continue") and query.get("resourceVersion", "0") not in {"", "0"}:
        raise bad_request("specifying resource version is not allowed when using continue")


def number(text: str) -> int:
    """A number of the query, 0 when it is not given; raises 400 in the words of Go's strconv."""
    if not text:
        return 0
    if not _NUMBER.fullmatch(text):
        raise bad_request(f"strconv.ParseInt: parsing {orjson.dumps(text).decode()}: invalid syntax")
    found = int(text)
    if not -(2**63) <= found < 2**63:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return found


def _list_causes(query: Mapping[str, str]) -> Iterator[Cause]:
    match, version = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if match:
        if not version:
            yield _forbidden(_MATCH, f"{_MATCH} is forbidden unless resourceVersion is provided")
        if query.get("continue"):
            yield _forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided")
        if match not in {"Exact", "NotOlderThan"}:
            yield unsupported(_MATCH, match, ("Exact", "NotOlderThan", ""))
        if match == "Exact" and version == "0":
            yield _forbidden(_MATCH, f'{_MATCH} "exact" is forbidden for resourceVersion "0"')
    if "sendInitialEvents" in query:
        yield _forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")


def _watch_causes(query: Mapping[str, str]) -> Iterator[Cause]:
    match, initial = query.get("resourceVersionMatch", ""), "sendInitialEvents" in query
    if initial and match != "NotOlderThan":
        yield _forbidden(_MATCH, f"sendInitialEvents requires setting {_MATCH} to NotOlderThan")
    if match:
        if not initial:
            yield _forbidden(_MATCH, f"{_MATCH} is forbidden for watch unless sendInitialEvents is provided")
        if match != "NotOlderThan":
            yield unsupported(_MATCH, match, ("NotOlderThan",))
        if query.get("continue"):
            yield _forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided")


def _forbidden(field: str, why: str) -> Cause:
    return Cause(field, "FieldValueForbidden", f"Forbidden: {why}")
