"""A service described by answers, and the file that is written for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.repo.yaml_nodes import parse
from portal.core.spec import QUESTIONS, ServiceSpec, described, from_mapping, parse_services, to_text
from portal.errors import SpecError
from tests.core.specs import bare, document, identity

ANSWERS = {"name": "shop", "team": "web", "image": "ghcr.io/acme/shop:1.0.0"}


def answers(**given: str) -> dict[str, str]:
    """Complete answers: those given, and the default of every other question."""
    complete: dict[str, str] = ANSWERS | given
    for question in QUESTIONS:
        default = question.default(complete) if "name" in complete else None
        if question.key not in complete and default is not None:
            complete[question.key] = default
    return complete


def test_the_defaults_describe_a_service_with_a_database_everywhere() -> None:
    spec = described(answers())
    assert (spec.namespace, spec.port, spec.replicas) == ("shop", 8080, 1)
    assert spec.database is not None
    assert (spec.cache, spec.jwt, spec.storage, spec.auth, spec.secrets) == (None, None, None, None, ())
    assert tuple(spec.environments) == ("dev", "staging", "prod")


def test_every_part_can_be_asked_for() -> None:
    given = answers(cache="shop-cache:micro", jwt="EdDSA", secrets="openai_api_key, other", auth="yes")
    spec = described(
        given | {"storage": "hetzner:shop-files", "pull-secret": "pull", "environments": "production"}
    )
    assert spec.cache is not None
    assert (spec.cache.name, spec.cache.size) == ("shop-cache", "micro")
    assert spec.jwt is not None
    assert spec.storage is not None
    assert (spec.jwt.algorithm, spec.storage.provider, spec.auth) == ("EdDSA", "hetzner", "neon")
    assert (spec.secrets, spec.pull_secret, tuple(spec.environments)) == (
        ("openai_api_key", "other"),
        "pull",
        ("prod",),
    )


def test_answers_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(SpecError):
        described(answers(database="no", auth="yes"))


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("name", "Shop"),
        ("name", "platform"),
        ("image", "ghcr.io/acme/shop"),
        ("port", "0"),
        ("port", "\uff18\uff10"),
        ("replicas", "many"),
        ("database", "maybe"),
        ("cache", "shop-cache:huge"),
        ("jwt", "HS256"),
        ("secrets", "openai_api_key,openai_api_key"),
        ("secrets", "sk-" + "a1B2" * 8),
        ("storage", "s3"),
        ("storage", "gcs:files"),
        ("environments", "dev,qa"),
    ],
)
def test_an_answer_that_breaks_its_rule_is_refused_with_what_is_allowed(key: str, bad: str) -> None:
    question = next(each for each in QUESTIONS if each.key == key)
    fault = question.fault(bad)
    assert fault
    assert "a1B2" not in fault


def test_every_default_and_every_example_is_a_good_answer() -> None:
    complete = answers()
    for question in QUESTIONS:
        for text in (question.example, question.default(complete)):
            assert not text or question.fault(text) == ""


def _read(text: str) -> ServiceSpec:
    return parse_services([parse(text, "service.yaml")])[0]


OVERRIDES: dict[str, Any] = {"dev": {"replicas": 0}, "prod": {"database": {"name": "a_b", "pooled": False}}}


@pytest.mark.parametrize("spec", [identity(), bare(), identity(environments=OVERRIDES)])
def test_what_is_written_reads_back_equal(spec: ServiceSpec) -> None:
    text = to_text(spec, "service.schema.json")
    assert _read(text) == spec
    assert text.startswith("# yaml-language-server: $schema=service.schema.json\n")
    assert all(len(line) <= 100 for line in text.splitlines())


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{1,20}[a-z0-9])", fullmatch=True))
def test_a_bucket_reads_back_as_the_text_it_is(bucket: str) -> None:
    try:
        spec = from_mapping(document(storage={"provider": "s3", "bucket": bucket}))
    except SpecError:
        return
    assert _read(to_text(spec)) == spec
