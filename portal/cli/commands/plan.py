"""What onboarding would do, step by step, without doing any of it."""

import argparse
import json
from pathlib import Path

from portal.bootstrap import read_services, services
from portal.cli.call import Call, environment_named
from portal.cli.diagnostics import ExitCode
from portal.core.plan import Plan, plan_lines, to_document
from portal.engine.onboard import make_plan
from portal.errors import UsageError

EXAMPLES = """examples:
  portal plan -f service.yaml -e dev
  portal plan -f service.yaml -e dev --out dev.plan && portal apply dev.plan

exit code: 0 nothing to do, 3 changes pending, 4 something could not be read"""


def configure(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="save the plan; `portal apply FILE` does exactly it"
    )


def spec_arguments(parser: argparse.ArgumentParser) -> None:
    """`-f` and `-e`, as every command that reads specs takes them."""
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="service.yaml; may repeat",
    )
    parser.add_argument("-e", "--environment", metavar="ENV", default="dev", help="dev, staging or prod")


async def run(call: Call) -> ExitCode:
    if not call.args.file:
        raise UsageError("no service file", hint="Name one: portal plan -f service.yaml -e dev")
    specs = read_services(call.args.file)
    environment = environment_named(call.args.environment)
    async with services(call.tenant_settings()) as world:
        plans = [await make_plan(world, spec, environment) for spec in specs]
    show(call, plans)
    if call.args.out:
        save(call.args.out, plans)
        call.talk.note(f"saved; `portal apply {call.args.out}` does exactly this")
    return pending(*plans)


def pending(*plans: Plan) -> ExitCode:
    """What the shell is told of plans that were only shown."""
    if any(plan.unknowns for plan in plans):
        return ExitCode.UNKNOWN
    return ExitCode.NOT_HEALTHY if any(plan.changes or plan.refusals for plan in plans) else ExitCode.DONE


def show(call: Call, plans: list[Plan]) -> None:
    """Plans on stdout, as text or as data."""
    if call.wants_table:
        for plan in plans:
            call.out.lines(plan_lines(plan))
    else:
        call.out.document([to_document(plan) for plan in plans])


def save(path: Path, plans: list[Plan]) -> None:
    """Write plans as JSON; they hold no secret values. Raises UsageError when the file cannot be written."""
    text = json.dumps({"format": 1, "plans": [to_document(plan) for plan in plans]}, indent=2)
    try:
        path.write_text(text + "\n")
    except OSError as exc:
        raise UsageError(f"{path} cannot be written: {exc.strerror}") from exc
