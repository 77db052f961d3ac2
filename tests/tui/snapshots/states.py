"""The states people meet: what is on the fleet, what is held of a tenant, what desk and world answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portal.core.chain import FleetView, HopState, Verdict
from portal.core.facets import Absent, Freshness, Source, TenantKey, Unknown
from portal.core.neon import NeonOperation
from portal.core.objects.pod import Pod
from portal.core.observed import Seen, TenantObservation
from portal.core.plan import Plan
from portal.core.switchboard import Call, FaultRule, WorldState
from portal.errors import PortalError, Unreachable
from portal.tui.intents import Intent
from portal.tui.open_work import OpenWork
from tests.core.assess import tenant as held
from tests.tui.doubles import Board, Desk
from tests.tui.shots import PLAN, WORK
from tests.tui.views import Played, all_lost, broken, healthy, progressing, unknown, view

LOST = Unreachable("the server does not answer", system="neon", operation="GET /projects")


class Slow(Desk):
    """Answers never come."""

    async def plan(self, intent: Intent) -> Plan:
        await asyncio.Event().wait()
        return await super().plan(intent)

    async def logs(self, tenant: TenantKey, pod: str, container: str) -> str:
        await asyncio.Event().wait()
        return await super().logs(tenant, pod, container)


class Silent(Desk):
    """Containers that have written nothing."""

    async def logs(self, tenant: TenantKey, pod: str, container: str) -> str:
        return (await super().logs(tenant, pod, container))[:0]


class SlowBoard(Board):
    """A world that does not answer yet."""

    async def state(self) -> WorldState:
        await asyncio.Event().wait()
        return await super().state()


class BareBoard(Board):
    """A world nobody has called yet."""

    async def calls(self, most: int) -> tuple[Call, ...]:
        return (await super().calls(most))[:0]


@dataclass(frozen=True)
class State:
    """`first` are the views the fleet begins with, `then` is the one in which a tenant can be opened."""

    name: str
    first: FleetView | None
    then: FleetView | None
    held: TenantObservation
    desk: Desk
    board: Board
    work: tuple[OpenWork, ...] = field(default=(WORK,))

    def fleet(self) -> Played:
        """A live fleet in this state."""
        fleet = Played(*([self.first] if self.first is not None else []))
        fleet.held[held.TENANT] = Seen(self.held, held.NOW)
        return fleet


def _tenants(*, ill: bool = True) -> tuple[Verdict, ...]:
    first = broken("identity-service") if ill else healthy()
    return (first, healthy("deepagents-runtime"), broken(), progressing("billing"), unknown("search"))


def _ill() -> TenantObservation:
    """A tenant of which some parts are not well, so that every tab has something to tell."""
    waiting = {
        "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}
    }
    before = {"terminated": {"reason": "Error", "exitCode": 3, "message": "DATABASE_URL is not set"}}
    status = {"name": "app", "image": "i", "state": waiting, "lastState": before, "restartCount": 4}
    crashing = Pod.of(
        {
            **held.pod_json("identity-service-1-c"),
            "status": {"phase": "Running", "containerStatuses": [status]},
        }
    )
    missing = held.external_secret(
        "identity-service-db",
        held.ready("False", "SecretSyncedError", "could not get secret data from provider"),
    )
    others = [held.external_secret(name) for name in held.NEEDS.secrets if name != "identity-service-db"]
    warning = held.event("Pod", "identity-service-1-c", "BackOff", "Back-off restarting failed container app")
    degraded = {
        "sync": {"status": "OutOfSync", "revision": "0123456789abcdef"},
        "health": {"status": "Degraded"},
        "conditions": [{"type": "SyncError", "message": "one or more objects failed to apply"}],
    }
    return replace(
        held.healthy(),
        pods=held.there((held.pod(), crashing)),
        events=held.there((warning,)),
        external_secrets=held.there((missing, *others)),
        parameters=held.there(held.parameters("database_url"), Source.SSM),
        application=held.there(held.application(**degraded)),
        operations=held.there(
            (
                NeonOperation("op-2", "p-dev", "start_compute", "running"),
                NeonOperation("op-1", "p-dev", "create_branch", "failed", error="out of quota"),
            ),
            Source.NEON,
        ),
    )


def _nothing() -> TenantObservation:
    """Everything was looked at and nothing is there."""
    none: dict[str, Any] = {}
    full = held.healthy()
    for name in full.__dataclass_fields__:
        facet = getattr(full, name)
        if not hasattr(facet, "source"):
            continue
        several = isinstance(getattr(facet, "value", None), tuple)
        none[name] = held.there((), facet.source) if several else Absent(facet.source, held.SEEN)
    kept = {"folder": full.folder, "needs": full.needs, "place": full.place}
    return replace(full, **{**none, **kept, "committed_at": None})


def _dark(observation: TenantObservation, *lost: Source) -> TenantObservation:
    """Nothing is known of what these sources hold."""
    dark: dict[str, Any] = {
        name: Unknown(facet.source, "connection refused")
        for name in observation.__dataclass_fields__
        if getattr(facet := getattr(observation, name), "source", None) in lost
    }
    return replace(observation, **dark)


def _unread() -> FleetView:
    hops = tuple(
        replace(
            hop,
            state=HopState.UNKNOWN if hop.source is not Source.GIT else hop.state,
            cause="" if hop.source is Source.GIT else f"{hop.source} was not read yet",
            detail="",
            age_seconds=2.0 if hop.source is Source.GIT else None,
        )
        for hop in healthy().hops
    )
    verdict = Verdict(held.TENANT, HopState.UNKNOWN, None, "neon was not read yet", "", hops)
    never = {source.value: Freshness.NEVER_LOADED for source in Source if source is not Source.GIT}
    return view(verdict, **never)


def _ruled(board: Board) -> Board:
    board.rules = (FaultRule("f1", "ssm:PutParameter", "throttle", "nth=2", 3, 1),)
    return board


def _lost_board() -> Board:
    board = Board()
    board.lost = True
    return board


def _normal() -> State:
    return State("normal", view(*_tenants()), None, _ill(), Desk(PLAN), _ruled(Board()))


def _empty() -> State:
    plan = replace(PLAN, steps=tuple(step for step in PLAN.steps if step.symbol.name == "KEEP"), inputs=())
    then = view(progressing("identity-service"))
    return State("empty", view(), then, _nothing(), Silent(plan), BareBoard(), work=())


def _loading() -> State:
    return State("loading", None, _unread(), TenantObservation(), Slow(PLAN), SlowBoard())


def _one_lost() -> State:
    seen = view(*_tenants(ill=False), kubernetes=Freshness.STALE)
    return State("one-lost", seen, None, held.healthy(), Desk(LOST, failing="connection refused"), Board())


def _all_lost() -> State:
    dark = _dark(held.healthy(), Source.SSM, Source.STORAGE)
    lost = PortalError("nothing is connected yet", hint="Wait a moment, then try again")
    desk = Desk(lost, failing="connection refused")
    return State("all-lost", all_lost(*_tenants(ill=False)), None, dark, desk, _lost_board())


STATES: Mapping[str, Callable[[], State]] = {
    "normal": _normal,
    "empty": _empty,
    "loading": _loading,
    "one-lost": _one_lost,
    "all-lost": _all_lost,
}
