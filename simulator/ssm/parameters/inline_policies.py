"""Policies a parameter carries itself: expiry, and notices before it or without change.

Source: Systems Manager User Guide, "Assigning parameter policies".
"""

import json
from datetime import datetime
from typing import Any

from simulator.ssm.parameters.model import InlinePolicy
from simulator.ssm.parameters.refusals import Refusal

_MOST = 10
_ATTRIBUTES = {
    "Expiration": {"Timestamp"},
    "ExpirationNotification": {"Before", "Unit"},
    "NoChangeNotification": {"After", "Unit"},
}


def read(text: str) -> tuple[InlinePolicy, ...]:
    """The policies of a PutParameter; `[]` takes them all away. Raises Refusal."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise Refusal(
            "InvalidPolicyAttributeException",
            "A policy attribute or its value is invalid.",
        )
    if len(found) > _MOST:
        raise Refusal(
            "PoliciesLimitExceededException",
            "You specified more than the maximum number of allowed policies for the parameter. The "
            "maximum is 10.",
        )
    policies = tuple(_policy(each) for each in found)
    if sum(policy.type == "Expiration" for policy in policies) > 1:
        raise Refusal(
            "IncompatiblePolicyException",
            "There is a conflict in the policies specified for this parameter. You can't, for example, "
            "specify "
            "two Expiration policies for a parameter. Review your policies, and try again.",
        )
    return policies


def _policy(found: Any) -> InlinePolicy:
    kind = found.get("Type") if isinstance(found, dict) else None
    if kind not in _ATTRIBUTES:
        raise Refusal(
            "InvalidPolicyTypeException",
            "The policy type isn't supported. Parameter Store supports the following policy types: "
            "Expiration, "
            "ExpirationNotification, and NoChangeNotification.",
        )
    attributes = found.get("Attributes")
    if not isinstance(attributes, dict) or attributes.keys() != _ATTRIBUTES[kind] or not _dated(attributes):
        raise Refusal("InvalidPolicyAttributeException", "A policy attribute or its value is invalid.")
    return InlinePolicy(kind, json.dumps(found, separators=(",", ":")))


def _dated(attributes: dict[str, Any]) -> bool:
    if "Timestamp" not in attributes:
        return attributes["Unit"] in {"Days", "Hours"}
    try:
        datetime.fromisoformat(str(attributes["Timestamp"]))
    except ValueError:
        return False
    return True
