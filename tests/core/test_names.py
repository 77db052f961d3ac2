"""Every accepted name is accepted by every system it travels through."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import names
from portal.core.names import ENVIRONMENTS, NameRule

services = st.from_regex(names.SERVICE.pattern, fullmatch=True).filter(
    lambda name: not names.SERVICE.fault(name)
)
environments = st.sampled_from(ENVIRONMENTS)
keys = st.from_regex(names.KEY.pattern, fullmatch=True).filter(lambda name: not names.KEY.fault(name))

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_ALL_RULES = [value for value in vars(names).values() if isinstance(value, NameRule)]


@given(service=services, environment=environments)
def test_names_derived_from_a_good_service_name_are_good_in_every_system(
    service: str, environment: str
) -> None:
    assert not names.DATABASE.fault(names.database_name(service, environment))
    assert not names.ROLE.fault(names.role_name(service, environment))
    assert len(names.role_name(service, environment).encode()) <= 63
    assert _LABEL.fullmatch(service)
    assert len(service) <= 63


@given(service=services, environment=environments, key=keys)
def test_parameter_names_are_legal_and_lead_back_to_their_parts(
    service: str, environment: str, key: str
) -> None:
    name = names.parameter_name("/zerotouch", environment, service, key)
    assert re.fullmatch(r"[A-Za-z0-9_./-]+", name)
    assert name.split("/") == ["", "zerotouch", environment, service, key]
    assert name.startswith(names.parameter_path("/zerotouch", environment, service) + "/")


@given(first=st.tuples(services, environments), second=st.tuples(services, environments))
def test_two_tenants_never_share_a_role_a_parameter_path_or_a_lock(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    def derived(service: str, environment: str) -> tuple[str, str, str]:
        return (
            names.role_name(service, environment),
            names.parameter_path("/z", environment, service),
            names.lock_name("/z", environment, service),
        )

    shared = set(derived(*first)) & set(derived(*second))
    assert bool(shared) == (first == second)


@given(service=services, environment=environments)
def test_no_tenant_path_is_the_platforms_or_a_lock(service: str, environment: str) -> None:
    path = names.parameter_path("/zerotouch", environment, service) + "/"
    assert not names.platform_parameter("/zerotouch", environment, "ghcr", "username").startswith(path)
    assert not names.lock_name("/zerotouch", environment, service).startswith(path)


@given(
    claim=st.from_regex(names.CLAIM.pattern, fullmatch=True).filter(lambda name: not names.CLAIM.fault(name))
)
def test_a_cache_claim_leaves_room_for_what_is_made_from_it(claim: str) -> None:
    assert names.connection_secret(claim) == f"{claim}-conn"
    assert len(f"{claim}-0123456789") <= 63


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (names.SERVICE, ""),
        (names.SERVICE, "a"),
        (names.SERVICE, "Identity"),
        (names.SERVICE, "identity_service"),
        (names.SERVICE, "1identity"),
        (names.SERVICE, "identity-"),
        (names.SERVICE, "-identity"),
        (names.SERVICE, "identity\n"),
        (names.SERVICE, "identité"),
        (names.SERVICE, "../etc"),
        (names.SERVICE, "platform"),
        (names.SERVICE, "x" * 56),
        (names.NAMESPACE, "kube-system"),
        (names.NAMESPACE, "default"),
        (names.CLAIM, "c" * 53),
        (names.KEY, "openai-api-key"),
        (names.KEY, "OPENAI"),
        (names.KEY, "database_url"),
        (names.DATABASE, "postgres"),
        (names.ROLE, "pg_monitor"),
        (names.ROLE, "neon_superuser"),
        (names.BUCKET, "ab"),
        (names.BUCKET, "xn--files"),
        (names.BUCKET, "files-s3alias"),
        (names.BUCKET, "my.files"),
        (names.TEAM, "-team"),
        (names.SECRET_OBJECT, "ghcr_pull"),
    ],
)
def test_a_bad_name_is_refused_with_what_is_allowed(rule: NameRule, name: str) -> None:
    assert rule.fault(name)
    assert rule.explanation


@pytest.mark.parametrize("rule", _ALL_RULES, ids=lambda rule: rule.what)
def test_every_rule_says_whose_it_is(rule: NameRule) -> None:
    assert rule.source


def test_a_refused_secret_key_is_not_repeated() -> None:
    assert "hunter2" not in names.KEY.fault("hunter2=Value")


@pytest.mark.parametrize(
    ("word", "environment", "overlay"),
    [
        ("dev", "dev", "dev"),
        ("staging", "staging", "staging"),
        ("prod", "prod", "production"),
        ("production", "prod", "production"),
    ],
)
def test_prod_and_production_are_one_environment(word: str, environment: str, overlay: str) -> None:
    assert names.environment_of(word) == environment
    assert names.overlay_of(word) == overlay


def test_another_word_is_no_environment() -> None:
    assert names.environment_of("qa") is None
