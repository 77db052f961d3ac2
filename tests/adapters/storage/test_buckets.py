"""The object storage adapter against moto and a scripted wire."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from portal.adapters.storage import ObjectStore
from portal.adapters.threads import Threads
from portal.errors import AccessDenied, Conflict, Locked, Precondition, RemoteError, Throttled, Unreachable
from simulator.backends.serving import serve
from tests.adapters.aws import Account, Answer, Script
from tests.adapters.blocking import loop_guard


@pytest.fixture
async def store(moto: str, account: Account, threads: Threads) -> AsyncIterator[ObjectStore]:
    async with ObjectStore(account.settings(moto), threads) as found:
        yield found


@pytest.fixture
def bucket() -> str:
    return f"bucket-{uuid.uuid4().hex}"


async def test_a_bucket_exists_once_it_was_created(store: ObjectStore, bucket: str) -> None:
    assert not await store.bucket_exists(bucket)
    await store.create_bucket(bucket)
    assert await store.bucket_exists(bucket)


async def test_creating_a_bucket_that_exists_is_a_conflict(store: ObjectStore, bucket: str) -> None:
    await store.create_bucket(bucket)
    with pytest.raises(Conflict) as caught:
        await store.create_bucket(bucket)
    assert (caught.value.system, caught.value.operation, caught.value.target) == (
        "s3",
        "CreateBucket",
        bucket,
    )


async def test_a_name_no_bucket_can_have_is_refused(store: ObjectStore) -> None:
    with pytest.raises(Precondition):
        await store.create_bucket("Not A Bucket")


async def test_nothing_of_it_runs_on_the_loop(store: ObjectStore, bucket: str) -> None:
    with loop_guard() as seen:
        await store.create_bucket(bucket)
        await store.bucket_exists(bucket)
    assert seen == []


def xml(code: str, status: int) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode()
    return status, {"content-type": "application/xml"}, body


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("BucketAlreadyExists", 409, Conflict),
        ("BucketAlreadyOwnedByYou", 409, Conflict),
        ("OperationAborted", 409, Locked),
        ("AccessDenied", 403, AccessDenied),
        ("InvalidAccessKeyId", 403, AccessDenied),
        ("IllegalLocationConstraintException", 400, Precondition),
        ("SlowDown", 503, Throttled),
        ("InternalError", 500, Unreachable),
    ],
)
async def test_a_code_becomes_its_error_after_one_request(
    account: Account, threads: Threads, code: str, status: int, kind: type[RemoteError]
) -> None:
    script = Script([xml(code, status)])
    async with serve(script) as listener, ObjectStore(account.settings(listener.url), threads) as store:
        with pytest.raises(RemoteError) as caught:
            await store.create_bucket("files")
    assert type(caught.value) is kind
    assert len(script.requests) == 1


@pytest.mark.parametrize(("status", "kind"), [(403, AccessDenied), (400, Precondition), (503, Unreachable)])
async def test_only_not_found_means_absent(
    account: Account, threads: Threads, status: int, kind: type[RemoteError]
) -> None:
    script = Script([(status, {}, b"")])
    async with serve(script) as listener, ObjectStore(account.settings(listener.url), threads) as store:
        with pytest.raises(RemoteError) as caught:
            await store.bucket_exists("files")
    assert type(caught.value) is kind


async def test_a_bucket_of_another_region_is_not_taken_for_absent(account: Account, threads: Threads) -> None:
    script = Script([(301, {"x-amz-bucket-region": "us-west-2"}, b"")])
    async with serve(script) as listener, ObjectStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Precondition, match="another region"):
            await store.bucket_exists("files")


async def test_a_page_of_a_proxy_is_no_bucket(account: Account, threads: Threads) -> None:
    script = Script([(200, {"content-type": "text/html"}, b"")])
    async with serve(script) as listener, ObjectStore(account.settings(listener.url), threads) as store:
        with pytest.raises(Unreachable):
            await store.bucket_exists("files")


@pytest.mark.parametrize(("region", "constrained"), [("ap-south-1", True), ("us-east-1", False)])
async def test_the_region_is_asked_for_where_it_must_be(
    account: Account, threads: Threads, region: str, constrained: bool
) -> None:
    script = Script([(200, {"x-amz-request-id": "req-1"}, b"")])
    settings = account.settings
    async with (
        serve(script) as listener,
        ObjectStore(settings(listener.url, region=region), threads) as store,
    ):
        await store.create_bucket("files")
    (request,) = script.requests
    assert request.path == "/files"
    assert (b"<LocationConstraint>ap-south-1</LocationConstraint>" in request.body) == constrained


async def test_a_hanging_endpoint_is_unreachable_within_the_deadline(account: Account) -> None:
    async def hang(_scope: object, _receive: object, _send: object) -> None:
        await asyncio.Event().wait()

    async with (
        serve(hang) as listener,
        Threads(1) as pool,
        ObjectStore(account.settings(listener.url, seconds=0.3), pool) as store,
    ):
        with pytest.raises(Unreachable):
            await store.bucket_exists("files")
