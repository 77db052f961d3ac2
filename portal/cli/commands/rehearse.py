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
    ControlApi,
    World,
    WorldOptions,
    left_of,
    neon_key_in_file,
    read_services,
    services,
    world,
)
from portal.cli import backends
from portal.cli.call import Call, environment_named
from portal.cli.commands.plan import spec_arguments
from portal.cli.commands.ui import colour, on_terminal
from portal.cli.diagnostics import ExitCode
from portal.cli.phases import Phases
from portal.core.chain import FleetView
from portal.core.events import Progress, Stage
from portal.core.report import Backend, Drilled, RehearsalReport, report_document, report_markdown
from portal.core.spec import ServiceSpec
from portal.engine.drills import DRILLS, run_drill
from portal.engine.rehearse import Onboarded, onboard
from portal.engine.world import Ports
from portal.errors import InterruptedRun, PortalError, RefusedError, UsageError
from portal.ports import Report, Switchboard

EXAMPLES = """examples:
  portal rehearse -f service.yaml                  a live world with the interface on top
  portal rehearse -f service.yaml --headless --report report
  portal rehearse --headless                       an empty world to work with, until ^C
  portal rehearse -f service.yaml --postgres container --ssm container --cache container

Everything runs on loopback with credentials made for this run. See the README for what stands in for what."""
STOPPING = "ending the world"
STOPPED = "interrupted; the world was ended"
SLOWEST, FASTEST = 0.01, 1000.0


def configure(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument("--headless", action="store_true", help="no interface, also on a terminal")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write report.json and report.md there")
    parser.add_argument(
        "--drill",
        metavar="NAME",
        action="append",
        choices=sorted(DRILLS),
        default=[],
        help=f"take a source away and give it back, once all are onboarded; may repeat: {', '.join(DRILLS)}",
    )
    parser.add_argument(
        "--speed", metavar="N", type=_speed, default=1.0, help="simulated time passes N times faster"
    )
    parser.add_argument(
        "--seed", metavar="S", type=int, default=0, help="seed of everything random in the world"
    )
    parser.add_argument("--run-dir", metavar="DIR", type=Path, help="where the world keeps its state")
    parser.add_argument("--keep", action="store_true", help="keep the run directory with its logs")
    backends.configure(parser)


def _speed(text: str) -> float:
    speed = float(text)
    if not SLOWEST <= speed <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text} is not between {SLOWEST:g} and {FASTEST:g}")
    return speed


async def run(call: Call) -> ExitCode:
    _check(call)
    options = WorldOptions(
        run_dir=call.args.run_dir,
        environment=environment_named(call.args.environment),
        speed=call.args.speed,
        seed=call.args.seed,
        keep=call.args.keep,
        backends=backends.asked(call),
    )
    rehearsal = Rehearsal(call, read_services(call.args.file), options)
    if on_terminal() and not call.args.headless:
        return await rehearsal.on_screen()
    return await rehearsal.headless()


def _check(call: Call) -> None:
    """Raise for everything that can be wrong before a world is up."""
    args = call.args
    if args.read_only:
        cause = "read-only mode: a rehearsal initialises and onboards into a world of its own"
        raise RefusedError(cause, operation="rehearse", hint="Drop --read-only, or look at one with --world")
    if args.world:
        raise UsageError("a rehearsal starts a world of its own", hint="Leave --world out")
    if args.report:
        try:
            args.report.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise UsageError(f"the report directory {args.report} cannot be made: {exc.strerror}") from exc


