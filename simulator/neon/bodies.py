"""Request bodies: always JSON, always wrapped in the name of what they describe, no unknown fields."""

import json
from dataclasses import dataclass
from typing import Any, cast

from simulator.neon.refusals import Invalid

_TYPES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one object: their types, and which must be there."""

    types: dict[str, type]
    required: frozenset[str] = frozenset()

    def check(self, where: str, value: object) -> dict[str, Any]:
        """The object itself; raises Invalid naming the first thing wrong with it."""
        if not isinstance(value, dict):
            raise Invalid(f"{where} must be an object")
        fields = cast("dict[str, Any]", value)
        for name in sorted(self.required - fields.keys()):
            raise Invalid(f"{where}.{name} is required")
        for name in sorted(fields.keys() - self.types.keys()):
            raise Invalid(f"{where}.{name} is not a known field")
        for name, given in fields.items():
            if not _is(given, self.types[name]):
                raise Invalid(f"{where}.{name} must be {_TYPES[self.types[name]]}")
        return fields


def wrapped(raw: bytes, content_type: str, key: str, fields: Fields) -> dict[str, Any]:
    """The object under `key` of a JSON body; raises Invalid, which a bare v1-style body meets too."""
    body = _parsed(raw, content_type)
    if not isinstance(body, dict) or key not in body:
        raise Invalid(f"request body must be an object with the property {key}")
    return fields.check(key, body[key])


def bare(raw: bytes, content_type: str, fields: Fields) -> dict[str, Any]:
    """The object that is the whole JSON body; raises Invalid."""
    return fields.check("body", _parsed(raw, content_type))


def _parsed(raw: bytes, content_type: str) -> object:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Invalid("request body must be application/json")
    try:
        parsed: object = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Invalid("request body is not valid JSON") from exc
    return parsed


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


DATABASE = Fields({"name": str, "owner_name": str}, frozenset({"name", "owner_name"}))
DATABASE_CHANGE = Fields({"name": str, "owner_name": str})
AUTH = Fields({"auth_provider": str, "database_name": str}, frozenset({"auth_provider"}))
ROLE = Fields({"name": str, "no_login": bool}, frozenset({"name"}))
ENDPOINT_SETTINGS = Fields(
    {
        "name": str,
        "disabled": bool,
        "suspend_timeout_seconds": int,
        "autoscaling_limit_min_cu": float,
        "autoscaling_limit_max_cu": float,
    }
)
ENDPOINT = Fields(
    {"branch_id": str, "type": str, **ENDPOINT_SETTINGS.types}, frozenset({"branch_id", "type"})
)
PROJECT = Fields(
    {
        "name": str,
        "region_id": str,
        "pg_version": int,
        "org_id": str,
        "store_passwords": bool,
        "history_retention_seconds": int,
        "branch": dict,
        "settings": dict,
        "default_endpoint_settings": dict,
        "autoscaling_limit_min_cu": float,
        "autoscaling_limit_max_cu": float,
    }
)
PROJECT_BRANCH = Fields({"name": str, "role_name": str, "database_name": str})
