"""Do what is planned, or resume it: check, act, verify, with every step recorded before and after."""

import argparse
import json
import sys
from pathlib import Path

from portal.bootstrap import read_services, services
from portal.cli.call import Call, environment_named
from portal.cli.commands.plan import show, spec_arguments
from portal.cli.diagnostics import ExitCode, health_code
from portal.cli.inputs import collect, confirm
from portal.core.plan import Plan, from_document
from portal.core.spec import ServiceSpec
from portal.engine.onboard import ApplyResult, apply, make_plan
from portal.engine.world import Ports
from portal.errors import RefusedError, UsageError

EXAMPLES = """examples:
  portal apply -f service.yaml -e dev              shows the plan, asks, does it
  portal apply dev.plan --yes                      exactly a saved plan, or refuses
  echo openai_api_key=$KEY | portal apply -f service.yaml -e dev --yes --secrets-stdin

After a crash or ^C the same command goes on where it stopped."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plan", metavar="PLAN", nargs="?", type=Path, help="a plan saved by `portal plan --out`"
    )
    spec_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--secrets-stdin", action="store_true", help="read KEY=value lines from stdin")


async def run(call: Call) -> ExitCode:
    settings = call.settings()
    if settings.read_only:
        raise RefusedError("read-only mode", operation="apply", hint="Drop --read-only to apply")
    if bool(call.args.plan) == bool(call.args.file):
        raise UsageError("give either a saved PLAN or -f service.yaml", hint="See `portal apply --help`")
    async with services(settings) as world:
        work = await _saved(world, call.args.plan) if call.args.plan else await _fresh(call, world)
        show(call, [plan for _, plan in work]) if call.wants_table else None
        pending = [plan for _, plan in work if plan.changes]
        if pending and not call.args.yes and not await _agreed(call):
            call.talk.note("nothing was done")
            return ExitCode.INTERRUPTED
        needed = sorted({key for plan in pending for key in plan.inputs})
        inputs = await collect(call, needed)
        results = [await apply(world, spec, plan, inputs, call.talk.progress) for spec, plan in work]
    return _conclude(call, results)


async def _fresh(call: Call, world: Ports) -> list[tuple[ServiceSpec, Plan]]:
    environment = environment_named(call.args.environment)
    return [(spec, await make_plan(world, spec, environment)) for spec in read_services(call.args.file)]


async def _saved(world: Ports, path: Path) -> list[tuple[ServiceSpec, Plan]]:
    """The saved plans, refused when planning again now gives another digest."""
    text = _text(path)
    try:
        document = json.loads(text)
        saved = [from_document(item) for item in document["plans"]]
    except (ValueError, KeyError, TypeError) as exc:
        raise UsageError(
            f"{path} is not a plan: {exc}", hint="Make one: portal plan -f service.yaml --out FILE"
        ) from exc
    work = []
    for plan in saved:
        fresh = await make_plan(world, plan.spec, plan.tenant.environment)
        if fresh.changes and fresh.digest != plan.digest:
            raise RefusedError(
                f"the world has moved since {path} was made for {plan.tenant}",
                operation="apply",
                hint=f"Look again: portal plan -f service.yaml -e {plan.tenant.environment} --out {path}",
            )
        work.append((plan.spec, fresh))
    return work


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}") from exc


async def _agreed(call: Call) -> bool:
    if not sys.stdin.isatty() or call.args.secrets_stdin:
        raise UsageError("nobody to ask", hint="Say --yes to apply without a question")
    return await confirm("Apply this?")


def _conclude(call: Call, results: list[ApplyResult]) -> ExitCode:
    for result in results:
        done = f"{len(result.changed)} steps done" if result.changed else "nothing to do"
        call.talk.note(f"{result.plan.tenant}: {done}, {result.verdict.state} after {result.seconds:.1f} s")
        if not result.healthy:
            call.talk.note(f"  {result.verdict.cause}. Look: portal trace {result.plan.tenant}")
    if not call.wants_table:
        call.out.document([_document(result) for result in results])
    return health_code(tuple(result.verdict for result in results))


def _document(result: ApplyResult) -> dict[str, object]:
    return {
        "tenant": str(result.plan.tenant),
        "changed": list(result.changed),
        "seconds": round(result.seconds, 1),
        "state": result.verdict.state.value,
    }
