"""Neon's OpenAPI document as a judge of answers; `make neon-schema` unpacks it, nothing keeps it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import yaml

from simulator.neon.wire import BASE

DOCUMENT = Path(__file__).parents[3] / ".schemas" / "neon" / "public-v2-for-users.gen.yaml"
MISSING = f"{DOCUMENT.relative_to(Path(__file__).parents[3])} is not there: run `make neon-schema`"
JSON = "application/json"
Schema = dict[str, Any]
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_FIRST_ERROR = 400
# A call that left the document after its last public version; periods have the form of the projects' ones.
_ACCOUNT = "/consumption_history/account"
_FAILURE: Schema = {"$ref": "#/components/responses/GeneralError"}


@dataclass(frozen=True)
class Operation:
    """One call and what it declares to answer, by status or `default`."""

    id: str
    path: re.Pattern[str]
    answers: Mapping[str, Schema]


class Judge:
    """Judges answers by the operation their request was for; compiles what it needs when it needs it."""

    def __init__(self, document: Schema) -> None:
        self.document = document
        self._operations = [
            (method.upper(), self._operation(path, operation))
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in _METHODS
        ]
        self._operations.append(("GET", self._operation(_ACCOUNT, _account())))
        self._operations.sort(key=lambda entry: entry[1].path.pattern.count("[^/]+"))
        self._compiled: dict[tuple[str, str], jsonschema_rs.Validator | None] = {}

    def breaches(self, method: str, path: str, status: int, content_type: str, body: Any) -> list[str]:
        """Each way in which an answer is not what the document promises."""
        if body is not None and content_type.partition(";")[0] != JSON:
            return [f"{method} {path} answered {content_type}"]
        found = self.operation(method, path)
        declared = "default" if found is None or str(status) not in found.answers else str(status)
        if declared == "default" and status < _FIRST_ERROR:
            return [f"{method} {path} declares no success with status {status}"]
        validator = self._validator(found, declared)
        errors = validator.iter_errors(body) if validator is not None else ()
        return [f"{method} {path} {status} {one.instance_path}: {one.message}" for one in errors]

    def operation(self, method: str, path: str) -> Operation | None:
        """The call a request is; None for what the document does not know."""
        matches = (one for known, one in self._operations if known == method and one.path.fullmatch(path))
        return next(matches, None)

    def _operation(self, path: str, operation: Schema) -> Operation:
        answers = {str(status): answer for status, answer in operation["responses"].items()}
        pattern = re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]+\}", path)))
        return Operation(operation["operationId"], pattern, answers)

    def _validator(self, operation: Operation | None, declared: str) -> jsonschema_rs.Validator | None:
        key = (operation.id if operation else "", declared)
        if key not in self._compiled:
            answer = self._at(operation.answers[declared] if operation else _FAILURE)
            schema = answer.get("content", {}).get(JSON, {}).get("schema")
            self._compiled[key] = schema and jsonschema_rs.validator_for(
                self._closed(schema), validate_formats=True
            )
        return self._compiled[key]

    def _at(self, value: Schema) -> Schema:
        while "$ref" in value:
            found = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            value = found
        return value

    def _closed(self, schema: Schema) -> Schema:
        """As JSON Schema with every reference in place; an object has no field that is not declared."""
        schema = self._at(schema)
        if "allOf" in schema:
            schema = self._merged(schema)
        made = {key: value for key, value in schema.items() if key not in {"example", "nullable", "format"}}
        if schema.get("format") in {"date-time", "uuid", "email"}:
            made["format"] = schema["format"]
        if "properties" in schema:
            made["properties"] = {name: self._closed(one) for name, one in schema["properties"].items()}
            made.setdefault("additionalProperties", False)
        if isinstance(made.get("additionalProperties"), dict):
            made["additionalProperties"] = self._closed(made["additionalProperties"])
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                made[choice] = [self._closed(one) for one in schema[choice]]
        if "items" in schema:
            made["items"] = self._closed(schema["items"])
        return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made

    def _merged(self, schema: Schema) -> Schema:
        """The object that satisfies every part of an allOf."""
        made: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for part in map(self._at, schema["allOf"]):
            whole = self._merged(part) if "allOf" in part else part
            for key, value in whole.items():
                if key == "properties":
                    made["properties"] = made.get("properties", {}) | value
                elif key == "required":
                    made["required"] = [*made.get("required", []), *value]
                else:
                    made.setdefault(key, value)
        if "required" in made:
            made["required"] = sorted(set(made["required"]))
        return made


@cache
def judge() -> Judge | None:
    """The judge; None where the document was not unpacked."""
    if not DOCUMENT.exists():
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Judge(yaml.load(DOCUMENT.read_text(), Loader=loader))  # noqa: S506 - a safe loader, the faster if there


class Judged(httpx.AsyncBaseTransport):
    """A transport every answer of the Neon API through which is as the document says, or fails the test."""

    def __init__(self) -> None:
        self._wire = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._wire.handle_async_request(request)
        await response.aread()
        _require_promised(request, response)
        return response

    async def aclose(self) -> None:
        await self._wire.aclose()


def judged(response: httpx.Response) -> None:
    """The same as a hook of a client that does not await; fails the test."""
    response.read()
    _require_promised(response.request, response)


def _require_promised(request: httpx.Request, response: httpx.Response) -> None:
    found = judge()
    if found is None or not request.url.path.startswith(BASE):
        return
    body = response.json() if response.content else None
    path = request.url.raw_path.decode().partition("?")[0].removeprefix(BASE)
    kind = response.headers.get("content-type", "")
    breaches = found.breaches(request.method, path, response.status_code, kind, body)
    assert not breaches, "\n".join(breaches)


def _account() -> Schema:
    periods = {"type": "array", "items": {"$ref": "#/components/schemas/ConsumptionHistoryPerPeriod"}}
    schema = {"type": "object", "required": ["periods"], "properties": {"periods": periods}}
    return {
        "operationId": "getConsumptionHistoryPerAccount",
        "responses": {200: {"content": {JSON: {"schema": schema}}}, "default": _FAILURE},
    }
