"""Rules of parameters, as boto3 meets them: limits, secrecy, versions, selectors, keys."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.ssm.parameters.model import Catalog, Version
from simulator.ssm.parameters.putting import Writer, next_version
from simulator.ssm.parameters.refusals import Refusal
from simulator.ssm.parameters.tiers import ADVANCED, COUNTS, STANDARD
from tests.simulator.ssm.stores import ACCOUNT, ARN, CUSTOMER_KEY, REGION, names, now, refused, unique

CANARY = "canary-4c7e-value"


def test_a_secure_value_is_never_told_without_decryption(ssm: Any) -> None:
    below = unique("secure")
    name = f"{below}/key"
    ssm.put_parameter(Name=name, Value=CANARY, Type="SecureString")
    ssm.put_parameter(Name=name, Value=CANARY * 2, Overwrite=True)
    told = [
        ssm.get_parameter(Name=name)["Parameter"],
        *ssm.get_parameters(Names=[name, f"{name}:1"])["Parameters"],
        *ssm.get_parameters_by_path(Path=below)["Parameters"],
        *ssm.get_parameter_history(Name=name)["Parameters"],
    ]
    assert len(told) == 6
    for each in told:
        sealed = base64.b64decode(each["Value"], validate=True)
        assert each["Value"].startswith("AQICAH")
        assert CANARY.encode() not in sealed
        assert CANARY not in str(each)
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == told[0]["Value"]
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == CANARY * 2
    described = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])
    assert "Value" not in described["Parameters"][0]


def test_who_wrote_when_with_which_key_is_told(ssm: Any) -> None:
    name = unique("who")
    before = now() - timedelta(seconds=1)
    ssm.put_parameter(Name=name, Value="v", Type="SecureString", Description="what for")
    (meta,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    assert before <= meta.pop("LastModifiedDate").astimezone(UTC) <= now() + timedelta(seconds=1)
    assert meta == {
        "Name": name,
        "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}",
        "Type": "SecureString",
        "KeyId": "alias/aws/ssm",
        "LastModifiedUser": ARN,
        "Description": "what for",
        "Version": 1,
        "Tier": "Standard",
        "Policies": [],
        "DataType": "text",
    }


def test_a_hundred_versions_are_kept_and_a_label_holds_the_oldest(ssm: Any) -> None:
    name = unique("versions")
    ssm.put_parameter(Name=name, Value="1", Type="String")
    for number in range(2, 102):
        ssm.put_parameter(Name=name, Value=str(number), Overwrite=True)
    assert refused(ssm.get_parameter, Name=f"{name}:1") == (
        "ParameterVersionNotFound",
        f"Systems Manager could not find version 1 of {name}. Verify the version and try again.",
    )
    assert ssm.get_parameter(Name=f"{name}:2")["Parameter"]["Value"] == "2"
    ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["keep"])
    code, message = refused(ssm.put_parameter, Name=name, Value="x", Overwrite=True)
    assert code == "ParameterMaxVersionLimitExceeded"
    assert "Version 2, the oldest version, can't be deleted because it has a label" in message
    ssm.label_parameter_version(Name=name, Labels=["keep"])
    assert ssm.put_parameter(Name=name, Value="102", Overwrite=True)["Version"] == 102
    assert ssm.get_parameter(Name=f"{name}:keep")["Parameter"]["Version"] == 101


def test_a_pattern_nobody_can_wait_for_is_refused_and_keeps_nobody_else_waiting(ssm: Any) -> None:
    name = unique("pattern")
    ssm.put_parameter(Name=name, Value="v", Type="String")
    endless = {"Value": "a" * 60 + "!", "AllowedPattern": "(a+)+", "Overwrite": True}
    answered = 0
    with ThreadPoolExecutor(1) as executor:
        putting = executor.submit(refused, ssm.put_parameter, Name=name, **endless)
        while not putting.done():
            assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "v"
            answered += 1
    assert answered > 1
    assert putting.result()[0] == "InvalidAllowedPatternException"


def test_a_version_has_ten_labels_and_one_more_changes_nothing(ssm: Any) -> None:
    name = unique("labels")
    ssm.put_parameter(Name=name, Value="v", Type="String")
    ssm.label_parameter_version(Name=name, Labels=[f"l{number}" for number in range(10)])
    assert refused(ssm.label_parameter_version, Name=name, Labels=["more"])[0] == (
        "ParameterVersionLabelLimitExceeded"
    )
    (version,) = ssm.get_parameter_history(Name=name)["Parameters"]
    assert version["Labels"] == [f"l{number}" for number in range(10)]


def test_a_name_of_one_level_is_one_parameter_with_and_without_its_slash(ssm: Any) -> None:
    bare = unique("bare").removeprefix("/")
    ssm.put_parameter(Name=bare, Value="v", Type="String")
    assert ssm.get_parameter(Name=f"/{bare}")["Parameter"]["Name"] == f"/{bare}"
    assert refused(ssm.put_parameter, Name=f"/{bare}", Value="v", Type="String")[0] == (
        "ParameterAlreadyExists"
    )
    ssm.delete_parameter(Name=f"/{bare}")
    assert refused(ssm.get_parameter, Name=bare) == ("ParameterNotFound", "")


def test_a_parameter_is_found_by_its_arn(ssm: Any) -> None:
    name = f"{unique('arn')}/key"
    ssm.put_parameter(Name=name, Value="v", Type="String")
    arn = ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    assert ssm.get_parameter(Name=arn)["Parameter"]["Name"] == name


def test_a_key_of_the_customer_is_known_by_alias_and_id_and_stays(ssm: Any) -> None:
    ((alias, key_id),) = CUSTOMER_KEY.items()
    name = unique("key")
    ssm.put_parameter(Name=name, Value="v", Type="SecureString", KeyId=alias)
    ssm.put_parameter(Name=name, Value="w", Overwrite=True)
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "KeyId", "Values": [alias]}])["Parameters"]
    assert [(each["Name"], each["Version"]) for each in found] == [(name, 2)]
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}"
    assert ssm.put_parameter(Name=name, Value="x", Overwrite=True, KeyId=arn)["Version"] == 3
    code, message = refused(ssm.put_parameter, Name=name, Value="x", Overwrite=True, KeyId="none")
    assert code == "InvalidKeyId"
    assert message.startswith(f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/none' does not exist")


@pytest.mark.parametrize(
    ("policies", "tier", "code"),
    [
        ('[{"Type":"Expiration","Attributes":{"Timestamp":"2030-01-01T00:00:00Z"}}]', "Standard",
         "ValidationException"),
        ('[{"Type":"Deletion","Attributes":{}}]', "Advanced", "InvalidPolicyTypeException"),
        ('[{"Type":"Expiration","Attributes":{"Timestamp":"soon"}}]', "Advanced",
         "InvalidPolicyAttributeException"),
        ("{", "Advanced", "InvalidPolicyAttributeException"),
        (f"[{','.join(['{}'] * 11)}]", "Advanced", "PoliciesLimitExceededException"),
    ],
)  # fmt: skip
def test_policies_of_parameters_are_for_the_advanced_tier_and_checked(
    ssm: Any, policies: str, tier: str, code: str
) -> None:
    arguments = {"Name": unique("policy"), "Value": "v", "Type": "String", "Tier": tier, "Policies": policies}
    assert refused(ssm.put_parameter, **arguments)[0] == code


def test_a_policy_makes_an_intelligent_parameter_advanced_and_is_described(ssm: Any) -> None:
    name = unique("policy")
    text = '[{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"20","Unit":"Days"}}]'
    arguments = {"Value": "v", "Type": "String", "Tier": "Intelligent-Tiering", "Policies": text}
    assert ssm.put_parameter(Name=name, **arguments)["Tier"] == "Advanced"
    (meta,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    assert [policy["PolicyType"] for policy in meta["Policies"]] == ["NoChangeNotification"]


def test_ten_thousand_standard_parameters_are_all_there_may_be() -> None:
    catalog = Catalog()
    when = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(COUNTS[STANDARD]):
        catalog.add(str(number), f"/{number}", Version(1, "String", STANDARD, when, ARN), {})
    writer = Writer(ARN, when, "")
    with pytest.raises(Refusal, match="ParameterLimitExceeded"):
        next_version({"Value": "v", "Type": "String"}, None, catalog, writer)
    request = {"Value": "v", "Type": "String", "Tier": "Intelligent-Tiering"}
    assert next_version(request, None, catalog, writer).tier == ADVANCED
    standing = catalog.parameters["7"]
    assert next_version({"Value": "w", "Overwrite": True}, standing, catalog, writer).number == 2


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "aws:x", "Value": "1"}],
        [{"Key": "a*", "Value": "1"}],
        [{"Key": "a", "Value": "<"}],
    ],
)
def test_what_is_no_tag_is_refused_and_nothing_is_written(ssm: Any, tags: list[dict[str, str]]) -> None:
    name = unique("tags")
    assert refused(ssm.put_parameter, Name=name, Value="v", Type="String", Tags=tags)[0] == (
        "ValidationException"
    )
    assert ssm.get_parameters(Names=[name])["Parameters"] == []


def test_values_of_all_scripts_and_lines_come_back_as_they_were(ssm: Any) -> None:
    name, value = unique("text"), "-----BEGIN X-----\nlinß 1\n\tλ\u2028\x01\n-----END X-----\n"
    ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == value


def test_everything_below_the_root_is_listed(ssm: Any) -> None:
    name = f"{unique('root')}/deep/key"
    ssm.put_parameter(Name=name, Value="v", Type="String")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/", Recursive=True)
    assert name in [found for page in pages for found in names(page["Parameters"])]
