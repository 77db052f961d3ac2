"""Fault rules from a YAML file; what is wrong with it is told by line.

    faults:
      - at: neon:createProjectBranchRole
        action: drop_after
        nth: 1

`at` is SERVICE:OPERATION, both globs, short for the fields `service` and `operation`; the other fields are
those of a rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from simulator.gateway.faults import InvalidRule, Rule, rule

TARGET = "at"


class InvalidFile(ValueError):
    """Everything that is wrong with a file, one line of text for each fault."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One rule as it stands in the file; `lines` tells where each of its fields does."""

    line: int
    fields: dict[str, Any]
    lines: dict[str, int]

    def line_of(self, field: str) -> int:
        """Where a field stands; `at` stands for two, and the rule for what it lacks."""
        known = TARGET if field in {"service", "operation"} and TARGET in self.lines else field
        return self.lines.get(known, self.line)


def read(text: str, name: str) -> list[Rule]:
    """The rules of a file called `name`, in its order; raises InvalidFile."""
    rules: list[Rule] = []
    wrong: list[tuple[int, str]] = []
    for entry in _entries(text, name):
        try:
            rules.append(rule(_with_target(entry.fields)))
        except InvalidRule as exc:
            wrong += [(entry.line_of(field), sentence) for field, sentence in exc.wrong]
    if wrong:
        raise InvalidFile("\n".join(f"{name}:{line}: {sentence}" for line, sentence in sorted(wrong)))
    return rules


def _with_target(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a rule, `at` taken apart."""
    target = fields.get(TARGET)
    if target is None and fields.keys() & {"service", "operation"}:
        return fields
    if target is None:
        raise InvalidRule([("", "at is missing: SERVICE:OPERATION, such as ssm:PutParameter")])
    service, colon, operation = str(target).partition(":")
    if not colon or not operation:
        raise InvalidRule([(TARGET, f"at is SERVICE:OPERATION, such as ssm:PutParameter, not {target!r}")])
    rest = {name: value for name, value in fields.items() if name != TARGET}
    return {**rest, "service": service, "operation": operation}


def _entries(text: str, name: str) -> Iterator[_Entry]:
    try:
        root = yaml.compose(text, yaml.CSafeLoader)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise InvalidFile(f"{name}:{line}: this is no YAML: {exc.problem or exc.context}") from exc
    except yaml.YAMLError as exc:
        raise InvalidFile(f"{name}:1: this is no YAML: it holds what cannot be read as text") from exc
    found = _list(root)
    if found is None:
        line = root.start_mark.line + 1 if root else 1
        raise InvalidFile(f"{name}:{line}: a fault file has one key, `faults`, with a list of rules")
    for node in found.value:
        yield _entry(node, name)


def _list(root: yaml.Node | None) -> yaml.SequenceNode | None:
    """The list under the only key `faults`."""
    if not isinstance(root, yaml.MappingNode) or [key.value for key, _ in root.value] != ["faults"]:
        return None
    _, value = root.value[0]
    return value if isinstance(value, yaml.SequenceNode) else None


def _entry(node: yaml.Node, name: str) -> _Entry:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise InvalidFile(f"{name}:{line}: a rule is a mapping with `at` and `action`")
    fields: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise InvalidFile(f"{name}:{key.start_mark.line + 1}: the name of a field is text")
        if key.value in fields:
            raise InvalidFile(f"{name}:{key.start_mark.line + 1}: {key.value} is given twice")
        fields[key.value] = _plain(value)
        lines[key.value] = key.start_mark.line + 1
    return _Entry(line, fields, lines)


def _plain(node: yaml.Node) -> Any:
    """The value of a field, as YAML's safe types have it."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError:
        return f"{node.tag} {node.value}"
    finally:
        loader.dispose()
