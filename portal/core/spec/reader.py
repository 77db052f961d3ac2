"""Reads typed values out of a document tree and collects every fault on the way."""

from collections.abc import Iterator, Sequence

from portal.core.documents import MappingNode, Node, ScalarNode, SequenceNode, fault, kind_of
from portal.core.names import NameRule
from portal.core.spec.disclosure import disclosed
from portal.errors import Fault


class Reader:
    """Each method answers None after it noted a fault. Places that hold a secret are noted once, as that."""

    def __init__(self) -> None:
        """Begin without faults."""
        self.faults: list[Fault] = []
        self._secret: set[tuple[str, int, int]] = set()

    def note(self, node: Node, message: str, allowed: str = "") -> None:
        """Add a fault, except at a place already reported as a secret."""
        if (node.file, node.line, node.column) not in self._secret:
            self.faults.append(fault(node, message, allowed))

    def refuse_secrets(self, root: Node) -> None:
        """Note every scalar that has the form of a secret."""
        for node in _scalars(root):
            what = disclosed(node.value) if isinstance(node.value, str) else ""
            if what:
                self.note(
                    node, f"this looks like {what}", "no secret values; name the key below spec.secrets"
                )
                self._secret.add((node.file, node.line, node.column))

    def fields(self, node: Node, what: str, allowed: Sequence[str]) -> dict[str, Node]:
        """Entries of a mapping by name; unknown and repeated names are faults."""
        if not isinstance(node, MappingNode):
            self.note(node, f"{what} is {kind_of(node)}, not a mapping", ", ".join(allowed))
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            name = str(key.value)
            if name not in allowed:
                self.note(key, f"unknown field {name!r} in {what}", ", ".join(allowed))
            elif name in found:
                self.note(key, f"field {name!r} stands twice in {what}", "each field once")
            else:
                found[name] = value
        return found

    def missing(self, node: Node, what: str, found: dict[str, Node], required: Sequence[str]) -> None:
        """Note each required field that is not there."""
        if isinstance(node, MappingNode):
            for name in required:
                if name not in found:
                    self.note(node, f"{what} lacks {name!r}", f"{name} is required")

    def text(self, node: Node | None, what: str) -> str | None:
        """A non-empty text."""
        if node is None:
            return None
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value:
            return node.value
        self.note(node, f"{what} is {_what_instead(node)}", "a text")
        return None

    def name(self, node: Node | None, rule: NameRule) -> str | None:
        """A text that keeps the rule."""
        value = self.text(node, rule.what)
        if node is None or value is None:
            return None
        message = rule.fault(value)
        if message:
            self.note(node, message, rule.explanation)
            return None
        return value

    def choice(self, node: Node | None, what: str, choices: Sequence[str]) -> str | None:
        """One of the given texts."""
        if node is None:
            return None
        if isinstance(node, ScalarNode) and node.value in choices:
            return str(node.value)
        self.note(node, f"{what} is none of the known ones", ", ".join(choices))
        return None

    def integer(self, node: Node | None, what: str, low: int, high: int) -> int | None:
        """A whole number within bounds."""
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.note(node, f"{what} is not a number in range", f"{low} to {high}")
        return None

    def boolean(self, node: Node | None, what: str) -> bool | None:
        """True or false."""
        if node is None:
            return None
        if isinstance(node, ScalarNode) and isinstance(node.value, bool):
            return node.value
        self.note(node, f"{what} is {kind_of(node)}", "true or false")
        return None


def _what_instead(node: Node) -> str:
    return "empty" if isinstance(node, ScalarNode) and node.value == "" else kind_of(node)


def _scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from _scalars(value)
