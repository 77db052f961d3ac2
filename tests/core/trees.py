"""Document trees laid out as block style YAML would be: one line per key or item, two columns per level."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.core.documents import MappingNode, Node, ScalarNode, SequenceNode


class Layout:
    """Counts lines while it lays a plain value out."""

    def __init__(self, file: str) -> None:
        """Begin at line 1."""
        self.file = file
        self.line = 0

    def node(self, value: Any, column: int = 1) -> Node:
        """The node of a value whose first line is the next one."""
        if isinstance(value, Mapping):
            return self._mapping(value, column)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return self._sequence(value, column)
        return ScalarNode(value, self.file, self.line, column)

    def _mapping(self, value: Mapping[Any, Any], column: int) -> MappingNode:
        start = self.line + 1
        entries: list[tuple[ScalarNode, Node]] = []
        for key, item in value.items():
            self.line += 1
            at = ScalarNode(key, self.file, self.line, column)
            nested = isinstance(item, Mapping | list)
            entries.append((at, self.node(item, column + 2 if nested else column + len(str(key)) + 2)))
        return MappingNode(tuple(entries), self.file, start, column)

    def _sequence(self, value: Sequence[Any], column: int) -> SequenceNode:
        start = self.line + 1
        items: list[Node] = []
        for item in value:
            self.line += 1
            items.append(self.node(item, column + 2))
        return SequenceNode(tuple(items), self.file, start, column)


def laid_out(value: Any, file: str = "service.yaml") -> Node:
    """The tree of one file."""
    return Layout(file).node(value)
