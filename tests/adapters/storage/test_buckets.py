"""The object storage adapter against simulated storages and a scripted wire."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from portal.adapters.storage import ObjectStore, ObjectStores
from portal.adapters.threads import Threads
from portal.errors import (
    AccessDenied,
    Conflict,
    Locked,
    Precondition,
    RemoteError,
    Throttled,
    Unreachable,
    UsageError,
)
from portal.settings import HetznerSettings
from simulator.backends.serving import serve
from tests.adapters.aws import Account, Answer, Script
from tests.adapters.blocking import loop_guard
from tests.adapters.conftest import Cloud


@pytest.fixture
async def store(moto: Cloud, account: Account, threads: Threads) -> AsyncIterator[ObjectStore]:
    async with ObjectStore(account.settings(moto.s3), threads) as found:
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


@pytest.fixture
async def stores(moto: Cloud, account: Account, threads: Threads) -> AsyncIterator[ObjectStores]:
    hetzner = HetznerSettings(
        profile="default",
        endpoint=moto.hetzner,
        config_file=account.config,
        credentials_file=account.credentials,
    )
    async with ObjectStores(account.settings(moto.s3), hetzner, threads) as found:
        yield found


async def test_each_provider_has_buckets_of_its_own(stores: ObjectStores, bucket: str) -> None:
    await stores.create_bucket("hetzner", bucket)
    assert await stores.bucket_exists("hetzner", bucket)
    assert not await stores.bucket_exists("s3", bucket)
    await stores.create_bucket("s3", bucket)
    with pytest.raises(Conflict) as caught:
        await stores.create_bucket("hetzner", bucket)
    assert caught.value.system == "hetzner"


async def test_a_provider_nobody_knows_is_a_fault_of_the_call(stores: ObjectStores) -> None:
    with pytest.raises(UsageError, match="there are s3 and hetzner"):
        await stores.bucket_exists("gcs", "files")


async def test_a_key_hetzner_does_not_know_is_told_with_where_to_look(
    moto: Cloud, account: Account, threads: Threads, bucket: str
) -> None:
    account.write("LKIANOBODY")
    hetzner = HetznerSettings(profile="default", endpoint=moto.hetzner, credentials_file=account.credentials)
    async with ObjectStores(account.settings(moto.s3), hetzner, threads) as stores:
        with pytest.raises(AccessDenied) as caught:
            await stores.create_bucket("hetzner", bucket)
    assert "Hetzner's console" in caught.value.hint


async def test_without_a_profile_of_its_own_hetzner_is_never_shown_the_key_of_aws(
    account: Account, threads: Threads
) -> None:
    script = Script([(200, {"x-amz-request-id": "req-1"}, b"")])
    async with serve(script) as listener:
        hetzner = HetznerSettings(endpoint=listener.url, credentials_file=account.credentials)
        async with ObjectStores(account.settings(listener.url), hetzner, threads) as stores:
            with pytest.raises(AccessDenied) as caught:
                await stores.bucket_exists("hetzner", "files")
    assert (caught.value.system, script.requests) == ("hetzner", [])


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
