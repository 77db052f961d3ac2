"""Fault rules by meaning: which calls they match, when they strike, what they do; posted at run time."""

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class Action(StrEnum):
    """What a struck call meets."""

    STATUS = "status"
    """an answer with `status`, `code` and `message` in the API's own form, or with `body` as it stands"""
    LATENCY = "latency"
    """the answer, `seconds` later"""
    HANG = "hang"
    """no answer, for as long as the caller waits; the call is not delivered"""
    HANG_AFTER = "hang_after"
    """the call is carried out and logged, then no answer for as long as the caller waits"""
    DROP_BEFORE = "drop_before"
    """the connection breaks before the call was delivered"""
    DROP_AFTER = "drop_after"
    """the call is carried out, then the connection breaks without an answer"""
    THROTTLE = "throttle"
    """the API's own way to say that calls come too fast; `seconds` is its Retry-After where it has one"""
    TRUNCATE = "truncate"
    """the answer breaks off in the middle of its body"""
    CUT = "cut"
    """a stream (a watch, a followed log) ends `seconds` after it began"""
    GONE = "gone"
    """a watch ends with the API's word that its version is too old, `seconds` after it began; else 410"""
    FAIL = "fail"
    """a try of Neon's operations of this action, such as `apply_config`, fails with `message`"""
    UNAVAILABLE = "unavailable"
    """a project of Neon, by id or name, cannot be looked at: lists tell its id alone, calls answer 503"""


BEHIND = frozenset({Action.FAIL, Action.UNAVAILABLE})
"""What strikes no call but something behind Neon's API, which `operation` names; nobody calls it."""

SERVICES = ("neon", "ssm", "s3", "hetzner", "kube")
"""What stands behind gateways."""


class InvalidRule(ValueError):
    """Everything that is wrong with a rule; `wrong` holds the field and the sentence of each fault."""

    def __init__(self, wrong: Sequence[tuple[str, str]]) -> None:
        self.wrong = tuple(wrong)
        super().__init__("; ".join(sentence for _, sentence in wrong))


@dataclass(frozen=True, slots=True)
class Rule:
    """`service`, `operation` and `caller` are globs; without `nth`, `times`, `probability` it always strikes.

    `nth` alone strikes one call, counted from 1; with `times` it is the first of that many; `times` alone
    strikes the first calls; `probability` is drawn anew for each of the calls the others leave.
    """

    service: str
    operation: str
    action: Action
    caller: str = "*"
    nth: int | None = None
    times: int | None = None
    probability: float | None = None
    seconds: float = 1.0
    status: int = 503
    code: str = ""
    message: str = ""
    body: str | None = None

    def matches(self, service: str, operation: str, caller: str) -> bool:
        return (
            fnmatchcase(service, self.service)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(caller, self.caller)
        )

    def due(self, seen: int) -> bool:
        """Whether the `seen`-th matching call is one to strike, chance aside."""
        first = self.nth or 1
        count = self.times or (1 if self.nth else None)
        return seen >= first and (count is None or seen < first + count)


@dataclass(slots=True)
class Posted:
    """A rule in force, with how many calls it matched and how many it struck."""

    id: str
    rule: Rule
    seen: int = 0
    struck: int = 0

    def as_json(self) -> dict[str, Any]:
        told = {name: value for name, value in asdict(self.rule).items() if value not in {None, ""}}
        return {"id": self.id, **told, "seen": self.seen, "struck": self.struck, "idle": self.idle()}

    def idle(self) -> str:
        """Why it never struck, as one sentence; empty when it did."""
        if self.struck:
            return ""
        what = f"Fault rule {self.id} ({self.rule.service}:{self.rule.operation} {self.rule.action})"
        if not self.seen:
            return f"{what} never matched a call."
        return f"{what} matched {self.seen} call{'s' * (self.seen > 1)} and struck none."


