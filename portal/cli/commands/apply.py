"""Do what is planned, or resume it: check, act, verify, with every step recorded before and after."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.bootstrap import read_services, services
from portal.cli.call import Call, environment_named, tenant_key, with_repository
from portal.cli.commands.plan import show, spec_arguments
from portal.cli.consent import consent_arguments, consented
from portal.cli.diagnostics import ExitCode, exit_code, health_code
from portal.cli.following import Steps, values_for
from portal.core.plan import Operation, Plan, from_document
from portal.engine.onboard import ApplyResult, apply, begun_spec, make_plan, renewed, resumed
from portal.engine.world import Ports
from portal.errors import InterruptedRun, PortalError, UsageError

EXAMPLES = """examples:
  portal apply -f service.yaml -e dev              shows the plan, asks, does it
  portal apply dev.plan --yes                      exactly a saved plan, or refuses
  portal apply --resume identity-service/dev       what portal journal shows as unfinished
  echo openai_api_key=$KEY | portal apply -f service.yaml -e dev --yes --secrets-stdin

After a crash or ^C the same command goes on where it stopped."""
STOPPING = "stopping after the present step; once more stops now"
STOPPED = "stopped; what was done is recorded, the same command goes on from here"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one plan: a result or an error."""

    plan: Plan
    result: ApplyResult | None = None
    error: PortalError | None = None


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plan", metavar="PLAN", nargs="?", type=Path, help="a plan saved by `portal plan --out`"
    )
    spec_arguments(parser)
    parser.add_argument(
        "--resume", metavar="TENANT", help="unfinished work of this machine; see portal journal"
    )
    consent_arguments(parser)


async def run(call: Call) -> ExitCode:
    if sum(map(bool, (call.args.plan, call.args.file, call.args.resume))) != 1:
        raise UsageError(
            "give either a saved PLAN or -f service.yaml, or --resume TENANT",
            hint="See `portal apply --help`",
        )
    begun = tenant_key(call.args.resume) if call.args.resume else None
    settings = call.settings(change="apply")
    environment = environment_named(call.args.environment)
    saved = _saved(call.args.plan) if call.args.plan else []
    specs = read_services(call.args.file)
    async with services(with_repository(settings)) as world:
        await world.audit.ready()
        plans = [await resumed(world, plan) for plan in saved]
        plans += [await make_plan(world, spec, environment) for spec in specs]
        if begun:
            plans += [await make_plan(world, await begun_spec(world.journal, begun), begun.environment)]
        show(call, plans) if call.wants_table else None
        if not await consented(call, settings, plans, "Apply this?"):
            call.talk.note("nothing was done")
            return ExitCode.INTERRUPTED
        steps = Steps(call)
        outcomes = await _each(call, world, plans, steps)
    return _conclude(call, outcomes, steps)


def _saved(path: Path) -> list[Plan]:
    try:
        document = json.loads(path.read_text())
        plans = [from_document(item) for item in document["plans"]]
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}") from exc
    except (ValueError, KeyError, TypeError) as exc:
        hint = "Make one: portal plan -f service.yaml --out FILE"
        raise UsageError(f"{path} is not a plan: {exc}", hint=hint) from exc
    if any(plan.operation is not Operation.ONBOARD for plan in plans):
        raise UsageError(f"{path} holds a plan that is not an onboarding's; only those are applied")
    return plans


async def _each(call: Call, world: Ports, plans: Sequence[Plan], steps: Steps) -> list[Outcome]:
    """One tenant after the other; the failure of one stops no other, an interruption stops all."""
    inputs = await values_for(call, world, plans)
    outcomes: list[Outcome] = []
    for number, shown in enumerate(plans):
        try:
            plan = await renewed(world, shown) if number else shown
            result = await apply(world, plan.spec, plan, inputs, steps)
            outcomes.append(Outcome(plan, result))
        except InterruptedRun as error:
            untouched = ", ".join(str(rest.tenant) for rest in plans[number + 1 :])
            call.talk.note(f"not begun: {untouched}") if untouched else None
            call.talk.error(error)
            return [*outcomes, Outcome(shown, error=error)]
        except PortalError as error:
            call.talk.note(f"{shown.tenant} failed:") if len(plans) > 1 else None
            call.talk.error(error)
            outcomes.append(Outcome(shown, error=error))
    return outcomes


def _conclude(call: Call, outcomes: Sequence[Outcome], steps: Steps) -> ExitCode:
    results = [outcome.result for outcome in outcomes if outcome.result]
    for result in results:
        done = f"{len(result.changed)} steps done" if result.changed else "nothing to do"
        call.talk.note(f"{result.plan.tenant}: {done}, {result.verdict.state} after {result.seconds:.1f} s")
        if not result.healthy:
            call.talk.note(f"  {result.verdict.cause}. Look: portal trace {result.plan.tenant}")
    if not call.wants_table:
        call.out.document([_document(outcome, steps) for outcome in outcomes])
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors:
        return max(exit_code(error) for error in errors)
    return health_code(tuple(result.verdict for result in results))


def _document(outcome: Outcome, steps: Steps) -> dict[str, object]:
    result = outcome.result
    return {
        "tenant": str(outcome.plan.tenant),
        "plan": outcome.plan.digest,
        "steps": steps.document(outcome.plan),
        "changed": list(result.changed) if result else [],
        "seconds": round(result.seconds, 1) if result else None,
        "state": result.verdict.state.value if result else None,
        "error": str(outcome.error) if outcome.error else "",
    }
