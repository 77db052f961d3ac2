"""Who takes tenants down needs every action of the offboarder's policy, and no other one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from portal.core.parameters import ParameterMeta, ParameterValue
from portal.core.secrets import Secret
from portal.errors import AccessDenied, RefusedError
from simulator.ssm.access.principals import Decision, Principal
from tests.engine.fakes import World
from tests.engine.offboarding import Offboarder, OrderedParameters, check_taken_down, gone
from tests.engine.test_offboard import running
from tests.manifests.permitted import Document, actions, policy, shipped, without
from tests.simulator.ssm.stores import ARN

ACCOUNT = "123456789012"
PARAMETER = f"arn:aws:ssm:ap-south-1:{ACCOUNT}:parameter"
KEY = f"arn:aws:kms:ap-south-1:{ACCOUNT}:key/0f9b04ee-ab13-4f35-a2b2-d0902bfe6a1e"


class PermittedParameters(OrderedParameters):
    """Parameters of a world whose every call is asked of a policy first, as Parameter Store asks."""

    def __init__(self, world: World, document: Document) -> None:
        super().__init__(world)
        self._principal = Principal(ARN, (policy(document),))

    async def describe(self, prefix: str) -> tuple[ParameterMeta, ...]:
        self._ask("*", "ssm:DescribeParameters")
        return await super().describe(prefix)

    async def get(self, names: Sequence[str]) -> Mapping[str, ParameterValue]:
        for name in names:
            self._ask(name, "ssm:GetParameters")
        found = await super().get(names)
        for name in found:
            self._ask(name, "kms:Decrypt")
        return found

    async def create(self, name: str, value: Secret, *, tags: Mapping[str, str]) -> int:
        for action in ("ssm:PutParameter", "ssm:AddTagsToResource", "kms:Encrypt"):
            self._ask(name, action)
        return await super().create(name, value, tags=tags)

    async def delete(self, name: str) -> None:
        self._ask(name, "ssm:DeleteParameter")
        await super().delete(name)

    async def tags(self, name: str) -> Mapping[str, str]:
        self._ask(name, "ssm:ListTagsForResource")
        return await super().tags(name)

    def _ask(self, name: str, action: str) -> None:
        """Raise AccessDenied where the policy does not allow it."""
        resource = KEY if action.startswith("kms:") else "*" if name == "*" else f"{PARAMETER}{name}"
        context = {
            "kms:viaservice": ("ssm.ap-south-1.amazonaws.com",),
            "kms:encryptioncontext:parameter_arn": (f"{PARAMETER}{name}",),
        }
        if self._principal.decide(action, resource, context) is not Decision.ALLOWED:
            raise AccessDenied(f"not allowed: {action}", system="ssm", operation=action, target=name)


async def taken_down(document: Document) -> bool:
    """Whether somebody with this policy takes a running tenant down, and frees the lease."""
    stage, held = await running()
    machine = Offboarder(stage.world, stage=stage)
    machine.ports = replace(machine.ports, parameters=PermittedParameters(stage.world, document))
    try:
        # The portal reads the Neon key before anything else.
        await machine.ports.parameters.get([machine.ports.settings.neon.api_key_parameter])
        await machine.offboard()
    except (AccessDenied, RefusedError):
        return False
    check_taken_down(stage, held, machine)
    return gone(stage) and not [name for name in stage.world.parameters if "/_locks/" in name]


async def test_the_policy_is_enough() -> None:
    assert await taken_down(shipped("offboarder"))


# An advanced key is needed where a value is longer than the standard tier holds; the lease's own, and a
# Neon key encrypted with a key of one's own, are not part of this scene.
NOT_IN_THE_SCENE = {"kms:GenerateDataKey"}


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        (number, action)
        for number, statement in enumerate(shipped("offboarder")["Statement"])
        for action in actions(statement)
        if action not in NOT_IN_THE_SCENE
    ],
)
async def test_each_action_that_is_taken_away_leaves_the_tenant_or_its_lease(
    statement: int, action: str
) -> None:
    assert not await taken_down(without(shipped("offboarder"), statement, action))


def test_nothing_outside_of_the_environment_can_be_read_written_or_deleted() -> None:
    principal = Principal(ARN, (policy(shipped("offboarder")),))
    for path in ("/zerotouch/prod/a/key", "/zerotouch/_locks/prod/a", "/zerotouch/_offboarded/prod/a/1/key"):
        for action in ("GetParameters", "PutParameter", "DeleteParameter", "ListTagsForResource"):
            assert principal.decide(f"ssm:{action}", PARAMETER + path, {}) is not Decision.ALLOWED
    for path, action in (
        ("/zerotouch/platform/neon_api_key", "PutParameter"),
        ("/zerotouch/platform/neon_api_key", "DeleteParameter"),
        ("/zerotouch/dev/a/key", "PutParameter"),
        ("/zerotouch/_offboarded/dev/a/1/key", "DeleteParameter"),
        ("/zerotouch/dev/a/key", "GetParameterHistory"),
        ("/zerotouch/dev/a/key", "DeleteParameters"),
    ):
        assert principal.decide(f"ssm:{action}", PARAMETER + path, {}) is not Decision.ALLOWED


async def test_who_may_only_onboard_is_refused_before_anything_is_taken_away() -> None:
    stage, _ = await running()
    machine = Offboarder(stage.world, stage=stage)
    machine.ports = replace(machine.ports, parameters=PermittedParameters(stage.world, shipped("onboarder")))
    with pytest.raises(RefusedError, match=r"manifests/iam/offboarder\.json"):
        await machine.offboard()
    assert stage.world.boundaries.mutations == []
