"""What a person sees of plugins, storms, dead controllers, clocks, switched files and flapping."""

import asyncio
import json
import stat
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.core.chain import HopName, HopState
from portal.core.facets import Freshness
from simulator.gateway.faults import Action
from tests.core.assess import tenant as made
from tests.engine.fleet.gateway import TOKEN, Live, live

pytestmark = pytest.mark.timeout(120)
API = "client.authentication.k8s.io/v1"
STORM = 600


@pytest.fixture(name="seen")
async def _seen(tmp_path: Path) -> AsyncIterator[Live]:
    async with live(tmp_path) as opened:
        await opened.until(lambda now: now.well, "healthy at first")
        yield opened


def plugin(path: Path, body: str) -> dict[str, Any]:
    """A user whose credential comes from a program of this text."""
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": API, "command": str(path)}}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import time; time.sleep(60)", "did not answer in"),
        ("print('hello')", "printed something else than a credential"),
        ("print('x' * 3_000_000)", "printed more than"),
        ("import sys; sys.exit('The SSO session has ended')", "The SSO session has ended"),
    ],
    ids=["hangs", "garbage", "endless", "fails"],
)
async def test_w11_a_credential_plugin_that_gives_none_is_named_and_leaves_every_other_source_alone(
    tmp_path: Path, body: str, words: str
) -> None:
    file = tmp_path / "plugin"
    async with live(tmp_path, plugin(file, body)) as seen:
        await seen.until(lambda now: now.kubernetes.state is Freshness.UNKNOWN, "unknown")
        assert words in seen.kubernetes.detail
        assert "plugin" in seen.kubernetes.detail
        assert seen.hop(HopName.DATABASE).state is HopState.HEALTHY
        assert seen.hop(HopName.WORKLOAD).state is HopState.UNKNOWN
        document = {"apiVersion": API, "kind": "ExecCredential", "status": {"token": TOKEN}}
        plugin(file, f"print({json.dumps(json.dumps(document))})")
        await seen.until(lambda now: now.well, "healthy once it gives one")


async def test_w16_a_storm_of_events_is_coalesced_and_its_last_word_is_shown(seen: Live) -> None:
    began, before = seen.clock.monotonic(), len(seen.views)
    for number in range(STORM):
        ready = "True" if number % 2 else "False"
        seen.store.put(made.pod_json(ready=ready, restarts=number))
        if number % 50 == 0:
            await asyncio.sleep(0)
    seen.store.put(made.deployment_json(status={"readyReplicas": 1, "availableReplicas": 1}))
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.PROGRESSING, "the last word")
    took = seen.clock.monotonic() - began
    assert len(seen.views) - before <= 10 * took + 2
    assert seen.kubernetes.state is Freshness.LIVE


async def test_w20_an_argocd_that_stopped_comparing_is_told_though_its_last_word_was_healthy(
    seen: Live,
) -> None:
    seen.store.put(made.application_json(reconciledAt=made.stamp(9, 0)))
    await seen.until(lambda now: "application" in now.bad, "the age")
    assert "was last compared with git 3 h ago: ArgoCD seems not to run" in seen.bad["application"]
    broken = {"type": "ComparisonError", "message": "cannot clone"}
    seen.store.put(made.application_json(sync={"status": "Unknown"}, conditions=[broken]))
    await seen.until(lambda now: "ComparisonError: cannot clone" in now.bad["application"], "the error")


async def test_w21_an_external_secrets_that_stopped_refreshing_is_told_though_it_says_ready(
    seen: Live,
) -> None:
    seen.store.put(made.external_secret_json("identity-service-db", refreshTime=made.stamp(6, 0)))
    await seen.until(lambda now: "external-secrets" in now.bad, "the age")
    assert "was last refreshed 6 h ago, its interval is 60 min" in seen.bad["external-secrets"]


@pytest.mark.parametrize("hours", [-8, 8])
async def test_w22_a_clock_that_steps_changes_no_age_and_connections_are_taken_up_again(
    seen: Live, hours: int
) -> None:
    seen.clock.step += timedelta(hours=hours)
    seen.gateway.drop_all()
    seen.store.put(made.deployment_json(replicas=3))
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.PROGRESSING, "the change")
    assert seen.kubernetes.state is Freshness.LIVE
    ages = [hop.age_seconds for found in seen.views[-1].tenants for hop in found.hops]
    assert all(age is not None and 0 <= age < 60 for age in ages)


async def test_w23_a_context_that_is_switched_underneath_is_not_followed(seen: Live, tmp_path: Path) -> None:
    path = tmp_path / "config"
    switched = json.loads(path.read_text())
    switched["clusters"].append({"name": "other", "cluster": {"server": "http://127.0.0.1:9"}})
    switched["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "test"}})
    path.write_text(json.dumps({**switched, "current-context": "other"}))
    rule = seen.break_("*", Action.STATUS, status=401)
    seen.gateway.drop_all()
    await seen.until(lambda now: now.kubernetes.state is Freshness.STALE, "the file is read again")
    seen.faults.remove(rule)
    seen.store.put(made.deployment_json(replicas=3))
    await seen.until(lambda now: now.hop(HopName.WORKLOAD).state is HopState.PROGRESSING, "the same cluster")


async def test_w24_flapping_leaves_no_task_and_no_connection_behind(seen: Live) -> None:
    held = await settled(seen)
    for number in range(6):
        rule = seen.break_("*", Action.STATUS, status=503)
        seen.gateway.drop_all()
        await seen.until(lambda now: now.kubernetes.state is Freshness.STALE, "stale")
        seen.faults.remove(rule)
        await seen.until(lambda now: now.well, f"healthy again after {number}")
    tasks, files = await settled(seen)
    assert tasks <= held[0] + 2
    assert files <= held[1] + 8


async def settled(seen: Live) -> tuple[int, int]:
    """Tasks, and open files where the system tells, once a moment has passed."""
    await seen.clock.sleep(2)
    here = Path("/proc/self/fd")
    return len(asyncio.all_tasks()), len([*here.iterdir()]) if here.is_dir() else 0
