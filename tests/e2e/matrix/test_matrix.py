"""Whatever happens to one call of an onboarding, the same apply again ends it and nothing was lost."""

import asyncio
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.bootstrap.specs import read_services
from portal.core.spec import ServiceSpec
from portal.errors import PortalError
from tests.e2e.matrix.calls import ASKED, CALLS, GIT, boundaries, counted
from tests.e2e.matrix.faults import Case, Fault, cases, sample
from tests.e2e.matrix.ground import NAMESPACE, Ground
from tests.e2e.matrix.operators import Operator
from tests.e2e.matrix.wire import Wire, program
from tests.e2e.processes import belonging
from tests.e2e.tier import Tier
from tests.e2e.waiting import until
from tests.e2e.world import living, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
SPEED = 30.0
LEFT = ("refresh",)
"""What a further plan still holds, as nobody makes an Application of what is published here."""
EVERY = cases(boundaries(CALLS))
SOME = sample(EVERY, 12, seed=824)


@dataclass(frozen=True, slots=True)
class Scene:
    """A world, what is true of it, and where operators keep their state."""

    ground: Ground
    wire: Wire
    directory: Path
    published: list[str]

    def service(self, name: str) -> ServiceSpec:
        asked = (line.replace("%s", f"{name}-files") for line in ASKED)
        file = service(self.directory, name, *asked)
        file.write_text(file.read_text().replace(f"namespace: {name}", f"namespace: {NAMESPACE}"))
        (spec,) = read_services([file])
        self.ground.visit(spec)
        return spec

    def arrived(self, spec: ServiceSpec) -> None:
        """The desired state, the same for every service."""
        self.ground.arrived(spec)
        lines = self.ground.published(spec)
        self.published[:] = self.published or lines
        assert lines == self.published

    @contextmanager
    def fault(self, case: Case) -> Iterator[tuple[Callable[[], bool], Callable[[], bool]]]:
        """In force within the context: whether a crash is due now, and whether it has struck once."""
        boundary, live, wire = case.boundary, self.ground.live, self.wire
        if boundary.service == GIT:
            with wire.fault(boundary, case.fault):
                yield lambda: wire.struck, lambda: wire.struck
            return
        rule = case.fault.rule(boundary.service)
        with live.fault(f"{boundary.service}:{boundary.operation}", nth=boundary.nth, **rule) as struck:
            log = Path(live.facts["gateway_log"])
            begun = log.stat().st_size

            def reached() -> bool:
                """A call that is held after it was carried out has been logged by then."""
                if case.fault is Fault.CRASH_BEFORE:
                    return live.struck(struck) > 0
                with log.open() as lines:
                    lines.seek(begun)
                    return f'"fault":"{struck}"' in lines.read()

            yield reached, lambda: live.struck(struck) == 1

    def operator(self, name: str) -> Operator:
        live = self.ground.live
        return Operator.of(live.run_dir, self.ground.repository, self.directory / f"state-{name}")


@pytest.fixture(scope="module", name="scene")
def _scene(tmp_path_factory: pytest.TempPathFactory, tier: Tier) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("matrix")
    with living(directory, tier, SPEED) as live, pytest.MonkeyPatch.context() as patch:
        ground = Ground.of(live, directory)
        path = live.account.path
        wire = Wire.to(program(path), directory / "wire")
        patch.setenv("PATH", wire.path(path))
        yield Scene(ground, wire, directory, [])
        assert ground.resets() == 0
        assert ground.elsewhere() == []


@pytest.fixture(name="shown")
def _shown(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What went to the terminal and to any log since the last time."""
    caplog.set_level(logging.DEBUG)

    def take() -> str:
        logged = caplog.text
        caplog.clear()
        return "".join((*capfd.readouterr(), logged))

    return take


def test_the_boundaries_are_the_calls_of_a_clean_onboarding(scene: Scene, shown: Callable[[], str]) -> None:
    spec, operator = scene.service("clean"), scene.operator("clean")
    before = len(scene.ground.live.calls())
    exchanged = scene.wire.calls()
    asyncio.run(operator.apply(spec))
    exchanged = scene.wire.calls() - exchanged
    until(lambda: "DeleteParameter" in str(scene.ground.live.calls()[before:]), 10, "the last call is logged")
    assert counted(scene.ground.live.calls()[before:], exchanged) == CALLS
    scene.ground.check(spec, operator, shown())
    scene.arrived(spec)
    assert asyncio.run(operator.apply(spec)).changed == LEFT


def test_the_search_finds_a_secret_in_every_sink(scene: Scene, shown: Callable[[], str]) -> None:
    live, sinks, planted = scene.ground.live, scene.ground.sinks, "canary-planted-6c0d1f"
    operator, key = scene.operator("planted"), "/zerotouch/dev/planted/key"
    assert sinks.search(operator, {key: planted}, shown()) == []
    sys.stdout.write(planted)
    operator.texts.append(planted)
    for file in (operator.settings.state_dir / "planted", live.run_dir / "logs" / "planted.log"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(planted)
    git = ["git", "-C", str(scene.ground.repository)]
    storing = [*git, "hash-object", "-w", "--stdin"]
    subprocess.run(storing, input=planted.encode(), check=True, capture_output=True)
    subprocess.run([*git, "rev-parse", "--sq-quote", planted], check=True, capture_output=True)
    waiting = [sys.executable, "-c", "input()", str(live.account.directory), planted]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, start_new_session=True) as child:
        until(lambda: planted in str(belonging(str(live.account.directory))), 10, "it shows its arguments")
        found = sinks.search(operator, {key: planted}, shown())
        child.kill()
    places = {line.partition(" in ")[2] for line in found}
    wanted = {"the talk", "the terminal", "planted", "planted.log", "tenants.git (new objects)"}
    assert places >= {*wanted, f"process {child.pid}"}, places
    assert any(place.startswith("git.") for place in places), places
    (live.run_dir / "logs" / "planted.log").unlink()


def test_there_are_enough_of_them() -> None:
    assert len(EVERY) >= 300


@pytest.mark.parametrize("case", SOME, ids=str)
def test_a_fault_is_mended_by_the_same_apply(scene: Scene, case: Case, shown: Callable[[], str]) -> None:
    _mended(scene, case, shown)


@pytest.mark.long
@pytest.mark.parametrize("case", [case for case in EVERY if case not in SOME], ids=str)
def test_every_fault_is_mended_by_the_same_apply(scene: Scene, case: Case, shown: Callable[[], str]) -> None:
    _mended(scene, case, shown)


def _mended(scene: Scene, case: Case, shown: Callable[[], str]) -> None:
    spec, operator = scene.service(f"case-{case.number:04}"), scene.operator(str(case.number))
    _disturbed(scene, case, spec, operator)
    scene.ground.check(spec, operator, shown())
    result = asyncio.run(operator.apply(spec))
    assert result.healthy
    scene.ground.check(spec, operator, shown())
    scene.arrived(spec)
    assert tuple(step.id for step in asyncio.run(operator.plan(spec)).changes) == LEFT


def _disturbed(scene: Scene, case: Case, spec: ServiceSpec, operator: Operator) -> None:
    """One apply that meets the fault: it dies of it, says what went wrong, or gets over it."""
    with scene.fault(case) as (reached, struck):
        if case.fault.crash:
            asyncio.run(operator.die(spec, reached))
        else:
            hurried = operator.hurried(case.boundary.service) if case.fault.hangs else operator
            try:
                asyncio.run(hurried.apply(spec))
            except PortalError as exc:
                operator.texts += [repr(exc), *traceback.format_exception(exc)]
        assert struck()
