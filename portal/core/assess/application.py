"""Hop 10: the ArgoCD Application: there, without errors, its operation done, in sync, its resources well.

Health that another hop judges in depth (ExternalSecrets, the cache, the workload) blames that hop.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from portal.core.assess.health import HealthStatus, health_of
from portal.core.assess.judgement import Bench, Case, Judgement, bench, judge_blind, listed, sentence, span
from portal.core.chain import HopName
from portal.core.facets import Absent, Present
from portal.core.objects.argo import Application, Operation

_STUCK_SECONDS = 600.0
_DRIFT_SECONDS = 120.0
_GENERATION_SECONDS = 300.0
# ArgoCD compares every 120 to 180 s unless told otherwise; three that are missed are no accident.
_COMPARED_SECONDS = 600.0
_WAITS_FOR = re.compile(r"waiting for (?:healthy state|completion) of (?:hook )?(\S+)")
_HOPS: Mapping[str, HopName] = MappingProxyType(
    {
        "ExternalSecret": HopName.EXTERNAL_SECRETS,
        "ClusterSecretStore": HopName.STORE,
        "Deployment": HopName.WORKLOAD,
        "ReplicaSet": HopName.WORKLOAD,
        "Pod": HopName.WORKLOAD,
    }
)
_JUDGED_ELSEWHERE = (HopName.EXTERNAL_SECRETS, HopName.CACHE, HopName.WORKLOAD)


def judge(case: Case) -> Judgement:
    """Absent, then conditions, operation, sync, and the health of what no other hop judges."""
    facet = case.seen.application
    if isinstance(facet, Absent):
        return _judge_absent(case, facet)
    if not isinstance(facet, Present):
        return judge_blind(facet)
    on, app = bench(facet), facet.value
    if app.meta.deleting:
        return on.progressing(f"Application {app.meta.name} is being deleted", _look(case))
    for rule in _RULES:
        found = rule(case, on, app)
        if found is not None:
            return found
    compared = f", compared {span(case.now.since(app.reconciled_at))} ago" if app.reconciled_at else ""
    return on.healthy(f"Synced to {app.revision[:8]}, {app.health or 'no health reported'}{compared}")


def _judge_absent(case: Case, facet: Absent) -> Judgement:
    on, place = bench(facet), case.seen.place
    look = f"kubectl -n {place.argocd} describe applicationset"
    if facet.reason:
        return on.broken(facet.reason, "kubectl api-resources --api-group=argoproj.io")
    name = f"Application {case.tenant.service}"
    generators = case.seen.generators
    if isinstance(generators, Present) and generators.value:
        for generator in generators.value:
            health = health_of(generator)
            if health.status is HealthStatus.DEGRADED:
                cause = f"{name} does not exist, ApplicationSet {generator.meta.name} fails"
                return on.broken(f"{cause}: {sentence(health.message)}", look, blames=(HopName.SPEC,))
        path = f"tenants/{case.tenant.service}/overlays/{place.overlay}/config.yaml"
        patterns = [pattern for generator in generators.value for pattern in generator.patterns]
        if patterns and not any(fnmatchcase(path, pattern) for pattern in patterns):
            cause = f"{name} does not exist: no ApplicationSet of this cluster looks for {path}"
            return on.broken(cause, look)
    since = case.seen.committed_at
    if since is not None and case.now.since(since) < _GENERATION_SECONDS:
        return on.progressing(f"{name} has not been generated yet", look, blames=(HopName.SPEC,))
    return on.broken(f"{name} does not exist in namespace {place.argocd}", look, blames=(HopName.SPEC,))


def _judge_namespace(case: Case, on: Bench, app: Application) -> Judgement | None:
    """ArgoCD makes no namespace here: the platform's own Application does, from 00-namespace.yaml."""
    facet, name = case.seen.namespace, case.needs.namespace or app.destination
    look = f"kubectl get namespace {name}"
    if isinstance(facet, Present) and facet.value.phase == "Terminating":
        return on.broken(f"namespace {name} is being deleted", look)
    if not isinstance(facet, Absent):
        return None
    since = case.seen.committed_at
    if since is not None and case.now.since(since) < _GENERATION_SECONDS:
        return on.progressing(f"namespace {name} has not been made yet", look, blames=(HopName.SPEC,))
    return on.broken(f"namespace {name} does not exist", look, blames=(HopName.SPEC,))


def _judge_conditions(case: Case, on: Bench, app: Application) -> Judgement | None:
    errors = [found for found in app.conditions if found.type.endswith("Error")]
    if not errors:
        return None
    first = errors[0]
    return on.broken(f"Application {app.meta.name}: {first.type}: {sentence(first.message)}", _look(case))


def _judge_operation(case: Case, on: Bench, app: Application) -> Judgement | None:
    operation = app.operation
    if operation is None:
        return None
    if operation.phase in {"Failed", "Error"}:
        return None if _overtaken(app, operation) else _judge_failed(case, on, app, operation)
    if operation.phase not in {"Running", "Terminating"}:
        return None
    waits = _WAITS_FOR.search(operation.message)
    blames = _blames(case, waits.group(1).split("/")[-2:-1] if waits else [])
    message = sentence(operation.message) or operation.phase.lower()
    age = case.now.since(operation.started_at) if operation.started_at is not None else 0.0
    if age > _STUCK_SECONDS:
        cause = f"the sync of Application {app.meta.name} is stuck for {span(age)}: {message}"
        return on.broken(cause, _look(case), blames=blames)
    return on.progressing(f"Application {app.meta.name} is syncing: {message}", _look(case), blames=blames)


