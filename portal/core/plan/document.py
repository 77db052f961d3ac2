"""A plan as JSON, so that it can be saved, read by others and applied later as it was shown."""

from collections.abc import Mapping
from typing import Any

from portal.core.facets import TenantKey
from portal.core.plan.model import Operation, Plan, Step, StepKind, Symbol
from portal.core.spec import from_mapping
from portal.core.spec import to_document as spec_document
from portal.errors import SpecError, UsageError

FORMAT = "portal.zerotouch.dev/plan/v1"


def to_document(plan: Plan) -> Mapping[str, Any]:
    """Plain values; the digest lets a reader see whether the file was changed."""
    return {
        "format": FORMAT,
        "digest": plan.digest,
        "operation": str(plan.operation),
        "subject": plan.subject,
        "service": plan.tenant.service,
        "environment": plan.tenant.environment,
        "changes": len(plan.changes),
        "steps": [
            {
                "id": step.id,
                "symbol": str(step.symbol),
                "kind": str(step.kind),
                "target": step.target,
                "reason": step.reason,
                "detail": step.detail,
                "known_after": list(step.known_after),
                "fingerprint": step.fingerprint,
            }
            for step in plan.steps
        ],
        "inputs": list(plan.inputs),
        "warnings": list(plan.warnings),
        "unknowns": list(plan.unknowns),
        "refusals": list(plan.refusals),
        "spec": spec_document(plan.spec),
    }


def from_document(document: Mapping[str, Any]) -> Plan:
    """The plan that was saved; raises UsageError for another format or a changed file."""
    if document.get("format") != FORMAT:
        raise UsageError(
            "this file is no saved plan", hint="Make one: portal plan -f service.yaml -e ENV --out FILE."
        )
    try:
        plan = Plan(
            tenant=TenantKey(document["service"], document["environment"]),
            spec=from_mapping(document["spec"], "plan"),
            steps=tuple(_step(step) for step in document["steps"]),
            inputs=tuple(document["inputs"]),
            warnings=tuple(document["warnings"]),
            unknowns=tuple(document["unknowns"]),
            refusals=tuple(document["refusals"]),
            operation=Operation(document["operation"]),
            subject=document["subject"],
        )
    except (KeyError, TypeError, ValueError, AttributeError, SpecError) as exc:
        raise UsageError("the saved plan is damaged", hint="Make a new one with portal plan.") from exc
    if plan.digest != document.get("digest"):
        raise UsageError(
            "the saved plan was changed after it was made", hint="Make a new one with portal plan."
        )
    return plan


def _step(document: Mapping[str, Any]) -> Step:
    return Step(
        id=document["id"],
        symbol=Symbol(document["symbol"]),
        kind=StepKind(document["kind"]),
        target=document["target"],
        reason=document["reason"],
        detail=document["detail"],
        known_after=tuple(document["known_after"]),
        fingerprint=document["fingerprint"],
    )
