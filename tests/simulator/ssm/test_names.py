"""Names: what may be one, how one is asked for, which forms are one parameter."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ssm.parameters.names import LEVELS, LONGEST, asked, key, new, path, plain
from simulator.ssm.parameters.refusals import Refusal
from tests.simulator.ssm.stores import PLACE

SEGMENT = st.from_regex(r"[A-Za-z0-9_.\-]{1,12}", fullmatch=True)
RESERVED = ("aws", "ssm")
ALLOWED = re.compile(r"[A-Za-z0-9_.\-/]+")


def refusal(text: str) -> str:
    with pytest.raises(Refusal) as caught:
        new(text, PLACE)
    return caught.value.code


@given(st.lists(SEGMENT, min_size=1, max_size=LEVELS))
def test_a_path_of_up_to_fifteen_levels_is_a_name_unless_it_is_reserved(levels: list[str]) -> None:
    name = "/" + "/".join(levels)
    if levels[0].lower().startswith(RESERVED):
        assert refusal(name) in {"ValidationException", "AccessDeniedException"}
    else:
        assert new(name, PLACE).name == name
        assert asked(name, PLACE).key == key(name)


@given(st.integers(LEVELS + 1, 40))
def test_more_levels_are_too_many(levels: int) -> None:
    assert refusal("/x" * levels) == "HierarchyLevelLimitExceededException"


@given(st.text(min_size=1, max_size=60))
def test_no_text_with_another_character_or_form_becomes_a_name(text: str) -> None:
    try:
        name = new(text, PLACE).name
    except Refusal:
        return
    assert ALLOWED.fullmatch(name)
    assert "//" not in name
    assert not name.endswith("/")
    assert name.startswith("/") or "/" not in name
    assert name == text.strip(" ")


@given(SEGMENT)
def test_a_name_of_one_level_is_the_same_with_and_without_its_slash(segment: str) -> None:
    assert key(segment) == key("/" + segment)
    assert key(f"/{segment}/a") != key(segment)


@given(SEGMENT, st.one_of(st.integers(1, 10**6).map(str), SEGMENT))
def test_a_selector_is_what_follows_the_colon(segment: str, selector: str) -> None:
    found = asked(f"/x/{segment}:{selector}", PLACE)
    assert (found.name, found.selector) == (f"/x/{segment}", selector)
    with pytest.raises(Refusal):
        plain(f"/x/{segment}:{selector}", PLACE)


def test_the_longest_name_counts_its_arn() -> None:
    room = LONGEST - len(PLACE.prefix)
    assert new("/" + "x" * room, PLACE).name
    assert refusal("/" + "x" * (room + 1)) == "ValidationException"


def test_an_arn_of_this_place_is_a_name_and_one_of_another_is_not_found() -> None:
    assert asked(PLACE.arn("/a/b"), PLACE).name == "/a/b"
    assert asked(PLACE.arn("b"), PLACE).name == "b"
    assert asked(f"{PLACE.arn('/a/b')}:3", PLACE).selector == "3"
    with pytest.raises(Refusal) as caught:
        asked("arn:aws:ssm:eu-west-1:999999999999:parameter/a/b", PLACE)
    assert caught.value.code == "ParameterNotFound"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("awsThing", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ("SSM-thing", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ("/ssm/thing", "ValidationException", "sub-paths divided by slash symbol"),
        ("/aws/thing", "AccessDeniedException", "No access to reserved parameter name: /aws/thing."),
        ("a b", "ValidationException", "following 3 symbols .-_"),
        ("a/b", "ValidationException", "following 3 symbols .-_"),
        ("/a//b", "ValidationException", "following 3 symbols .-_"),
        ("/a/", "ValidationException", "following 3 symbols .-_"),
        ("/a:1", "ValidationException", "following 3 symbols .-_"),
        ("/ä", "ValidationException", "following 3 symbols .-_"),
        (PLACE.arn("/a/b"), "ValidationException", "following 3 symbols .-_"),
    ],
)
def test_what_is_no_name_is_refused_in_the_services_words(text: str, code: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        new(text, PLACE)
    assert caught.value.code == code
    assert said in caught.value.message


@pytest.mark.parametrize("text", ["a", "a/b", "//a", "/a//b", "/a b"])
def test_a_path_begins_with_a_slash_and_holds_what_names_hold(text: str) -> None:
    with pytest.raises(Refusal, match="ValidationException"):
        path(text)
