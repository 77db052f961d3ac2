"""Kill portals where `deaths` says, apply again, and keep what was found on the way."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import truth
from tests.e2e.deaths import DEATHS, SERVICES, Death
from tests.e2e.hooks import gate
from tests.e2e.processes import belonging, kill_groups
from tests.e2e.waiting import until
from tests.e2e.world import Completed, Live, service

REACH_SECONDS = 60.0
AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What stood when the portal was dead: its journal, and the world's own word."""

    code: int
    journal: list[dict[str, Any]]
    parameters: dict[str, truth.Parameter]
    commits: list[str]


@dataclass(frozen=True, slots=True)
class Siege:
    """All deaths; `second` is the apply after a service's last one, `third` one more, with its calls."""

    live: Live
    aftermaths: dict[str, Aftermath]
    second: dict[str, Completed]
    third: dict[str, Completed]
    calls_of_third: list[dict[str, Any]]
    parameters: dict[str, truth.Parameter]
    verdicts: dict[str, dict[str, Any]]


def besiege(live: Live, directory: Path) -> Siege:
    """Every death in turn, then the recoveries, some at once."""
    specs = {name: service(directory, name, *extra) for name, extra in SERVICES.items()}
    aftermaths = {death.name: _die(live, death, specs[death.service], directory) for death in DEATHS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        second = dict(zip(specs, pool.map(_apply(live), specs.values()), strict=True))
        before = len(live.calls())
        third = dict(zip(specs, pool.map(_apply(live), specs.values()), strict=True))
    calls = live.calls()[before:]
    told = json.loads(live.portal("status", "-o", "json", code=None).stdout)
    verdicts = {tenant["service"]: tenant for tenant in told["tenants"]}
    return Siege(live, aftermaths, second, third, calls, truth.parameters(live), verdicts)


def _apply(live: Live) -> Callable[[Path], Completed]:
    """Any exit code will do here: the tests look at it."""
    return lambda spec: live.apply(spec, code=None)


def _die(live: Live, death: Death, spec: Path, directory: Path) -> Aftermath:
    with _held(live, death, directory) as reached, live.applying(spec) as process:
        until(lambda: reached() or process.poll() is not None, REACH_SECONDS, f"{death.name} is reached")
        process.kill()
        code = process.wait(10)
        if death.hook and not death.lands:
            kill_groups(_mirrors(live))
    until(lambda: not belonging(_mirrors(live)), 10, "the push has ended")
    commits = [tenant for _, tenant in truth.commits(live)]
    return Aftermath(code, live.journal(death.service), truth.parameters(live), commits)


@contextmanager
def _held(live: Live, death: Death, directory: Path) -> Iterator[Callable[[], bool]]:
    """Keep the portal in the phase for the time of the block; yields whether it has come there."""
    if death.hook:
        with gate(live, death.hook, directory / death.name) as push:
            yield lambda: push.reached
    elif death.call:
        with live.fault(death.call, death.action, nth=death.nth) as rule:
            yield lambda: _struck(live, death, rule)
    else:
        yield lambda: _waits(live, death)


def _struck(live: Live, death: Death, rule: str) -> bool:
    """Whether a call is held; one that is held after it was carried out has been logged by then."""
    if death.action == "hang_after":
        return any(call.get("fault") == rule for call in live.calls())
    return live.struck(rule) > 0


def _waits(live: Live, death: Death) -> bool:
    """Whether all steps are done and the lease is freed: only health is waited for."""
    journal = live.journal(death.service)
    return (
        bool(journal) and journal[-1]["kind"] == "finished" and death.service not in str(truth.leases(live))
    )


def _mirrors(live: Live) -> str:
    """Where the portal's git works; every git child of a portal names it in its arguments."""
    return str(live.run_dir / "portal" / "repository")
