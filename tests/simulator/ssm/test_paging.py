"""Pages: nothing is lost or told twice, whoever writes in between; a token is good for its own listing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ssm.parameters.paging import Pages
from simulator.ssm.parameters.refusals import Refusal
from tests.simulator.ssm.stores import names, refused, unique

LISTING = {"action": "DescribeParameters", "Path": "/a"}


def every(pages: Pages, found: list[int], size: int) -> list[int]:
    told: list[int] = []
    token: str | None = None
    while True:
        page, token = pages.page(found, lambda each: each, size, LISTING, token)
        assert len(page) <= size
        told += page
        if token is None:
            return told


@given(st.sets(st.integers(0, 2**40)), st.integers(1, 50))
def test_the_pages_together_are_the_listing(found: set[int], size: int) -> None:
    assert every(Pages(), sorted(found), size) == sorted(found)


@given(st.data(), st.sets(st.integers(0, 1000), min_size=1), st.integers(1, 7))
def test_what_stands_all_along_is_told_once_whoever_comes_and_goes(
    data: st.DataObject, lasting: set[int], size: int
) -> None:
    pages, told, token = Pages(), list[int](), None
    others = {-number - 1 + 2000 for number in range(20)}
    while True:
        guests = data.draw(st.sets(st.sampled_from(sorted(others))))
        page, token = pages.page(sorted(lasting | guests), lambda each: each, size, LISTING, token)
        told += page
        if token is None:
            break
    assert sorted(each for each in told if each in lasting) == sorted(lasting)
    assert len(told) == len(set(told))


@given(st.text(max_size=80))
def test_no_other_text_is_a_token(text: str) -> None:
    if not text:
        return
    with pytest.raises(Refusal, match="InvalidNextToken"):
        Pages().page([1, 2, 3], lambda each: each, 1, LISTING, text)


def test_a_token_of_another_listing_or_another_store_is_invalid() -> None:
    pages = Pages()
    _, token = pages.page([1, 2], lambda each: each, 1, LISTING, None)
    assert token is not None
    with pytest.raises(Refusal, match="InvalidNextToken"):
        pages.page([1, 2], lambda each: each, 1, {**LISTING, "Path": "/b"}, token)
    with pytest.raises(Refusal, match="InvalidNextToken"):
        Pages().page([1, 2], lambda each: each, 1, LISTING, token)


def paged(operation: Any, **arguments: Any) -> list[list[str]]:
    pages, token = [], ""
    while True:
        answer = operation(**arguments, **({"NextToken": token} if token else {}))
        pages.append(names(answer["Parameters"]))
        token = answer.get("NextToken", "")
        if not token:
            return pages


def test_each_operation_has_its_page_and_ends_without_an_empty_one(ssm: Any) -> None:
    below = unique("pages")
    written = [f"{below}/{number:03}" for number in range(60)]
    for name in written:
        ssm.put_parameter(Name=name, Value="v", Type="String")
    by_path = {"Path": below, "Recursive": True}
    described = {"ParameterFilters": [{"Key": "Path", "Values": [below]}]}
    assert [len(page) for page in paged(ssm.get_parameters_by_path, **by_path)] == [10] * 6
    assert [len(page) for page in paged(ssm.describe_parameters, **described)] == [50, 10]
    for size in (1, 7, 10):
        listed = paged(ssm.get_parameters_by_path, **by_path, MaxResults=size)
        assert [name for page in listed for name in page] == written
    token = ssm.get_parameters_by_path(**by_path)["NextToken"]
    assert refused(ssm.describe_parameters, **described, NextToken=token)[0] == "InvalidNextToken"
    assert refused(ssm.describe_parameters, NextToken="17") == (
        "InvalidNextToken",
        "The specified token isn't valid.",
    )


def test_a_history_has_fifty_versions_a_page(ssm: Any) -> None:
    name = unique("history")
    ssm.put_parameter(Name=name, Value="1", Type="String")
    for number in range(2, 61):
        ssm.put_parameter(Name=name, Value=str(number), Overwrite=True)
    first = ssm.get_parameter_history(Name=name)
    rest = ssm.get_parameter_history(Name=name, NextToken=first["NextToken"])
    told = [(each["Version"], each["Value"]) for each in first["Parameters"] + rest["Parameters"]]
    assert told == [(number, str(number)) for number in range(1, 61)]
    assert (len(first["Parameters"]), "NextToken" in rest) == (50, False)
