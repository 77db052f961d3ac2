"""A portal that is killed in any phase loses nothing: the same apply goes on and converges."""

from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tests.e2e import truth
from tests.e2e.deaths import DEATHS, KEY_PAIR, SERVICES, Death
from tests.e2e.siege import Siege, besiege
from tests.e2e.world import Live, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
ROLE = "createProjectBranchRole"


@pytest.fixture(scope="module", name="siege")
def _siege(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Siege:
    return besiege(live, tmp_path_factory.mktemp("siege"))


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.name)
def test_the_portal_was_killed_in_its_phase(siege: Siege, death: Death) -> None:
    found = siege.aftermaths[death.name]
    assert found.code == -9
    last = [entry for entry in found.journal if entry["run"] == found.journal[-1]["run"]]
    begun = [entry["step"] for entry in last if entry["kind"] == "intent"]
    done = [entry["step"] for entry in last if entry["kind"] == "done"]
    if death.step:
        assert [step for step in begun if step.startswith(death.step) and step not in done]
        assert last[-1]["kind"] != "finished"
    else:
        assert last[-1]["kind"] == "finished"


@pytest.mark.parametrize("name", SERVICES)
def test_the_same_apply_goes_on_and_every_hop_becomes_healthy(siege: Siege, name: str) -> None:
    second = siege.second[name]
    assert second.returncode == 0, second.stderr
    hops = siege.verdicts[name]["hops"]
    assert {hop["name"]: hop["state"] for hop in hops} == {hop["name"]: "healthy" for hop in hops}
    assert len(hops) >= 10


@pytest.mark.parametrize("name", SERVICES)
def test_one_role_owns_one_database_and_both_published_strings_log_in(siege: Siege, name: str) -> None:
    tenant = f"{name}-dev"
    assert truth.roles(siege.live).count(tenant) == 1
    assert truth.databases(siege.live).count(tenant) == 1
    for key in ("database_url", "direct_url"):
        login = truth.login(siege.parameters[f"/zerotouch/dev/{name}/{key}"].value)
        assert login == truth.Login(tenant, tenant, tenant, roles=1, databases=1, encrypted=True)


def test_no_role_was_created_twice_and_no_password_was_reset(siege: Siege) -> None:
    calls = [call for call in siege.live.calls() if call["service"] == "neon"]
    asked = Counter(call["operation"] for call in calls if call["status"] == 201)
    tenants = {role for role in truth.roles(siege.live) if role.endswith("-dev")}
    assert asked[ROLE] == len(tenants)
    assert not [call for call in calls if call["operation"] == "resetProjectBranchRolePassword"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_parameter_was_ever_overwritten(siege: Siege, name: str) -> None:
    final = siege.parameters
    own = {path: value for path, value in final.items() if f"/{name}/" in path}
    assert own
    assert {path: value.version for path, value in own.items()} == dict.fromkeys(own, 1)
    for aftermath in siege.aftermaths.values():
        for path, value in aftermath.parameters.items():
            assert final[path] == value, path


def test_no_lease_is_left_but_that_of_the_portal_killed_when_it_was_about_to_free_it(siege: Siege) -> None:
    left = [name.rpartition("/")[2] for name in truth.leases(siege.live)]
    assert [name for name in left if name in SERVICES] == ["ember"]


@pytest.mark.parametrize("name", [name for name, extra in SERVICES.items() if KEY_PAIR in extra])
def test_private_and_public_key_belong_together(siege: Siege, name: str) -> None:
    base = f"/zerotouch/dev/{name}/jwt"
    private = load_pem_private_key(siege.parameters[f"{base}_private_key"].value.encode(), None)
    public = load_pem_public_key(siege.parameters[f"{base}_public_key"].value.encode())
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert private.public_key().public_bytes(*form) == public.public_bytes(*form)
    assert siege.parameters[f"{base}_key_id"].value


def test_a_key_pair_was_met_half_written_and_completed_from_the_half_that_stood(siege: Siege) -> None:
    def standing(death: str, name: str) -> set[str]:
        found = siege.aftermaths[death].parameters
        return {
            path.rpartition("/jwt_")[2] for path in found if path.startswith(f"/zerotouch/dev/{name}/jwt")
        }

    assert standing("ember-after-the-private-key", "ember") == {"private_key"}
    assert standing("birch-between-private-and-public-key", "birch") == {"private_key"}
    assert standing("cedar-between-public-key-and-its-id", "cedar") == {"private_key", "public_key"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_tenant_is_one_commit(siege: Siege, name: str) -> None:
    assert [tenant for _, tenant in truth.commits(siege.live)].count(f"{name}/dev") == 1


def test_a_push_was_met_undone_done_and_landing_after_the_portals_end(siege: Siege) -> None:
    aftermaths = siege.aftermaths
    assert "amber/dev" not in aftermaths["amber-before-the-push"].commits
    assert "birch/dev" in aftermaths["birch-after-the-push"].commits
    assert "ember/dev" in aftermaths["ember-while-the-push-lands-later"].commits
    truth.git(siege.live, "fsck", "--strict")


@pytest.mark.parametrize("name", SERVICES)
def test_a_third_apply_has_nothing_to_do(siege: Siege, name: str) -> None:
    third = siege.third[name]
    assert third.returncode == 0, third.stderr
    assert "nothing to do" in third.stderr


def test_a_third_apply_makes_no_mutating_call(siege: Siege) -> None:
    portals = [call for call in siege.calls_of_third if call["caller"] == "portal"]
    assert len(portals) > 10 * len(SERVICES), "it hardly looked at anything"
    assert [call for call in portals if call["mutating"]] == []


def test_nothing_of_the_dead_portals_lies_about(siege: Siege) -> None:
    left = siege.live.run_dir / "portal" / "repository"
    assert [path.name for path in left.iterdir() if not path.name.endswith(".git")] == []


def test_a_plan_of_what_stands_has_no_changes(siege: Siege, tmp_path: Path) -> None:
    spec = service(tmp_path, "flint", *SERVICES["flint"])
    assert siege.live.portal("plan", "-f", str(spec), "-e", "dev").returncode == 0
