"""Consent to a change: yes on a terminal or by flag, and the typed name where more is at stake.

In a protected environment, and for whatever destroys something, `yes` is not enough: the tenant's name must
be typed, or given by `--confirm`.
"""

import argparse
from collections.abc import Sequence

from portal.cli.call import Call
from portal.cli.inputs import answer, at_terminal, confirm, may_ask
from portal.core.facets import TenantKey
from portal.core.plan import Plan, plan_lines
from portal.errors import RefusedError, UsageError
from portal.settings import Settings


def consent_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command that changes a tenant takes."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--confirm",
        metavar="TENANT",
        action="append",
        default=[],
        help="its name, where an environment is protected or something is destroyed; may repeat",
    )
    take_over_argument(parser)
    parser.add_argument("--secrets-stdin", action="store_true", help="read KEY=value lines from stdin")
    parser.add_argument(
        "--secret-from",
        metavar="KEY=PARAMETER",
        action="append",
        default=[],
        help="take a value from another parameter; may repeat",
    )
    parser.add_argument("--no-input", action="store_true", help="never prompt; for pipelines, with --yes")


def take_over_argument(parser: argparse.ArgumentParser) -> None:
    """`--take-over`, which `Call.settings` passes on."""
    parser.add_argument(
        "--take-over",
        action="store_true",
        help="take over the lease of a run on another machine that is over; only once it has expired",
    )


async def consented(
    call: Call, settings: Settings, plans: Sequence[Plan], question: str, *, destroys: bool = False
) -> bool:
    """Whether the plans may be carried out; raises UsageError where nobody can be asked. Nothing is asked of
    a plan that will be refused.
    """
    changing = [plan for plan in plans if plan.changes and plan.applicable]
    named = [p.tenant for p in changing if destroys or settings.policy.protects(p.tenant.environment)]
    missing = [tenant for tenant in named if str(tenant) not in call.args.confirm]
    strange = set(call.args.confirm) - {str(plan.tenant) for plan in plans}
    if strange:
        raise UsageError(
            f"--confirm {min(strange)} names no tenant of this call",
            hint=f"It is about {', '.join(str(plan.tenant) for plan in plans)}",
        )
    if not changing or (call.args.yes and not missing):
        return True
    if not may_ask(call):
        raise _unasked(missing, destroys=destroys)
    if not call.wants_table:
        call.talk.note("\n".join(line for plan in plans for line in plan_lines(plan)))
    if not call.args.yes and not missing and not await confirm(call, question):
        return False
    why = "What is removed cannot be brought back." if destroys else "The environment is protected."
    for tenant in missing:
        await typed_name(call, tenant, why)
    return True


async def typed_name(call: Call, tenant: TenantKey, why: str) -> None:
    """Return once the tenant's name was typed; raises UsageError where nobody can, RefusedError otherwise."""
    if not at_terminal():
        raise UsageError(f"{why} Its name has to be typed on a terminal")
    if await answer(call, f"{why} Type {tenant} to go on: ") != str(tenant):
        raise RefusedError("that is not its name; nothing was done", target=str(tenant))


def _unasked(missing: Sequence[TenantKey], *, destroys: bool) -> UsageError:
    if not missing:
        return UsageError("nobody to ask", hint="Say --yes to go on without a question")
    why = "what is removed cannot be brought back" if destroys else "the environment is protected"
    flags = " ".join(f"--confirm {tenant}" for tenant in missing)
    return UsageError(f"a typed name is needed, because {why}", hint=f"Say --yes {flags}")
