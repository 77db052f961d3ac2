"""Shapes of request members, and the sentences by which AWS says that a value does not fit one.

A value of the wrong JSON type is a SerializationException; one that breaks constraints is a
ValidationException that lists all of them, each with its path.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.ssm.parameters.refusals import Refusal, invalid


@dataclass(frozen=True, slots=True)
class Text:
    """`secret` values are left out of every sentence."""

    least: int = 0
    most: int | None = None
    pattern: str = ""
    values: tuple[str, ...] = ()
    secret: bool = False

    def of_type(self, value: Any) -> None:
        if not isinstance(value, str):
            raise _wrong_type(value, "a String")

    def broken(self, value: str) -> list[str]:
        """Every constraint it breaks, as AWS words them."""
        rules = []
        if self.most is not None and len(value) > self.most:
            rules.append(f"Member must have length less than or equal to {self.most}")
        if len(value) < self.least:
            rules.append(f"Member must have length greater than or equal to {self.least}")
        if self.pattern and not re.fullmatch(self.pattern, value):
            rules.append(f"Member must satisfy regular expression pattern: {self.pattern}")
        if self.values and value not in self.values:
            rules.append(f"Member must satisfy enum value set: [{', '.join(self.values)}]")
        return rules

    def constraints(self) -> str:
        """All of its constraints, as said of a list whose member breaks one."""
        rules = [f"Member must have length less than or equal to {self.most}"]
        rules.append(f"Member must have length greater than or equal to {self.least}")
        rules += [f"Member must satisfy regular expression pattern: {self.pattern}"] if self.pattern else []
        return f"[{', '.join(rules)}]"


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def of_type(self, value: Any) -> None:
        if not isinstance(value, bool):
            raise _wrong_type(value, "a Boolean")


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    least: int | None = None
    most: int | None = None

    def of_type(self, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(value, "an Integer")

    def broken(self, value: int) -> list[str]:
        rules = []
        if self.most is not None and value > self.most:
            rules.append(f"Member must have value less than or equal to {self.most}")
        if self.least is not None and value < self.least:
            rules.append(f"Member must have value greater than or equal to {self.least}")
        return rules


@dataclass(frozen=True, slots=True)
class Items:
    """A list of members of one shape."""

    of: "Text | Record"
    least: int = 0
    most: int | None = None

    def of_type(self, value: Any) -> None:
        if not isinstance(value, list):
            raise _wrong_type(value, "a List")
        for each in value:
            self.of.of_type(each)

    def broken(self, value: list[Any]) -> list[str]:
        rules = Text(self.least, self.most).broken("x" * len(value))
        if isinstance(self.of, Text) and any(self.of.broken(each) for each in value):
            rules.append(f"Member must satisfy constraint: {self.of.constraints()}")
        return rules


@dataclass(frozen=True, slots=True)
class Record:
    """Named members; those in `needed` may not be left out. Members AWS does not know are ignored."""

    members: "Mapping[str, Shape]"
    needed: tuple[str, ...] = field(default=())

    def of_type(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise _wrong_type(value, "a Structure")
        for name, shape in self.members.items():
            if value.get(name) is not None:
                shape.of_type(value[name])


Shape = Text | Flag | Number | Items | Record


def checked(shape: Record, value: Any) -> dict[str, Any]:
    """The members of a request that were given; raises Refusal that names everything wrong with it."""
    shape.of_type(value)
    if faults := list(_faults(shape, value, "")):
        plural = "s" if len(faults) > 1 else ""
        raise invalid(f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}")
    return {name: value[name] for name in shape.members if value.get(name) is not None}


def _faults(shape: Record, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        place = f"{path}{name[0].lower()}{name[1:]}"
        given = value.get(name)
        if given is None:
            if name in shape.needed:
                yield f"Value null at '{place}' failed to satisfy constraint: Member must not be null"
        elif not isinstance(member, Flag | Record):
            yield from _broken(member, given, place)
            if isinstance(member, Items) and isinstance(member.of, Record):
                for number, each in enumerate(given, start=1):
                    yield from _faults(member.of, each, f"{place}.{number}.member.")


def _broken(member: Text | Number | Items, given: Any, place: str) -> Iterator[str]:
    secret = isinstance(member, Text) and member.secret and given
    said = "Value" if secret else f"Value '{_shown(given)}'"
    for rule in member.broken(given):
        yield f"{said} at '{place}' failed to satisfy constraint: {rule}"


def _shown(given: Any) -> str:
    if not isinstance(given, list):
        return str(given)
    return f"[{', '.join(each if isinstance(each, str) else 'com.amazonaws' for each in given)}]"


def _wrong_type(value: Any, wanted: str) -> Refusal:
    if isinstance(value, dict):
        return Refusal("SerializationException", "Start of structure or map found where not expected.")
    if isinstance(value, list):
        return Refusal("SerializationException", "Start of list found where not expected")
    kind = {bool: "TRUE_VALUE" if value is True else "FALSE_VALUE", str: "STRING_VALUE"}.get(
        type(value), "NUMBER_VALUE"
    )
    if value is None:
        kind = "NULL_VALUE"
    return Refusal("SerializationException", f"{kind} cannot be converted to {wanted.rpartition(' ')[2]}")
