"""What would be done for one tenant: an immutable, ordered, printable list of steps with a digest.

Nothing secret enters a plan; what is not known yet says so. A plan with unknowns or refusals is shown,
never applied.
"""

from portal.core.plan.document import from_document, to_document
from portal.core.plan.model import STEP_ORDER, Operation, Plan, Step, StepKind, Symbol
from portal.core.plan.text import plan_lines, summary

__all__ = [
    "STEP_ORDER",
    "Operation",
    "Plan",
    "Step",
    "StepKind",
    "Symbol",
    "from_document",
    "plan_lines",
    "summary",
    "to_document",
]
