"""Policies: how they are evaluated, what the shipped ones allow, and how a denial reads."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ssm.access.patterns import arn, glob
from simulator.ssm.access.policy import EVERYTHING, InvalidPolicy, Policy, parse
from simulator.ssm.access.principals import Decision, Principal
from tests.manifests.rendering import MANIFESTS
from tests.simulator.ssm.stores import ARN, CUSTOMER_KEY, Server, carrying, now, refused, unique

PARAMETER = "arn:aws:ssm:ap-south-1:123456789012:parameter"
WORD = st.text("abc:/*?", max_size=8)


def policy(*statements: str) -> Policy:
    return parse(f'{{"Statement": [{",".join(statements)}]}}')


def allow(action: str, resource: str = "*", condition: str = "{}") -> str:
    return f'{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{condition}}}'


def deny(action: str, resource: str = "*") -> str:
    return f'{{"Effect":"Deny","Action":"{action}","Resource":"{resource}"}}'


def shipped(name: str) -> Policy:
    return parse((MANIFESTS / "iam" / f"{name}.json").read_text(), {"environment": "dev"})


@given(WORD)
def test_every_text_fits_itself_and_the_star(text: str) -> None:
    assert glob("*", text)
    if not {"*", "?"} & set(text):
        assert glob(text, text)
        assert glob(text.replace("a", "?"), text)


@given(st.lists(st.sampled_from("ab"), min_size=6, max_size=6), st.integers(0, 4))
def test_a_star_in_an_arn_stays_within_its_part(parts: list[str], place: int) -> None:
    name = ":".join(parts)
    starred = ":".join("*" if number == place else part for number, part in enumerate(parts))
    assert arn(starred, name)
    assert not arn("a*b:x", name)
    assert not arn(":".join(["*", *parts[2:]]), name)


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ((), Decision.NOT_ALLOWED),
        ((allow("ssm:GetParameter"),), Decision.ALLOWED),
        ((allow("SSM:get*"),), Decision.ALLOWED),
        ((allow("ssm:PutParameter"),), Decision.NOT_ALLOWED),
        ((allow("ssm:*", f"{PARAMETER}/b/*"),), Decision.NOT_ALLOWED),
        ((allow("ssm:*", f"{PARAMETER}/a/*"), deny("ssm:Get*")), Decision.DENIED),
        ((deny("*"), allow("*")), Decision.DENIED),
        ((allow("*", "*", '{"StringEquals":{"aws:RequestTag/x":"1"}}'),), Decision.NOT_ALLOWED),
        ((allow("*", "*", '{"StringNotEquals":{"aws:RequestTag/x":"1"}}'),), Decision.ALLOWED),
        ((allow("*", "*", '{"StringEqualsIfExists":{"aws:RequestTag/x":"1"}}'),), Decision.ALLOWED),
        ((allow("*", "*", '{"StringLike":{"ssm:resourceTag/team":["p*","q"]}}'),), Decision.ALLOWED),
        ((allow("*", "*", '{"StringEquals":{"ssm:resourceTag/team":"q"}}'),), Decision.NOT_ALLOWED),
        ((allow("*", "*", '{"Null":{"aws:RequestTag/x":"true"}}'),), Decision.ALLOWED),
        ((allow("*", "*", '{"ForAllValues:StringEquals":{"aws:TagKeys":"x"}}'),), Decision.ALLOWED),
        ((allow("*", "*", '{"ForAnyValue:StringEquals":{"aws:TagKeys":"x"}}'),), Decision.NOT_ALLOWED),
        (('{"Effect":"Allow","NotAction":"ssm:Put*","Resource":"*"}',), Decision.ALLOWED),
        ((f'{{"Effect":"Allow","Action":"*","NotResource":"{PARAMETER}/a/*"}}',), Decision.NOT_ALLOWED),
    ],
)
def test_an_explicit_deny_wins_then_an_allow_then_nothing_is_allowed(
    statements: tuple[str, ...], decision: Decision
) -> None:
    context = {"ssm:resourcetag/team": ("platform",)}
    principal = Principal(ARN, (policy(*statements),))
    assert principal.decide("ssm:GetParameter", f"{PARAMETER}/a/key", context) is decision


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "x/${environment}"}}',
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
            ' "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}'
        ),
    ],
)
def test_a_policy_that_cannot_be_evaluated_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(InvalidPolicy):
        parse(text)


def test_a_denial_names_caller_action_and_resource_as_aws_does(moto: Server) -> None:
    with moto.store(carrying(shipped("external-secrets"))).client() as ssm:
        assert refused(ssm.put_parameter, Name="/zerotouch/dev/a/key", Value="v", Type="String") == (
            "AccessDeniedException",
            (
                f"User: {ARN} is not authorized to perform: ssm:PutParameter on resource: "
                f"{PARAMETER}/zerotouch/dev/a/key because no identity-based policy allows the "
                "ssm:PutParameter action"
            ),
        )
    with moto.store(carrying(shipped("onboarder"))).client() as ssm:
        assert refused(ssm.delete_parameter, Name="/zerotouch/dev/a/key") == (
            "AccessDeniedException",
            (
                f"User: {ARN} is not authorized to perform: ssm:DeleteParameter on resource: "
                f"{PARAMETER}/zerotouch/dev/a/key with an explicit deny in an identity-based policy"
            ),
        )


def test_an_onboarder_writes_its_environment_holds_leases_and_no_more(moto: Server) -> None:
    tenant, lease = f"/zerotouch/dev{unique()}/key", f"/zerotouch/_locks/dev{unique()}"
    tags = [{"Key": "managed-by", "Value": "zerotouch-portal"}]
    with moto.store(carrying(shipped("onboarder"))).client() as ssm:
        for name in (tenant, lease):
            ssm.put_parameter(Name=name, Value="v", Type="SecureString", Tags=tags)
            assert ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"][0]["Value"] == "v"
        ssm.delete_parameter(Name=lease)
        ssm.describe_parameters()
        denied = [
            refused(ssm.put_parameter, Name="/zerotouch/prod/a/key", Value="v", Type="String"),
            refused(ssm.put_parameter, Name="/zerotouch/_locks/prod/a", Value="v", Type="String"),
            refused(ssm.put_parameter, Name="/zerotouch/platform/neon_api_key", Value="v", Type="String"),
            refused(ssm.delete_parameter, Name=tenant),
            refused(ssm.get_parameters, Names=[tenant, "/zerotouch/prod/a/key"]),
            refused(ssm.get_parameters_by_path, Path="/zerotouch/dev"),
        ]
    assert {code for code, _ in denied} == {"AccessDeniedException"}


def test_external_secrets_reads_one_environment_and_changes_nothing(moto: Server) -> None:
    with moto.store(carrying(shipped("external-secrets"))).client() as ssm:
        assert refused(ssm.get_parameter, Name="/zerotouch/dev/a/key")[0] == "ParameterNotFound"
        assert refused(ssm.get_parameter, Name="/zerotouch/prod/a/key")[0] == "AccessDeniedException"
        assert refused(ssm.describe_parameters)[0] == "AccessDeniedException"


def test_a_viewer_sees_names_and_no_value(moto: Server) -> None:
    with moto.store(carrying(shipped("viewer"))).client() as ssm:
        ssm.describe_parameters()
        assert refused(ssm.get_parameter, Name="/zerotouch/dev/a/key")[0] == "AccessDeniedException"
        assert refused(ssm.get_parameters_by_path, Path="/")[0] == "AccessDeniedException"


def test_tags_of_the_resource_and_of_the_request_decide_where_a_policy_asks_for_them(moto: Server) -> None:
    name = unique("tagged")
    owned = '{"StringEquals":{"ssm:resourceTag/team":"platform"}}'
    brought = '{"StringEquals":{"aws:RequestTag/team":"platform"}}'
    carried = policy(
        allow("ssm:GetParameter", "*", owned),
        allow("ssm:PutParameter", "*", brought),
        allow("ssm:AddTagsToResource", "*", brought),
    )
    with moto.store(carrying(carried)).client() as ssm:
        arguments = {"Name": name, "Value": "v", "Type": "String"}
        assert refused(ssm.put_parameter, **arguments)[0] == "AccessDeniedException"
        ssm.put_parameter(**arguments, Tags=[{"Key": "team", "Value": "platform"}])
        assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "v"
        assert refused(ssm.get_parameter, Name=unique())[0] == "AccessDeniedException"


def test_a_put_with_tags_needs_the_permission_to_add_them(moto: Server) -> None:
    with moto.store(carrying(policy(allow("ssm:PutParameter")))).client() as ssm:
        tags = [{"Key": "a", "Value": "b"}]
        code, message = refused(ssm.put_parameter, Name=unique(), Value="v", Type="String", Tags=tags)
        assert (code, "ssm:AddTagsToResource" in message) == ("AccessDeniedException", True)


def test_a_key_of_the_customer_needs_its_own_permission_and_the_managed_one_does_not(moto: Server) -> None:
    (alias,) = CUSTOMER_KEY
    carried = policy(allow("ssm:*"), allow("kms:Encrypt"))
    own, managed = unique("own"), unique("managed")
    with moto.store(carrying(carried)).client() as ssm:
        ssm.put_parameter(Name=managed, Value="v", Type="SecureString")
        assert ssm.get_parameter(Name=managed, WithDecryption=True)["Parameter"]["Value"] == "v"
        ssm.put_parameter(Name=own, Value="v", Type="SecureString", KeyId=alias)
        assert ssm.get_parameter(Name=own)["Parameter"]["Value"] != "v"
        code, message = refused(ssm.get_parameter, Name=own, WithDecryption=True)
        assert code == "AccessDeniedException"
        assert message.startswith(
            f"User: {ARN} is not authorized to perform: kms:Decrypt on the resource associated with this "
            "ciphertext because no identity-based policy allows the kms:Decrypt action (Service: AWSKMS;"
        )
        advanced = {
            "Name": unique(),
            "Value": "v",
            "Type": "SecureString",
            "KeyId": alias,
            "Tier": "Advanced",
        }
        assert "kms:GenerateDataKey" in refused(ssm.put_parameter, **advanced)[1]


def test_a_denied_decryption_is_denied_with_the_managed_key_too(moto: Server) -> None:
    name = unique("denied")
    with moto.store(carrying(policy(allow("*"), deny("kms:Decrypt")))).client() as ssm:
        ssm.put_parameter(Name=name, Value="v", Type="SecureString")
        assert refused(ssm.get_parameter, Name=name, WithDecryption=True)[0] == "AccessDeniedException"


def test_a_credential_that_ended_is_told_from_one_that_never_was(moto: Server) -> None:
    past, future = now() - timedelta(seconds=1), now() + timedelta(hours=1)
    with moto.store(carrying(EVERYTHING, expires_at=past)).client() as ssm:
        assert refused(ssm.describe_parameters) == (
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    store = moto.store(carrying(EVERYTHING, expires_at=future))
    with store.client() as ssm:
        ssm.describe_parameters()
    with store.client(key_id="LKIANOBODY") as ssm:
        assert refused(ssm.describe_parameters) == (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    with store.client(secret="another") as ssm:
        code, message = refused(ssm.describe_parameters)
        assert code == "InvalidSignatureException"
        assert "does not match the signature you provided" in message
    with store.client(region="eu-west-1") as ssm:
        code, message = refused(ssm.describe_parameters)
        assert (code, "valid region" in message) == ("InvalidSignatureException", True)
