"""Calls pass whole, are refused in the API's own form, logged without secrets, and disturbed by rule."""

import asyncio
from xml.etree import ElementTree as ET

import httpx
import orjson
import pytest
from starlette.types import ASGIApp

from simulator.backends.serving import serve
from simulator.gateway.faults import Action, Rule
from simulator.gateway.kube import Kube
from simulator.gateway.neon import Neon
from simulator.gateway.s3 import S3
from simulator.gateway.ssm import Ssm
from simulator.gateway.upstream import HttpUpstream
from tests.simulator.gateway.conftest import CANARY, OpenBench, Remembering
from tests.simulator.waiting import until

KEY = "simneon_test"
NEON = {"Authorization": f"Bearer {KEY}"}
ROLES = "/api/v2/projects/p/branches/b/roles"


def _signed(key: str, service: str = "ssm") -> dict[str, str]:
    scope = f"{key}/20261123/ap-south-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Target": "AmazonSSM.PutParameter",
    }


async def test_a_call_passes_whole_and_is_logged_without_a_value(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        answer = await it.client.post(f"{ROLES}?hint={CANARY}", headers=NEON, content=f'{{"x":"{CANARY}"}}')
        (line,) = await it.lines(1)
        text = it.log.read_text()
    assert answer.json() == {"ok": True, "password": CANARY}
    assert it.behind.bodies == [f'{{"x":"{CANARY}"}}'.encode()]
    assert CANARY not in text
    assert KEY not in text
    assert line.pop("ms") >= 0
    assert line.pop("t").endswith("Z")
    assert line == {
        "service": "neon",
        "operation": "createProjectBranchRole",
        "caller": "portal",
        "method": "POST",
        "path": ROLES,
        "status": 200,
        "mutating": True,
    }
    assert it.log.stat().st_mode & 0o077 == 0


async def test_neon_refuses_unknown_and_real_looking_keys_in_its_envelope(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        missing = await it.client.get("/api/v2/projects")
        unknown = await it.client.get("/api/v2/projects", headers={"Authorization": "Bearer simneon_other"})
        real = await it.client.get("/api/v2/projects", headers={"Authorization": "Bearer napi_" + "x" * 20})
        lines = await it.lines(3)
    assert [answer.status_code for answer in (missing, unknown, real)] == [401, 401, 401]
    assert set(unknown.json()) == {"request_id", "code", "message"}
    assert "look real" in real.json()["message"]
    assert it.behind.bodies == []
    assert {line["caller"] for line in lines} == {"unknown"}


async def test_parameter_store_refuses_in_aws_json(bench: OpenBench) -> None:
    async with bench(Ssm({"LKIAONE": "portal"})) as it:
        missing = await it.client.post("/", headers={"X-Amz-Target": "AmazonSSM.GetParameter"})
        unknown = await it.client.post("/", headers=_signed("LKIATWO"))
        real = await it.client.post("/", headers=_signed("AKIA" + "X" * 16))
        known = await it.client.post("/", headers=_signed("LKIAONE"))
    assert missing.json()["__type"] == "MissingAuthenticationTokenException"
    assert (unknown.status_code, unknown.json()["__type"]) == (400, "UnrecognizedClientException")
    assert "look real" in real.json()["message"]
    assert known.status_code == 200


async def test_object_storage_refuses_in_xml_and_without_a_body_to_head(bench: OpenBench) -> None:
    async with bench(S3({"LKIAONE": "portal"})) as it:
        unknown = await it.client.get("/files", headers=_signed("LKIATWO", "s3"))
        head = await it.client.head("/files", headers=_signed("LKIATWO", "s3"))
        presigned = await it.client.get("/files/a?X-Amz-Credential=LKIAONE/20261123/fsn1/s3/aws4_request")
    error = ET.fromstring(unknown.text)  # noqa: S314 - made by the gateway under test
    assert (unknown.status_code, error.findtext("Code")) == (403, "InvalidAccessKeyId")
    assert (head.status_code, head.content) == (403, b"")
    assert presigned.status_code == 200


async def test_kubernetes_refuses_unknown_tokens_and_passes_calls_without_one(bench: OpenBench) -> None:
    async with bench(Kube({"token": "argocd"})) as it:
        unknown = await it.client.get("/api/v1/pods", headers={"Authorization": "Bearer other"})
        anonymous = await it.client.get("/readyz")
        known = await it.client.get("/api/v1/pods", headers={"Authorization": "Bearer token"})
        lines = await it.lines(3)
    assert (unknown.status_code, unknown.json()["kind"], unknown.json()["reason"]) == (
        401,
        "Status",
        "Unauthorized",
    )
    assert (anonymous.status_code, known.status_code) == (200, 200)
    assert [line["caller"] for line in lines] == ["unknown", "anonymous", "argocd"]


@pytest.mark.parametrize("host", ["evil.example:80", "169.254.169.254", "127.0.0.1.evil.example"])
async def test_only_loopback_hosts_are_served(bench: OpenBench, host: str) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        answer = await it.client.get("/api/v2/projects", headers={**NEON, "Host": host})
    assert answer.status_code == 421
    assert it.behind.bodies == []


async def test_a_stream_passes_line_by_line_and_is_logged_when_it_begins(bench: OpenBench) -> None:
    async with (
        bench(Kube({})) as it,
        it.client.stream("GET", "/api/v1/pods?watch=true") as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == "line 0"
        (logged,) = await it.lines(1)
        it.behind.go_on.set()
        assert await anext(lines) == "line 1"
    assert (logged["operation"], logged["status"]) == ("watch pods", 200)
    assert it.log.read_bytes().count(b"\n") == 1


async def test_open_streams_break_when_the_gateway_drops_them(bench: OpenBench) -> None:
    async with bench(Kube({})) as it, it.client.stream("GET", "/api/v1/pods?watch=true") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "line 0"
        it.gateway.drop_all()
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await anext(lines)


async def test_a_status_fault_answers_in_the_form_of_the_api_and_spares_the_system(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        posted = it.faults.add(Rule("neon", "createProjectBranchRole", Action.STATUS, status=423, times=1))
        first = await it.client.post(ROLES, headers=NEON)
        second = await it.client.post(ROLES, headers=NEON)
        struck, passed = await it.lines(2)
    assert (first.status_code, second.status_code) == (423, 200)
    assert "conflicting operations" in first.json()["message"]
    assert len(it.behind.bodies) == 1
    assert (struck["fault"], struck["status"]) == (posted.id, 423)
    assert "fault" not in passed


async def test_a_status_fault_may_carry_a_body_no_api_would_send(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        it.faults.add(Rule("neon", "*", Action.STATUS, status=502, body="<html>bad gateway</html>"))
        answer = await it.client.get("/api/v2/projects", headers=NEON)
    assert (answer.status_code, answer.text) == (502, "<html>bad gateway</html>")


@pytest.mark.parametrize(("action", "delivered"), [(Action.DROP_BEFORE, 0), (Action.DROP_AFTER, 1)])
async def test_a_dropped_call_has_no_answer_and_was_or_was_not_carried_out(
    bench: OpenBench, action: Action, delivered: int
) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        it.faults.add(Rule("neon", "createProjectBranchRole", action))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await it.client.post(ROLES, headers=NEON, content=b"{}")
        (line,) = await it.lines(1)
    assert len(it.behind.bodies) == delivered
    assert line["status"] == (200 if delivered else 0)


@pytest.mark.parametrize(("action", "delivered"), [(Action.HANG, 0), (Action.HANG_AFTER, 1)])
async def test_a_hanging_call_lasts_as_long_as_its_caller_waits_and_was_or_was_not_carried_out(
    bench: OpenBench, action: Action, delivered: int
) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        it.faults.add(Rule("neon", "createProjectBranchRole", action))
        with pytest.raises(httpx.ReadTimeout):
            await it.client.post(ROLES, headers=NEON, content=b"{}", timeout=0.2)
        (line,) = await it.lines(1)
    assert len(it.behind.bodies) == delivered
    assert line["status"] == (200 if delivered else 0)


async def test_a_call_held_after_it_was_carried_out_is_logged_while_it_is_held(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        posted = it.faults.add(Rule("neon", "createProjectBranchRole", Action.HANG_AFTER))
        held = asyncio.create_task(it.client.post(ROLES, headers=NEON, content=b"{}"))
        (line,) = await it.lines(1)
        assert not held.done()
        held.cancel()
        await asyncio.wait({held})
    assert (line["fault"], line["status"], line["mutating"]) == (posted.id, 200, True)
    assert it.log.read_bytes().count(b"\n") == 1


async def test_latency_passes_on_the_clock_of_the_world(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        it.faults.add(Rule("neon", "*", Action.LATENCY, seconds=20))
        answer = await it.client.get("/api/v2/projects", headers=NEON)
        (line,) = await it.lines(1)
    assert answer.status_code == 200
    assert 190 <= line["ms"] < 5000


async def test_each_api_throttles_in_its_own_words(bench: OpenBench) -> None:
    rule = Rule("*", "*", Action.THROTTLE, seconds=7)
    async with bench(Neon({KEY: "portal"})) as it:
        it.faults.add(rule)
        neon = await it.client.get("/api/v2/projects", headers=NEON)
    async with bench(Ssm({"LKIAONE": "portal"})) as it:
        it.faults.add(rule)
        ssm = await it.client.post("/", headers=_signed("LKIAONE"))
    async with bench(S3({"LKIAONE": "portal"})) as it:
        it.faults.add(rule)
        s3 = await it.client.get("/files", headers=_signed("LKIAONE", "s3"))
    async with bench(Kube({})) as it:
        it.faults.add(rule)
        kube = await it.client.get("/api/v1/pods")
    assert (neon.status_code, neon.headers["retry-after"]) == (429, "7")
    assert (ssm.status_code, ssm.json()["__type"]) == (400, "ThrottlingException")
    assert (s3.status_code, ET.fromstring(s3.text).findtext("Code")) == (503, "SlowDown")  # noqa: S314 - own answer
    assert (kube.status_code, kube.json()["reason"], kube.headers["retry-after"]) == (
        429,
        "TooManyRequests",
        "7",
    )


async def test_a_truncated_answer_breaks_off_in_its_body(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        it.faults.add(Rule("neon", "*", Action.TRUNCATE))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await it.client.get("/api/v2/projects", headers=NEON)
    assert len(it.behind.bodies) == 1


async def test_a_cut_stream_ends_early_and_in_order(bench: OpenBench) -> None:
    async with bench(Kube({})) as it:
        it.faults.add(Rule("kube", "watch pods", Action.CUT, seconds=10))
        answer = await it.client.get("/api/v1/pods?watch=true")
        await until(lambda: it.behind.open_streams == 0)
    assert answer.text == "line 0\n"


async def test_a_watch_that_is_too_old_ends_with_that_word(bench: OpenBench) -> None:
    async with bench(Kube({})) as it:
        posted = it.faults.add(Rule("kube", "* pods", Action.GONE, seconds=10))
        watch = await it.client.get("/api/v1/pods?watch=true")
        listing = await it.client.get("/api/v1/pods")
        lines = await it.lines(2)
    first, last = watch.text.splitlines()
    assert (watch.status_code, first) == (200, "line 0")
    event = orjson.loads(last)
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert (listing.status_code, listing.json()["reason"]) == (410, "Expired")
    assert {(line["fault"], line["action"]) for line in lines} == {(posted.id, "gone")}


@pytest.mark.parametrize("target", [f"AmazonSSM.{CANARY}", CANARY, "AmazonSSM." + "A" * 65, ""])
async def test_an_operation_nobody_has_is_not_named_after_what_was_sent(
    bench: OpenBench, target: str
) -> None:
    async with bench(Ssm({"LKIAONE": "portal"})) as it:
        await it.client.post("/", headers={**_signed("LKIAONE"), "X-Amz-Target": target})
        (line,) = await it.lines(1)
    assert (line["operation"], line["mutating"]) == ("POST /", False)


async def test_a_server_elsewhere_is_reached_byte_for_byte(bench: OpenBench) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        behind = Remembering()
        async with serve(behind) as elsewhere:

            async def upstream(_: Remembering) -> ASGIApp:
                return HttpUpstream(elsewhere.url, client)

            async with bench(Kube({}), upstream=upstream) as it:
                sent = await it.client.post("/api/v1/pods", content=b"x" * 200_000)
                async with it.client.stream("GET", "/api/v1/pods?watch=true") as answer:
                    lines = answer.aiter_lines()
                    assert await anext(lines) == "line 0"
                    behind.go_on.set()
                    assert await anext(lines) == "line 1"
                await until(lambda: behind.open_streams == 0)
    assert sent.json()["ok"] is True
    assert behind.bodies[0] == b"x" * 200_000


async def test_a_server_elsewhere_that_is_down_is_told(bench: OpenBench) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        async with serve(Remembering()) as elsewhere:
            url = elsewhere.url

        async def upstream(_: Remembering) -> ASGIApp:
            return HttpUpstream(url, client)

        async with bench(Kube({}), upstream=upstream) as it:
            answer = await it.client.get("/api/v1/pods")
    assert answer.status_code == 502


async def test_many_calls_at_once_are_all_logged(bench: OpenBench) -> None:
    async with bench(Neon({KEY: "portal"})) as it:
        await asyncio.gather(*(it.client.get("/api/v2/projects", headers=NEON) for _ in range(200)))
        lines = await it.lines(200)
    assert len(lines) == 200


async def test_a_refused_upload_that_waited_to_be_told_to_go_on_ends_its_connection(bench: OpenBench) -> None:
    async with bench(S3({"LKIAONE": "portal"})) as it:
        headers = {**_signed("LKIATWO", "s3"), "Expect": "100-continue"}
        refused = await it.client.put("/files/a", headers=headers, content=b"content")
    assert (refused.status_code, refused.headers["connection"]) == (403, "close")
