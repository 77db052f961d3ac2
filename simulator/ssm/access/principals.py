"""Principals, and the decision on what they ask for: an explicit deny wins, then an allow, else denied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from simulator.ssm.access.conditions import Context
from simulator.ssm.access.policy import Policy


class Decision(Enum):
    """Which way a request went; the two denials read differently in the error."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not allowed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a credential stands for; `expires_at` is when a temporary one ends.

    The calls of one who only looks on, as a world itself does, are not `counted` against any limit.
    """

    arn: str
    policies: tuple[Policy, ...]
    expires_at: datetime | None = None
    counted: bool = True

    def decide(self, action: str, resource: str, context: Context) -> Decision:
        """The verdict of all attached policies together."""
        statements = [
            statement
            for policy in self.policies
            for statement in policy
            if statement.covers(action, resource, context)
        ]
        if any(not statement.allows for statement in statements):
            return Decision.DENIED
        return Decision.ALLOWED if statements else Decision.NOT_ALLOWED

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key's secret and whom it stands for."""

    secret: str = field(repr=False)
    principal: Principal


Credentials = Mapping[str, Credential]
"""By access key id."""


def refusal(principal: Principal, action: str, resource: str, decision: Decision) -> str:
    """The sentence AWS says; source: IAM User Guide, "Troubleshoot access denied error messages"."""
    asked = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}"
    if decision is Decision.DENIED:
        return f"{asked} with an explicit deny in an identity-based policy"
    return f"{asked} because no identity-based policy allows the {action} action"
