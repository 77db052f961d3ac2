"""Reading `service.yaml`: what is understood, and every fault at once with its place."""

import copy
from typing import Any

import pytest

from portal.core.documents import MappingNode, ScalarNode
from portal.core.required import Origin, required_parameters
from portal.core.spec import Overrides, ServiceSpec, from_mapping, parse_services, to_document
from portal.errors import Fault, SpecError, UsageError
from tests.core.specs import IDENTITY, bare, document, identity
from tests.core.trees import laid_out


def faults_of(*documents: dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(SpecError) as caught:
        parse_services([laid_out(item, f"s{number}.yaml") for number, item in enumerate(documents)])
    return caught.value.faults


def test_the_example_is_read_whole() -> None:
    spec = parse_services([laid_out(IDENTITY)])[0]
    assert (spec.name, spec.team, spec.namespace, spec.port) == (
        "identity-service",
        "platform",
        "platform-identity",
        3000,
    )
    assert spec.cache is not None
    assert (spec.cache.name, spec.cache.size, spec.cache.storage_gb) == ("identity-cache", "micro", 10)
    assert spec.environments == {"dev": Overrides(), "staging": Overrides(), "prod": Overrides(replicas=4)}


def test_an_environment_changes_only_what_it_says() -> None:
    spec = identity()
    dev, prod = spec.for_environment("dev"), spec.for_environment("production")
    assert (dev.replicas, prod.replicas, prod.environment) == (2, 4, "prod")
    assert dev.database is not None
    assert prod.database is not None
    assert (dev.database.name, prod.database.name) == ("identity-service-dev", "identity-service-prod")
    assert dev.image == prod.image


def test_every_kind_of_override_takes_effect_in_its_environment_alone() -> None:
    spec = identity(
        environments={
            "dev": {},
            "production": {
                "image": "ghcr.io/bizmatters/identity-service:1.4.1",
                "database": {"pooled": False, "name": "identity"},
                "storage": {"bucket": "identity-files-prod"},
            },
        }
    )
    dev, prod = spec.for_environment("dev"), spec.for_environment("prod")
    assert prod.image.endswith(":1.4.1")
    assert dev.image.endswith(":1.4.2")
    assert prod.database is not None
    assert (prod.database.pooled, prod.database.name) == (False, "identity")
    assert prod.storage is not None
    assert dev.storage is not None
    assert (prod.storage.bucket, dev.storage.bucket) == ("identity-files-prod", "identity-files")


def test_an_environment_the_service_does_not_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no environment 'staging'"):
        identity(environments={"dev": {}}).for_environment("staging")


def test_without_environments_the_service_has_all_of_them() -> None:
    assert tuple(identity(environments=None).environments) == ("dev", "staging", "prod")


@pytest.mark.parametrize(
    "spec",
    [identity(), bare(), identity(environments={"prod": {"database": {"name": "a_b"}, "replicas": 0}})],
    ids=["everything", "nothing", "overrides"],
)
def test_what_is_written_reads_back_equal(spec: ServiceSpec) -> None:
    assert from_mapping(to_document(spec)) == spec


def test_all_faults_of_all_files_come_at_once_with_their_places() -> None:
    bad = copy.deepcopy(IDENTITY)
    bad["metadata"]["name"] = "Identity_Service"
    bad["spec"]["prot"] = 3000
    bad["spec"]["port"] = 70000
    bad["spec"]["cache"]["size"] = "huge"
    other = document(image="ghcr.io/bizmatters/identity-service", replicas="two")
    found = faults_of(bad, other)
    assert [(fault.file, fault.line, fault.column) for fault in found] == [
        ("s0.yaml", 4, 9),
        ("s0.yaml", 9, 9),
        ("s0.yaml", 15, 11),
        ("s0.yaml", 31, 3),
        ("s1.yaml", 8, 10),
        ("s1.yaml", 10, 13),
    ]
    assert "unknown field 'prot'" in found[3].message
    assert "namespace, image, port" in found[3].allowed
    assert "1 to 65535" in found[1].allowed
    assert "micro, small, medium, large" in found[2].allowed


def test_two_services_of_one_name_are_refused_at_the_second() -> None:
    (fault,) = faults_of(IDENTITY, IDENTITY)
    assert (fault.file, fault.line) == ("s1.yaml", 4)
    assert "already at s0.yaml:4" in fault.message


def test_a_repeated_field_is_a_fault() -> None:
    node = laid_out(IDENTITY)
    assert isinstance(node, MappingNode)
    twice = MappingNode((*node.entries, (ScalarNode("kind", "f", 40, 1), node.entries[1][1])), "f", 1, 1)
    with pytest.raises(SpecError, match="f:40:1: field 'kind' stands twice"):
        parse_services([twice])


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("postgres://app:hunter2@ep-x.neon.tech/db", "a URL with a password"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("AK" + "IA" + "IOSFODNN7EXAMPLE", "an AWS access key"),
        ("na" + "pi_" + "a1b2c3d4e5f6g7h8i9j0", "a Neon API key"),
        ("gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2", "a GitHub token"),
        ("sk-" + "proj-a1B2c3D4e5F6g7H8i9J0", "an API key"),
        ("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "a long random text"),
        ("9f86d081884c7d659a2feaa0c55ad015", "a long random text"),
    ],
)
@pytest.mark.parametrize("field", ["namespace", "pullSecret", "prot"])
def test_a_secret_value_is_recognised_anywhere_and_never_repeated(secret: str, what: str, field: str) -> None:
    found = faults_of(document(**{field: secret}))
    assert any(what in fault.message for fault in found)
    assert not any(secret in str(fault) or "hunter2" in str(fault) for fault in found)


@pytest.mark.parametrize(
    "text",
    [
        "ghcr.io/bizmatters/identity-service@sha256:" + "9f86d081884c7d65" * 4,
        "ghcr.io/bizmatters/a-very-long-service-name-in-a-registry/with-some-more-parts:1.4.2",
    ],
)
def test_an_image_reference_is_no_secret(text: str) -> None:
    assert identity(image=text).image == text


def test_secrets_with_values_are_refused_without_repeating_them() -> None:
    found = faults_of(document(secrets={"openai_api_key": "letmein", "other": "x"}))
    assert [fault.line for fault in found] == [19, 20]
    assert not any("letmein" in str(fault) for fault in found)
    (single,) = faults_of(document(secrets=[{"openai_api_key": "letmein"}]))
    assert "letmein" not in str(single)
    (joined,) = faults_of(document(secrets=["OPENAI=letmein"]))
    assert "letmein" not in str(joined)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"auth": "neon", "database": None}, "auth: neon keeps"),
        ({"secrets": ["a_key", "a_key"]}, "stands twice"),
        ({"environments": {"prod": {}, "production": {}}}, "one environment"),
        ({"environments": {"qa": {}}}, "unknown field 'qa'"),
        ({"environments": {}}, "environments is empty"),
        ({"storage": None, "environments": {"dev": {"storage": {"bucket": "abc"}}}}, "no storage to change"),
        ({"environments": {"dev": {"port": 1}}}, "unknown field 'port'"),
        ({"replicas": True}, "replicas is not a number"),
        ({"database": True}, "database is true or false, not a mapping"),
        ({"cache": {}}, "cache lacks 'name'"),
        ({"secrets": "openai_api_key"}, "secrets is text"),
        ({"secrets": {}}, "secrets is a mapping"),
        ({"namespace": ""}, "namespace is empty"),
    ],
)
def test_each_fault_says_what_is_wrong(changes: dict[str, Any], words: str) -> None:
    found = faults_of(document(**changes))
    assert any(words in fault.message and fault.allowed for fault in found)


def test_a_document_that_is_no_mapping_is_one_fault() -> None:
    (fault,) = faults_of(["a", "list"])  # type: ignore[arg-type]
    assert "not a mapping" in fault.message


def test_missing_parts_are_named() -> None:
    found = faults_of(
        {"apiVersion": "portal.zerotouch.dev/v1", "kind": "Service", "metadata": {}, "spec": {}}
    )
    assert {fault.message for fault in found} == {
        "metadata lacks 'name'",
        "metadata lacks 'team'",
        "spec lacks 'namespace'",
        "spec lacks 'image'",
        "spec lacks 'port'",
    }


def test_required_parameters_follow_the_specification() -> None:
    full = required_parameters(identity().for_environment("prod"), "/zerotouch")
    assert [item.name for item in full if item.origin is Origin.JWT] == [
        "/zerotouch/prod/identity-service/jwt_private_key",
        "/zerotouch/prod/identity-service/jwt_public_key",
        "/zerotouch/prod/identity-service/jwt_key_id",
    ]
    assert full[-1].name == "/zerotouch/prod/platform/ghcr/password"
    assert len({item.key for item in full}) == len(full) == 12
    assert required_parameters(bare().for_environment("dev"), "/zerotouch") == ()
