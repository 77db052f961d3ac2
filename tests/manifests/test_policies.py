"""The shipped policies are enough for the work they are for, and nothing in them is more."""

from collections.abc import Iterator

import pytest
from botocore.session import Session

from portal.core.secrets import Secret
from portal.errors import AccessDenied, PortalError
from simulator.ssm.access.principals import Decision, Principal
from tests.manifests.permitted import (
    Document,
    Place,
    actions,
    breaks,
    everything_beside,
    initialised,
    onboarded,
    policy,
    shipped,
    without,
)
from tests.simulator.ssm.stores import ARN

ACCOUNT = "123456789012"
PARAMETER = f"arn:aws:ssm:ap-south-1:{ACCOUNT}:parameter"
KEY = f"arn:aws:kms:ap-south-1:{ACCOUNT}:key/0f9b04ee-ab13-4f35-a2b2-d0902bfe6a1e"
OWN, LOCK, NEON = "/zerotouch/dev/a/key", "/zerotouch/_locks/dev/a", "/zerotouch/platform/neon_api_key"
ENDING, ARCHIVE = "/zerotouch/dev/a/offboarding", "/zerotouch/_offboarded/dev/a/run/key"
OTHERS = (
    "/zerotouch/_offboarded/prod/a/run/key",
    "/zerotouch/prod/a/key",
    "/zerotouch/developer/a/key",
    "/zerotouch/_locks/prod/a",
    "/zerotouch/platform/other",
    "/zerotouch/dev",
    "/other/dev/a/key",
)
WRITES = {"PutParameter", "AddTagsToResource", "GetParameters"}
ALLOWED = {
    "onboarder": {
        **dict.fromkeys([OWN], WRITES | {"ListTagsForResource", "GetParameterHistory"}),
        LOCK: WRITES | {"DeleteParameter"},
        NEON: {"GetParameters"},
    },
    "offboarder": {
        OWN: {"GetParameters", "ListTagsForResource", "DeleteParameter"},
        ENDING: {*WRITES, "ListTagsForResource", "DeleteParameter"},
        ARCHIVE: WRITES,
        LOCK: WRITES | {"DeleteParameter"},
        NEON: {"GetParameters"},
    },
    "initialiser": {NEON: WRITES},
    "viewer": {OWN: {"ListTagsForResource"}, LOCK: {"ListTagsForResource"}},
    "external-secrets": {OWN: {"GetParameter", "GetParameters"}},
}
DECRYPTED = {
    "offboarder": {OWN, LOCK, NEON},
    "onboarder": {OWN, LOCK, NEON},
    "initialiser": {NEON},
    "viewer": set[str](),
    "external-secrets": {OWN},
}


def parts(*names: str, effect: str = "Allow") -> Iterator[tuple[str, int, str]]:
    """Every action of every statement of these policies, by policy and place."""
    for name in names:
        for number, statement in enumerate(shipped(name)["Statement"]):
            if statement["Effect"] == effect:
                yield from ((name, number, action) for action in actions(statement))


async def test_an_onboarder_with_a_bucket_does_all_of_an_onboarding_and_no_call_is_denied(
    place: Place,
) -> None:
    async with place.machine(shipped("onboarder"), shipped("storage")) as machine:
        assert not await breaks(onboarded, machine)


async def test_an_initialiser_stores_the_key_and_compares_it(place: Place) -> None:
    async with place.machine(shipped("initialiser")) as machine:
        await initialised(machine)


@pytest.mark.parametrize(("name", "statement", "action"), [*parts("onboarder", "storage", "initialiser")])
async def test_each_action_that_is_taken_away_breaks_the_work(
    place: Place, name: str, statement: int, action: str
) -> None:
    """Where an action is missing its whole statement could be: all actions of one are needed."""
    work, attached = (
        (initialised, ("initialiser",)) if name == "initialiser" else (onboarded, ("onboarder", "storage"))
    )
    documents = [shipped(each) for each in attached]
    documents[attached.index(name)] = without(shipped(name), statement, action)
    async with place.machine(*documents) as machine:
        assert await breaks(work, machine)