def _overtaken(app: Application, operation: Operation) -> bool:
    """Whether git has moved on to what already runs: nothing is left to sync, the failure is history."""
    return app.sync == "Synced" and bool(operation.revision) and operation.revision != app.revision


def _judge_failed(case: Case, on: Bench, app: Application, operation: Operation) -> Judgement:
    cause = f"the sync of Application {app.meta.name} failed"
    if operation.failures:
        first = operation.failures[0]
        told = f"{first.kind} {first.name}: {sentence(first.message)}"
        more = len(operation.failures) - 1
        cause = f"{cause}: {told}" + (f" (and {more} more)" if more else "")
    else:
        cause = f"{cause}: {sentence(operation.message)}"
    kinds = [failure.kind for failure in operation.failures]
    return on.broken(cause, _look(case), blames=_blames(case, kinds))


def _judge_sync(case: Case, on: Bench, app: Application) -> Judgement | None:
    if app.sync == "Synced":
        return None
    if app.sync != "OutOfSync":
        return on.progressing(f"Application {app.meta.name} has not been compared with git yet", _look(case))
    drifted = [str(found) for found in app.resources if found.status == "OutOfSync"]
    what = listed(drifted) or "nothing it names"
    finished = app.operation.finished_at if app.operation is not None else None
    settled = finished is not None and case.now.since(finished) > _DRIFT_SECONDS
    if app.automated and not settled:
        return on.progressing(
            f"Application {app.meta.name} is out of sync, about to sync: {what}", _look(case)
        )
    rows = '{range .status.resources[?(@.status=="OutOfSync")]}{.kind}/{.name}{"\\n"}{end}'
    look = f"kubectl -n {app.meta.namespace} get application {app.meta.name} -o jsonpath='{rows}'"
    return on.degraded(f"Application {app.meta.name} is out of sync: {what}", look)


def _judge_resources(case: Case, on: Bench, app: Application) -> Judgement | None:
    """What no other hop judges: StatefulSets, Jobs, Services, volume claims; then ArgoCD's own word."""
    seen = case.seen
    facets = (seen.stateful_sets, seen.jobs, seen.services, seen.volumes)
    held = {
        (item.meta.kind, item.meta.name): item
        for facet in facets
        if isinstance(facet, Present)
        for item in facet.value
    }
    for row in app.resources:
        item = held.get((row.kind, row.name))
        health = health_of(item) if item is not None else None
        if health is not None and health.status is HealthStatus.DEGRADED:
            return on.degraded(
                f"{row} is degraded: {sentence(health.message)}", _describe(case, row.kind, row.name)
            )
    if app.health in {"Degraded", "Missing"}:
        cause = f"ArgoCD reports Application {app.meta.name} {app.health}"
        return on.degraded(cause, _look(case), blames=_JUDGED_ELSEWHERE)
    return None


def _judge_warnings(case: Case, on: Bench, app: Application) -> Judgement | None:
    """What git asks for and ArgoCD leaves out or shares with another; orphans are nobody's fault here."""
    told = (found for found in app.conditions if found.type.endswith("Warning"))
    first = next((found for found in told if found.type != "OrphanedResourceWarning"), None)
    if first is None:
        return None
    return on.degraded(f"Application {app.meta.name}: {first.type}: {sentence(first.message)}", _look(case))


def _judge_age(case: Case, on: Bench, app: Application) -> Judgement | None:
    """A controller that is dead leaves its last word standing: only the time of it tells."""
    age = case.now.since(app.reconciled_at) if app.reconciled_at is not None else 0.0
    if age <= _COMPARED_SECONDS:
        return None
    cause = (
        f"Application {app.meta.name} was last compared with git {span(age)} ago: ArgoCD seems not to run, "
        f"its word {app.sync}, {app.health or 'no health'} is as old"
    )
    look = f"kubectl -n {app.meta.namespace} get pods -l app.kubernetes.io/part-of=argocd"
    return on.degraded(cause, look)


_RULES = (
    _judge_namespace,
    _judge_operation,
    _judge_conditions,
    _judge_warnings,
    _judge_sync,
    _judge_resources,
    _judge_age,
)


def _blames(case: Case, kinds: list[str]) -> tuple[HopName, ...]:
    hops = {**_HOPS, case.seen.place.claim_kind: HopName.CACHE}
    return tuple(dict.fromkeys(hops[kind] for kind in kinds if kind in hops))


def _look(case: Case) -> str:
    """Its own name where it is there: an Application is its tenant's by a label too."""
    facet = case.seen.application
    meta = facet.value.meta if isinstance(facet, Present) else None
    place = meta.namespace if meta is not None else case.seen.place.argocd
    return f"kubectl -n {place} describe application {meta.name if meta else case.tenant.service}"


def _describe(case: Case, kind: str, name: str) -> str:
    return f"kubectl -n {case.needs.namespace} describe {kind.lower()} {name}"
