"""What the portal makes of a scenario: its objects as they stand, in a tenant that is well otherwise."""

import asyncio
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from portal.core.assess import assess
from portal.core.chain import HopState, Verdict
from portal.core.facets import Absent, Facet, Source, TenantKey
from portal.core.objects.argo import Application, ApplicationSet
from portal.core.objects.crossplane import Composite
from portal.core.objects.external import ExternalSecret, Store
from portal.core.objects.plain import Event, SecretMeta, VolumeClaim
from portal.core.objects.pod import Pod
from portal.core.objects.workload import Workload
from portal.core.observed import Moment, TenantObservation
from portal.core.parameters import ParameterMeta
from simulator.harness.clients import write_kubeconfig
from tests.core.assess import tenant as made
from tests.scenarios import model
from tests.scenarios.model import Scenario, Seen, filled
from tests.simulator.controllers.scenarios.history import History
from tests.simulator.controllers.scenarios.stage import Stage

SETTLED = timedelta(minutes=15)
"""A failure that lasts is looked at once it has: until then much of it might still mend itself."""
_LOOKS, _PAUSE_SECONDS = 40, 6.0
_LEAST = 8
"""Letters of a text that says something."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict, and what the command it names printed where it was run."""

    verdict: Verdict
    printed: str | None = None

    def shows(self, told: set[str]) -> bool:
        """Whether the command, if it was run, showed one of these texts or did what it says."""
        shown = " ".join((self.printed or "").split())
        return self.printed is None or any(text in shown for text in {*told, "resumed", "restarted"})


