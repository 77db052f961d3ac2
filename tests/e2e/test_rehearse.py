"""`portal rehearse` as a person without a terminal runs it: from nothing to a healthy report."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.canary import CanaryHome
from tests.e2e.world import ROOT, environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
EXAMPLES = ROOT / "manifests" / "examples"
TENANTS = {"identity-service/dev", "deepagents-runtime/dev"}


@dataclass(frozen=True, slots=True)
class Rehearsed:
    result: "subprocess.CompletedProcess[str]"
    report: dict[str, Any]
    directory: Path
    home: CanaryHome


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    directory = tmp_path_factory.mktemp("rehearse")
    (directory / "tmp").mkdir()
    home = CanaryHome.make(directory / "home")
    files = [f"-f={EXAMPLES / name}" for name in ("identity-service.yaml", "deepagents-runtime.yaml")]
    result = subprocess.run(
        [sys.executable, "-m", "portal", "rehearse", *files, "--report", str(directory / "report")],
        cwd=ROOT,
        env=environment(home.path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((directory / "report" / "report.json").read_text())
    return Rehearsed(result, report, directory, home)


def test_every_hop_of_both_services_is_healthy(rehearsed: Rehearsed) -> None:
    tenants = {f"{t['service']}/{t['environment']}": t for t in rehearsed.report["tenants"]}
    assert set(tenants) == TENANTS
    for tenant in tenants.values():
        assert {hop["name"]: hop["state"] for hop in tenant["hops"]} == {
            hop["name"]: "healthy" for hop in tenant["hops"]
        }
        assert len(tenant["hops"]) >= 12
    names = {hop["name"] for hop in tenants["identity-service/dev"]["hops"]}
    assert {"auth", "storage", "pull-secret", "cache", "workload", "current-secret"} <= names


def test_the_report_tells_phases_memory_and_that_nothing_is_left(rehearsed: Rehearsed) -> None:
    report = rehearsed.report
    assert report["ok"] is True
    assert report["leftovers"] == []
    assert [phase["name"] for phase in report["phases"]] == [
        "world",
        "initialise",
        "onboard identity-service/dev",
        "onboard deepagents-runtime/dev",
        "verify",
        "tear down",
    ]
    assert all(phase["seconds"] >= 0 for phase in report["phases"])
    assert "stands in for" in (rehearsed.directory / "report" / "report.md").read_text()


def test_progress_is_printed_while_it_runs(rehearsed: Rehearsed) -> None:
    talk = rehearsed.result.stderr
    for step in ("neon: accepting", "role", "database", "commit", "onboard identity-service/dev"):
        assert step in talk


def test_nothing_of_the_home_is_read_or_changed(rehearsed: Rehearsed) -> None:
    rehearsed.home.assert_untouched()


def test_no_run_directory_is_left(rehearsed: Rehearsed) -> None:
    assert list((rehearsed.directory / "tmp").rglob("world.json")) == []
