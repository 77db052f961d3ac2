"""Fetch what `spec.dataFrom` and `spec.data` name; every failure says which entry."""

import base64
import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.controllers.external_secrets.kinds import Dialect
from simulator.controllers.external_secrets.parameters import NoSuchParameter, ProviderError
from simulator.controllers.external_secrets.rewriting import converted, rewritten
from simulator.controllers.kinds import Object


class Source(Protocol):
    """Where a store's values come from."""

    async def get(self, name: str) -> str:
        """The value; raises ProviderError."""

    async def tags(self, name: str) -> dict[str, str]:
        """The tags of a parameter; raises ProviderError."""

    async def find(self, path: str, pattern: str, tags: Mapping[str, str]) -> dict[str, str]:
        """The values of all below `path` whose name fits, or that carry the tags; raises ProviderError."""


class DataError(Exception):
    """An entry could not be had; the text is the Event's message."""


class NotDecoded(Exception):
    """A value is not in the encoding its entry names."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The values by Secret key, and what the provider did not have though that is no failure."""

    values: dict[str, str] = field(default_factory=dict, repr=False)
    missing: list[str] = field(default_factory=list)


async def fetch(spec: Object, source: Source, dialect: Dialect) -> Fetched:
    """`data` overrides `dataFrom`. Unless the Secret is retained, what is missing is no failure.

    Raises DataError.
    """
    fetched = Fetched()
    retained = (spec.get("target") or {}).get("deletionPolicy", "Retain") == "Retain"
    for index, entry in enumerate(spec.get("dataFrom") or ()):
        how = next((word for word in ("extract", "find") if word in entry), "")
        if not how:
            text = f"error processing spec.dataFrom[{index}].sourceRef, err: generators are not served here"
            raise DataError(text)
        try:
            fetched.values.update(await _spread(how, entry, source))
        except NoSuchParameter as error:
            if retained:
                raise DataError(f"error processing spec.dataFrom[{index}].{how}, err: {error}") from error
            fetched.missing.append(f"secret does not exist at provider using spec.dataFrom[{index}]")
        except (ProviderError, NotDecoded) as error:
            cause = _told(error, "spec.dataFrom", index)
            raise DataError(f"error processing spec.dataFrom[{index}].{how}, err: {cause}") from error
    for index, entry in enumerate(spec.get("data") or ()):
        reference = entry["remoteRef"]
        try:
            fetched.values[entry["secretKey"]] = await _one(reference, source)
        except NoSuchParameter as error:
            if retained:
                raise DataError(dialect.entry_failed(index, reference["key"], error)) from error
            where = f"spec.dataFrom[{index}] (key={reference['key']})"
            fetched.missing.append(f"secret does not exist at provider using {where}")
        except (ProviderError, NotDecoded) as error:
            cause = _told(error, "spec.data", index)
            raise DataError(dialect.entry_failed(index, reference["key"], cause)) from error
    return fetched


def _told(error: Exception, where: str, index: int) -> str:
    """The cause of a failed entry, which says once more where a value could not be decoded."""
    if isinstance(error, NotDecoded):
        return f"could not apply decoding strategy to {where}[{index}]: {error}"
    return str(error)


async def _spread(how: str, entry: Object, source: Source) -> dict[str, str]:
    """The keys and values of one entry of `dataFrom`."""
    reference = entry[how]
    found = await (_extract if how == "extract" else _find)(reference, source)
    rules = entry.get("rewrite") or []
    found = rewritten(rules, found) if rules else found
    strategy = reference.get("conversionStrategy", "Default")
    return {
        converted(name, strategy) if not rules else name: _decoded(value, reference)
        for name, value in found.items()
    }


async def _one(reference: Object, source: Source) -> str:
    path = str(reference.get("property") or "")
    if reference.get("metadataPolicy") == "Fetch":
        value = json.dumps(await source.tags(str(reference["key"])), sort_keys=True)
    else:
        value = await source.get(_versioned(reference))
    return _decoded(_property(value, path, str(reference["key"])) if path else value, reference)


async def _extract(reference: Object, source: Source) -> dict[str, str]:
    key = str(reference["key"])
    if reference.get("metadataPolicy") == "Fetch":
        return await source.tags(key)
    text = await source.get(_versioned(reference))
    if reference.get("property"):
        text = _property(text, str(reference["property"]), key)
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ProviderError(f"unable to unmarshal secret {key}")
    return {name: _string(value) for name, value in parsed.items()}


async def _find(reference: Object, source: Source) -> dict[str, str]:
    pattern = (reference.get("name") or {}).get("regexp")
    tags = reference.get("tags") or {}
    if pattern is None and not tags:
        raise ProviderError("unexpected find operator")
    return await source.find(str(reference.get("path") or "/"), str(pattern or ""), tags)


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
        raise NotDecoded(f"illegal base64 data at input byte {_first_wrong(value, strategy)}") from None


def _first_wrong(value: str, strategy: str) -> int:
    """Where decoding gives up: at the first foreign character, else where the last group begins."""
    known = string.ascii_letters + string.digits + ("-_" if strategy == "Base64URL" else "+/")
    text = value.rstrip("=")
    wrong = (at for at, sign in enumerate(text) if sign not in known)
    return next(wrong, len(text) - len(text) % 4)


def _standard(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
