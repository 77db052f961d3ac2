"""`portal rehearse` as a person without a terminal runs it: from nothing to a healthy report."""

import ipaddress
import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.account import EXAMPLES, FIRST, ROOT, SECOND, Account, portal
from tests.e2e.leaks import files, leaks, secrets
from tests.e2e.processes import Watch, belonging, nothing_left
from tests.e2e.tier import Tier
from tests.e2e.world import world_of

pytestmark = [pytest.mark.e2e, pytest.mark.tiers, pytest.mark.timeout(300)]
ALL_PROCESSES_MB = 700.0


@dataclass(slots=True)
class Rehearsed:
    """One run: what it said and when, what it left, what its processes showed, and its world's secrets."""

    account: Account
    watch: Watch
    lines: list[tuple[float, str]] = field(default_factory=list)
    stdout: str = ""
    code: int | None = None
    seconds: float = 0.0
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.directory / "report.json").read_text())
        return document

    @property
    def directory(self) -> Path:
        return self.account.directory / "report"

    @property
    def talk(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def when(self, text: str) -> float:
        """Seconds from the start until a line with that text came."""
        return next(moment for moment, line in self.lines if text in line)


def _tells_of_more_secrets(line: str) -> bool:
    """Whether secrets were made that can be read now; once the last tenant is healthy the world goes away."""
    if "every hop is healthy" in line:
        return f"{FIRST}/dev" in line
    return any(f"{SECOND}/dev  {step}" in line for step in ("refresh", "verify"))


DRILLS = ("--drill", "cluster-lost", "--drill", "neon-lost")


@pytest.fixture(scope="module", name="rehearsed")
def _rehearsed(tmp_path_factory: pytest.TempPathFactory, tier: Tier) -> Rehearsed:
    account = Account.make(tmp_path_factory.mktemp("rehearse"), tier)
    found = Rehearsed(account, Watch(str(account.directory)))
    specs = [f"-f={EXAMPLES / name}.yaml" for name in (FIRST, SECOND)]
    began = time.monotonic()
    with (
        nothing_left(found.watch.mark),
        found.watch,
        (account.directory / "stdout").open("w+") as stdout,
        subprocess.Popen(
            portal("rehearse", *specs, *DRILLS, "--report", str(found.directory)),
            cwd=ROOT,
            env=account.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            found.lines.append((time.monotonic() - began, line.rstrip()))
            if _tells_of_more_secrets(line):
                found.secrets |= secrets(world_of(account))
        found.code = process.wait(60)
        found.seconds = time.monotonic() - began
        stdout.seek(0)
        found.stdout = stdout.read()
    return found


def test_it_ends_0_and_every_hop_of_both_services_is_healthy(rehearsed: Rehearsed) -> None:
    assert rehearsed.code == 0, rehearsed.talk
    tenants = {f"{t['service']}/{t['environment']}": t for t in rehearsed.report["tenants"]}
    assert set(tenants) == {f"{FIRST}/dev", f"{SECOND}/dev"}
    for tenant in tenants.values():
        states = {hop["name"]: hop["state"] for hop in tenant["hops"]}
        assert states == dict.fromkeys(states, "healthy")
        assert len(states) >= 12
    names = {hop["name"] for hop in tenants[f"{FIRST}/dev"]["hops"]}
    assert {"auth", "storage", "pull-secret", "cache", "workload", "current-secret"} <= names


def test_the_report_tells_seconds_and_memory_by_phase_and_that_nothing_is_left(rehearsed: Rehearsed) -> None:
    report = rehearsed.report
    assert report["ok"] is True
    assert report["leftovers"] == []
    assert [phase["name"] for phase in report["phases"]] == [
        "world",
        "initialise",
        f"onboard {FIRST}/dev",
        f"onboard {SECOND}/dev",
        "drill cluster-lost",
        "drill neon-lost",
        "verify",
        "tear down",
    ]
    assert all(phase["seconds"] >= 0 and phase["memory_mb"] > 0 for phase in report["phases"])
    for text in ((rehearsed.directory / "report.md").read_text(), rehearsed.stdout):
        assert "stands in for" in text
        assert f"{FIRST}/dev" in text


def test_a_drill_shows_the_loss_of_a_source_with_its_rows_kept_and_its_return(rehearsed: Rehearsed) -> None:
    drills = rehearsed.report["drills"]
    assert [(drill["name"], drill["ok"]) for drill in drills] == [("cluster-lost", True), ("neon-lost", True)]
    for drill in drills:
        evidence = "\n".join(drill["evidence"])
        assert "stale" in evidence
        assert "2 of 2 rows kept" in evidence
        assert "back: 2 of 2 healthy" in evidence


def test_all_processes_together_need_no_more_memory_than_promised(rehearsed: Rehearsed) -> None:
    assert max(phase["memory_mb"] for phase in rehearsed.report["phases"]) <= ALL_PROCESSES_MB


def test_each_step_is_told_when_it_is_done_and_not_at_the_end(rehearsed: Rehearsed) -> None:
    steps = ("neon: accepting", f"{FIRST}/dev  role", f"{FIRST}/dev  database", f"{FIRST}/dev  commit")
    more = (f"onboard {FIRST}/dev", f"{SECOND}/dev  role", f"{SECOND}/dev  commit", "tear down")
    moments = [rehearsed.when(step) for step in (*steps, *more)]
    assert moments == sorted(moments)
    assert moments[0] < rehearsed.seconds / 2
    assert moments[2] - moments[1] > 0.2, "they came in one piece"


def test_nobody_listens_but_on_loopback(rehearsed: Rehearsed) -> None:
    addresses = {address for address, _ in rehearsed.watch.listeners}
    assert len(rehearsed.watch.listeners) >= 5
    assert [address for address in addresses if not ipaddress.ip_address(address).is_loopback] == []


def test_nothing_of_the_home_is_read_or_changed(rehearsed: Rehearsed) -> None:
    rehearsed.account.home.assert_untouched()


def test_no_process_and_no_run_directory_is_left(rehearsed: Rehearsed) -> None:
    assert len(rehearsed.watch.seen) >= 10
    assert belonging(rehearsed.watch.mark) == {}
    assert [path for path in rehearsed.account.tmp.rglob("*") if not path.is_dir()] == []


def test_no_secret_is_in_its_report_its_talk_or_an_argument_of_its_processes(rehearsed: Rehearsed) -> None:
    for service in (FIRST, SECOND):
        assert f"the password in /zerotouch/dev/{service}/database_url" in rehearsed.secrets
    places = [*files(rehearsed.directory), ("stdout", rehearsed.stdout.encode())]
    places += [("stderr", rehearsed.talk.encode())]
    places += [("arguments", arguments.encode()) for arguments in rehearsed.watch.arguments]
    assert len(places) > 20
    assert leaks(rehearsed.secrets, places) == []
