"""Names of pipelines as keys and parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.comparing import Match, match
from portal.core.facets import TenantKey
from portal.core.names import ENVIRONMENTS, KEY
from portal.core.pushing import key_of, key_of_line, key_of_variable, parameter_of
from portal.core.secrets import Secret
from portal.errors import UsageError

KEYS = st.from_regex(KEY.pattern, fullmatch=True).filter(lambda key: len(key) < 40)


@pytest.mark.parametrize(
    ("variable", "environment", "key"),
    [
        ("DEV_DATABASE_URL", "dev", "database_url"),
        ("STAGING_OPENAI_API_KEY", "staging", "openai_api_key"),
        ("PROD_DATABASE_URL", "prod", "database_url"),
        ("PRODUCTION_DATABASE_URL", "prod", "database_url"),
        ("PROD_DATABASE_URL", "dev", None),
        ("DEV_DATABASE_URL", "prod", None),
        ("DATABASE_URL", "dev", None),
        ("DEV_", "dev", None),
        ("DEV_lower", "dev", None),
        ("DEV_1KEY", "dev", None),
        ("DEVELOPER_DIR", "dev", None),
    ],
)
def test_a_variable_belongs_to_the_environment_before_it(
    variable: str, environment: str, key: str | None
) -> None:
    assert key_of_variable(variable, environment) == key


@given(KEYS, st.sampled_from(ENVIRONMENTS))
def test_every_key_has_one_variable_of_its_environment_and_of_no_other(key: str, environment: str) -> None:
    variable = f"{environment}_{key}".upper()
    assert key_of_variable(variable, environment) == key
    assert [other for other in ENVIRONMENTS if key_of_variable(variable, other)] == [environment]
    assert key_of_line(variable, environment) == key


@pytest.mark.parametrize("name", ["PROD_OPENAI_API_KEY", "PRODUCTION_OPENAI_API_KEY"])
def test_a_line_for_another_environment_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is a value of prod, and this is dev"):
        key_of_line(name, "dev")
    assert key_of_line("prod_openai_api_key", "dev") == "prod_openai_api_key"


@given(KEYS)
def test_a_key_is_found_again_in_its_parameter(key: str) -> None:
    tenant = TenantKey("billing", "dev")
    assert key_of(parameter_of("/zerotouch", tenant, key)) == key


def test_the_documents_example_and_the_shared_login() -> None:
    tenant = TenantKey("identity-service", "dev")
    url = parameter_of("/zerotouch", tenant, "database_url")
    assert url == "/zerotouch/dev/identity-service/database_url"
    assert parameter_of("/zerotouch", tenant, "ghcr_password") == "/zerotouch/dev/platform/ghcr/password"
    assert key_of("/zerotouch/dev/platform/ghcr/password") == "ghcr_password"


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32))
def test_values_are_the_same_exactly_where_they_are(left: str, right: str, run_key: bytes) -> None:
    left, right = (text.encode(errors="replace").decode() for text in (left, right))
    assert (match(Secret(left), Secret(right), run_key)[0] is Match.SAME) == (left == right)
    assert match(Secret(left), Secret(left), run_key) == (Match.SAME, "")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("postgresql://u:other@h/d?x=1", "in its password, the rest is the same"),
        ("postgresql://v:p@g/d?x=1", "in its user and host, the rest is the same"),
        ("postgresql://u:p@h:5432/d?x=1", "in its port, the rest is the same"),
        ("postgresql://u:p@h/d?x=2", "in its options, the rest is the same"),
        ("postgres://u:p@h/d?x=1", "only in how it is written"),
        ("no connection string", ""),
        ("postgresql://u:p@[h/d", ""),
    ],
)
def test_connection_strings_are_compared_by_parts(other: str, words: str) -> None:
    ours = Secret("postgresql://u:p@h/d?x=1")
    assert match(ours, Secret(other), bytes(32)) == (Match.DIFFERS, words)
