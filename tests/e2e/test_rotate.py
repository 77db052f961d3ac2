"""Rotations and an offboarding on a whole world: killed where it hurts, repeated, and nothing lost."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.e2e import truth
from tests.e2e.conftest import SPEED
from tests.e2e.tier import Tier
from tests.e2e.waiting import until
from tests.e2e.world import DATABASE, GIVEN, ONE_SECRET, Live, living, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
NAME = "willow"
TENANT = f"{NAME}/dev"
PATH = f"/zerotouch/dev/{NAME}"
ROLE = f"{NAME}-dev"
KEY_PAIR = "jwt: {algorithm: EdDSA}"
PUT, PATCH = "ssm:PutParameter", "kube:patch deployments"
RESET = "neon:resetProjectBranchRolePassword"
# The lease is the first parameter a rotation puts, or takes over; its record is the next.
DEATHS = [
    (PUT, "hang_after", 2),
    (PUT, "hang", 4),
    ("kube:patch externalsecrets", "hang_after", 1),
    (PATCH, "hang_after", 1),
    (RESET, "hang_after", 1),
]
SAMPLE = [DEATHS[0], *DEATHS[3:]]
ENDS = [("kube:patch applicationsets", "hang", 1), ("ssm:DeleteParameter", "hang_after", 2)]
BREAKGLASS = ("--set", "aws.profile=breakglass")
QUICK = ("--set", "rotation.jwks_cache_seconds=1", "--set", "rotation.token_seconds=1")


@pytest.fixture(scope="module", name="tenant")
def _tenant(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """The world with one healthy tenant."""
    spec = service(tmp_path_factory.mktemp("tenant"), NAME, DATABASE, KEY_PAIR, ONE_SECRET)
    live.apply(spec)
    return live


def _killed(live: Live, call: str, action: str, nth: int, *command: str) -> None:
    """Run a command until that call, and kill it there."""
    with live.fault(call, action, nth=nth) as rule, live.running(*command) as process:
        until(lambda: live.struck(rule) > 0 or process.poll() is not None, 60, f"{call} is reached")
        assert process.poll() is None, live.said[-1:]
        if action == "hang_after":
            until(lambda: any(each.get("fault") == rule for each in live.calls()), 20, "it was carried out")
        process.kill()
        process.wait(10)


@contextmanager
def _watched(live: Live) -> Iterator[None]:
    """While the block runs a pod can be reached, and what the next pod would be given logs in."""
    faults: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            if truth.available(live, NAME) < 1:
                faults.append("no pod is available")
            url = truth.secrets(live)[f"{NAME}/{NAME}-db/DATABASE_URL"]
            if not _logs_in(url):
                faults.append("a pod that starts now would be refused")
            over.wait(0.2)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(60)
    assert faults == []


def _logs_in(url: str) -> bool:
    """Twice, because resetting a role's password cuts the sessions that are open then."""
    for _ in range(2):
        try:
            truth.login(url)
        except psycopg.OperationalError:
            continue
        return True
    return False


def test_a_rotation_that_is_killed_again_and_again_converges_and_pods_never_lose_their_credential(
    tenant: Live,
) -> None:
    _rotate(tenant, SAMPLE)


@pytest.mark.long
def test_so_does_one_that_is_killed_everywhere(tmp_path: Path, tier: Tier) -> None:
    """In a world of its own: only the first rotation of a tenant resets the password of its owner."""
    with living(tmp_path, tier, SPEED) as live:
        live.apply(service(tmp_path, NAME, DATABASE, KEY_PAIR, ONE_SECRET))
        _rotate(live, DEATHS)


