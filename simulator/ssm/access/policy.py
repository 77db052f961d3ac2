"""Policy documents read into statements; what cannot be evaluated is an error that names it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from simulator.ssm.access.conditions import Condition, Context, known
from simulator.ssm.access.patterns import arn, glob

_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


class InvalidPolicy(ValueError):
    """The document is no policy, or one that cannot be evaluated here."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`negated_*` turn the list into everything else: NotAction, NotResource."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    negated_actions: bool = False
    negated_resources: bool = False

    def covers(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement speaks of this call."""
        named = any(glob(pattern.lower(), action.lower()) for pattern in self.actions)
        meant = any(arn(pattern, resource) for pattern in self.resources)
        return (
            named != self.negated_actions
            and meant != self.negated_resources
            and all(condition.holds(context) for condition in self.conditions)
        )


Policy = tuple[Statement, ...]

EVERYTHING: Policy = (Statement(allows=True, actions=("*",), resources=("*",)),)
"""What an administrator carries."""


def parse(text: str, values: Mapping[str, str] | None = None) -> Policy:
    """A policy document with its `${...}` placeholders filled in; raises InvalidPolicy."""
    filled = Template(text).safe_substitute(values or {})
    try:
        document = json.loads(filled)
    except json.JSONDecodeError as exc:
        raise InvalidPolicy(f"not JSON: {exc}") from exc
    if not isinstance(document, dict) or "Statement" not in document:
        raise InvalidPolicy("a policy is an object with Statement")
    if "${" in filled:
        raise InvalidPolicy("a placeholder has no value, and policy variables are not evaluated here")
    return tuple(_statement(each) for each in _listed(document["Statement"]))


def _statement(found: Any) -> Statement:
    if not isinstance(found, dict) or found.get("Effect") not in {"Allow", "Deny"}:
        raise InvalidPolicy("a statement is an object whose Effect is Allow or Deny")
    if unknown := found.keys() - _ELEMENTS:
        raise InvalidPolicy(f"elements that are not evaluated here: {', '.join(sorted(unknown))}")
    actions, not_actions = _one_of(found, "Action", "NotAction")
    resources, not_resources = _one_of(found, "Resource", "NotResource")
    return Statement(
        allows=found["Effect"] == "Allow",
        actions=actions,
        resources=resources,
        conditions=tuple(_conditions(found.get("Condition") or {})),
        negated_actions=not_actions,
        negated_resources=not_resources,
    )


def _one_of(found: Mapping[str, Any], name: str, negation: str) -> tuple[tuple[str, ...], bool]:
    if (name in found) == (negation in found):
        raise InvalidPolicy(f"a statement has either {name} or {negation}")
    return tuple(map(str, _listed(found.get(name, found.get(negation))))), negation in found


def _conditions(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    for operator, keys in found.items():
        if not known(operator):
            raise InvalidPolicy(f"condition operator {operator} is not evaluated here")
        for key, values in keys.items():
            yield Condition(operator, key, tuple(map(str, _listed(values))))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
