"""The exchange itself: keys, deadlines, cancellation, and nothing secret in any text."""

import asyncio
import logging
import subprocess
import sys
import traceback

import httpx
import pytest

from portal.adapters.neon import NeonApi
from portal.core.secrets import Secret
from portal.errors import AccessDenied, Precondition, Protocol, RemoteError, Unreachable, UsageError
from portal.settings import NeonSettings
from simulator.backends.serving import serve
from tests.adapters.neon.answers import KEY, URL, answer, neon

PASSWORD = "canary-password-123"


async def test_importing_the_adapter_does_not_load_httpx() -> None:
    program = "import sys, portal.adapters.neon; sys.exit('httpx' in sys.modules)"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.DEVNULL)
    assert await child.wait() == 0


async def test_the_key_is_asked_for_once_and_again_after_it_was_refused() -> None:
    keys = iter(["first", "second"])
    asked: list[str] = []

    async def source() -> Secret:
        asked.append(next(keys))
        return Secret(asked[-1] + "\n")

    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer second":
            return answer({"account_id": "me"})
        return answer({"code": "", "message": "bad key"}, 401)

    async with NeonApi(NeonSettings(url=URL), source, wire=httpx.MockTransport(handler)) as api:
        with pytest.raises(AccessDenied, match="portal init"):
            await api.whoami()
        assert await api.whoami() == "me"
        assert await api.whoami() == "me"
    assert asked == ["first", "second"]


async def test_calls_that_start_together_ask_for_the_key_once() -> None:
    asked = 0

    async def source() -> Secret:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return Secret(KEY)

    wire = httpx.MockTransport(lambda _request: answer({"account_id": "me"}))
    async with NeonApi(NeonSettings(url=URL), source, wire=wire) as api:
        await asyncio.gather(*(api.whoami() for _ in range(5)))
    assert asked == 1


@pytest.mark.parametrize("key", ["", "  ", "two\nlines", "two words", "schlüssel", "nul\x00"])
async def test_a_key_that_cannot_be_one_is_refused_unseen(key: str) -> None:
    async with neon(lambda _request: pytest.fail("it was sent"), key=key) as api:
        with pytest.raises(UsageError) as caught:
            await api.whoami()
    assert not key.strip() or key.strip() not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", ["", "console.neon.tech/api/v2", "ftp://neon.test", "https://"])
async def test_a_url_that_is_none_is_one_sentence(url: str) -> None:
    async def source() -> Secret:
        return Secret(KEY)

    with pytest.raises(UsageError, match="Neon API URL"):
        async with NeonApi(NeonSettings(url=url), source):
            pass


LEAKS = [
    answer({"code": "", "message": f"role app: postgres://app:{PASSWORD}@host/db failed"}, 422),
    answer({"code": "", "message": f"key {KEY} is unknown"}, 422),
    answer({"password": 3, "also": PASSWORD}),
    httpx.Response(200, content=f'{{"password": "{PASSWORD}"'.encode()),
    httpx.Response(500, content=f"<pre>{PASSWORD} {KEY}</pre>".encode()),
]


@pytest.mark.parametrize("response", LEAKS, ids=["dsn", "key", "shape", "cut JSON", "page"])
async def test_no_secret_reaches_an_error_its_traceback_or_a_log(
    response: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with neon(lambda _request: response) as api:
        with pytest.raises((Precondition, Protocol, Unreachable)) as caught:
            await api.reveal_password("p", "b", "app")
    texts = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert PASSWORD not in texts
    assert KEY not in texts


async def test_an_answer_that_does_not_come_in_time_is_unreachable() -> None:
    async def hang(_scope: object, _receive: object, _send: object) -> None:
        await asyncio.Event().wait()

    async with serve(hang) as listener, real(listener.url, seconds=0.2) as api:
        with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
            await api.whoami()


async def test_a_listener_that_is_gone_is_unreachable() -> None:
    async with serve(None) as listener:
        url = listener.url
    async with real(url) as api:
        with pytest.raises(Unreachable):
            await api.whoami()


async def test_a_cancelled_call_ends_at_once_and_the_client_closes() -> None:
    arrived = asyncio.Event()
    gone = asyncio.Event()

    async def hang(_scope: object, receive: object, _send: object) -> None:
        arrived.set()
        assert callable(receive)
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    async with serve(hang) as listener, real(listener.url, seconds=30) as api:
        call = asyncio.create_task(api.whoami())
        await arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with asyncio.timeout(5):
            await gone.wait()


async def test_loopback_is_reached_without_the_proxy_of_the_environment() -> None:
    async def whoami(_scope: object, _receive: object, send: object) -> None:
        assert callable(send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"account_id": "me"}'})

    program = """
import asyncio, sys
from portal.adapters.neon import NeonApi
from portal.core.secrets import Secret
from portal.settings import NeonSettings
async def key():
    return Secret("k")
async def main():
    async with NeonApi(NeonSettings(url=sys.argv[1]), key) as api:
        print(await api.whoami())
asyncio.run(main())
"""
    async with serve(whoami) as listener:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, listener.url),
            env={"HTTP_PROXY": "http://127.0.0.1:1", "PYTHONPATH": ":".join(sys.path)},
            stdout=subprocess.PIPE,
        )
        output, _ = await child.communicate()
    assert output == b"me\n"


async def test_used_outside_of_its_context_it_says_so() -> None:
    async with neon(lambda _request: answer({})) as api:
        pass
    with pytest.raises(RuntimeError, match="outside of its context"):
        await api.whoami()


async def test_errors_are_of_the_tree_whatever_the_answer() -> None:
    for status in range(300, 600, 7):
        async with neon(lambda _request, status=status: httpx.Response(status)) as api:  # type: ignore[misc]
            with pytest.raises(RemoteError):
                await api.projects()


def real(url: str, seconds: float = 5.0) -> NeonApi:
    """A client over a real socket."""

    async def source() -> Secret:
        return Secret(KEY)

    return NeonApi(NeonSettings(url=url, timeout_seconds=seconds), source)
