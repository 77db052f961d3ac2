"""Hop 9: the cache, from claim to XR to composed objects to its connection Secret."""

from portal.core.assess.health import HealthStatus, health_of_composite
from portal.core.assess.judgement import (
    Bench,
    Case,
    Judgement,
    bench,
    blind,
    judge_blind,
    listed,
    sentence,
    undeployed,
)
from portal.core.assess.secrets import complaints
from portal.core.chain import HopName
from portal.core.facets import Absent, Present
from portal.core.names import connection_secret
from portal.core.objects.crossplane import Composite
from portal.core.objects.meta import condition

# The composition writes the first; the platform's documents and its definition name the second.
_WANTED = (
    frozenset({"DRAGONFLY_HOST", "DRAGONFLY_PORT", "DRAGONFLY_PASSWORD"}),
    frozenset({"endpoint", "port", "password"}),
)


def judge(case: Case) -> Judgement:
    """The deepest link that is not ready is the cause; the claim's own condition only says that it waits."""
    facet, name = case.seen.claims, case.needs.cache
    on = bench(facet)
    if not name:
        return on.healthy("the service asks for no cache")
    if isinstance(facet, Absent):
        return on.broken(
            facet.reason or f"claim {name} does not exist",
            f"kubectl api-resources | grep {case.seen.place.claim_plural}",
            blames=() if facet.reason else (HopName.APPLICATION,),
        )
    if not isinstance(facet, Present):
        return judge_blind(facet)
    claim = next((found for found in facet.value if found.meta.name == name), None)
    if claim is None:
        place = case.seen.place
        cause = f"{place.claim_kind} {name} does not exist in namespace {case.needs.namespace}"
        fix = (
            f"kubectl -n {place.argocd} annotate application {case.tenant.service} "
            "argocd.argoproj.io/refresh=normal --overwrite"
        )
        return on.broken(cause, fix, blames=(HopName.APPLICATION,))
    return _judge_chain(case, claim)


def _judge_chain(case: Case, claim: Composite) -> Judgement:
    facet = case.seen.composites
    on = bench(case.seen.claims, facet)
    if health_of_composite(claim).status is not HealthStatus.HEALTHY:
        hidden = blind(facet)
        if hidden:
            state = health_of_composite(claim)
            return hidden if state.status is HealthStatus.PROGRESSING else _unwell(on, claim)
        below = facet.value if isinstance(facet, Present) else ()
        return _unwell(on, _deepest(claim, below))
    return _judge_connection(case, bench(case.seen.claims), claim)


def _deepest(claim: Composite, below: tuple[Composite, ...]) -> Composite:
    """Follow references while something below is not well; the degraded goes before the merely slow."""
    at, seen = claim, {claim.meta.name}
    while True:
        named = {(found.kind, found.name) for found in at.references} - {(at.meta.kind, at.meta.name)}
        children = [found for found in below if (found.meta.kind, found.meta.name) in named]
        unwell = [
            found for found in children if health_of_composite(found).status is not HealthStatus.HEALTHY
        ]
        unwell.sort(key=lambda found: health_of_composite(found).status is not HealthStatus.DEGRADED)
        if not unwell or unwell[0].meta.name in seen:
            return at
        at = unwell[0]
        seen.add(at.meta.name)


def _unwell(on: Bench, found: Composite) -> Judgement:
    health = health_of_composite(found)
    scope = f"-n {found.meta.namespace} " if found.meta.namespace else ""
    group = found.meta.api_version.rpartition("/")[0]
    kind = f"{found.meta.kind.lower()}.{group}" if group else found.meta.kind.lower()
    look = f"kubectl {scope}describe {kind} {found.meta.name}"
    role = f" ({found.role})" if found.role else ""
    if health.status is HealthStatus.DEGRADED:
        return on.broken(f"{found}{role} is not well: {sentence(health.message)}", look)
    return on.progressing(f"{found}{role} is not ready yet: {sentence(health.message)}", look)


def _keys(case: Case, name: str) -> frozenset[str]:
    """Keys of a connection Secret: by its own metadata where allowed, else by the Object that writes it."""
    held, below = case.seen.secrets, case.seen.composites
    for found in held.value if isinstance(held, Present) else ():
        if found.meta.name == name and found.keys:
            return found.keys
    for item in below.value if isinstance(below, Present) else ():
        if item.yields[0] == name:
            return frozenset(item.yields[1])
    return frozenset()


def _judge_connection(case: Case, on: Bench, claim: Composite) -> Judgement:
    """`<claim>-conn` by metadata where allowed, else by what pods miss."""
    name, held = connection_secret(claim.meta.name), case.seen.secrets
    look = f"kubectl -n {claim.meta.namespace} get secret {name}"
    for missed, key, pod in complaints(case):
        if missed == name:
            what = f"Secret {name} has no key {key}" if key else f"Secret {name} does not exist"
            told = f"kubectl -n {case.needs.namespace} describe pod {pod}"
            return bench(case.seen.pods).broken(f"{claim} is ready, but {what}", told)
    if isinstance(held, Present | Absent):
        known = held.value if isinstance(held, Present) else ()
        if not any(found.meta.name == name for found in known):
            return bench(held).broken(f"{claim} is ready, but Secret {name} does not exist", look)
    keys = _keys(case, name)
    if keys and not any(wanted <= keys for wanted in _WANTED):
        cause = f"Secret {name} yields {listed(sorted(keys))} where pods expect {listed(sorted(_WANTED[0]))}"
        return on.broken(cause, f"{look} -o yaml --show-managed-fields")
    lost = undeployed(case, on, claim.meta.kind, claim.meta.name)
    if lost is not None:
        return lost
    ready = condition(claim.conditions, "Ready")
    return on.healthy(f"{claim} {ready.reason if ready else ''}".strip())
