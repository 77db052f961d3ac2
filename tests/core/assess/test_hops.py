"""One fault at a time: which hop breaks, in which state, by which cause and with which command."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.core.assess import assess
from portal.core.chain import Hop, HopName, HopState, Verdict
from portal.core.facets import Denied, Source
from portal.core.objects.external import ExternalSecret
from portal.core.observed import TenantObservation
from tests.core.assess import faults_deployed, faults_outside, faults_secrets
from tests.core.assess.tenant import (
    NEEDS,
    NOON,
    NOW,
    TENANT,
    application,
    composite,
    endpoint,
    external_secret,
    external_secret_json,
    healthy,
    parameters,
    there,
)

CASES = [*faults_outside.CASES, *faults_secrets.CASES, *faults_deployed.CASES]
HEALTHY, BROKEN = HopState.HEALTHY, HopState.BROKEN
DEGRADED, PROGRESSING = HopState.DEGRADED, HopState.PROGRESSING


def judged(seen: TenantObservation) -> Verdict:
    return assess(TENANT, seen, NOW)


def hop_of(verdict: Verdict, name: HopName) -> Hop:
    return next(hop for hop in verdict.hops if hop.name is name)


def test_a_tenant_whose_every_facet_is_well_is_healthy_at_every_hop() -> None:
    verdict = judged(healthy())
    assert [hop.state for hop in verdict.hops] == [HopState.HEALTHY] * 15
    assert (verdict.state, verdict.broken_hop, verdict.cause, verdict.fix) == (HopState.HEALTHY, None, "", "")
    assert [hop.number for hop in verdict.hops] == list(range(1, 16))
    assert {hop.age_seconds for hop in verdict.hops} == {5.0}


@pytest.mark.parametrize(
    ("sync", "revision", "state"),
    [
        ("Synced", "fedcba98", HEALTHY),
        ("Synced", "0123456789abcdef", BROKEN),
        ("OutOfSync", "fedcba98", BROKEN),
    ],
)
def test_a_sync_that_failed_is_history_once_git_asks_for_what_already_runs(
    sync: str, revision: str, state: HopState
) -> None:
    failed = {"phase": "Failed", "message": "one or more failed", "syncResult": {"revision": revision}}
    told = {"status": sync, "revision": "0123456789abcdef"}
    seen = replace(healthy(), application=there(application(sync=told, operationState=failed)))
    assert hop_of(judged(seen), HopName.APPLICATION).state is state


def test_an_application_of_another_name_is_looked_at_by_that() -> None:
    failed = application(operationState={"phase": "Failed", "message": "no"})
    named = replace(failed, meta=replace(failed.meta, name="dev-identity", namespace="argo"))
    verdict = judged(replace(healthy(), application=there(named)))
    assert verdict.fix == "kubectl -n argo describe application dev-identity"


def test_a_service_that_asks_for_nothing_optional_has_twelve_hops() -> None:
    needs = replace(NEEDS, auth=False, bucket="", pull_secret="", cache="", database="", role="")
    verdict = judged(replace(healthy(), needs=needs))
    assert [hop.name for hop in verdict.hops] == list(HopName)[:12]
    assert verdict.state is HopState.HEALTHY


@pytest.mark.parametrize(
    ("change", "name", "state", "cause", "fix"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_one_fault_breaks_its_own_hop_with_a_cause_and_a_command(
    change: dict[str, Any], name: HopName, state: HopState, cause: str, fix: str
) -> None:
    verdict = judged(replace(healthy(), **change))
    hop = hop_of(verdict, name)
    assert hop.state is state, hop
    assert cause in hop.cause
    assert fix in hop.fix
    assert "consequence" not in hop.cause
    if state in {BROKEN, DEGRADED}:
        assert verdict.state is state
        assert verdict.broken_hop is name
        assert (verdict.cause, verdict.fix) == (hop.cause, hop.fix)


@pytest.mark.parametrize("state", ["idle", "active"])
def test_an_idle_compute_is_healthy_because_it_scales_from_zero(state: str) -> None:
    hop = hop_of(
        judged(replace(healthy(), endpoints=there((endpoint(state=state),), Source.NEON))), HopName.COMPUTE
    )
    assert hop.state is HopState.HEALTHY
    assert hop.detail == ("active" if state == "active" else "idle, scale to zero")


def test_a_viewer_without_leave_to_list_secrets_still_gets_a_healthy_verdict() -> None:
    seen = replace(healthy(), secrets=Denied(Source.KUBERNETES, "secrets is forbidden", 990.0))
    verdict = judged(seen)
    assert verdict.state is HopState.HEALTHY
    assert "by its ExternalSecret" in judged_target_detail(verdict)


def judged_target_detail(verdict: Verdict) -> str:
    return hop_of(verdict, HopName.PULL_SECRET).detail


def test_without_secret_metadata_a_pod_older_than_its_parameter_holds_an_old_secret() -> None:
    rotated = parameters(modified=NOON - timedelta(minutes=5))
    seen = replace(
        healthy(),
        secrets=Denied(Source.KUBERNETES, "secrets is forbidden", 990.0),
        parameters=there(rotated, Source.SSM),
    )
    hop = hop_of(judged(seen), HopName.FRESHNESS)
    assert hop.state is DEGRADED
    assert "changed 5 min ago" in hop.cause


def test_without_secret_metadata_a_refresh_after_the_pods_start_leaves_their_secret_unknown() -> None:
    refreshed = tuple(
        replace(external_secret(name), refreshed_at=(NOON - timedelta(minutes=1)).timestamp())
        for name in NEEDS.secrets
    )
    seen = replace(
        healthy(),
        secrets=Denied(Source.KUBERNETES, "secrets is forbidden", 990.0),
        external_secrets=there(refreshed),
        parameters=there(parameters(modified=NOON - timedelta(minutes=15)), Source.SSM),
    )
    hop = hop_of(judged(seen), HopName.FRESHNESS)
    assert hop.state is HopState.UNKNOWN
    assert "cannot be told" in hop.cause


def test_a_cache_secret_is_judged_by_the_object_that_writes_it_where_secrets_may_not_be_listed() -> None:
    manifest = {
        "kind": "Secret",
        "metadata": {"name": "identity-cache-conn"},
        "stringData": {"HOST": "x", "PORT": "y"},
    }
    made = composite(
        "Object",
        "x7-conn",
        api="kubernetes.crossplane.io/v1alpha2",
        spec={"forProvider": {"manifest": manifest}},
    )
    seen = replace(
        healthy(), secrets=Denied(Source.KUBERNETES, "secrets is forbidden", 990.0), composites=there((made,))
    )
    hop = hop_of(judged(seen), HopName.CACHE)
    assert hop.state is BROKEN
    assert "yields HOST, PORT where pods expect DRAGONFLY_HOST" in hop.cause


def test_an_external_secret_that_is_fetched_once_does_not_grow_stale() -> None:
    raw = external_secret_json("identity-service-db")
    raw["spec"]["refreshPolicy"] = "CreatedOnce"
    raw["status"]["refreshTime"] = "2026-01-01T00:00:00Z"
    others = [external_secret(name) for name in NEEDS.secrets if name != "identity-service-db"]
    seen = replace(healthy(), external_secrets=there((*others, ExternalSecret.of(raw))))
    assert hop_of(judged(seen), HopName.EXTERNAL_SECRETS).state is HopState.HEALTHY
