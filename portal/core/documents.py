"""A parsed YAML document whose every node knows where it stands: file, 1-based line and column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from portal.errors import Fault

ScalarValue: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value as YAML 1.2 reads it; dates and other tags arrive as their text."""

    value: ScalarValue
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """Items in file order."""

    items: tuple["Node", ...]
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Entries in file order, key node first; a repeated key stands twice."""

    entries: tuple[tuple[ScalarNode, "Node"], ...]
    file: str
    line: int
    column: int


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


def fault(node: Node, message: str, allowed: str = "") -> Fault:
    """A fault at the place of the node."""
    return Fault(node.file, node.line, node.column, message, allowed)


def kind_of(node: Node) -> str:
    """What a person calls the node: a mapping, a list, text, a number, true or false, nothing."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return "true or false"
    return "text" if isinstance(node.value, str) else "a number"


def from_plain(value: Any, file: str = "", line: int = 1, column: int = 1) -> Node:
    """A tree over a plain value; every node stands at the given place."""
    if isinstance(value, Mapping):
        entries = tuple(
            (ScalarNode(str(key), file, line, column), from_plain(item, file, line, column))
            for key, item in value.items()
        )
        return MappingNode(entries, file, line, column)
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = tuple(from_plain(item, file, line, column) for item in value)
        return SequenceNode(items, file, line, column)
    if value is None or isinstance(value, str | int | float | bool):
        return ScalarNode(value, file, line, column)
    return ScalarNode(str(value), file, line, column)


def to_plain(node: Node) -> Any:
    """The value without places; of repeated keys the last one stays."""
    if isinstance(node, MappingNode):
        return {str(key.value): to_plain(item) for key, item in node.entries}
    if isinstance(node, SequenceNode):
        return [to_plain(item) for item in node.items]
    return node.value
