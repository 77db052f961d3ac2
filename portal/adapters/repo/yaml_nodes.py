"""YAML text as a document tree with places. Scalars are read as YAML 1.2 does; tags are refused.

The tree is built from parser events, so nothing in a file can construct anything. A repeated key stands
twice: whoever knows what the document is for reports it.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from portal.core.documents import MappingNode, Node, ScalarNode, ScalarValue, SequenceNode
from portal.errors import Fault, SpecError

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_DEEPEST = 50
_MOST_NODES = 20_000
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 300


def parse(text: str, file: str) -> Node:
    """The one document of a file. Raises SpecError where it is not YAML, or not one document."""
    documents = parse_all(text, file)
    if len(documents) == 1:
        return documents[0]
    if not documents:
        raise SpecError((Fault(file, 1, 1, "the file is empty"),))
    second = documents[1]
    raise SpecError(
        (Fault(file, second.line, second.column, "a second document starts here", "one document"),)
    )


def parse_all(text: str, file: str) -> tuple[Node, ...]:
    """Every document of a file; none for an empty one. Raises SpecError where it is not YAML."""
    try:
        return tuple(_Builder(file, yaml.parse(text, Loader=_Loader)).documents())
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise SpecError((Fault(file, line, column, f"not YAML: {exc.problem or exc.context}"),)) from exc
    except yaml.reader.ReaderError as exc:
        line, column = _first_unprintable(text)
        raise SpecError((Fault(file, line, column, "not YAML: a character that text may not hold"),)) from exc


class _Builder:
    """Turns events into nodes, one document after the other."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0

    def documents(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
                yield self._node(next(self._events), 0)

    def _node(self, event: Any, depth: int) -> Node:
        before = self._count
        self._grow(event, 1, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        if event.tag not in {None, "!"}:
            raise self._fault(event, f"the tag {event.tag} is not allowed", "plain values")
        node = self._content(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._count - before)
        return node

    def _content(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in {None, ""} and event.tag is None
            return ScalarNode(scalar(event.value) if plain else event.value, self._file, line, column)
        if isinstance(event, yaml.SequenceStartEvent):
            return SequenceNode(tuple(self._items(depth)), self._file, line, column)
        return MappingNode(tuple(self._entries(depth)), self._file, line, column)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, ScalarNode):
                raise self._fault(event, "a key must be a single word or text")
            yield key, self._node(next(self._events), depth + 1)

    def _alias(self, event: Any, depth: int) -> Node:
        if event.anchor not in self._anchors:
            raise self._fault(event, f"the alias *{event.anchor} stands for nothing defined before it")
        node, size = self._anchors[event.anchor]
        self._grow(event, size, depth)
        return node

    def _grow(self, event: Any, nodes: int, depth: int) -> None:
        """Small files must not unfold into large trees."""
        self._count += nodes
        if self._count > _MOST_NODES:
            raise self._fault(event, f"the file holds more than {_MOST_NODES} values")
        if depth > _DEEPEST:
            raise self._fault(event, f"nested more than {_DEEPEST} levels deep")

    def _fault(self, event: Any, message: str, allowed: str = "") -> SpecError:
        mark = event.start_mark
        return SpecError((Fault(self._file, mark.line + 1, mark.column + 1, message, allowed),))


def scalar(text: str) -> ScalarValue:
    """A plain scalar by the core schema of YAML 1.2: `yes`, `on` and dates are text."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _DECIMAL.fullmatch(text):
        return int(text)
    if based := _BASED.fullmatch(text):
        return int(based["octal"], 8) if based["octal"] else int(based["hex"], 16)
    return float(text) if _FLOAT.fullmatch(text) else text


def _first_unprintable(text: str) -> tuple[int, int]:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    before = text[: found.start()] if found else ""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
