"""Kill portals where `deaths` says, apply again, and keep what was found on the way."""

import json
from collections.abc import Callable, Iterable, Iterator
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
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What stood when the portal was dead: its journal, and the world's own word."""

    code: int
    journal: list[dict[str, Any]]
    parameters: dict[str, truth.Parameter]
    commits: list[str]


@dataclass(frozen=True, slots=True)
class Siege:
    """A world after all deaths of some services. `second` is the apply after a service's last death, `third`
    one more of all of them, told by tenant and with the calls it made; `verdicts` are what stands then.
    """

    live: Live
    aftermaths: dict[str, Aftermath]
    second: dict[str, Completed]
    third: dict[str, Any]
    calls_of_third: list[dict[str, Any]]
    parameters: dict[str, truth.Parameter]
    verdicts: dict[str, Any]


def besiege(live: Live, directory: Path, names: Iterable[str]) -> Siege:
    """Every death in turn, then the recoveries, some at once."""
    specs = {name: service(directory, name, *SERVICES[name]) for name in names}
    deaths = [death for death in DEATHS if death.service in specs]
    aftermaths = {death.name: _die(live, death, specs[death.service], directory) for death in deaths}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        second = dict(
            zip(specs, pool.map(lambda spec: live.apply(spec, code=None), specs.values()), strict=True)
        )
    before = len(live.calls())
    told = json.loads(live.apply(*specs.values(), output="json", code=None).stdout)
    third = {tenant["tenant"].partition("/")[0]: tenant for tenant in told}
    calls = live.calls()[before:]
    seen = json.loads(live.portal("status", "-o", "json", code=None).stdout)
    verdicts = {tenant["service"]: tenant for tenant in seen["tenants"]}
    return Siege(live, aftermaths, second, third, calls, truth.parameters(live), verdicts)


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
        return any(call.get("fault") == rule for call in live.calls(rule))
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
