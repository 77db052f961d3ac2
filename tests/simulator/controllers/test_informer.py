"""The informer over a real socket: it follows, resumes where it was cut, and lists again when lost."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.controllers.api import Api
from simulator.controllers.errors import AlreadyExists, Conflict, Expired, NotFound, Unreachable
from simulator.controllers.informer import Change, Informer, latest
from simulator.controllers.kinds import CONFIG_MAP
from tests.simulator.controllers.tasks import DEADLINE, background

FAST = WallClock(speed=50)


def _config(name: str, version: int, uid: str = "u") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "n", "resourceVersion": str(version), "uid": uid + name}}


def _gone(code: int = 410) -> dict[str, Any]:
    return {
        "type": "ERROR",
        "object": {"kind": "Status", "code": code, "reason": "Expired", "message": "old"},
    }


class _Script:
    """A server whose lists and watches are scripted; after its script a watch stays silent."""

    def __init__(self) -> None:
        self.lists: list[tuple[int, list[dict[str, Any]]] | int] = []
        self.watches: list[list[dict[str, Any]] | int] = []
        self.watched_from: list[str] = []
        self.listed = 0
        self.silent = asyncio.Event()
        self.app = Starlette(routes=[Route("/api/v1/configmaps", self._answer)])

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer t":
            return JSONResponse({"kind": "Status", "reason": "Unauthorized", "code": 401}, 401)
        if request.query_params.get("watch") == "true":
            return self._watch(request)
        self.listed += 1
        answer = self.lists.pop(0)
        if isinstance(answer, int):
            return JSONResponse({"kind": "Status", "code": answer, "message": "not now"}, answer)
        version, items = answer
        return JSONResponse({"metadata": {"resourceVersion": str(version)}, "items": items})

    def _watch(self, request: Request) -> Response:
        self.watched_from.append(request.query_params["resourceVersion"])
        script = self.watches.pop(0) if self.watches else []
        if isinstance(script, int):
            return JSONResponse({"kind": "Status", "code": script}, script)
        return StreamingResponse(self._stream(script, last=not self.watches), media_type="application/json")

    async def _stream(self, script: list[dict[str, Any]], *, last: bool) -> AsyncIterator[bytes]:
        text = b"".join(json.dumps(event).encode() + b"\n" for event in script)
        yield text[:30]
        yield text[30:]
        if last:
            self.silent.set()
            await asyncio.Event().wait()


@asynccontextmanager
async def _api(script: _Script, tmp_path: Path) -> AsyncIterator[Api]:
    authority = Authority(tmp_path / "pki")
    leaf = authority.issue("server", "127.0.0.1")
    async with (
        serve(script.app, cert=leaf.cert, key=leaf.key) as listener,
        Api(listener.url, "t", authority.ca_file, manager="tests") as api,
    ):
        yield api


async def _follow(script: _Script, tmp_path: Path, count: int) -> tuple[Informer, list[Change]]:
    """Run an informer until it has told `count` changes and the last scripted watch is open."""
    told: asyncio.Queue[Change] = asyncio.Queue()
    async with _api(script, tmp_path) as api:
        informer = Informer(api, FAST, CONFIG_MAP)
        informer.on_change(told.put_nowait)
        async with background(informer.run()), asyncio.timeout(DEADLINE):
            await informer.synced.wait()
            await script.silent.wait()
            changes = [await told.get() for _ in range(count)]
    assert told.empty()
    return informer, changes


def _names(changes: list[Change]) -> list[tuple[str, bool, bool]]:
    return [(change.key[1], change.old is not None, change.new is not None) for change in changes]


async def test_it_lists_then_follows_additions_changes_and_deletions(tmp_path: Path) -> None:
    script = _Script()
    script.lists = [(5, [_config("a", 3), _config("b", 4)])]
    script.watches = [
        [
            {"type": "ADDED", "object": _config("c", 6)},
            {"type": "MODIFIED", "object": _config("a", 7)},
            {"type": "DELETED", "object": _config("b", 8)},
        ],
        [],
    ]
    informer, changes = await _follow(script, tmp_path, 5)
    assert _names(changes) == [
        ("a", False, True),
        ("b", False, True),
        ("c", False, True),
        ("a", True, True),
        ("b", True, False),
    ]
    assert sorted(obj["metadata"]["name"] for obj in informer) == ["a", "c"]


async def test_a_cut_watch_resumes_after_the_last_bookmark_without_a_new_list(tmp_path: Path) -> None:
    script = _Script()
    script.lists = [(5, [])]
    script.watches = [[{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "40"}}}], []]
    await _follow(script, tmp_path, 0)
    assert script.watched_from == ["5", "40"]
    assert script.listed == 1


@pytest.mark.parametrize("lost", [[_gone()], 410], ids=["as an event", "as the answer"])
async def test_a_lost_place_lists_again_and_tells_what_was_missed(
    tmp_path: Path, lost: list[dict[str, Any]] | int
) -> None:
    script = _Script()
    script.lists = [
        (5, [_config("stays", 1), _config("goes", 2), _config("changes", 3), _config("reborn", 4)]),
        (50, [_config("stays", 1), _config("changes", 44), _config("comes", 45), _config("reborn", 46, "v")]),
    ]
    script.watches = [lost, []]
    informer, changes = await _follow(script, tmp_path, 9)
    assert script.watched_from == ["5", "50"]
    assert sorted(_names(changes)[4:]) == [
        ("changes", True, True),
        ("comes", False, True),
        ("goes", True, False),
        ("reborn", False, True),
        ("reborn", True, False),
    ]
    assert len(informer) == 4


async def test_a_failing_list_is_retried_until_it_answers(tmp_path: Path) -> None:
    script = _Script()
    script.lists = [500, 404, (5, [_config("a", 3)])]
    informer, _ = await _follow(script, tmp_path, 1)
    assert script.listed == 3
    assert informer.get("a", "n") is not None


async def test_a_late_handler_is_told_what_is_already_known(tmp_path: Path) -> None:
    script = _Script()
    script.lists = [(5, [_config("a", 3)])]
    informer, _ = await _follow(script, tmp_path, 1)
    late: list[Change] = []
    informer.on_change(late.append)
    assert _names(late) == [("a", False, True)]


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (404, "NotFound", NotFound),
        (409, "Conflict", Conflict),
        (409, "AlreadyExists", AlreadyExists),
        (410, "Expired", Expired),
    ],
)
async def test_refusals_become_their_own_errors_with_the_servers_words(
    tmp_path: Path, status: int, reason: str, error: type[Exception]
) -> None:
    async def refuse(_: Request) -> Response:
        return JSONResponse({"kind": "Status", "reason": reason, "message": "said so"}, status)

    script = _Script()
    script.app = Starlette(routes=[Route("/{path:path}", refuse)])
    async with _api(script, tmp_path) as api:
        with pytest.raises(error, match="said so") as caught:
            await api.get(CONFIG_MAP, "a", "n")
    assert type(caught.value) is error


async def test_a_server_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    script = _Script()
    async with _api(script, tmp_path) as api:
        pass
    authority = tmp_path / "pki" / "ca.crt"
    async with Api("https://127.0.0.1:1", "t", authority, manager="tests") as api:
        with pytest.raises(Unreachable):
            await api.get(CONFIG_MAP, "a", "n")


async def test_an_own_write_is_at_hand_before_the_watch_brings_it_and_is_told_once() -> None:
    follower = Informer(_nowhere(), FAST, CONFIG_MAP)
    told: list[Change] = []
    follower.on_change(told.append)
    written = _config("a", 7)
    assert follower.take_note(written) is written
    assert follower.get("a", "n") == written
    assert follower.of("n") == [written]
    follower.take_note(_config("a", 7))
    assert len(told) == 1


async def test_an_answer_the_watch_has_come_past_changes_nothing() -> None:
    follower = Informer(_nowhere(), FAST, CONFIG_MAP)
    follower.take_note(_config("a", 7))
    follower.take_note(_config("a", 5))
    held = follower.get("a", "n")
    assert held is not None
    assert held["metadata"]["resourceVersion"] == "7"
    follower.take_note({"kind": "Status", "metadata": {}})
    assert len(follower) == 1


def test_of_two_states_the_later_one_holds_and_always_that_of_another_object() -> None:
    older, newer, another = _config("a", 5), _config("a", 7), _config("a", 3, "other")
    assert latest(older, newer) is latest(newer, older) is newer
    assert latest(newer, another) is another


def _nowhere() -> Api:
    """A client that is never used."""
    return Api("https://127.0.0.1:1", "t", ssl.create_default_context(), manager="tests")