@dataclass(slots=True)
class Faults:
    """The rules in force; the first one due decides."""

    seed: int
    _rules: dict[str, Posted] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(self, rule: Rule) -> Posted:
        posted = Posted(f"f{next(self._numbers)}", rule)
        self._rules[posted.id] = posted
        return posted

    def remove(self, rule_id: str) -> Posted | None:
        """The rule that is no longer in force; None when there was none of that id."""
        return self._rules.pop(rule_id, None)

    def clear(self) -> list[Posted]:
        """The rules that are no longer in force."""
        gone = self.listed()
        self._rules.clear()
        return gone

    def restart(self, rules: Iterable[Rule]) -> None:
        """Have these rules alone in force, with nothing counted and chance as it was at first."""
        self._rules.clear()
        self._numbers = itertools.count(1)
        self._random = random.Random(self.seed)
        for each in rules:
            self.add(each)

    def listed(self) -> list[Posted]:
        return list(self._rules.values())

    def strike(self, service: str, operation: str, caller: str) -> Posted | None:
        """The rule this call meets; every rule that matches counts it."""
        return self._first(service, operation, caller, frozenset(Action) - BEHIND)

    def befall(self, action: Action, *names: str) -> Posted | None:
        """The rule of this action, one of BEHIND, for what has any of these names; counted as calls are."""
        found = (self._first("neon", name, "", frozenset({action})) for name in names)
        return next((posted for posted in found if posted is not None), None)

    def _first(self, service: str, operation: str, caller: str, actions: frozenset[Action]) -> Posted | None:
        struck: Posted | None = None
        for posted in self._rules.values():
            if posted.rule.action not in actions or not posted.rule.matches(service, operation, caller):
                continue
            posted.seen += 1
            if struck is None and posted.rule.due(posted.seen) and self._drawn(posted.rule.probability):
                posted.struck += 1
                struck = posted
        return struck

    def _drawn(self, probability: float | None) -> bool:
        return probability is None or self._random.random() < probability


def rule(document: object) -> Rule:
    """A rule from JSON; raises InvalidRule that names every fault at once."""
    if not isinstance(document, Mapping):
        raise InvalidRule([("", "a rule is an object with service, operation and action")])
    given = {name: value for name, value in document.items() if value is not None}
    known = {part.name for part in fields(Rule)}
    wrong = [
        (name, f"unknown field {name!r} (known: {', '.join(sorted(known))})")
        for name in sorted(given.keys() - known, key=str)
    ]
    wrong += [("", f"{name} is missing") for name in ("service", "operation", "action") if name not in given]
    wrong += [
        (name, sentence)
        for name in sorted(given.keys() & known)
        if (sentence := _fault_of(name, given[name]))
    ]
    wrong = wrong or _misplaced(given)
    if wrong:
        raise InvalidRule(wrong)
    return Rule(**{**given, "action": Action(given["action"])})


def _misplaced(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What does not go with the action, in a rule that is right otherwise."""
    action = given["action"]
    if action not in BEHIND:
        return []
    wrong = [("caller", f"{action} happens behind the API, where no caller is")] if "caller" in given else []
    if not fnmatchcase("neon", given["service"]):
        wrong.append(("service", f"only neon has what can {_CAN[action]}"))
    return wrong


_CAN: Mapping[str, str] = {Action.FAIL: "fail", Action.UNAVAILABLE: "be unavailable"}


def _fault_of(name: str, value: object) -> str:
    """What is wrong with one field, or nothing."""
    right, allowed = _ALLOWED.get(name, (lambda given: isinstance(given, str), "text"))
    return "" if right(value) else f"{name} is {allowed}, not {value!r}"


def _whole(value: object, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _number(value: object, most: float = math.inf) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= most
        and math.isfinite(value)
    )


def _service(value: object) -> bool:
    return isinstance(value, str) and any(fnmatchcase(name, value) for name in SERVICES)


_ALLOWED: dict[str, tuple[Callable[[object], bool], str]] = {
    "service": (_service, f"a glob of {', '.join(SERVICES)}"),
    "action": (lambda given: isinstance(given, str) and given in set(Action), f"one of {', '.join(Action)}"),
    "nth": (lambda given: _whole(given, 1), "a whole number from 1"),
    "times": (lambda given: _whole(given, 1), "a whole number from 1"),
    "status": (lambda given: _whole(given, 200, 599), "a whole number from 200 to 599"),
    "seconds": (_number, "a number that is not negative"),
    "probability": (lambda given: _number(given, 1), "a number from 0 to 1"),
}
