"""Neon's JSON as core values. A missing required field is a fault; unknown fields and states are not."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from portal.core.neon import (
    NeonAuth,
    NeonBranch,
    NeonDatabase,
    NeonEndpoint,
    NeonOperation,
    NeonProject,
    NeonRole,
    RoleCreated,
)
from portal.core.secrets import Secret

Document: TypeAlias = Mapping[str, Any]
T = TypeVar("T")


class ShapeError(ValueError):
    """Names the field that is not as promised, never its content."""


def required(document: Document, field: str, kind: type[T]) -> T:
    """The field's value, of exactly that JSON type."""
    value = document.get(field)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ShapeError(f"field {field!r} of the answer is missing or not a {kind.__name__}")
    return value


def optional(document: Document, field: str, kind: type[T], default: T) -> T:
    """As `required`, with a default where the field is absent or null."""
    return default if document.get(field) is None else required(document, field, kind)


def nested(document: Document, field: str) -> Document:
    """A required object."""
    found: Document = required(document, field, dict)
    return found


def every(document: Document, field: str, decode: Callable[[Document], T]) -> tuple[T, ...]:
    """A required list of objects, each decoded."""
    items = required(document, field, list)
    if not all(isinstance(item, dict) for item in items):
        raise ShapeError(f"field {field!r} of the answer holds something that is not an object")
    return tuple(decode(item) for item in items)


def secret(document: Document, field: str) -> Secret:
    """A required string that must not be seen."""
    return Secret(required(document, field, str))


def project(document: Document) -> NeonProject:
    return NeonProject(
        id=required(document, "id", str),
        name=required(document, "name", str),
        region_id=required(document, "region_id", str),
        pg_version=required(document, "pg_version", int),
        store_passwords=required(document, "store_passwords", bool),
    )


def branch(document: Document) -> NeonBranch:
    return NeonBranch(
        id=required(document, "id", str),
        project_id=required(document, "project_id", str),
        name=required(document, "name", str),
        state=required(document, "current_state", str),
        default=required(document, "default", bool),
        protected=optional(document, "protected", bool, default=False),
    )


def endpoint(document: Document) -> NeonEndpoint:
    return NeonEndpoint(
        id=required(document, "id", str),
        project_id=required(document, "project_id", str),
        branch_id=required(document, "branch_id", str),
        host=required(document, "host", str),
        type=required(document, "type", str),
        state=required(document, "current_state", str),
        disabled=required(document, "disabled", bool),
        pending_state=optional(document, "pending_state", str, ""),
        last_active=optional(document, "last_active", str, ""),
        suspend_timeout_seconds=optional(document, "suspend_timeout_seconds", int, 0),
        created_at=optional(document, "created_at", str, ""),
    )


def role(document: Document) -> NeonRole:
    return NeonRole(
        name=required(document, "name", str),
        branch_id=required(document, "branch_id", str),
        protected=optional(document, "protected", bool, default=False),
    )


def role_created(document: Document) -> RoleCreated:
    made = nested(document, "role")
    password = secret(made, "password") if made.get("password") else None
    return RoleCreated(role(made), password, operations(document))


def database(document: Document) -> NeonDatabase:
    return NeonDatabase(
        name=required(document, "name", str),
        branch_id=required(document, "branch_id", str),
        owner_name=required(document, "owner_name", str),
    )


def operation(document: Document) -> NeonOperation:
    return NeonOperation(
        id=required(document, "id", str),
        project_id=required(document, "project_id", str),
        action=required(document, "action", str),
        status=required(document, "status", str),
        error=optional(document, "error", str, ""),
        branch_id=optional(document, "branch_id", str, ""),
    )


def operations(document: Document) -> tuple[NeonOperation, ...]:
    """Those a mutation started; 204, an empty document, starts none."""
    return every(document, "operations", operation) if document else ()


def auth(document: Document, branch_id: str) -> NeonAuth:
    return NeonAuth(
        branch_id=branch_id,
        provider=required(document, "auth_provider", str),
        jwks_url=required(document, "jwks_url", str),
        base_url=optional(document, "base_url", str, ""),
    )


def key_set(document: Document) -> Document:
    """A JWK set: at least the list of keys is there."""
    every(document, "keys", lambda key: required(key, "kty", str))
    return document
