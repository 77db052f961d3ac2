"""A portal that is killed in any phase loses nothing: the same apply goes on and converges."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tests.e2e import truth
from tests.e2e.conftest import SPEED
from tests.e2e.deaths import DEATHS, FRONTS, IN_CONTAINERS, KEY_PAIR, SERVICES, UNDISTURBED, Death
from tests.e2e.siege import Siege, besiege
from tests.e2e.tier import Tier
from tests.e2e.world import living, service

pytestmark = [pytest.mark.e2e, pytest.mark.tiers(*IN_CONTAINERS), pytest.mark.timeout(300)]

ROLE, RESET = "createProjectBranchRole", "resetProjectBranchRolePassword"


def _marks(name: str) -> Collection[pytest.MarkDecorator]:
    """One death in every phase is the sample."""
    return () if name in FRONTS[0] else (pytest.mark.long,)


NAMES = [pytest.param(name, marks=_marks(name)) for name in SERVICES]
SIDES = [pytest.param(names, id="-".join(names), marks=_marks(names[0])) for names in FRONTS]


@pytest.fixture(scope="module", name="sieges")
def _sieges(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tier: Tier
) -> Iterator[dict[str, Siege]]:
    """The siege a service is in, by its name; services that no test asks about are left out."""
    items = [item for item in request.session.items if item.path == request.path]
    asked = _asked(items)
    fronts = [names for front in FRONTS if (names := tuple(name for name in front if name in asked))]
    with ExitStack() as stack, ThreadPoolExecutor(len(fronts)) as pool:
        places = [tmp_path_factory.mktemp("siege") for _ in fronts]
        lives = [stack.enter_context(living(place, tier, SPEED)) for place in places]
        sieges = pool.map(besiege, lives, places, fronts)
        yield {name: siege for names, siege in zip(fronts, sieges, strict=True) for name in names}


def _asked(items: Iterable[pytest.Item]) -> set[str]:
    """Services that a test is about; a test about a front is content with those others ask for, if any."""
    asked: set[str] = set()
    fronts: set[str] = set()
    for item in items:
        called = getattr(item, "callspec", None)
        params = {} if called is None else called.params
        fronts |= set(params.get("names", ()))
        if "death" in params:
            asked.add(params["death"].service)
        elif "names" not in params:
            asked.add(params.get("name", UNDISTURBED))
    return asked or fronts


def _siege(sieges: Mapping[str, Siege], names: Iterable[str]) -> Siege:
    """The siege some of a front are in."""
    return next(sieges[name] for name in names if name in sieges)


@pytest.mark.parametrize(
    "death", [pytest.param(death, id=death.name, marks=_marks(death.service)) for death in DEATHS]
)
def test_the_portal_was_killed_in_its_phase(sieges: dict[str, Siege], death: Death) -> None:
    found = sieges[death.service].aftermaths[death.name]
    assert found.code == -9
    last = [entry for entry in found.journal if entry["run"] == found.journal[-1]["run"]]
    begun = [entry["step"] for entry in last if entry["kind"] == "intent"]
    done = [entry["step"] for entry in last if entry["kind"] == "done"]
    if death.step:
        assert [step for step in begun if step.startswith(death.step) and step not in done]
        assert last[-1]["kind"] != "finished"
    else:
        assert last[-1]["kind"] == "finished"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_apply_goes_on_and_every_hop_becomes_healthy(sieges: dict[str, Siege], name: str) -> None:
    second = sieges[name].second[name]
    assert second.returncode == 0, second.stderr
    hops = sieges[name].verdicts[name]["hops"]
    assert {hop["name"]: hop["state"] for hop in hops} == {hop["name"]: "healthy" for hop in hops}
    assert len(hops) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_one_role_owns_one_database_and_both_published_strings_log_in(
    sieges: dict[str, Siege], name: str
) -> None:
    tenant, siege = f"{name}-dev", sieges[name]
    assert truth.roles(siege.live).count(tenant) == 1
    assert truth.databases(siege.live).count(tenant) == 1
    for key in ("database_url", "direct_url"):
        login = truth.login(siege.parameters[f"/zerotouch/dev/{name}/{key}"].value)
        assert login == truth.Login(tenant, tenant, tenant, roles=1, databases=1, encrypted=True)


@pytest.mark.parametrize("names", SIDES)
def test_no_role_was_created_twice_and_no_password_was_reset(
    sieges: dict[str, Siege], names: tuple[str, ...]
) -> None:
    siege = _siege(sieges, names)
    calls = [call for call in siege.live.calls() if call["service"] == "neon"]
    made = Counter(call["operation"] for call in calls if call["status"] == 201)
    assert made[ROLE] == len(siege.second)
    assert [call for call in calls if call["operation"] == RESET] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_was_ever_overwritten(sieges: dict[str, Siege], name: str) -> None:
    siege = sieges[name]
    own = {path: value for path, value in siege.parameters.items() if f"/{name}/" in path}
    assert own
    assert {path: value.version for path, value in own.items()} == dict.fromkeys(own, 1)
    for aftermath in siege.aftermaths.values():
        for path, value in aftermath.parameters.items():
            assert siege.parameters[path] == value, path


@pytest.mark.parametrize("names", SIDES)
def test_no_lease_is_left_but_that_of_the_portal_killed_when_it_was_about_to_free_it(
    sieges: dict[str, Siege], names: tuple[str, ...]
) -> None:
    siege = _siege(sieges, names)
    left = [lease.rpartition("/")[2] for lease in truth.leases(siege.live)]
    assert left == [name for name in siege.second if name == "drift"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=_marks(name)) for name, asked in SERVICES.items() if KEY_PAIR in asked]
)
def test_private_and_public_key_belong_together(sieges: dict[str, Siege], name: str) -> None:
    parameters, base = sieges[name].parameters, f"/zerotouch/dev/{name}/jwt"
    private = load_pem_private_key(parameters[f"{base}_private_key"].value.encode(), None)
    public = load_pem_public_key(parameters[f"{base}_public_key"].value.encode())
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert private.public_key().public_bytes(*form) == public.public_bytes(*form)
    assert parameters[f"{base}_key_id"].value


@pytest.mark.parametrize(
    ("name", "when", "standing"),
    [
        ("birch", "between-private-and-public-key", {"private_key"}),
        pytest.param("ember", "after-the-private-key", {"private_key"}, marks=pytest.mark.long),
        pytest.param(
            *("cedar", "between-public-key-and-its-id", {"private_key", "public_key"}), marks=pytest.mark.long
        ),
    ],
)
def test_a_half_written_key_pair_was_completed_from_the_half_that_stood(
    sieges: dict[str, Siege], name: str, when: str, standing: set[str]
) -> None:
    base = f"/zerotouch/dev/{name}/jwt_"
    found = sieges[name].aftermaths[f"{name}-{when}"].parameters
    assert {path.removeprefix(base) for path in found if path.startswith(base)} == standing


@pytest.mark.parametrize("name", NAMES)
def test_each_tenant_is_one_commit(sieges: dict[str, Siege], name: str) -> None:
    assert [tenant for _, tenant in truth.commits(sieges[name].live)].count(f"{name}/dev") == 1


@pytest.mark.parametrize(
    ("name", "when", "landed"),
    [
        ("amber", "before-the-push", False),
        ("birch", "after-the-push", True),
        pytest.param("ember", "while-the-push-lands-later", True, marks=pytest.mark.long),
    ],
)
def test_a_push_whose_portal_died_is_found_as_it_ended(
    sieges: dict[str, Siege], name: str, when: str, landed: bool
) -> None:
    assert (f"{name}/dev" in sieges[name].aftermaths[f"{name}-{when}"].commits) is landed
    truth.git(sieges[name].live, "fsck", "--strict")


@pytest.mark.parametrize("name", NAMES)
def test_a_third_apply_has_nothing_to_do(sieges: dict[str, Siege], name: str) -> None:
    third = sieges[name].third[name]
    assert (third["state"], third["changed"], third["error"]) == ("healthy", [], "")


@pytest.mark.parametrize("names", SIDES)
def test_a_third_apply_makes_no_mutating_call(sieges: dict[str, Siege], names: tuple[str, ...]) -> None:
    siege = _siege(sieges, names)
    made = [call for call in siege.calls_of_third if call["caller"] == "portal"]
    assert len(made) > 10 * len(siege.second), "it hardly looked at anything"
    assert [call for call in made if call["mutating"]] == []


def test_the_next_change_sweeps_up_what_dead_portals_left(sieges: dict[str, Siege]) -> None:
    repository = sieges[UNDISTURBED].live.run_dir / "portal" / "repository"
    assert [path.name for path in repository.iterdir() if not path.name.endswith(".git")] == []


def test_a_plan_of_what_stands_has_no_changes(sieges: dict[str, Siege], tmp_path: Path) -> None:
    spec = service(tmp_path, UNDISTURBED, *SERVICES[UNDISTURBED])
    assert sieges[UNDISTURBED].live.portal("plan", "-f", str(spec), "-e", "dev").returncode == 0
