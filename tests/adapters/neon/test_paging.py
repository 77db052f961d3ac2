"""Listings end where they end: both cursor styles, repeated cursors, empty pages, partial answers."""

import httpx
import pytest

from portal.errors import RemoteError, Unreachable
from tests.adapters.neon.answers import BRANCH, PROJECT, answer, neon


class Pages:
    """Answers each cursor with its document and remembers what was asked."""

    def __init__(self, by_cursor: dict[str, httpx.Response]) -> None:
        self.by_cursor = by_cursor
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor", "")
        self.asked.append(cursor)
        assert len(self.asked) < 10, "the listing does not end"
        return self.by_cursor[cursor]


def projects(*ids: str, cursor: str | None = None, unavailable: tuple[str, ...] = ()) -> httpx.Response:
    document: dict[str, object] = {"projects": [{**PROJECT, "id": one} for one in ids]}
    if cursor is not None:
        document["pagination"] = {"cursor": cursor}
    if unavailable:
        document["unavailable_project_ids"] = list(unavailable)
    return answer(document)


@pytest.mark.parametrize(
    ("pages", "found", "asked"),
    [
        pytest.param({"": projects("a")}, ["a"], [""], id="no pagination"),
        pytest.param({"": projects("a", cursor="")}, ["a"], [""], id="empty cursor"),
        pytest.param(
            {"": projects("a", cursor="x"), "x": projects("b")},
            ["a", "b"],
            ["", "x"],
            id="missing at the end",
        ),
        pytest.param(
            {"": projects("a", cursor="x"), "x": projects("b", cursor="x")},
            ["a", "b"],
            ["", "x"],
            id="unchanged cursor",
        ),
        pytest.param(
            {"": projects("a", cursor="x"), "x": projects(cursor="y")}, ["a"], ["", "x"], id="empty page"
        ),
        pytest.param(
            {"": projects("a", cursor="x"), "x": projects("b", cursor="y"), "y": projects("c", cursor="x")},
            ["a", "b", "c"],
            ["", "x", "y"],
            id="cursors in a circle",
        ),
        pytest.param({"": projects()}, [], [""], id="nothing"),
    ],
)
async def test_projects_are_listed_to_the_end(
    pages: dict[str, httpx.Response], found: list[str], asked: list[str]
) -> None:
    handler = Pages(pages)
    async with neon(handler) as api:
        assert [project.id for project in await api.projects()] == found
    assert handler.asked == asked


async def test_branches_follow_next_and_ignore_cursor() -> None:
    def page(name: str, **pagination: str) -> httpx.Response:
        return answer({"branches": [{**BRANCH, "id": name}], "annotations": {}, "pagination": pagination})

    handler = Pages({"": page("a", next="n1", cursor="wrong"), "n1": page("b", sort_by="name")})
    async with neon(handler) as api:
        assert [branch.id for branch in await api.branches("p")] == ["a", "b"]


async def test_projects_kept_out_of_the_listing_are_asked_for_one_by_one() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/projects"):
            return projects("a", unavailable=("slow", "a", "slow"))
        return answer({"project": {**PROJECT, "id": request.url.path.rsplit("/", 1)[1]}})

    async with neon(handler) as api:
        assert [project.id for project in await api.projects()] == ["a", "slow"]


async def test_a_project_that_cannot_be_had_fails_the_listing_rather_than_vanishing() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/projects"):
            return projects("a", unavailable=("slow",))
        return httpx.Response(504)

    async with neon(handler) as api:
        with pytest.raises(Unreachable) as caught:
            await api.projects()
    assert caught.value.target == "slow"


@pytest.mark.parametrize(
    "document", [{}, {"projects": {}}, {"projects": [1]}, {"projects": [], "pagination": []}]
)
async def test_a_listing_of_another_shape_is_an_error(document: dict[str, object]) -> None:
    async with neon(lambda _request: answer(document)) as api:
        with pytest.raises(RemoteError):
            await api.projects()
