"""Rules for object names, labels and annotations, with the sentences of the real server."""

import re
from collections.abc import Iterator
from typing import Final

from simulator.kube.status import Cause, Object

_SUBDOMAIN: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SERVICE: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_ENDS: Final = "and must start and end with an alphanumeric character"
_REGEX: Final = "regex used for validation is"
_SUBDOMAIN_SAYS: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    f"{_ENDS} (e.g. 'example.com', {_REGEX} '{_SUBDOMAIN}')"
)
_LABEL_SAYS: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    f"{_ENDS} (e.g. 'my-name',  or '123-abc', {_REGEX} '{_LABEL}')"
)
_SERVICE_SAYS: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character "
    f"(e.g. 'my-name',  or 'abc-123', {_REGEX} '{_SERVICE}')"
)
_PATH_SAYS: Final = "may not contain '/'"
_VALUE: Final = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_VALUE_SAYS: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    f"{_ENDS} (e.g. 'MyValue',  or 'my_value',  or '12345', {_REGEX} '{_VALUE}')"
)
_KEY_SAYS: Final = (
    f"name part must consist of alphanumeric characters, '-', '_' or '.', {_ENDS} "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', {_REGEX} '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_KEY: Final = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_FREE: Final = frozenset({"roles", "rolebindings", "clusterroles", "clusterrolebindings"})
_LABELS: Final = frozenset({"namespaces", "services"})
MAX_SUBDOMAIN: Final = 253
MAX_LABEL: Final = 63
MAX_NOTES: Final = 262144
MAX_DATA: Final = 1048576
_DATA_KEY: Final = "[-._a-zA-Z0-9]+"
_DATA_KEY_SAYS: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    f"(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', {_REGEX} '{_DATA_KEY}')"
)


def name_causes(plural: str, name: str) -> Iterator[Cause]:
    """What is wrong with metadata.name."""
    if not name:
        message = "Required value: name or generateName is required"
        yield Cause("metadata.name", "FieldValueRequired", message)
    elif plural in _FREE:
        if "/" in name or "%" in name or name in {".", ".."}:
            yield _invalid_name(name, _PATH_SAYS)
    elif plural in _LABELS:
        pattern, says = (_SERVICE, _SERVICE_SAYS) if plural == "services" else (_LABEL, _LABEL_SAYS)
        if len(name) > MAX_LABEL:
            yield _invalid_name(name, f"must be no more than {MAX_LABEL} characters")
        if not re.fullmatch(pattern, name):
            yield _invalid_name(name, says)
    else:
        if len(name) > MAX_SUBDOMAIN:
            yield _invalid_name(name, f"must be no more than {MAX_SUBDOMAIN} characters")
        if not re.fullmatch(_SUBDOMAIN, name):
            yield _invalid_name(name, _SUBDOMAIN_SAYS)


def _invalid_name(name: str, says: str) -> Cause:
    return Cause("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {says}')


def label_causes(metadata: Object) -> Iterator[Cause]:
    """What is wrong with metadata.labels."""
    for key, value in (metadata.get("labels") or {}).items():
        if not _KEY.fullmatch(str(key)) or len(str(key).rpartition("/")[2]) > MAX_LABEL:
            yield Cause("metadata.labels", "FieldValueInvalid", f'Invalid value: "{key}": {_KEY_SAYS}')
        if len(str(value)) > MAX_LABEL:
            says = f"must be no more than {MAX_LABEL} bytes"
            yield Cause("metadata.labels", "FieldValueInvalid", f'Invalid value: "{value}": {says}')
        elif not re.fullmatch(_VALUE, str(value)):
            yield Cause("metadata.labels", "FieldValueInvalid", f'Invalid value: "{value}": {_VALUE_SAYS}')


def annotation_causes(metadata: Object) -> Iterator[Cause]:
    """What is wrong with metadata.annotations."""
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        if not _KEY.fullmatch(str(key).lower()) or len(str(key).rpartition("/")[2]) > MAX_LABEL:
            yield Cause("metadata.annotations", "FieldValueInvalid", f'Invalid value: "{key}": {_KEY_SAYS}')
    if sum(len(f"{key}{value}".encode()) for key, value in annotations.items()) > MAX_NOTES:
        says = f"Too long: may not be more than {MAX_NOTES} bytes"
        yield Cause("metadata.annotations", "FieldValueTooLong", says)


def data_causes(value: Object) -> Iterator[Cause]:
    """What is wrong with the keys of a Secret's or ConfigMap's data, or with its size."""
    data, binary = value.get("data") or {}, value.get("binaryData") or {}
    for field, keys in (("data", data), ("binaryData", binary)):
        for key in sorted(keys):
            where = f"{field}[{key}]"
            if len(key) > MAX_SUBDOMAIN:
                says = f"must be no more than {MAX_SUBDOMAIN} characters"
                yield Cause(where, "FieldValueInvalid", f'Invalid value: "{key}": {says}')
            if not re.fullmatch(_DATA_KEY, key):
                yield Cause(where, "FieldValueInvalid", f'Invalid value: "{key}": {_DATA_KEY_SAYS}')
            if field == "data" and key in binary:
                says = "duplicate of key present in binaryData"
                yield Cause(where, "FieldValueInvalid", f'Invalid value: "{key}": {says}')
    if sum(len(str(item)) for item in (*data.values(), *binary.values())) > MAX_DATA:
        yield Cause("", "FieldValueTooLong", f"Too long: may not be more than {MAX_DATA} bytes")


def finalizer_warnings(metadata: Object) -> list[str]:
    """A finalizer without a path could be anybody's."""
    return [
        f'metadata.finalizers: "{name}": prefer a domain-qualified finalizer name including a path (/) '
        "to avoid accidental conflicts with other finalizer writers"
        for name in metadata.get("finalizers") or ()
        if "/" not in name and name not in {"foregroundDeletion", "orphan", "kubernetes"}
    ]
