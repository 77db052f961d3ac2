"""The whole platform simulated on this machine: world up, initialise, onboard, verify, report, tear down.

On a terminal the interface opens on the live world; otherwise progress is printed line by line.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.bootstrap import WorldOptions, neon_key_in_file, read_services, services, still_alive, world
from portal.cli.call import Call, environment_named
from portal.cli.commands.plan import spec_arguments
from portal.cli.diagnostics import ExitCode
from portal.cli.phases import Phases
from portal.core.report import RehearsalReport, report_document, report_markdown
from portal.core.spec import ServiceSpec
from portal.engine.rehearse import onboard
from portal.engine.world import Ports
from portal.errors import PortalError, UsageError

EXAMPLES = """examples:
  portal rehearse -f service.yaml                  a live world with the interface on top
  portal rehearse -f service.yaml --headless --report report
  portal rehearse --keep                           leave the world running, print how to use it

Everything runs on loopback with credentials made for this run. See the README for what stands in for what."""
EMBEDDED = "embedded"


def configure(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument("--tier", choices=[EMBEDDED], default=EMBEDDED, help="where the backends come from")
    parser.add_argument("--headless", action="store_true", help="no interface, also on a terminal")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write report.json and report.md there")
    parser.add_argument(
        "--speed", metavar="N", type=float, default=1.0, help="simulated time passes N times faster"
    )
    parser.add_argument(
        "--seed", metavar="S", type=int, default=0, help="seed of everything random in the world"
    )
    parser.add_argument("--run-dir", metavar="DIR", type=Path, help="where the world keeps its state")
    parser.add_argument("--keep", action="store_true", help="keep the run directory with its logs")


async def run(call: Call) -> ExitCode:
    if call.args.speed <= 0:
        raise UsageError("--speed must be positive")
    specs = read_services(call.args.file)
    environment_named(call.args.environment)
    interactive = sys.stdout.isatty() and sys.stdin.isatty() and not call.args.headless
    options = WorldOptions(call.args.run_dir, call.args.speed, call.args.seed, call.args.keep)
    phases = Phases(call.talk)
    async with world(options, call.environ, call.talk.progress, read_only=False) as running:
        phases.of_world(running.facts)
        call.talk.note(f"  in another terminal: portal --world {running.run_dir} status")
        await phases.end("world")
        async with services(running.settings) as ports:
            failed = await _onboard(call, ports, specs, phases)
            if interactive:
                from portal.tui.app import run_app  # noqa: PLC0415 - Textual is loaded only for the interface

                return ExitCode(await run_app(ports.status, title="rehearsal", rehearsal=True))
            view = await ports.status.snapshot()
            await phases.end("verify")
    await phases.end("tear down")
    leftovers = still_alive(running.facts)
    report = RehearsalReport(
        run=str(running.facts["run_id"]),
        tiers={backend["name"]: backend["tier"] for backend in running.facts["backends"]},
        phases=phases.done,
        tenants=view.tenants,
        leftovers=leftovers,
        stand_ins=_stand_ins(running.facts),
    )
    code = _conclude(call, report, specs)
    return ExitCode.FAILED if failed else code


async def _onboard(call: Call, ports: Ports, specs: tuple[ServiceSpec, ...], phases: Phases) -> bool:
    """Whether onboarding failed; a failure is told at once and the report still shows the chains."""
    key = neon_key_in_file(ports.settings)
    environment = environment_named(call.args.environment)
    try:
        await onboard(ports, key, specs, environment, report=call.talk.progress, phase_end=phases.end)
    except PortalError as error:
        call.talk.error(error)
        await phases.end("onboarding failed")
        return True
    return False


def _stand_ins(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{backend['product']} {backend.get('version', '')}".strip(), str(backend["stands_in_for"]))
        for backend in facts["backends"]
        if backend.get("stands_in_for")
    )


def _conclude(call: Call, report: RehearsalReport, specs: tuple[ServiceSpec, ...]) -> ExitCode:
    if call.args.report:
        call.args.report.mkdir(parents=True, exist_ok=True)
        document = json.dumps(report_document(report), indent=2, ensure_ascii=False)
        (call.args.report / "report.json").write_text(document + "\n")
        (call.args.report / "report.md").write_text(report_markdown(report))
        call.talk.note(f"report: {call.args.report / 'report.md'}")
    if call.wants_table:
        call.out.lines(report_markdown(report).splitlines())
    else:
        call.out.document(report_document(report))
    healthy = report.ok or (not specs and not report.leftovers)
    return ExitCode.DONE if healthy else ExitCode.NOT_HEALTHY
