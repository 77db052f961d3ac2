"""What the adapter makes of answers moto never gives, over a scripted wire."""

import asyncio
import logging
import subprocess
import sys
import threading
import traceback
from contextlib import AbstractAsyncContextManager

import pytest

from portal.adapters.ssm import ParameterStore
from portal.adapters.threads import Threads
from portal.core.secrets import Secret
from portal.errors import (
    AccessDenied,
    Conflict,
    Locked,
    NotFound,
    Precondition,
    Protocol,
    RemoteError,
    Throttled,
    Unreachable,
)
from portal.settings import AwsSettings
from simulator.backends.serving import Listener, serve
from tests.adapters.aws import KEY_ID, SECRET_KEY, Account, Answer, Script, fault, ok

CANARY = "canary-value-4711"
PARAMETER = {"Name": "/z/a", "Version": 3, "Type": "SecureString", "LastModifiedDate": 1_760_000_000.5}

CODES = [
    ("ParameterAlreadyExists", 400, Conflict),
    ("ParameterNotFound", 400, NotFound),
    ("InvalidResourceId", 400, NotFound),
    ("TooManyUpdates", 400, Locked),
    ("ThrottlingException", 400, Throttled),
    ("RequestLimitExceeded", 503, Throttled),
    ("AccessDeniedException", 400, AccessDenied),
    ("ExpiredTokenException", 400, AccessDenied),
    ("UnrecognizedClientException", 400, AccessDenied),
    ("InvalidSignatureException", 403, AccessDenied),
    ("ValidationException", 400, Precondition),
    ("ParameterLimitExceeded", 400, Precondition),
    ("ParameterMaxVersionLimitExceeded", 400, Precondition),
    ("HierarchyLevelLimitExceededException", 400, Precondition),
    ("InvalidKeyId", 400, Precondition),
    ("com.amazonaws.ssm#ACodeOfTomorrow", 400, Precondition),
    ("InternalServerError", 500, Unreachable),
    ("ServiceUnavailable", 503, Unreachable),
]


def wire(*answers: Answer) -> tuple[Script, AbstractAsyncContextManager[Listener]]:
    script = Script(list(answers))
    return script, serve(script)


@pytest.mark.parametrize(("code", "status", "kind"), CODES, ids=[code for code, _, _ in CODES])
async def test_a_code_becomes_its_error_after_one_request(
    account: Account, threads: Threads, code: str, status: int, kind: type[RemoteError]
) -> None:
    script, server = wire(fault(code, status=status))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(RemoteError) as caught:
            await store.create("/z/a", Secret(CANARY), tags={})
    error = caught.value
    assert type(error) is kind
    assert (error.system, error.operation, error.target) == ("ssm", "PutParameter", "/z/a")
    assert f"{code.rpartition('#')[2]}: said so (HTTP {status}" in error.cause
    assert ("may have been applied" in error.cause) == (kind is Unreachable)
    assert len(script.requests) == 1


async def test_a_throttled_call_tells_how_long_to_wait(account: Account, threads: Threads) -> None:
    _, server = wire(fault("ThrottlingException", retry_after="4"))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Throttled) as caught:
            await store.describe("/z")
    assert caught.value.retry_after == 4.0


async def test_a_page_of_a_proxy_is_neither_absence_nor_success(account: Account, threads: Threads) -> None:
    _, server = wire((200, {"content-type": "text/html"}, b"<html>please log in</html>"))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Unreachable):
            await store.describe("/z")
        with pytest.raises(Unreachable):
            await store.get(["/z/a"])
        with pytest.raises(Unreachable):
            await store.tags("/z/a")
        with pytest.raises(Unreachable):
            await store.delete("/z/a")
        with pytest.raises(Unreachable):
            await store.create("/z/a", Secret(CANARY), tags={})


