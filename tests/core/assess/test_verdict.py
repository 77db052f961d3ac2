"""From hops to verdict: the earliest broken hop, consequences, unknowns and stale sources."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.assess import assess
from portal.core.assess.judgement import SEVERITY
from portal.core.chain import Hop, HopName, HopState, Verdict
from portal.core.facets import Absent, Denied, Freshness, NeverLoaded, Source, SourceState, Unknown
from portal.core.observed import TenantObservation
from tests.core.assess import faults_deployed, faults_outside, faults_secrets
from tests.core.assess.tenant import (
    NEEDS,
    NOW,
    TENANT,
    application,
    claim,
    deployment,
    endpoint,
    external_secret,
    gone,
    healthy,
    pod,
    ready,
    secret,
    stamp,
    there,
)

CASES = [*faults_outside.CASES, *faults_secrets.CASES, *faults_deployed.CASES]

# Facets a hop cannot be healthy without.
LOAD_BEARING = {
    "folder": HopName.SPEC,
    "branch": HopName.BRANCH,
    "endpoints": HopName.COMPUTE,
    "roles": HopName.DATABASE,
    "databases": HopName.DATABASE,
    "parameters": HopName.PARAMETERS,
    "store": HopName.STORE,
    "external_secrets": HopName.EXTERNAL_SECRETS,
    "claims": HopName.CACHE,
    "application": HopName.APPLICATION,
    "deployments": HopName.WORKLOAD,
    "pods": HopName.WORKLOAD,
    "auth": HopName.AUTH,
    "bucket": HopName.STORAGE,
}
BLIND = (
    Unknown(Source.KUBERNETES, "connection refused"),
    Denied(Source.KUBERNETES, "forbidden"),
    NeverLoaded(Source.KUBERNETES),
)
NO_CONFIG = {
    "waiting": {"reason": "CreateContainerConfigError", "message": 'secret "identity-cache-conn" not found'}
}


def judged(seen: TenantObservation) -> Verdict:
    return assess(TENANT, seen, NOW)


def hop_of(verdict: Verdict, name: HopName) -> Hop:
    return next(hop for hop in verdict.hops if hop.name is name)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(LOAD_BEARING)), st.sampled_from(BLIND)), min_size=1, max_size=6)
)
def test_no_facet_that_could_not_be_read_ever_yields_health(blinded: list[tuple[str, Any]]) -> None:
    verdict = judged(replace(healthy(), **dict(blinded)))
    assert verdict.state is HopState.UNKNOWN
    assert verdict.broken_hop is None
    for name, _ in blinded:
        assert hop_of(verdict, LOAD_BEARING[name]).state is HopState.UNKNOWN


@given(st.lists(st.sampled_from(CASES), min_size=1, max_size=4))
def test_the_broken_hop_is_the_earliest_of_the_worst_that_follows_from_no_other(cases: list[Any]) -> None:
    changes: dict[str, Any] = {}
    for case in cases:
        changes |= case[1]
    verdict = judged(replace(healthy(), **changes))
    worst = max((hop.state for hop in verdict.hops), key=SEVERITY.index)
    assert verdict.state is worst
    assert worst is not HopState.HEALTHY
    ill = [hop for hop in verdict.hops if hop.state is worst]
    roots = [hop for hop in ill if not hop.cause.startswith("consequence of ")] or ill
    assert verdict.cause == roots[0].cause
    assert verdict.broken_hop == (roots[0].name if worst in {HopState.BROKEN, HopState.DEGRADED} else None)


@given(st.lists(st.sampled_from(CASES), min_size=1, max_size=4))
def test_every_hop_that_is_not_healthy_says_why_and_what_to_type(cases: list[Any]) -> None:
    changes: dict[str, Any] = {}
    for case in cases:
        changes |= case[1]
    for hop in judged(replace(healthy(), **changes)).hops:
        assert bool(hop.cause) is (hop.state is not HopState.HEALTHY)
        if hop.state in {HopState.BROKEN, HopState.DEGRADED}:
            assert hop.fix.split()[0] in {"kubectl", "portal", "argocd", "curl"}
        assert "\n" not in hop.cause


def test_an_observation_of_nothing_is_unknown_everywhere() -> None:
    verdict = judged(TenantObservation())
    assert {hop.state for hop in verdict.hops} == {HopState.UNKNOWN}
    assert {hop.age_seconds for hop in verdict.hops} == {None}
    assert "the tenants repository has not been read yet" in verdict.cause


@pytest.mark.parametrize(
    ("facet", "words"),
    [
        (Unknown(Source.NEON, "no route"), "Neon could not be read: no route"),
        (Denied(Source.NEON, "key revoked"), "Neon denies access: key revoked"),
        (NeverLoaded(Source.NEON), "Neon has not been read yet"),
    ],
    ids=["unknown", "denied", "never-loaded"],
)
def test_unknown_denied_and_never_loaded_are_told_apart(facet: Any, words: str) -> None:
    assert hop_of(judged(replace(healthy(), branch=facet)), HopName.BRANCH).cause == words


def test_a_broken_store_makes_every_later_fault_its_consequence() -> None:
    failing = tuple(
        external_secret(name, ready("False", "SecretSyncedError", "no")) for name in NEEDS.secrets
    )
    waiting = pod(
        state={
            "waiting": {
                "reason": "CreateContainerConfigError",
                "message": 'secret "identity-service-db" not found',
            }
        },
        ready="False",
        phase="Pending",
    )
    seen = replace(
        healthy(),
        store=gone(),
        external_secrets=there(failing),
        secrets=there((secret("identity-cache-conn"),)),
        pods=there((waiting,)),
        deployments=there((deployment(status={"availableReplicas": 0}),)),
    )
    verdict = judged(seen)
    assert (verdict.state, verdict.broken_hop) == (HopState.BROKEN, HopName.STORE)
    for name in (HopName.EXTERNAL_SECRETS, HopName.SECRETS, HopName.WORKLOAD):
        assert hop_of(verdict, name).cause.startswith("consequence of ")
    assert hop_of(verdict, HopName.PARAMETERS).state is HopState.HEALTHY


def test_what_a_failed_application_did_not_create_is_its_consequence_though_it_stands_earlier() -> None:
    broken = application(operationState={"phase": "Failed", "message": "cannot apply"})
    seen = replace(
        healthy(),
        application=there(broken),
        external_secrets=there(()),
        secrets=there(()),
        claims=there(()),
        deployments=there(()),
        pods=there(()),
    )
    verdict = judged(seen)
    assert verdict.broken_hop is HopName.APPLICATION
    assert "cannot apply" in verdict.cause
    assert hop_of(verdict, HopName.EXTERNAL_SECRETS).cause.startswith("consequence of application: ")


def test_secrets_of_an_external_secret_that_the_sync_has_not_made_yet_are_not_broken() -> None:
    running = {"phase": "Running", "startedAt": stamp(11, 59, 50), "message": "applying"}
    seen = replace(
        healthy(),
        application=there(application(operationState=running)),
        external_secrets=there(()),
        secrets=there(()),
        claims=there(()),
        deployments=there(()),
        pods=there(()),
    )
    verdict = judged(seen)
    assert (verdict.state, verdict.broken_hop) == (HopState.PROGRESSING, None)
    assert hop_of(verdict, HopName.SECRETS).cause.startswith("consequence of application: ")


def test_of_two_hops_that_blame_each_other_the_later_one_is_the_root() -> None:
    failure = {"kind": "ExternalSecret", "name": "x-db", "status": "SyncFailed", "message": "no"}
    failed = {"phase": "Failed", "message": "failed", "syncResult": {"resources": [failure]}}
    seen = replace(
        healthy(),
        application=there(application(operationState=failed)),
        external_secrets=there(()),
        secrets=there((secret("identity-cache-conn"),)),
    )
    verdict = judged(seen)
    assert (verdict.state, verdict.broken_hop) == (HopState.BROKEN, HopName.APPLICATION)
    assert "ExternalSecret x-db: no" in verdict.cause


def test_a_container_waiting_for_its_cache_secret_is_normal_while_the_cache_is_being_made() -> None:
    seen = replace(
        healthy(),
        claims=there((claim(ready(kind="Synced"), ready("False", "Waiting", "waiting")),)),
        composites=there(()),
        secrets=there(tuple(secret(name) for name in NEEDS.secrets)),
        pods=there((pod(state=NO_CONFIG, ready="False", phase="Pending"),)),
        deployments=there((deployment(status={"availableReplicas": 0}),)),
    )
    verdict = judged(seen)
    assert (verdict.state, verdict.broken_hop) == (HopState.PROGRESSING, None)
    assert hop_of(verdict, HopName.WORKLOAD).cause.startswith("consequence of cache: ")
    assert "DragonflyInstance/identity-cache is not ready yet" in verdict.cause


def test_a_degraded_application_points_to_the_workload_that_crashes() -> None:
    crashing = pod(
        state={"waiting": {"reason": "CrashLoopBackOff"}},
        last={"terminated": {"reason": "Error", "exitCode": 1}},
        restarts=3,
        ready="False",
    )
    seen = replace(
        healthy(),
        application=there(application(health={"status": "Degraded"})),
        pods=there((crashing,)),
        deployments=there((deployment(status={"availableReplicas": 0}),)),
    )
    verdict = judged(seen)
    assert verdict.broken_hop is HopName.WORKLOAD
    assert hop_of(verdict, HopName.APPLICATION).cause.startswith("consequence of workload: ")


def test_a_crashing_pod_behind_a_disabled_compute_is_a_consequence_of_the_compute() -> None:
    crashing = pod(
        state={"waiting": {"reason": "CrashLoopBackOff"}},
        last={"terminated": {"reason": "Error", "exitCode": 1}},
        restarts=3,
        ready="False",
    )
    seen = replace(
        healthy(),
        endpoints=there((endpoint(state="idle", disabled=True),), Source.NEON),
        pods=there((crashing,)),
        deployments=there((deployment(status={"availableReplicas": 0}),)),
    )
    verdict = judged(seen)
    assert verdict.broken_hop is HopName.COMPUTE
    assert hop_of(verdict, HopName.WORKLOAD).cause.startswith("consequence of compute: ")


def test_during_the_first_sync_nothing_is_broken_yet() -> None:
    running = application(
        sync={"status": "OutOfSync"},
        operationState={
            "phase": "Running",
            "startedAt": stamp(11, 59, 30),
            "message": "waiting for healthy state of external-secrets.io/ExternalSecret/identity-service-db",
        },
    )
    seen = replace(
        healthy(),
        application=there(running),
        external_secrets=there(tuple(external_secret(name, conditions=[]) for name in NEEDS.secrets)),
        secrets=there(()),
        claims=there(()),
        deployments=there(()),
        pods=there(()),
    )
    verdict = judged(seen)
    assert (verdict.state, verdict.broken_hop) == (HopState.PROGRESSING, None)
    assert "has not been synced yet" in verdict.cause


def test_health_of_a_stale_source_is_unknown_and_keeps_its_last_word() -> None:
    stale = SourceState(Source.NEON, Freshness.STALE, 540.0, "connection refused", 4.0)
    verdict = judged(replace(healthy(), sources={Source.NEON: stale}))
    assert verdict.state is HopState.UNKNOWN
    assert verdict.cause == "last seen healthy 9 min ago; neon has not answered since: connection refused"
    unknown = {hop.name for hop in verdict.hops if hop.state is HopState.UNKNOWN}
    assert unknown == {HopName.BRANCH, HopName.COMPUTE, HopName.DATABASE}


def test_a_fault_seen_before_the_source_went_silent_stays_a_fault() -> None:
    stale = SourceState(Source.SSM, Freshness.STALE, 540.0, "throttled")
    seen = replace(healthy(), parameters=Absent(Source.SSM, 460.0), sources={Source.SSM: stale})
    verdict = judged(seen)
    assert verdict.broken_hop is HopName.PARAMETERS
    assert "as seen 9 min ago" in verdict.cause


def test_a_secret_inside_a_message_from_outside_is_masked() -> None:
    message = "cannot reach postgresql://svc:hunter2@ep-1.neon.tech/db\nretrying"
    seen = replace(
        healthy(), application=there(application(operationState={"phase": "Failed", "message": message}))
    )
    verdict = judged(seen)
    assert "hunter2" not in repr(verdict)
    assert "ep-1.neon.tech" in verdict.cause
