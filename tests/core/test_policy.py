"""What a profile asks of services: nothing unless configured, and then each violation names its setting."""

from dataclasses import fields

import pytest

from portal.core.policy import Policy
from tests.core.specs import identity

SPEC = identity().for_environment("prod")


def test_nothing_is_asked_unless_configured() -> None:
    assert Policy().violations(SPEC) == ()
    assert Policy().faults() == ()


@pytest.mark.parametrize(
    ("policy", "setting"),
    [
        (Policy(service_names="team-.*"), "service_names"),
        (Policy(service_names="identity"), "service_names"),
        (Policy(images="registry.example/, ghcr.io/other/"), "images"),
        (Policy(replicas=3), "replicas"),
        (Policy(secrets=1), "secrets"),
    ],
)
def test_a_violation_names_the_setting_that_forbids_it(policy: Policy, setting: str) -> None:
    (violation,) = policy.violations(SPEC)
    assert f"policy.{setting}" in violation


@pytest.mark.parametrize(
    "policy",
    [
        Policy(service_names="[a-z]+-service"),
        Policy(images="other.example/,ghcr.io/bizmatters/"),
        Policy(replicas=4, secrets=2, latest=False),
    ],
)
def test_what_is_within_the_policy_is_allowed(policy: Policy) -> None:
    assert policy.violations(SPEC) == ()


def test_a_latest_image_is_forbidden_where_the_policy_says_so() -> None:
    latest = identity(image="ghcr.io/bizmatters/identity-service:latest").for_environment("dev")
    assert Policy().violations(latest) == ()
    assert "policy.latest" in Policy(latest=False).violations(latest)[0]


@pytest.mark.parametrize(
    ("protected", "environments"),
    [("prod", {"prod"}), ("production", {"prod"}), ("staging, prod", {"staging", "prod"}), ("", set())],
)
def test_an_environment_is_protected_under_either_of_its_names(
    protected: str, environments: set[str]
) -> None:
    policy = Policy(protected=protected)
    assert {name for name in ("dev", "staging", "prod") if policy.protects(name)} == environments
    assert policy.protects("production") == ("prod" in environments)


def test_a_policy_that_means_nothing_is_a_fault() -> None:
    (environment,) = Policy(protected="prod,live").faults()
    (pattern,) = Policy(service_names="(").faults()
    assert environment.startswith("protected: live")
    assert pattern.startswith("service_names: not a regular expression")


def test_every_field_is_a_setting_that_a_text_can_give() -> None:
    assert {field.name for field in fields(Policy)} == {
        *("protected", "service_names", "images", "latest", "replicas", "secrets")
    }