async def test_an_answer_without_its_content_is_wrong_for_a_read_and_in_doubt_for_a_write(
    account: Account, threads: Threads
) -> None:
    _, server = wire(ok({}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Protocol):
            await store.describe("/z")
        with pytest.raises(Unreachable, match="may have been applied"):
            await store.create("/z/a", Secret(CANARY), tags={})


async def test_an_empty_page_with_a_token_is_not_the_end(account: Account, threads: Threads) -> None:
    script, server = wire(
        ok({"Parameters": [], "NextToken": "t1"}),
        ok({"Parameters": [PARAMETER], "NextToken": "t2"}),
        ok({"Parameters": [], "NextToken": ""}),
    )
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        (meta,) = await store.describe("/z")
    assert (meta.version, meta.modified_at) == (3, 1_760_000_000.5)
    assert [request.body.get("NextToken") for request in script.requests] == [None, "t1", "t2"]
    assert script.requests[0].body["MaxResults"] == 50
    assert script.requests[0].body["ParameterFilters"] == [
        {"Key": "Path", "Option": "Recursive", "Values": ["/z"]}
    ]


async def test_a_listing_that_returns_its_own_token_is_an_error(account: Account, threads: Threads) -> None:
    _, server = wire(ok({"Parameters": [PARAMETER], "NextToken": "same"}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Protocol, match="does not end"):
            await store.describe("/z")


async def test_names_the_answer_is_silent_about_are_not_taken_for_absent(
    account: Account, threads: Threads
) -> None:
    _, server = wire(ok({"Parameters": [], "InvalidParameters": []}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Protocol):
            await store.get(["/z/a"])


@pytest.mark.parametrize(
    "answer",
    [
        fault("ValidationException", f"Value '{CANARY}' at 'value' failed to satisfy constraint"),
        fault("InternalServerError", f"could not store {CANARY}", status=500),
        (200, {"content-type": "text/plain"}, CANARY.encode()),
    ],
    ids=["echo", "server error", "page"],
)
async def test_no_value_reaches_an_error_its_traceback_or_a_log(
    account: Account, threads: Threads, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, server = wire(answer)
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(RemoteError) as caught:
            await store.create("/z/a", Secret(CANARY), tags={})
    texts = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert CANARY not in texts
    assert SECRET_KEY not in texts


async def test_values_that_arrive_stay_out_of_the_logs(
    account: Account, threads: Threads, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, server = wire(ok({"Parameters": [{**PARAMETER, "Value": CANARY}], "InvalidParameters": []}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        found = await store.get(["/z/a"])
    assert found["/z/a"].value == Secret(CANARY)
    assert CANARY not in caplog.text + repr(found)


async def test_a_name_that_is_no_name_is_refused_without_its_value(
    account: Account, threads: Threads
) -> None:
    script, server = wire(ok({}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Precondition) as caught:
            await store.create("", Secret(CANARY), tags={})
    assert script.requests == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


async def test_files_that_are_given_win_over_the_environment(
    account: Account, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "LKIA" + "FROMENVIRONMENT0",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "x",
        "AWS_PROFILE": "absent",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_MAX_ATTEMPTS": "5",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    script, server = wire(ok({"Parameters": []}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        await store.describe("/z")
    (request,) = script.requests
    assert f"Credential={KEY_ID}/" in request.headers["authorization"]
    assert "/ap-south-1/ssm/" in request.headers["authorization"]


async def test_without_files_the_environment_counts(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = "LKIA" + "FROMENVIRONMENT0"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    script, server = wire(ok({"Parameters": []}))
    async with server as listener, ParameterStore(AwsSettings(ssm_endpoint=listener.url), threads) as store:
        await store.describe("/z")
    assert f"Credential={key_id}/" in script.requests[0].headers["authorization"]


@pytest.mark.parametrize(
    "credentials", ["", "[other]\naws_access_key_id = x\n", "[default]\naws_access_key_id = x\n", "no ini"]
)
async def test_files_without_usable_credentials_are_denied_with_the_way_out(
    account: Account, threads: Threads, credentials: str
) -> None:
    account.credentials.write_text(credentials)
    script, server = wire(ok({"Parameters": []}))
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(AccessDenied, match="aws sso login"):
            await store.describe("/z")
        account.write(KEY_ID)
        assert await store.describe("/z") == ()
    assert len(script.requests) == 1


async def test_a_new_login_is_found_after_the_old_one_expired(account: Account, threads: Threads) -> None:
    script, server = wire(
        fault("ExpiredTokenException", "The security token is expired"), ok({"Parameters": []})
    )
    async with server as listener, ParameterStore(account.settings(listener.url), threads) as store:
        with pytest.raises(AccessDenied, match="aws sso login"):
            await store.describe("/z")
        account.write("LKIA" + "NEWLOGINNEWLOGIN")
        await store.describe("/z")
    assert "NEWLOGIN" in script.requests[1].headers["authorization"]


async def test_a_listener_that_is_gone_is_unreachable(account: Account, threads: Threads) -> None:
    async with serve(None) as listener:
        url = listener.url
    async with ParameterStore(account.settings(url), threads) as store:
        with pytest.raises(Unreachable):
            await store.describe("/z")
        with pytest.raises(Unreachable, match="may have been applied"):
            await store.create("/z/a", Secret(CANARY), tags={})


class Hanging:
    """Never answers; tells when a request arrived."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    async def __call__(self, _scope: object, _receive: object, _send: object) -> None:
        self.arrived.set()
        await asyncio.Event().wait()


async def test_an_answer_that_does_not_come_is_unreachable_within_the_deadline(account: Account) -> None:
    app = Hanging()
    async with (
        serve(app) as listener,
        Threads(1) as pool,
        ParameterStore(account.settings(listener.url, seconds=0.3), pool) as store,
    ):
        with pytest.raises(Unreachable, match=r"no answer|[Tt]imeout"):
            await store.describe("/z")


async def test_a_cancelled_call_gives_its_thread_back(account: Account) -> None:
    app = Hanging()
    async with (
        serve(app) as listener,
        Threads(1) as pool,
        ParameterStore(account.settings(listener.url, seconds=0.5), pool) as store,
    ):
        call = asyncio.create_task(store.describe("/z"))
        await app.arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool.call(threading.active_count, timeout=10)


async def test_importing_the_adapters_of_aws_does_not_load_boto3() -> None:
    program = (
        "import sys, portal.adapters.ssm, portal.adapters.storage;"
        "sys.exit(any(name in sys.modules for name in ('boto3', 'botocore')))"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.DEVNULL)
    assert await child.wait() == 0