class Rehearsal:
    """One rehearsal. `_say` is where its progress goes: stderr, or the interface while that is open."""

    def __init__(self, call: Call, specs: tuple[ServiceSpec, ...], options: WorldOptions) -> None:
        self._call = call
        self._specs = specs
        self._options = options
        self._say: Report = call.talk.progress
        self._phases = Phases(call.talk.note)
        self._failure: PortalError | None = None
        self._drilled: list[Drilled] = []

    async def headless(self) -> ExitCode:
        """Onboard, verify, tear down, report; a failure is told at once and the report shows the chains.
        Without services and without a report to write, the world stays for others to use until ^C.
        """
        async with (
            self._world() as running,
            services(running.settings) as ports,
            ControlApi(running.facts) as board,
        ):
            await self._onboard_all(ports)
            for name in self._call.args.drill:
                await self.drill(ports, board, name, self._say)
                await self._phases.end(f"drill {name}")
            if not self._specs and not self._call.args.report:
                self._call.talk.note("the world runs until ^C")
                await running.ended()
                hint = f"Its last words are in {running.run_dir / 'logs'}"
                raise PortalError("the rehearsal world ended by itself", hint=hint)
            view = await ports.status.snapshot()
            await self._phases.end("verify")
        code = await self._conclude(running, view)
        return ExitCode.FAILED if self._failure else code

    async def on_screen(self) -> ExitCode:
        """The interface on the live world, onboarding beside it; leaving it ends both."""
        from portal.tui.app import run_app  # noqa: PLC0415 - Textual is loaded only for the interface
        from portal.tui.ports_desk import PortsDesk  # noqa: PLC0415 - as above

        view = None
        async with (
            self._world() as running,
            services(running.settings) as ports,
            ControlApi(running.facts) as board,
        ):

            async def work(report: Report) -> None:
                self._say, self._phases.note = report, _noted(report)
                await self._onboard_healthy(ports)
                for name in self._call.args.drill:
                    await self.drill(ports, board, name, report)

            async def drill(name: str, report: Report) -> Drilled:
                return await self.drill(ports, board, name, report)

            code = await run_app(
                ports.status,
                title="rehearsal",
                rehearsal=True,
                tiers=running.settings.tiers,
                background=work,
                desk=lambda: PortsDesk(lambda: ports),
                board=board,
                drill=drill,
                colour=colour(self._call),
                interface=running.settings.interface,
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

    async def drill(self, ports: Ports, board: Switchboard, name: str, report: Report) -> Drilled:
        """One drill, remembered for the report."""
        done = await run_drill(ports, board, DRILLS[name], report)
        self._drilled.append(done)
        return done

    @asynccontextmanager
    async def _world(self) -> AsyncIterator[World]:
        async with world(self._options, self._call.environ, self._progress) as running:
            self._phases.of_world(running.facts)
            await self._phases.end("world")
            self._explain(running.run_dir)
            yield running

    def _explain(self, run_dir: Path) -> None:
        """How to use the world from another terminal."""
        portal = f"portal --world {run_dir}"
        self._call.talk.note(f"  in another terminal: {portal} status")
        if not self._specs:
            environment = self._options.environment
            self._call.talk.note(f"                       {portal} apply -f FILE -e {environment}")
            self._call.talk.note(f"                       {portal} ui")

    async def _onboard(self, ports: Ports) -> Onboarded:
        key = neon_key_in_file(ports.settings)
        return await onboard(
            ports, key, self._specs, self._options.environment, report=self._say, phase_end=self._phases.end
        )

    async def _onboard_all(self, ports: Ports) -> None:
        """Onboard; tell each failure at once."""
        try:
            failures = (await self._onboard(ports)).failures
        except InterruptedRun:
            raise
        except PortalError as error:
            self._failure = error
            self._call.talk.error(error)
            await self._phases.end("onboarding failed")
            return
        for tenant, failure in failures:
            self._failure = failure
            self._call.talk.note(f"{tenant} failed:")
            self._call.talk.error(failure)

    async def _onboard_healthy(self, ports: Ports) -> None:
        """Onboard; remember the failure for the terminal that stands below the interface."""
        try:
            done = await self._onboard(ports)
        except PortalError as error:
            self._failure = error
            raise
        if done.failures:
            _, self._failure = done.failures[0]
            raise self._failure
        verdict = next((result.verdict for result in done.results if not result.healthy), None)
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
            tiers=_tiers(facts),
            backends=_backends(facts),
            phases=self._phases.done,
            tenants=view.tenants,
            drills=tuple(self._drilled),
            leftovers=await left_of(facts, self._call.environ, kept=self._call.args.keep),
        )
        return _publish(self._call, report, self._specs)


def _noted(report: Report) -> Callable[[str], None]:
    """Notes of phases as steps of the rehearsal."""
    return lambda text: report(Progress("rehearsal", text.removeprefix("✔ "), Stage.DONE))


def _tiers(facts: Mapping[str, Any]) -> dict[str, str]:
    """By row of `status` and by option: the options say of the cluster and the pods what no row is named."""
    rows = {str(backend["name"]): str(backend["tier"]) for backend in facts["backends"]}
    return {**rows, **facts.get("tiers", {})}


def _backends(facts: Mapping[str, Any]) -> tuple[Backend, ...]:
    return tuple(
        Backend(
            name=str(backend["name"]),
            tier=str(backend["tier"]),
            product=f"{backend['product']} {backend.get('version', '')}".strip(),
            stands_in_for=str(backend.get("stands_in_for", "")),
        )
        for backend in facts["backends"]
    )


def _publish(call: Call, report: RehearsalReport, specs: tuple[ServiceSpec, ...]) -> ExitCode:
    if call.args.report:
        document = json.dumps(report_document(report), indent=2, ensure_ascii=False)
        try:
            (call.args.report / "report.json").write_text(document + "\n")
            (call.args.report / "report.md").write_text(report_markdown(report))
        except OSError as exc:
            raise PortalError(f"the report cannot be written: {exc.strerror}") from exc
        call.talk.note(f"report: {call.args.report / 'report.md'}")
    if call.wants_table:
        call.out.lines(report_markdown(report).splitlines())
    else:
        call.out.document(report_document(report))
    healthy = report.ok or (not specs and not report.leftovers)
    return ExitCode.DONE if healthy else ExitCode.NOT_HEALTHY