@dataclass(slots=True)
class Judge:
    """Looks at each scenario at the time it has failed; `run` has it run the command of the verdict too."""

    on: Stage
    history: History
    run: bool
    found: dict[str, Judged] = field(default_factory=dict)
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def look(self, scenario: Scenario) -> None:
        """Keep what is made of a scenario now."""
        if not self.run:
            self.found[scenario.name] = Judged(await self._settled(scenario))
            return
        async with self.turn:
            verdict = await self._settled(scenario)
            self.found[scenario.name] = Judged(verdict, await self._printed(verdict.fix))

    async def _printed(self, fix: str) -> str | None:
        """What a command of kubectl's prints; containers of this stage have no logs."""
        if not fix.startswith("kubectl ") or " logs " in fix:
            return None
        path = self.on.directory / "kubeconfig"
        if not path.exists():
            write_kubeconfig(path, self.on.url, self.on.ca, {"token": "scenario"})
        command = f"KUBECONFIG={path} HOME={self.on.directory} {fix}"
        process = await asyncio.create_subprocess_shell(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return (await process.communicate())[0].decode()

    async def _settled(self, scenario: Scenario) -> Verdict:
        """The verdict once it blames a hop, or the last one: a pod made anew says nothing for a moment."""
        for _ in range(_LOOKS):
            objects = self.history.standing(scenario.name)
            now = self.on.clock.now() + SETTLED
            verdict = judge(scenario, objects, Moment(made.NOW.monotonic, now))
            if verdict.broken_hop is not None or verdict.state is HopState.HEALTHY:
                break
            await self.on.clock.sleep(_PAUSE_SECONDS)
        return verdict


def judge(scenario: Scenario, objects: Mapping[str, list[dict[str, Any]]], now: Moment) -> Verdict:
    """The verdict over a tenant that has these objects, and is well wherever it has none."""
    deployments = objects.get("Deployment", [])
    name = deployments[0]["metadata"]["name"] if deployments else made.TENANT.service
    return assess(TenantKey(name, "dev"), _observation(scenario, objects, now), now)


def _observation(
    scenario: Scenario, objects: Mapping[str, list[dict[str, Any]]], now: Moment
) -> TenantObservation:
    def of(kind: str, read: Any) -> Facet[Any]:
        return made.there(tuple(read.of({"kind": kind, **item}) for item in objects.get(kind, ())))

    secrets = [ExternalSecret.of(item) for item in objects.get("ExternalSecret", ())]
    held = _parameters(scenario)
    wanted = {found.meta.name: tuple(parameter for _, parameter in found.keys) for found in secrets}
    claims = [item["metadata"]["name"] for item in objects.get("DragonflyInstance", ())]
    stores = objects.get("ClusterSecretStore", [])
    config = {"dev": {"namespace": scenario.name}}
    needs = replace(
        made.NEEDS,
        namespace=scenario.name,
        secrets=wanted,
        parameters=tuple(sorted({name for names in wanted.values() for name in names})),
        cache=claims[0] if claims else "",
        auth=False,
        provider="",
        bucket="",
        pull_secret="ghcr-pull-secret" if "ghcr-pull-secret" in wanted else "",
    )
    own: dict[str, Any] = {
        "external_secrets": of("ExternalSecret", ExternalSecret),
        "local_stores": of("SecretStore", Store),
        "secrets": of("Secret", SecretMeta),
        "claims": of("DragonflyInstance", Composite),
        "composites": made.there(
            tuple(
                Composite.of(item)
                for kind in ("XDragonflyInstance", "Object")
                for item in objects.get(kind, ())
            )
        ),
        "events": of("Event", Event),
        "jobs": of("Job", Workload),
        "volumes": of("PersistentVolumeClaim", VolumeClaim),
        "application": _application(scenario, objects, now),
        "folder": made.there(made.folder(overlays=config), Source.GIT),
    }
    if not objects.get("Deployment"):
        own["deployments"] = made.there((made.deployment(uses=[]),))
        own["pods"] = made.there((made.pod(started=now.wall.isoformat()),))
    if stores:
        own["store"] = made.there(Store.of(stores[0]))
    if objects.get("ApplicationSet"):
        own["generators"] = of("ApplicationSet", ApplicationSet)
    if objects.get("Deployment"):
        own |= {"deployments": of("Deployment", Workload), "replica_sets": of("ReplicaSet", Workload)}
        own["pods"] = of("Pod", Pod)
    return replace(
        made.healthy(),
        needs=needs,
        parameters=made.there(held, Source.SSM),
        committed_at=None,
        **own,
    )


def _application(
    scenario: Scenario, objects: Mapping[str, list[dict[str, Any]]], now: Moment
) -> Facet[Application]:
    """The scenario's own, compared just now; Absent where it waits for one in vain."""
    held = [Application.of(item) for item in objects.get("Application", ())]
    if not held and objects.get("ApplicationSet"):
        return Absent(Source.KUBERNETES, made.SEEN)
    held.sort(key=lambda found: (not found.conditions, found.meta.name != scenario.name))
    chosen = next(iter(held), None)
    rows = [
        {"kind": kind, "name": item["metadata"]["name"], "status": "Synced"}
        for kind in ("Job", "PersistentVolumeClaim")
        for item in objects.get(kind, ())
    ]
    plain = made.application(resources=rows)
    return made.there(replace(chosen or plain, reconciled_at=now.wall.timestamp()))


def _parameters(scenario: Scenario) -> dict[str, ParameterMeta]:
    names = [each.name for each in scenario.provoke if isinstance(each, model.Put)]
    gone = {each.name for each in scenario.provoke if isinstance(each, model.Remove)}
    return {
        name: ParameterMeta(name, 1, "SecureString", made.HALF_PAST.timestamp())
        for name in filled([each for each in names if each not in gone], {"ns": scenario.name})
    }


def words(scenario: Scenario) -> set[str]:
    """Everything of some length that is expected to be said, by whoever says it."""
    told = filled(list(scenario.expected), {"ns": scenario.name, "repository": "…"})
    texts = [text for seen in told for text in _texts(seen)]
    parts = (part.strip(" .:\"'") for text in texts for part in re.split("…|\n", text))
    return {" ".join(part.split()) for part in parts if len(part) >= _LEAST}


def _texts(seen: Seen) -> Iterator[str]:
    match seen:
        case model.Condition() | model.Event() | model.Waiting():
            yield from (seen.message, seen.reason)
        case model.Ended():
            yield f"exit code {seen.code}"
            yield "memory limit" if seen.reason == "OOMKilled" else ""
        case model.Field():
            yield seen.value
        case model.Each():
            for each in seen.seen:
                yield from _texts(each)
