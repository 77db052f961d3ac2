"""The whole platform simulated on this machine: world up, initialise, onboard, verify, report, tear down.

On a terminal the interface opens on the live world; otherwise progress is printed line by line.
"""

import argparse
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from portal.bootstrap import (
    World,
    WorldOptions,
    neon_key_in_file,
    read_services,
    services,
    still_alive,
    world,
)
from portal.cli.call import Call, environment_named
from portal.cli.commands.plan import spec_arguments
from portal.cli.commands.ui import colour, on_terminal
from portal.cli.diagnostics import ExitCode
from portal.cli.phases import Phases
from portal.core.chain import FleetView
from portal.core.events import Progress, Stage
from portal.core.report import RehearsalReport, report_document, report_markdown
from portal.core.spec import ServiceSpec
from portal.engine.onboard import ApplyResult
from portal.engine.rehearse import onboard
from portal.engine.world import Ports
from portal.errors import InterruptedRun, PortalError, UsageError
from portal.ports import Report

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
    rehearsal = Rehearsal(call, specs)
    if on_terminal() and not call.args.headless:
        return await rehearsal.on_screen()
    return await rehearsal.headless()


class Rehearsal:
    """One rehearsal. `_say` is where its progress goes: stderr, or the interface while that is open."""

    def __init__(self, call: Call, specs: tuple[ServiceSpec, ...]) -> None:
        self._call = call
        self._specs = specs
        self._say: Report = call.talk.progress
        self._phases = Phases(call.talk.note)
        self._failure: PortalError | None = None

    async def headless(self) -> ExitCode:
        """Onboard, verify, tear down, report; a failure is told at once and the report shows the chains."""
        async with self._world() as running, services(running.settings) as ports:
            try:
                await self._onboard(ports)
            except PortalError as error:
                self._failure = error
                self._call.talk.error(error)
                await self._phases.end("onboarding failed")
            view = await ports.status.snapshot()
            await self._phases.end("verify")
        code = await self._conclude(running, view)
        return ExitCode.FAILED if self._failure else code

    async def on_screen(self) -> ExitCode:
        """The interface on the live world, onboarding beside it; leaving it ends both."""
        from portal.tui.app import run_app  # noqa: PLC0415 - Textual is loaded only for the interface

        view = None
        async with self._world() as running, services(running.settings) as ports:

            async def work(report: Report) -> None:
                self._say, self._phases.note = report, _noted(report)
                await self._onboard_healthy(ports)

            code = await run_app(
                ports.status, title="rehearsal", rehearsal=True, background=work, colour=colour(self._call)
            )
            self._say, self._phases.note = self._call.talk.progress, self._call.talk.note
            if isinstance(self._failure, InterruptedRun):
                self._call.talk.note(str(self._failure))
            elif self._failure is not None:
                self._call.talk.error(self._failure)
            if self._call.args.report:
                view = await ports.status.snapshot()
        if view is not None:
            await self._conclude(running, view)
        return ExitCode(code)

    @asynccontextmanager
    async def _world(self) -> AsyncIterator[World]:
        args = self._call.args
        options = WorldOptions(args.run_dir, args.speed, args.seed, args.keep)
        async with world(options, self._call.environ, self._progress, read_only=False) as running:
            self._phases.of_world(running.facts)
            self._call.talk.note(f"  in another terminal: portal --world {running.run_dir} status")
            await self._phases.end("world")
            yield running

    async def _onboard(self, ports: Ports) -> tuple[ApplyResult, ...]:
        key = neon_key_in_file(ports.settings)
        environment = environment_named(self._call.args.environment)
        return await onboard(
            ports, key, self._specs, environment, report=self._say, phase_end=self._phases.end
        )

    async def _onboard_healthy(self, ports: Ports) -> None:
        """Onboard; remember the failure for the terminal that stands below the interface."""
        try:
            results = await self._onboard(ports)
        except PortalError as error:
            self._failure = error
            raise
        verdict = next((result.verdict for result in results if not result.healthy), None)
        if verdict is not None:
            self._failure = PortalError(
                f"{verdict.tenant} is {verdict.state}: {verdict.cause}", hint=verdict.fix
            )
            raise self._failure

    def _progress(self, step: Progress) -> None:
        self._say(step)

    async def _conclude(self, running: World, view: FleetView) -> ExitCode:
        """Report on a world that has ended."""
        await self._phases.end("tear down")
        facts = running.facts
        report = RehearsalReport(
            run=str(facts["run_id"]),
            tiers={backend["name"]: backend["tier"] for backend in facts["backends"]},
            phases=self._phases.done,
            tenants=view.tenants,
            leftovers=still_alive(facts),
            stand_ins=_stand_ins(facts),
        )
        return _publish(self._call, report, self._specs)


def _noted(report: Report) -> Callable[[str], None]:
    """Notes of phases as steps of the rehearsal."""
    return lambda text: report(Progress("rehearsal", text.removeprefix("✔ "), Stage.DONE))


def _stand_ins(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{backend['product']} {backend.get('version', '')}".strip(), str(backend["stands_in_for"]))
        for backend in facts["backends"]
        if backend.get("stands_in_for")
    )


def _publish(call: Call, report: RehearsalReport, specs: tuple[ServiceSpec, ...]) -> ExitCode:
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
