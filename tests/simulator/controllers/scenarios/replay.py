"""One scenario played on the stage: provoked, seen, mended, and seen to be gone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from simulator.controllers.kinds import NAMESPACE, Kind, Object
from tests.scenarios import model
from tests.scenarios.model import Act, Scenario, Seen, filled
from tests.simulator.controllers.scenarios.history import History
from tests.simulator.controllers.scenarios.stage import Stage

SECONDS = 90.0
"""Real seconds one thing may take to be seen."""


async def replay(
    scenario: Scenario, on: Stage, history: History, look: Callable[[Scenario], Awaitable[None]]
) -> None:
    """Raises AssertionError with what was seen instead; `look` is called at the time all is broken."""
    names = {"ns": scenario.name, "repository": on.tenants.url}
    metadata = {"name": scenario.name}
    await on.api.apply(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    player = _Player(scenario, on, history, names)
    await player.play(scenario.provoke, scenario.expected)
    await look(scenario)
    if scenario.fix:
        await player.play(scenario.fix, scenario.gone)


class _Player:
    def __init__(self, scenario: Scenario, on: Stage, history: History, names: Mapping[str, str]) -> None:
        self._scenario = scenario
        self._on = on
        self._history = history
        self._names = names

    async def play(self, acts: Sequence[Act], expected: Sequence[Seen]) -> None:
        """What is expected is looked for from the first act on, in its order."""
        since = self._history.latest(self._scenario.name) + 1
        seen = asyncio.create_task(self._see([filled(each, self._names) for each in expected], since))
        try:
            for act in acts:
                await self._do(filled(act, self._names), since)
            await seen
        finally:
            seen.cancel()

    async def _see(self, expected: Sequence[Seen], first: int) -> None:
        """In order are all events among themselves, and the states of each object; no more is promised."""
        since: dict[str, int] = {}
        for each in expected:
            inner = each.seen if isinstance(each, model.Each) else [each]
            for one in inner:
                line = _line(one)
                found = await self._wait(one, since.get(line, first))
                if not isinstance(each, model.Each):
                    since[line] = found

    async def _wait(self, seen: Seen, since: int) -> int:
        try:
            async with asyncio.timeout(SECONDS):
                return await self._history.when(self._scenario.name, seen, since)
        except TimeoutError:
            shown = self._history.shown(self._scenario.name, since)
            raise AssertionError(f"{self._scenario.name}: never seen: {seen}\n{shown}") from None

    async def _do(self, act: Act, since: int) -> None:
        match act:
            case model.Until():
                await self._see([act.seen], since)
            case model.Apply():
                for each in act.objects:
                    await self._apply(dict(each))
            case model.Patch():
                kind, name = await self._target(act.of)
                await self._on.api.merge_patch(kind, name, dict(act.patch), self._namespace(act.of))
            case model.Delete():
                kind, name = await self._target(act.of)
                await self._on.api.delete(kind, name, self._namespace(act.of))
            case _:
                await self._do_around(act)

    async def _do_around(self, act: Act) -> None:
        """What is done outside the cluster, or to it."""
        on, name = self._on, self._scenario.name
        match act:
            case model.Commit():
                await on.commit(dict(act.files))
            case model.Put():
                value = {"Value": act.value, "Type": "SecureString", "Overwrite": True}
                await on.parameter("PutParameter", Name=act.name, **value)
            case model.Remove():
                await on.parameter("DeleteParameter", Name=act.name)
            case model.Deny():
                on.refusals.denied.add((act.caller, act.resource, name))
            case model.Allow():
                on.refusals.denied = {each for each in on.refusals.denied if each[2] != name}
            case model.Silence():
                await on.silence(act.node)
            case model.Speak():
                on.speak(act.node)

    async def _apply(self, obj: Object) -> None:
        kind = await self._on.api.resource(obj["apiVersion"], obj["kind"])
        metadata = dict(obj["metadata"])
        if kind.namespaced:
            metadata.setdefault("namespace", self._scenario.name)
        await self._on.api.apply(kind, {**obj, "metadata": metadata})

    async def _target(self, of: str) -> tuple[Kind, str]:
        kind, _, name = of.partition("/")
        return await self._on.kind(kind), name

    def _namespace(self, of: str) -> str:
        kind = of.partition("/")[0]
        return "argocd" if kind in {"Application", "ApplicationSet", "AppProject"} else self._scenario.name


def _line(seen: Seen) -> str:
    """What a sight is in one order with."""
    match seen:
        case model.Event():
            return "events"
        case model.Waiting() | model.Ended():
            return f"Pod/{seen.pod}"
        case model.Each():
            return ""
    return seen.of
