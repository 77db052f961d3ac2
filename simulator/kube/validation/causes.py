"""The kinds of fault a field can have, and how each is told."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from simulator.kube.encoding.bodies import text
from simulator.kube.status import Cause

PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_LAST_PORT: Final = 65535
_PORT_NAME: Final = 15


def too_long(limit: int) -> str:
    return f"must be no more than {limit} bytes"


def quoted(text: str) -> str:
    """A text in double quotes, with escapes, as Go shows it."""
    return orjson.dumps(text).decode()


class Struct(dict[str, Any]):
    """A value that is a struct in the real server: its fields are shown in their order."""


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode() if isinstance(value, Struct) else text(value)


def required(field: str, says: str = "") -> Cause:
    return Cause(field, "FieldValueRequired", _with("Required value", says))


def invalid_value(field: str, value: Any, says: str) -> Cause:
    return Cause(field, "FieldValueInvalid", f"Invalid value: {_shown(value)}: {says}")


def duplicate(field: str, value: Any) -> Cause:
    return Cause(field, "FieldValueDuplicate", f"Duplicate value: {_shown(value)}")


def missing(field: str, value: Any) -> Cause:
    return Cause(field, "FieldValueNotFound", f"Not found: {text(value)}")


def forbidden_field(field: str, says: str) -> Cause:
    return Cause(field, "FieldValueForbidden", f"Forbidden: {says}")


def unsupported(field: str, value: Any, supported: Sequence[str]) -> Cause:
    """A value that is none of those there are."""
    listed = ", ".join(quoted(one) for one in supported)
    message = f"Unsupported value: {_shown(value)}: supported values: {listed}"
    return Cause(field, "FieldValueNotSupported", message)


def immutable(field: str, value: Any) -> Cause:
    return invalid_value(field, value, "field is immutable")


def _with(says: str, more: str) -> str:
    return f"{says}: {more}" if more else says


def not_negative(field: str, value: Any) -> Iterator[Cause]:
    if isinstance(value, int) and value < 0:
        yield invalid_value(field, value, "must be greater than or equal to 0")


def one_of(field: str, value: str, supported: Sequence[str]) -> Iterator[Cause]:
    """An enumerated field that has to be given."""
    if not value:
        yield required(field)
    elif value not in supported:
        yield unsupported(field, value, supported)


def port_number(field: str, value: Any) -> Iterator[Cause]:
    if not isinstance(value, int) or not 0 < value <= _LAST_PORT:
        yield invalid_value(field, value, f"must be between 1 and {_LAST_PORT}, inclusive")


def port_or_name(field: str, value: Any) -> Iterator[Cause]:
    if isinstance(value, str):
        yield from (invalid_value(field, value, says) for says in port_name_faults(value))
    else:
        yield from port_number(field, value)


def port_name_faults(name: str) -> Iterator[str]:
    """Why a text cannot be the name of a port."""
    if len(name) > _PORT_NAME:
        yield too_long(_PORT_NAME)
    if not re.fullmatch("[-a-z0-9]+", name):
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search("[a-z]", name):
        yield "must contain at least one letter (a-z)"
    if "--" in name:
        yield "must not contain consecutive hyphens"
    if name.startswith("-") or name.endswith("-"):
        yield "must not begin or end with a hyphen"