def _rotate(tenant: Live, deaths: Iterable[tuple[str, str, int]]) -> None:
    before = truth.parameters(tenant)
    foreign = truth.parameters(tenant, "/zerotouch/platform")
    with _watched(tenant):
        for call, action, nth in deaths:
            _killed(tenant, call, action, nth, "rotate", TENANT, "database", "--yes")
        assert "portal rotate willow/dev database" in tenant.portal("journal", code=3).stdout
        tenant.portal("rotate", TENANT, "database", "--yes")
        first = truth.parameters(tenant)
        _is_replaced(before, first)
        tenant.portal("rotate", TENANT, "database", "--yes")
        second = truth.parameters(tenant)
        _is_replaced(first, second)
        tenant.portal("rotate", TENANT, "jwt", "--yes", *QUICK)
    after = truth.parameters(tenant)
    assert after[f"{PATH}/jwt_key_id"].value != before[f"{PATH}/jwt_key_id"].value
    assert after[f"{PATH}/jwt_previous_key_id"].value == before[f"{PATH}/jwt_key_id"].value
    messages = truth.git(tenant, "log", "--format=%s", "-2", "main").splitlines()
    assert messages == [f"Take {TENANT} its second JWT key away", f"Give {TENANT} a second JWT key"]
    assert truth.parameters(tenant, "/zerotouch/platform") == foreign
    assert truth.leases(tenant) == []
    tenant.portal("journal", code=0)
    assert "healthy" in tenant.portal("status", TENANT).stdout


def _is_replaced(before: Mapping[str, truth.Parameter], after: Mapping[str, truth.Parameter]) -> None:
    for key in ("database_url", "direct_url"):
        name = f"{PATH}/{key}"
        assert after[name].version == before[name].version + 1
        assert _logs_in(after[name].value)
        assert not _logs_in(before[name].value)


def test_a_typed_name_is_needed_and_the_ordinary_rights_delete_nothing(tenant: Live) -> None:
    refused = tenant.portal("offboard", TENANT, "--yes", *BREAKGLASS, code=2)
    assert f"--confirm {TENANT}" in refused.stderr
    powerless = tenant.portal("offboard", TENANT, "--yes", "--confirm", TENANT, code=1)
    assert "manifests/iam/offboarder.json" in powerless.stderr
    assert f"tenants/{NAME}/" in truth.git(tenant, "ls-tree", "-r", "--name-only", "main")
    guarded = tenant.portal("rotate", TENANT, "jwt", "--yes", "--set", "policy.protected=dev", code=2)
    assert "the environment is protected" in guarded.stderr
    assert truth.leases(tenant) == []


def test_a_tenant_that_is_taken_down_leaves_nothing_and_can_come_back(tenant: Live, tmp_path: Path) -> None:
    other = service(tmp_path, "neighbour", DATABASE)
    tenant.apply(other)
    neighbours = {n: v for n, v in truth.parameters(tenant).items() if "/neighbour/" in n}
    held = {n: v for n, v in truth.parameters(tenant).items() if n.startswith(PATH)}
    command = ("offboard", TENANT, "--yes", "--confirm", TENANT, *BREAKGLASS)
    for call, action, nth in ENDS:
        _killed(tenant, call, action, nth, *command)
    tenant.portal(*command)
    left = truth.parameters(tenant)
    assert not [name for name in left if name.startswith(f"{PATH}/")]
    assert {n: v for n, v in left.items() if "/neighbour/" in n} == neighbours
    archived = truth.parameters(tenant, f"/zerotouch/_offboarded/dev/{NAME}")
    kept = {name.rpartition("/")[2]: value.value for name, value in archived.items()}
    assert {name.rpartition("/")[2]: value.value for name, value in held.items()} == kept
    assert ROLE not in truth.databases(tenant)
    assert not [role for role in truth.roles(tenant) if role.startswith(ROLE)]
    assert "neighbour-dev" in truth.databases(tenant)
    assert f"tenants/{NAME}/" not in truth.git(tenant, "ls-tree", "-r", "--name-only", "main")
    assert not [name for name in truth.secrets(tenant) if name.startswith(f"{NAME}/")]
    again = service(tmp_path, NAME, DATABASE, KEY_PAIR, ONE_SECRET)
    tenant.portal("apply", "-f", str(again), "--yes", "--secrets-stdin", stdin=GIVEN)
    assert "healthy" in tenant.portal("status", TENANT).stdout