async def test_a_viewer_lists_names_and_tags_and_reads_no_value(place: Place) -> None:
    async with place.machine(shipped("viewer"), other="dev/a/key") as machine:
        parameters = machine.ports.parameters
        prefix = machine.ports.settings.platform.parameter_prefix
        (found,) = await parameters.describe(prefix)
        await parameters.tags(found.name)
        for denied in (
            parameters.get([found.name]),
            parameters.history(found.name),
            parameters.create(f"{prefix}/dev/a/b", Secret("x"), tags={}),
            parameters.tags(f"{prefix}/platform/neon_api_key"),
        ):
            with pytest.raises(AccessDenied):
                await denied
    for _, statement, action in parts("viewer"):
        if action.startswith("s3:"):
            continue
        async with place.machine(without(shipped("viewer"), statement, action), other="dev/a/key") as machine:
            prefix = machine.ports.settings.platform.parameter_prefix
            with pytest.raises(PortalError):
                await machine.ports.parameters.tags((await machine.ports.parameters.describe(prefix))[0].name)


@pytest.mark.parametrize("name", ALLOWED)
def test_of_all_there_is_in_parameter_store_a_policy_allows_what_is_listed_here(name: str) -> None:
    """Every operation of the service on paths inside and outside; what has no path is a `*` resource."""
    principal = Principal(ARN, (policy(shipped(name)),))
    operations = Session().get_service_model("ssm").operation_names
    found = {
        path: {op for op in operations if allowed(principal, f"ssm:{op}", PARAMETER + path)}
        for path in (OWN, LOCK, NEON, *OTHERS, *ALLOWED[name])
    }
    everywhere = {"DescribeParameters"} if name in {"onboarder", "offboarder", "viewer"} else set()
    expected = {path: ALLOWED[name].get(path, set()) | everywhere for path in found}
    if name == "viewer":
        # Tags of any parameter but the platform's.
        for path in OTHERS:
            inside = path.startswith("/zerotouch/") and "/platform/" not in path
            expected[path] |= {"ListTagsForResource"} if inside else set()
    assert found == expected


@pytest.mark.parametrize("name", DECRYPTED)
def test_a_policy_decrypts_through_parameter_store_what_it_may_read_and_nothing_else(name: str) -> None:
    principal = Principal(ARN, (policy(shipped(name)),))

    def decrypts(path: str, service: str) -> bool:
        context = {
            "kms:viaservice": (f"{service}.ap-south-1.amazonaws.com",),
            "kms:encryptioncontext:parameter_arn": (PARAMETER + path,),
        }
        return principal.decide("kms:Decrypt", KEY, context) is Decision.ALLOWED

    assert {path for path in (OWN, LOCK, NEON, *OTHERS) if decrypts(path, "ssm")} == DECRYPTED[name]
    assert not [path for path in (OWN, LOCK, NEON) if decrypts(path, "s3")]
    assert not allowed(principal, "kms:Decrypt", KEY)
    assert not [op for op in ("ScheduleKeyDeletion", "PutKeyPolicy") if allowed(principal, f"kms:{op}", KEY)]


@pytest.mark.parametrize(
    ("name", "action", "path"),
    [
        ("onboarder", "ssm:DeleteParameter", OWN),
        ("onboarder", "ssm:DeleteParameters", OWN),
        ("viewer", "ssm:ListTagsForResource", NEON),
    ],
)
def test_a_denial_holds_beside_a_policy_that_allows_everything_and_only_through_its_statement(
    name: str, action: str, path: str
) -> None:
    found = shipped(name)
    assert not allowed(everything_beside(found), action, PARAMETER + path)
    ((number, _),) = {(number, name) for name, number, each in parts(name, effect="Deny") if each == action}
    assert allowed(everything_beside(without(found, number)), action, PARAMETER + path)
    assert allowed(everything_beside(found), "ssm:DeleteParameter", PARAMETER + LOCK)


def test_storage_finds_and_makes_buckets_and_touches_no_object() -> None:
    principal = Principal(ARN, (policy(shipped("storage")),))
    operations = ("CreateBucket", "ListBucket", "DeleteBucket", "PutBucketPolicy", "ListAllMyBuckets")
    bucket = "arn:aws:s3:::files"
    found = {name for name in operations if allowed(principal, f"s3:{name}", bucket)}
    assert found == {"CreateBucket", "ListBucket"}
    objects = ("GetObject", "PutObject", "DeleteObject", "ListBucket")
    assert not [name for name in objects[:3] if allowed(principal, f"s3:{name}", f"{bucket}/key")]


def allowed(principal: Principal, action: str, resource: str) -> bool:
    return principal.decide(action, resource, {}) is Decision.ALLOWED


def test_every_policy_is_judged_here() -> None:
    documents: dict[str, Document] = {name: shipped(name) for name in (*ALLOWED, "storage")}
    assert all(found["Version"] == "2012-10-17" for found in documents.values())
