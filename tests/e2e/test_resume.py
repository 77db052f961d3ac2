"""A portal that is killed in any phase loses nothing: the same apply goes on and converges."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import Live, living, service, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", name="live")
def _live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with living(tmp_path_factory.mktemp("resume")) as world:
        yield world


# Phase, the call that is held, and how: held before it is carried out, or its answer lost after.
PHASES = [
    pytest.param("neon:createProjectBranchRole", "hang", id="role-before"),
    pytest.param("neon:createProjectBranchRole", "drop_after", id="role-after"),
    pytest.param("neon:createProjectBranchDatabase", "drop_after", id="database-after"),
    pytest.param("ssm:PutParameter", "hang", id="first-parameter-before"),
    pytest.param("kube:patch applications", "hang", id="refresh-before"),
]


@pytest.mark.parametrize(("call", "action"), PHASES)
def test_a_killed_apply_goes_on_without_a_second_role_or_a_lost_password(
    live: Live, tmp_path: Path, request: pytest.FixtureRequest, call: str, action: str
) -> None:
    name = f"svc-{request.node.callspec.id}"
    spec = service(tmp_path, name)
    rule = live.simulator("fault", "add", call, action, "--caller", "portal").strip()
    with live.applying(spec) as process:
        until(lambda: _struck(live, rule) > 0 or process.poll() is not None, 60, f"{call} is reached")
        process.kill()
        process.wait(timeout=10)
    live.simulator("fault", "remove", rule)
    live.apply(spec)
    created = [c for c in live.calls() if c["operation"] == "createProjectBranchRole" and c["status"] == 201]
    assert len({c["path"] for c in created}) == 1
    status = json.loads(live.portal("status", f"{name}/dev", "-o", "json").stdout)
    assert status["tenants"][0]["state"] == "healthy"


def _struck(live: Live, rule: str) -> int:
    faults = json.loads(live.simulator("fault", "list", "--json"))["faults"]
    return sum(int(fault["struck"]) for fault in faults if fault["id"] == rule)


def test_a_second_apply_makes_no_mutating_call(live: Live, tmp_path: Path) -> None:
    spec = service(tmp_path, "twice", cache=True)
    live.apply(spec)
    before = len(live.calls())
    result = live.apply(spec)
    later = [c for c in live.calls()[before:] if c["caller"] == "portal"]
    assert later, "the second apply looked at nothing"
    assert [c for c in later if c["mutating"]] == []
    assert "nothing to do" in result.stderr
    plan = live.portal("plan", "-f", str(spec), "-e", "dev")
    assert plan.returncode == 0
