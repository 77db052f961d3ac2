"""Fetch what `spec.dataFrom` and `spec.data` name; every failure says which entry."""

import base64
import json
from typing import Any, Protocol

from simulator.controllers.external_secrets.parameters import ProviderError
from simulator.controllers.kinds import Object


class Source(Protocol):
    """Where a store's values come from."""

    async def get(self, name: str) -> str:
        """The value; raises ProviderError."""


class DataError(Exception):
    """An entry could not be had; the text is the Event's message."""


async def fetch(spec: Object, source: Source) -> dict[str, str]:
    """All values by Secret key; `data` overrides `dataFrom`. Raises DataError."""
    values: dict[str, str] = {}
    for index, entry in enumerate(spec.get("dataFrom") or ()):
        if "extract" not in entry:
            raise DataError(f"error processing spec.dataFrom[{index}], err: only extract is supported")
        try:
            values |= await _extract(entry["extract"], source)
        except ProviderError as error:
            raise DataError(f"error processing spec.dataFrom[{index}].extract, err: {error}") from error
    for index, entry in enumerate(spec.get("data") or ()):
        reference = entry["remoteRef"]
        try:
            values[entry["secretKey"]] = await _one(reference, source)
        except ProviderError as error:
            raise DataError(
                f"error processing spec.data[{index}] (key: {reference['key']}), err: {error}"
            ) from error
    return values


async def _one(reference: Object, source: Source) -> str:
    value = await source.get(_versioned(reference))
    path = reference.get("property")
    if path:
        value = _property(value, str(path), str(reference["key"]))
    return _decoded(value, reference)


async def _extract(reference: Object, source: Source) -> dict[str, str]:
    key = str(reference["key"])
    text = await source.get(_versioned(reference))
    if reference.get("property"):
        text = _property(text, str(reference["property"]), key)
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ProviderError(f"unable to unmarshal secret {key}")
    return {name: _decoded(_string(value), reference) for name, value in parsed.items()}


def _versioned(reference: Object) -> str:
    version = reference.get("version")
    return f"{reference['key']}:{version}" if version else str(reference["key"])


def _property(text: str, path: str, key: str) -> str:
    missing = ProviderError(f"key {path} does not exist in secret {key}")
    try:
        value: Any = json.loads(text)
    except ValueError:
        raise missing from None
    if isinstance(value, dict) and path in value:
        return _string(value[path])
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            raise missing
        value = value[part]
    return _string(value)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _decoded(value: str, reference: Object) -> str:
    strategy = reference.get("decodingStrategy", "None")
    if strategy == "None":
        return value
    try:
        variant = base64.urlsafe_b64decode if strategy == "Base64URL" else _standard
        return variant(value).decode()
    except ValueError:
        if strategy == "Auto":
            return value
        raise ProviderError(f"decoding with strategy {strategy} failed") from None


def _standard(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
