"""Requests drawn at random: none may break the server, or be answered by other 500s than the real one's."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.simulator.kube.bodies import GOOD, JSON, NAMES, OPERATIONS, QUERIES, bodies, good, spoilt

MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
PLAIN, YAML = "application/json", "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
OF_THE_REAL_ONE = (
    "failed to create typed patch object",
    "resourceVersion should not be set on objects to be created",
    "resourceVersion: Invalid value",
    "strconv.ParseUint: parsing",
    "unknown patch type: ",
    "map: ",
)
STANDING = ("CustomResourceDefinition", "ConfigMap", "Deployment", "Pod", "Service", "Job", "Box")
ACCEPTED = st.sampled_from(
    ["", PLAIN, YAML, "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io", "text/html",
     "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"]
)  # fmt: skip
Request = tuple[str, str, dict[str, str], dict[str, str], bytes]


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Method, path, query, headers and body."""
    _, path, body = draw(bodies())
    method = draw(st.sampled_from(["POST", "POST", "PUT", "PATCH", "PATCH", "GET", "DELETE"]))
    query, kind, content = draw(QUERIES), PLAIN, b""
    one = f"{path}/{draw(NAMES)}"
    if method in {"PUT", "PATCH"}:
        path = one + draw(st.sampled_from(["", "", "/status", "/scale", "/finalize", "/token"]))
    elif method != "POST":
        path = draw(st.sampled_from([path, one, f"{one}/log", f"{path}/{quote(draw(st.text(max_size=5)))}"]))
        query.pop("watch", None)
    if method in {"POST", "PUT"}:
        content = json.dumps(body).encode()
    elif method == "PATCH":
        kind = draw(st.sampled_from([MERGE, JSON_PATCH, STRATEGIC, APPLY]))
        patch = _patch(draw, kind, body)
        content = json.dumps(patch).encode()
        if kind == APPLY:
            query.setdefault("fieldManager", "m")
    if draw(st.integers(0, 15)) == 0:
        content = draw(st.binary(max_size=20))
    if draw(st.integers(0, 15)) == 0:
        kind = draw(
            st.sampled_from([PLAIN, YAML, MERGE, "text/weird", "", "application/vnd.kubernetes.protobuf"])
        )
    return method, path, query, {"Content-Type": kind, "Accept": draw(ACCEPTED)}, content


def _patch(draw: st.DrawFn, kind: str, body: Any) -> Any:
    if kind == JSON_PATCH:
        return draw(st.lists(OPERATIONS, max_size=3))
    if kind == APPLY:
        return body
    part = {key: value for key, value in body.items() if key in {"metadata", "spec", "data", "status"}}
    return spoilt(draw, part) if draw(st.booleans()) else draw(JSON)


async def _sent(drawn: Sequence[Request]) -> None:
    """Send them to a server that holds a little of everything, and see that it lives on."""
    identities = {"t": Identity("a", ("system:masters",))}
    server = KubeServer(WallClock(), identities, rbac=True, wire=WallClock(speed=1000), seed=1)
    transport = httpx.ASGITransport(server.app)
    headers = {"Authorization": "Bearer t"}
    async with (
        server.running(),
        httpx.AsyncClient(transport=transport, base_url="http://kube", headers=headers) as client,
    ):
        for kind in STANDING:
            made = await client.post(GOOD[kind][0], json=good(kind))
            assert made.status_code == 201, made.text
        for method, path, query, extra, content in drawn:
            async with asyncio.timeout(20):
                answer = await client.request(method, path, params=query, headers=extra, content=content)
            _judge(answer)
        assert (await client.get("/api/v1/namespaces/default/configmaps")).status_code == 200
    await server.close()


def _judge(answer: httpx.Response) -> None:
    """A refusal is a Status that says why, and repeats its own code."""
    code, kind = answer.status_code, answer.headers.get("content-type", "")
    if code >= 500 and code not in {501, 504}:
        assert any(text in answer.text for text in OF_THE_REAL_ONE), answer.text
    if code >= 400 and kind.startswith("application/json"):
        status = answer.json()
        assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", code)
        assert status["message"]


def _try(count: int) -> None:
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(requests(), min_size=1, max_size=6))
    def run(drawn: list[Request]) -> None:
        asyncio.run(_sent(drawn))

    run()


def test_no_request_breaks_the_server() -> None:
    _try(60)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_request_breaks_the_server_however_many_are_tried() -> None:
    _try(3000)
