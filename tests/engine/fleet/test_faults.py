"""What a person sees while a cluster misbehaves: each fault through the gateway, over real sockets.

Every case of a watch has its test here or beside, by its number:

    W1 reset, W2 vanished peer, W3 W4 outage and recovery, W5 W6 expired places, W7 another cluster,
    W8 missed deletion, W9 throttled, W10 login ended, W12 denied kind, W13 not installed, W14 version gone,
    W15 no JSON, W25 hostile text, W26 secrets in messages                                 here
    W11 plugins, W16 storm, W20 ArgoCD dead, W21 External Secrets dead, W22 clocks and sleep,
    W23 switched context, W24 flapping                                                     test_faults_of_time
    W17 Parameter Store throttles, W18 empty page, W19 Neon away, compute idle             test_faults_beside
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from portal.core.chain import HopName, HopState
from portal.core.facets import Freshness
from simulator.gateway.faults import Action
from tests.core.assess import tenant as made
from tests.engine.fleet.gateway import Live, live

pytestmark = pytest.mark.timeout(120)
EVERYTHING = "*"
LOST = {Freshness.STALE, Freshness.UNKNOWN}


@pytest.fixture(name="seen")
async def _seen(tmp_path: Path) -> AsyncIterator[Live]:
    async with live(tmp_path) as opened:
        await opened.until(lambda now: now.well, "healthy at first")
        yield opened


def rows_stay(seen: Live) -> bool:
    """A lost source keeps its rows: the tenant and what was last seen of it."""
    return "last seen healthy" in seen.hop(HopName.WORKLOAD).cause


async def test_w1_a_watch_that_is_reset_is_taken_up_again_without_a_flicker(seen: Live) -> None:
    before = len(seen.views)
    seen.gateway.drop_all()
    seen.store.put(made.deployment_json(replicas=3))
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.PROGRESSING, "the change")
    assert all(line.state is Freshness.LIVE for view in seen.views[before:] for line in view.sources)
    states = {hop.state for view in seen.views[before:] for found in view.tenants for hop in found.hops}
    assert HopState.UNKNOWN not in states


async def test_w2_a_peer_that_vanished_without_a_word_is_stale_within_thirty_seconds(seen: Live) -> None:
    began = seen.clock.monotonic()
    seen.break_(EVERYTHING, Action.HANG)
    await seen.until(lambda now: now.kubernetes.state in LOST, "stale")
    assert seen.clock.monotonic() - began < 30 + 20
    assert "no answer in time" in seen.kubernetes.detail
    assert rows_stay(seen)


async def test_w3_w4_w8_an_outage_shows_age_and_countdown_and_ends_with_one_list_a_kind(seen: Live) -> None:
    rule = seen.break_(EVERYTHING, Action.STATUS, status=503)
    seen.gateway.drop_all()
    await seen.until(lambda now: now.kubernetes.state is Freshness.STALE, "stale")
    assert seen.kubernetes.retry_in is not None
    assert "unable to handle the request" in seen.kubernetes.detail
    await seen.until(lambda now: (now.kubernetes.age_seconds or 0) > 30, "aged")
    assert rows_stay(seen)
    assert seen.hop(HopName.DATABASE).state is HopState.HEALTHY
    before = seen.calls()
    seen.store.remove("Deployment", made.NAMESPACE, "identity-service")
    seen.faults.remove(rule)
    await seen.until(lambda now: now.kubernetes.state is Freshness.LIVE, "live again")
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.BROKEN, "the missed deletion")
    lists = {name: count for name, count in (seen.calls() - before).items() if name.startswith("list ")}
    assert max(lists.values(), default=0) <= 1


async def test_w5_an_expired_place_leads_to_a_new_list_and_nothing_else_is_seen_of_it(seen: Live) -> None:
    before, lists = len(seen.views), seen.calls()["list pods"]
    rule = seen.break_("watch pods", Action.GONE, seconds=0.0, times=1)
    seen.gateway.drop_all()
    await seen.until(lambda now: now.calls()["list pods"] > lists, "a new list")
    seen.faults.remove(rule)
    seen.store.put(made.deployment_json(replicas=3))
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.PROGRESSING, "the change")
    assert all(line.state is Freshness.LIVE for view in seen.views[before:] for line in view.sources)


async def test_w6_a_list_whose_place_expires_between_two_pages_is_read_in_one_piece(tmp_path: Path) -> None:
    async with live(tmp_path) as seen:
        for number in range(600):
            item = made.pod_json(f"stranger-{number}")
            seen.store.put({**item, "metadata": {**item["metadata"], "namespace": "elsewhere"}})
        seen.break_("list pods", Action.STATUS, status=410, nth=2)
        await seen.until(lambda now: now.well and now.calls()["list pods"] >= 3, "healthy, and logged")
        assert seen.calls()["list pods"] == 3


async def test_w7_another_cluster_at_the_same_address_is_told_and_read_anew(seen: Live) -> None:
    seen.replace_cluster()
    seen.store.remove("Deployment", made.NAMESPACE, "identity-service")
    await seen.until(lambda now: "another cluster answers" in now.kubernetes.detail, "told")
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.BROKEN, "what it holds")


async def test_w9_a_throttled_portal_waits_as_long_as_it_is_told_and_says_so(seen: Live) -> None:
    seen.break_("get /version", Action.THROTTLE, seconds=12, times=1)
    await seen.until(lambda now: now.kubernetes.state in LOST, "throttled")
    assert "throttled by the API" in seen.kubernetes.detail
    assert 6 < (seen.kubernetes.retry_in or 0) <= 13
    began = seen.clock.monotonic()
    await seen.until(lambda now: now.kubernetes.state is Freshness.LIVE, "live again")
    assert seen.clock.monotonic() - began > 6


async def test_w10_a_login_that_has_ended_asks_for_another_keeps_its_rows_and_resumes(seen: Live) -> None:
    rule = seen.break_(EVERYTHING, Action.STATUS, status=401)
    seen.gateway.drop_all()
    await seen.until(lambda now: now.kubernetes.state is Freshness.STALE, "stale")
    assert "Log in to the cluster again" in seen.kubernetes.detail
    assert rows_stay(seen)
    seen.faults.remove(rule)
    await seen.until(lambda now: now.well, "healthy again")


async def test_w12_a_kind_that_is_denied_darkens_its_own_hop_alone(seen: Live) -> None:
    seen.break_("* dragonflyinstances", Action.STATUS, status=403)
    seen.gateway.drop_all()
    await seen.until(lambda now: "DragonflyInstance: denied" in now.kubernetes.detail, "denied")
    assert seen.kubernetes.state is Freshness.LIVE
    await seen.until(lambda now: list(now.bad) == ["cache"], "the cache alone")
    assert "Kubernetes denies access: DragonflyInstance may not be read: " in seen.bad["cache"]


async def test_w13_what_is_not_installed_is_named_and_found_once_it_is(seen: Live) -> None:
    crd = ("apiextensions.k8s.io", "customresourcedefinitions")
    name = "externalsecrets.external-secrets.io"
    kept = seen.store.server.store.collection(*crd).get("", name)
    assert kept is not None
    seen.store.remove_definition(name)
    seen.gateway.drop_all()
    await seen.until(
        lambda now: "serves no ExternalSecret: External Secrets" in now.bad.get("external-secrets", ""),
        "not installed",
    )
    seen.store.write("CustomResourceDefinition", dict(kept.value))
    for needed in made.NEEDS.secrets:
        seen.store.put(made.external_secret_json(needed))
    await seen.until(lambda now: now.well, "healthy again")


async def test_w14_a_version_that_is_no_longer_served_is_looked_for_under_its_new_name(seen: Live) -> None:
    seen.store.serve_version("externalsecrets.external-secrets.io", "v1beta1")
    seen.gateway.drop_all()
    seen.store.put(
        made.external_secret_json(
            "identity-service-db", made.ready("False", "SecretSyncedError", "could not get secret data")
        )
    )
    await seen.until(
        lambda now: "identity-service-db cannot be synced" in now.bad.get("external-secrets", ""),
        "the change in the new version",
    )


@pytest.mark.parametrize(
    ("action", "more", "words"),
    [
        (Action.STATUS, {"status": 200, "body": "<html>sign in</html>"}, "is not JSON: <html>sign in</html>"),
        (Action.STATUS, {"status": 200, "body": ""}, "is not JSON: it is empty"),
        (Action.TRUNCATE, {}, "the connection broke while the answer came"),
        (Action.DROP_BEFORE, {}, "the connection broke while the answer came"),
    ],
    ids=["captive-portal", "empty", "truncated", "dropped"],
)
async def test_w15_an_answer_that_is_none_is_unknown_with_the_reason(
    seen: Live, action: Action, more: dict[str, object], words: str
) -> None:
    seen.break_("get /version", action, **more)
    await seen.until(lambda now: now.kubernetes.state in LOST, "lost")
    assert words in seen.kubernetes.detail
    assert rows_stay(seen)


async def test_w25_w26_hostile_text_and_secrets_in_messages_are_made_harmless(seen: Live) -> None:
    hostile = "\x1b[2Jgone \u202eevil\x00 [bold]x[/] postgres://svc:hunter2@db/x"
    seen.store.put(
        made.external_secret_json("identity-service-db", made.ready("False", "SecretSyncedError", hostile))
    )
    await seen.until(lambda now: "external-secrets" in now.bad, "the fault")
    cause = seen.bad["external-secrets"]
    assert "hunter2" not in repr(seen.views[-1])
    assert not {"\x1b", "\u202e", "\x00"} & set(cause)
    assert "[bold]x[/]" in cause
