"""From single judgements to one verdict: the worst state, its earliest hop, and what follows from what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

from portal.core.assess import (
    application,
    cache,
    current,
    external,
    neon,
    optional,
    parameters,
    secrets,
    spec,
    workload,
)
from portal.core.assess.judgement import RANK, Case, Judgement, judge_blind, span
from portal.core.chain import Hop, HopName, HopState, Verdict
from portal.core.facets import Absent, Freshness, Present, TenantKey
from portal.core.observed import Moment, Needs, TenantObservation

Rule: TypeAlias = Callable[[Case], Judgement]

_RULES: Mapping[HopName, Rule] = MappingProxyType(
    {
        HopName.SPEC: spec.judge,
        HopName.BRANCH: neon.judge_branch,
        HopName.COMPUTE: neon.judge_compute,
        HopName.DATABASE: neon.judge_database,
        HopName.PARAMETERS: parameters.judge,
        HopName.STORE: external.judge_store,
        HopName.EXTERNAL_SECRETS: external.judge_external_secrets,
        HopName.SECRETS: secrets.judge_secrets,
        HopName.CACHE: cache.judge,
        HopName.APPLICATION: application.judge,
        HopName.WORKLOAD: workload.judge,
        HopName.FRESHNESS: current.judge,
        HopName.AUTH: optional.judge_auth,
        HopName.STORAGE: optional.judge_storage,
        HopName.PULL_SECRET: secrets.judge_pull_secret,
    }
)
ORDER = tuple(HopName)
_NUMBERS: Mapping[HopName, int] = MappingProxyType({name: at for at, name in enumerate(ORDER, 1)})
_ASKED: Mapping[HopName, Callable[[Needs], object]] = MappingProxyType(
    {
        HopName.AUTH: lambda needs: needs.auth,
        HopName.STORAGE: lambda needs: needs.bucket,
        HopName.PULL_SECRET: lambda needs: needs.pull_secret,
    }
)
# These hops are judged without knowing what the tenant asks for.
_SPEC_FREE = {HopName.SPEC, HopName.STORE, HopName.APPLICATION}

# What a hop rests on: with one of these broken, its own fault is a consequence.
_RESTS_ON: Mapping[HopName, tuple[HopName, ...]] = MappingProxyType(
    {
        HopName.COMPUTE: (HopName.BRANCH,),
        HopName.DATABASE: (HopName.BRANCH,),
        HopName.EXTERNAL_SECRETS: (HopName.SPEC, HopName.PARAMETERS, HopName.STORE),
        HopName.SECRETS: (HopName.SPEC, HopName.PARAMETERS, HopName.STORE, HopName.EXTERNAL_SECRETS),
        HopName.CACHE: (HopName.SPEC,),
        HopName.APPLICATION: (HopName.SPEC, HopName.STORE, HopName.EXTERNAL_SECRETS, HopName.CACHE),
        HopName.WORKLOAD: ORDER[: ORDER.index(HopName.WORKLOAD)],
        HopName.FRESHNESS: ORDER[: ORDER.index(HopName.FRESHNESS)],
        HopName.AUTH: (HopName.BRANCH,),
        HopName.PULL_SECRET: (HopName.SPEC, HopName.STORE),
    }
)
_ILL = {HopState.BROKEN, HopState.DEGRADED, HopState.PROGRESSING}
# Only a source that is live vouches for health.
_BLIND = set(Freshness) - {Freshness.LIVE}


def assess(tenant: TenantKey, observation: TenantObservation, now: Moment) -> Verdict:
    """Judge every hop by its own facts, find the root, and mark the rest as its consequences."""
    case = Case(tenant, observation, now)
    judged = {name: _judge(case, name) for name in _asked(case.needs)}
    ill = {name: _explain(judged, name, frozenset()) for name, found in judged.items() if not found.well}
    final = {name: _age(case, ill[name].found if name in ill else found) for name, found in judged.items()}
    follows = {name for name, item in ill.items() if item.root is not None}
    state = max((found.state for found in final.values()), key=RANK.__getitem__)
    roots = [name for name, found in final.items() if found.state is state and name not in follows]
    root = next(iter(roots), None) or next(name for name, found in final.items() if found.state is state)
    faulty = state in {HopState.BROKEN, HopState.DEGRADED}
    return Verdict(
        tenant=tenant,
        state=state,
        broken_hop=root if faulty else None,
        cause=final[root].cause if state is not HopState.HEALTHY else "",
        fix=final[root].fix if state is not HopState.HEALTHY else "",
        hops=tuple(_hop(case, name, found) for name, found in final.items()),
    )


def _asked(needs: Needs) -> tuple[HopName, ...]:
    return _chain(frozenset(name for name, asks in _ASKED.items() if not asks(needs)))


@lru_cache
def _chain(without: frozenset[HopName]) -> tuple[HopName, ...]:
    return tuple(name for name in ORDER if name not in without)


def _judge(case: Case, name: HopName) -> Judgement:
    if case.seen.needs is not None or name in _SPEC_FREE:
        return _RULES[name](case)
    folder = case.seen.folder
    if not isinstance(folder, Present | Absent):
        return judge_blind(folder)
    cause = "what the tenant needs is not known: it has no readable service.yaml"
    fix = f"portal apply -f service.yaml -e {case.tenant.environment}"
    return Judgement(HopState.UNKNOWN, folder.source, folder.seen_at, cause, fix)


@dataclass(frozen=True, slots=True)
class Explained:
    """A judgement in the light of the others; `root` is the hop it follows from, None when it is its own."""

    found: Judgement
    root: HopName | None = None


def _explain(judged: Mapping[HopName, Judgement], name: HopName, asking: frozenset[HopName]) -> Explained:
    """Follow what a hop blames, and what it rests on, to the hop where the fault began."""
    found = judged[name]
    if found.well:
        return Explained(found)
    for blamed in found.blames:
        root = _root(judged, name, blamed, asking)
        state = judged[root].state if root is not None else HopState.HEALTHY
        if root is None or state not in _ILL:
            continue
        if state is HopState.PROGRESSING and found.state is HopState.BROKEN:
            return Explained(_follow(found, root, HopState.PROGRESSING), root)
        if ORDER.index(root) > ORDER.index(name):
            return Explained(_follow(found, root, _below(state, found.state)), root)
    if found.state in {HopState.BROKEN, HopState.DEGRADED}:
        for base in (*found.blames, *_RESTS_ON.get(name, ())):
            root = _root(judged, name, base, asking)
            if root is not None and judged[root].state is HopState.BROKEN:
                return Explained(_follow(found, root, found.state), root)
    return Explained(found)


def _root(
    judged: Mapping[HopName, Judgement], name: HopName, blamed: HopName, asking: frozenset[HopName]
) -> HopName | None:
    """Where the fault of a blamed hop began. Of two that blame each other the later one is the root."""
    other = judged.get(blamed)
    if other is None or other.well or blamed in asking | {name}:
        return None
    if name in other.blames and ORDER.index(blamed) < ORDER.index(name):
        return None
    root = _explain(judged, blamed, asking | {name}).root or blamed
    return None if root == name else root


def _below(reason: HopState, own: HopState) -> HopState:
    """A hop that follows from a later one is shown less ill than that one, so that the root stands out."""
    limit = HopState.DEGRADED if reason is HopState.BROKEN else HopState.PROGRESSING
    return min(limit, own, key=RANK.__getitem__)


def _follow(found: Judgement, reason: HopName, state: HopState) -> Judgement:
    return replace(found, state=state, cause=f"consequence of {reason}: {found.cause}")


def _age(case: Case, found: Judgement) -> Judgement:
    """Health that its source no longer vouches for is unknown; faults stay, as they were last seen."""
    source = case.seen.sources.get(found.source)
    if source is None or source.state not in _BLIND or found.state is HopState.UNKNOWN:
        return found
    ago = f"{span(source.age_seconds)} ago" if source.age_seconds is not None else "earlier"
    told = f": {source.detail}" if source.detail else ""
    if found.state in {HopState.BROKEN, HopState.DEGRADED}:
        return replace(found, cause=f"{found.cause} (as seen {ago}; {found.source} has not answered since)")
    cause = f"last seen {found.state} {ago}; {found.source} has not answered since{told}"
    return replace(found, state=HopState.UNKNOWN, cause=cause, fix="portal doctor")


def _hop(case: Case, name: HopName, found: Judgement) -> Hop:
    age = max(0.0, case.now.monotonic - found.seen_at) if found.seen_at is not None else None
    return Hop(
        number=_NUMBERS[name],
        name=name,
        state=found.state,
        cause=found.cause,
        source=found.source,
        age_seconds=age,
        fix=found.fix,
        detail=found.detail,
    )
