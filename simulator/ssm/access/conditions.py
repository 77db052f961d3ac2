"""Condition operators of IAM policies; several keys must all hold, of several values one.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.ssm.access.patterns import arn, glob

Context = Mapping[str, tuple[str, ...]]
"""What is known of a call, by condition key in lower case; a key that is not there is not known."""

_IF_EXISTS = "IfExists"
_ANY, _ALL = "ForAnyValue:", "ForAllValues:"


def _same(wanted: str, found: str) -> bool:
    return wanted == found


def _same_letters(wanted: str, found: str) -> bool:
    return wanted.lower() == found.lower()


_TESTS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_same, True),
    "StringNotEquals": (_same, False),
    "StringEqualsIgnoreCase": (_same_letters, True),
    "StringNotEqualsIgnoreCase": (_same_letters, False),
    "StringLike": (glob, True),
    "StringNotLike": (glob, False),
    "ArnEquals": (arn, True),
    "ArnLike": (arn, True),
    "ArnNotEquals": (arn, False),
    "ArnNotLike": (arn, False),
    "Bool": (_same_letters, True),
}
"""How a value is compared, and whether one that fits fulfils the condition or breaks it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator, as it stands in a policy."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether the call fulfils it; an unknown key fulfils only negations, IfExists, ForAll."""
        found = context.get(self.key.lower())
        name = self.operator.removeprefix(_ANY).removeprefix(_ALL)
        if name == "Null":
            return (found is None) == (self.values[0].lower() == "true")
        test, positive = _TESTS[name.removesuffix(_IF_EXISTS)]
        if found is None:
            return name.endswith(_IF_EXISTS) or not positive or self.operator.startswith(_ALL)
        fits = [any(test(wanted, value) for wanted in self.values) == positive for value in found]
        return any(fits) if self.operator.startswith(_ANY) else all(fits)


def known(operator: str) -> bool:
    """Whether this package can evaluate it."""
    name = operator.removeprefix(_ANY).removeprefix(_ALL)
    return name == "Null" or name.removesuffix(_IF_EXISTS) in _TESTS
