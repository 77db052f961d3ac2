"""What a rehearsal world tells of itself, and the faults it can be given."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from portal.errors import UsageError

# What a struck call meets; the simulator's own words.
ACTIONS = (
    *("status", "latency", "hang", "hang_after", "drop_before", "drop_after"),
    *("throttle", "truncate", "cut", "gone", "fail", "unavailable"),
)
# What a rule may say besides: which of the matching calls, how long, and the answer it makes.
WHOLE, FRACTIONS, TEXTS = (
    ("nth", "times", "status"),
    ("probability", "seconds"),
    ("caller", "code", "message"),
)


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One rule in force; `details` is what else was asked of it, `seen` counts matching calls, `struck` those
    that met it.
    """

    id: str
    at: str
    action: str
    details: str = ""
    seen: int = 0
    struck: int = 0


@dataclass(frozen=True, slots=True)
class Backing:
    """One backend of the world; `state` is up or degraded."""

    name: str
    tier: str
    product: str
    stands_in_for: str
    state: str = "up"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that passed the gateway; a status of 0 is no answer, `fault` the rule that struck it."""

    at: str
    caller: str
    operation: str
    status: int
    milliseconds: float
    fault: str = ""


@dataclass(frozen=True, slots=True)
class WorldState:
    """The world now; `speed` is how much faster its time passes, `uptime_seconds` is real time."""

    run_dir: str
    seed: int
    speed: float
    uptime_seconds: float
    backends: tuple[Backing, ...]
    faults: tuple[FaultRule, ...]


def read_rule(text: str) -> Mapping[str, str | int | float]:
    """`SERVICE:OPERATION ACTION [FIELD=VALUE…]` as the fields of a rule; raises UsageError."""
    at, action, *fields = [*_words(text), "", ""]
    fields = [field for field in fields if field]
    service, colon, operation = at.partition(":")
    if not (colon and service and operation):
        raise UsageError(f"{at!r} is not SERVICE:OPERATION, such as ssm:PutParameter")
    if action not in ACTIONS:
        raise UsageError(f"a fault is one of {', '.join(ACTIONS)}, not {action!r}")
    return {"service": service, "operation": operation, "action": action, **dict(map(_field, fields))}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as exc:
        raise UsageError("a quotation mark stands alone in it") from exc


def _field(text: str) -> tuple[str, str | int | float]:
    name, equals, value = text.partition("=")
    if not equals or name not in (*WHOLE, *FRACTIONS, *TEXTS):
        raise UsageError(f"{text!r} is none of {', '.join((*WHOLE, *FRACTIONS, *TEXTS))} with =VALUE")
    try:
        return name, int(value) if name in WHOLE else float(value) if name in FRACTIONS else value
    except ValueError as exc:
        raise UsageError(f"{name} is a number, not {value!r}") from exc
