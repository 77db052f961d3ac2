"""Reading request bodies: JSON, mostly wrapped in the name of what they describe, no unknown fields."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

from simulator.neon.refusals import Invalid

_TYPES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    dict: "an object",
}
_INT64 = 2**63


class Kind(Protocol):
    """What a value may be; `check` gives it back, or raises Invalid naming where it is wrong."""

    def check(self, where: str, value: object) -> Any: ...


Rule: TypeAlias = "type | Kind"


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one object: what each may be, and which must be there."""

    types: dict[str, Rule]
    required: frozenset[str] = frozenset()

    def check(self, where: str, value: object) -> dict[str, Any]:
        """The object itself; raises Invalid naming the first thing wrong with it."""
        fields = _object(where, value)
        for name in sorted(self.required - fields.keys()):
            raise Invalid(f"{where}.{name} is required")
        for name in sorted(fields.keys() - self.types.keys()):
            raise Invalid(f"{where}.{_shown(name)} is not a known field")
        return {name: checked(f"{where}.{name}", given, self.types[name]) for name, given in fields.items()}


@dataclass(frozen=True, slots=True)
class Each:
    """A list, every item of which is of one kind."""

    kind: Rule
    least: int = 0

    def check(self, where: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise Invalid(f"{where} must be a list")
        items = cast("list[object]", value)
        if len(items) < self.least:
            raise Invalid(f"{where} must have at least {self.least} item")
        return [checked(f"{where}[{index}]", item, self.kind) for index, item in enumerate(items)]


@dataclass(frozen=True, slots=True)
class Texts:
    """An object of any names, every value of which is a string."""

    def check(self, where: str, value: object) -> dict[str, str]:
        fields = _object(where, value)
        return {name: checked(f"{where}.{_shown(name)}", given, str) for name, given in fields.items()}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, where: str, value: object) -> str:
        if value not in self.words:
            raise Invalid(f"{where} must be one of {', '.join(self.words)}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Within:
    """A number between two, both allowed; a whole one unless `whole` is off."""

    least: float
    most: float
    whole: bool = True

    def check(self, where: str, value: object) -> Any:
        number = checked(where, value, int if self.whole else float)
        if not self.least <= number <= self.most:
            raise Invalid(f"{where} must be {self.least:g} to {self.most:g}")
        return number


@dataclass(frozen=True, slots=True)
class Read:
    """A string a function makes something of; null is allowed where `nullable`."""

    read: Callable[[str, str], Any]
    nullable: bool = False

    def check(self, where: str, value: object) -> Any:
        if value is None and self.nullable:
            return None
        return self.read(where, checked(where, value, str))


def checked(where: str, value: object, rule: Rule) -> Any:
    """The value as the rule makes it; raises Invalid."""
    if not isinstance(rule, type):
        return rule.check(where, value)
    fits = isinstance(value, int | float) if rule is float else isinstance(value, rule)
    if not fits or (isinstance(value, bool) and rule is not bool):
        raise Invalid(f"{where} must be {_TYPES[rule]}")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise Invalid(f"{where} is out of range")
    return value


def wrapped(raw: bytes, content_type: str, key: str, fields: Fields) -> dict[str, Any]:
    """The object under `key` of a JSON body; raises Invalid, which a bare v1-style body meets too."""
    body = parsed(raw, content_type)
    if not isinstance(body, dict) or key not in body:
        raise Invalid(f"request body must be an object with the property {key}")
    for name in sorted(body.keys() - {key}):
        raise Invalid(f"{_shown(name)} is not a known field")
    return fields.check(key, body[key])


def bare(raw: bytes, content_type: str, fields: Fields) -> dict[str, Any]:
    """The object that is the whole JSON body; raises Invalid."""
    return fields.check("body", parsed(raw, content_type))


def parsed(raw: bytes, content_type: str) -> object:
    """The JSON of a body; raises Invalid."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Invalid("request body must be application/json")
    try:
        value: object = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as exc:
        raise Invalid("request body is not valid JSON") from exc
    return value


def _object(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{where} must be an object")
    return cast("dict[str, Any]", value)


def _shown(name: str) -> str:
    """A name that came from outside, short enough to repeat."""
    return name if len(name) <= 40 else f"{name[:40]}…"  # noqa: PLR2004 - longer than any field there is


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("number out of range")
    return number
