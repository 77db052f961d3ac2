"""Judging a custom resource by its schema, in the words of the real server."""

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from simulator.kube.encoding.bodies import text
from simulator.kube.status import Cause, Object

_DROPPED: Final = ("x-kubernetes-", "default", "example", "externalDocs", "nullable")
_LIMITS: Final = {
    "minLength": "should be at least {} chars long",
    "minItems": "should have at least {} items",
    "minProperties": "should have at least {} properties",
    "minimum": "should be greater than or equal to {}",
    "maximum": "should be less than or equal to {}",
    "exclusiveMinimum": "should be greater than {}",
    "exclusiveMaximum": "should be less than {}",
}
_COMPOSITE: Final = {
    "anyOf": "must validate at least one schema (anyOf)",
    "oneOf": "must validate one and only one schema (oneOf)",
    "not": "must not validate the schema (not)",
}
_FORMATS: Final = frozenset({"date-time", "date", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"})


def validator(schema: Object) -> jsonschema_rs.Validator:
    """Compile an OpenAPI v3 schema of a CRD."""
    return jsonschema_rs.Draft202012Validator(
        _converted(schema), validate_formats=True, ignore_unknown_formats=True
    )


def _converted(schema: Any) -> Any:
    """OpenAPI v3 to JSON schema: int-or-string, nullable, exclusive bounds, formats Kubernetes ignores."""
    if isinstance(schema, bool) or not isinstance(schema, dict):
        return schema
    out = {key: _below(key, value) for key, value in schema.items() if not key.startswith(_DROPPED)}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if out.pop(exclusive, False) is True:
            out[exclusive] = out.pop(bound)
    if out.get("format") not in _FORMATS:
        out.pop("format", None)
    if schema.get("x-kubernetes-int-or-string"):
        out.pop("anyOf", None)
        out["type"] = ["integer", "string"]
    return _nullable(out) if schema.get("nullable") else out


def _below(key: str, value: Any) -> Any:
    """Convert the schemas that a keyword holds."""
    if key == "properties" and isinstance(value, dict):
        return {name: _converted(sub) for name, sub in value.items()}
    if key in {"items", "additionalProperties", "not"}:
        return _converted(value)
    if key in {"allOf", "anyOf", "oneOf"}:
        return [_converted(sub) for sub in value]
    return value


def _nullable(out: Object) -> Object:
    if "enum" in out:
        out["enum"] = [*out["enum"], None]
    kind = out.get("type")
    if kind:
        out["type"] = [*(kind if isinstance(kind, list) else [kind]), "null"]
    return out


def causes(compiled: jsonschema_rs.Validator, value: Object) -> Iterator[Cause]:
    """Everything the schema holds against an object; metadata is judged elsewhere."""
    if compiled.is_valid(value):
        return
    for error in compiled.iter_errors(value):
        yield _cause(error)


def _path(parts: list[str | int]) -> str:
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".") or "<nil>"


def _cause(error: jsonschema_rs.ValidationError) -> Cause:
    rule, where = error.kind.name, _path(error.instance_path)
    details = error.kind.as_dict()
    special = _counted(error, rule, where) or _composed(error, rule, where)
    if special is not None:
        return special
    if rule == "required":
        missing = str(details["property"])
        field = missing if where == "<nil>" else f"{where}.{missing}"
        return Cause(field, "FieldValueRequired", "Required value")
    if rule == "type":
        wanted = next((one for one in details["types"] if one != "null"), "")
        shown = text(_type(error.instance))
        message = f"Invalid value: {shown}: {where} in body must be of type {wanted}: {shown}"
        return Cause(where, "FieldValueTypeInvalid", message)
    if rule == "enum":
        options = details["options"]
        listed = ", ".join(text(one) for one in options if one is not None)
        message = f"Unsupported value: {text(error.instance)}: supported values: {listed}"
        return Cause(where, "FieldValueNotSupported", message)
    reason = "FieldValueTypeInvalid" if rule == "format" else "FieldValueInvalid"
    return Cause(
        where, reason, f"Invalid value: {_shown(error.instance)}: {_says(rule, details, where, error)}"
    )


def _counted(error: jsonschema_rs.ValidationError, rule: str, where: str) -> Cause | None:
    """More than there may be: the value itself is not shown."""
    limit, instance = error.kind.as_dict().get("limit"), error.instance
    if rule == "maxLength":
        return Cause(where, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")
    if rule in {"maxItems", "maxProperties"} and isinstance(instance, list | dict):
        says = f"must have at most {limit} {'item' if limit == 1 else 'items'}"
        return Cause(where, "FieldValueTooMany", f"Too many: {len(instance)}: {says}")
    return None


def _composed(error: jsonschema_rs.ValidationError, rule: str, where: str) -> Cause | None:
    """What does not fit the alternatives there are is told of the whole object."""
    says = _COMPOSITE.get(rule)
    if says is None:
        return None
    if rule == "oneOf":
        valid = sum(not found for found in error.kind.as_dict().get("context", ()))
        says = f"{says}. Found {f'{valid} valid alternatives' if valid else 'none valid'}"
    return Cause("<nil>", "FieldValueInvalid", f'Invalid value: "": "{where}" {says}')


def _says(rule: str, details: dict[str, Any], where: str, error: jsonschema_rs.ValidationError) -> str:
    limit = _LIMITS.get(rule)
    if limit is not None:
        return f"{where} in body {limit.format(details['limit'])}"
    if rule == "pattern":
        return f"{where} in body should match '{details['pattern']}'"
    if rule == "format":
        return f"{where} in body must be of type {details['format']}: {text(error.instance)}"
    if rule == "multipleOf":
        return f"{where} in body should be a multiple of {details['multiple_of']}"
    if rule == "uniqueItems":
        return f"{where} in body shouldn't contain duplicates"
    return f"{where} in body {error.message}"


def _shown(value: Any) -> str:
    return text(_type(value)) if isinstance(value, dict | list) else text(value)


_TYPES: Final = {
    bool: "boolean",
    str: "string",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


def _type(value: Any) -> str:
    return _TYPES.get(type(value), "null")
