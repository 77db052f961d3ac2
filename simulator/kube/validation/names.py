"""Rules for the names of objects and the keys of their data, with the sentences of the real server."""

import base64
import re
from collections.abc import Iterator
from typing import Any, Final

from simulator.kube.status import Cause, Object
from simulator.kube.validation.causes import invalid_value, required, too_long

ENDS: Final = "and must start and end with an alphanumeric character"
REGEX: Final = "regex used for validation is"
SUBDOMAIN: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
SUBDOMAIN_SAYS: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    f"{ENDS} (e.g. 'example.com', {REGEX} '{SUBDOMAIN}')"
)
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_SAYS: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    f"{ENDS} (e.g. 'my-name',  or '123-abc', {REGEX} '{_LABEL}')"
)
_SERVICE: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SERVICE_SAYS: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character "
    f"(e.g. 'my-name',  or 'abc-123', {REGEX} '{_SERVICE}')"
)
_FREE: Final = frozenset({"roles", "rolebindings", "clusterroles", "clusterrolebindings"})
_LABELS: Final = frozenset({"namespaces", "statefulsets"})
MAX_SUBDOMAIN: Final = 253
MAX_LABEL: Final = 63
MAX_DATA: Final = 1048576
_DATA_KEY: Final = "[-._a-zA-Z0-9]+"
_DATA_KEY_SAYS: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    f"(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', {REGEX} '{_DATA_KEY}')"
)


def metadata_name_causes(plural: str, metadata: Object) -> Iterator[Cause]:
    """What is wrong with metadata.name and metadata.generateName."""
    prefix, name = metadata.get("generateName", ""), metadata.get("name", "")
    if prefix:
        masked = prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        for says in name_faults(plural, masked):
            yield invalid_value("metadata.generateName", prefix, says)
    if not name:
        yield required("metadata.name", "name or generateName is required")
        return
    for says in name_faults(plural, name):
        yield invalid_value("metadata.name", name, says)


def name_faults(plural: str, name: str) -> Iterator[str]:
    """Why an object of a kind cannot be called that."""
    if plural in _FREE:
        if name in {".", ".."}:
            yield f"may not be '{name}'"
        else:
            yield from (f"may not contain '{part}'" for part in "/%" if part in name)
        return
    limit, pattern, says = MAX_SUBDOMAIN, SUBDOMAIN, SUBDOMAIN_SAYS
    if plural in _LABELS:
        limit, pattern, says = MAX_LABEL, _LABEL, _LABEL_SAYS
    elif plural == "services":
        limit, pattern, says = MAX_LABEL, _SERVICE, _SERVICE_SAYS
    if len(name) > limit:
        yield too_long(limit)
    if not re.fullmatch(pattern, name):
        yield says


def label_faults(name: str) -> Iterator[str]:
    """Why a text is no DNS label."""
    if len(name) > MAX_LABEL:
        yield too_long(MAX_LABEL)
    if not re.fullmatch(_LABEL, name):
        yield _LABEL_SAYS


def data_causes(value: Object, whole: str) -> Iterator[Cause]:
    """What is wrong with the keys of a Secret's or ConfigMap's data; `whole` names what may be too large."""
    data, binary = value.get("data") or {}, value.get("binaryData") or {}
    for field, keys in (("data", data), ("binaryData", binary)):
        for key in sorted(keys):
            where = f"{field}[{key}]"
            for says in key_faults(key):
                yield invalid_value(where, key, says)
            if field == "data" and key in binary:
                yield invalid_value(where, key, "duplicate of key present in binaryData")
    encoded = [*binary.values(), *(data.values() if value.get("type") else ())]
    plain = () if value.get("type") else data.values()
    if sum(map(_decoded, encoded)) + sum(len(str(one).encode()) for one in plain) > MAX_DATA:
        yield Cause(whole, "FieldValueTooLong", f"Too long: may not be more than {MAX_DATA} bytes")


def _decoded(text: Any) -> int:
    return len(base64.b64decode(str(text)))


def key_faults(key: str) -> Iterator[str]:
    """Why a text cannot be a key of a ConfigMap or a Secret."""
    if len(key) > MAX_SUBDOMAIN:
        yield too_long(MAX_SUBDOMAIN)
    if not re.fullmatch(_DATA_KEY, key):
        yield _DATA_KEY_SAYS
    if key in {".", ".."}:
        yield f"must not be '{key}'"
    elif key.startswith(".."):
        yield "must not start with '..'"
