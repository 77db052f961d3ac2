"""LocalStack in its container, behind the layer that makes one account of all callers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import pytest_asyncio

from simulator.backends.containers import removal
from simulator.backends.containers.engine import Engine
from simulator.backends.failure import BackendFailed
from simulator.backends.serving import serve
from simulator.gateway.upstream import HttpUpstream
from simulator.ssm.account import ACCOUNT, OneAccount
from simulator.ssm.localstack import LocalStack, running
from tests.simulator.engines import images, opened
from tests.simulator.waiting import DEADLINE

pytestmark = [pytest.mark.containers, pytest.mark.asyncio(loop_scope="module")]
REGION = "ap-south-1"
PORTAL, OPERATOR = "LKIA" + "A" * 16, "LKIA" + "7" * 16
NAME = "/zerotouch/dev/identity-service/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with opened(tmp_path_factory.mktemp("engine"), "localstack") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalStack]:
    log = tmp_path_factory.mktemp("localstack") / "localstack.log"
    async with running(engine, images().localstack, log, region=REGION) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(stack: LocalStack) -> AsyncIterator[str]:
    async with (
        httpx.AsyncClient(trust_env=False, timeout=DEADLINE) as client,
        serve(OneAccount(HttpUpstream(stack.url, client))) as listener,
    ):
        yield listener.url


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


async def _on(threads: ThreadPoolExecutor, work: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(threads, work, *arguments)


def _client(service: str, url: str, key: str = PORTAL) -> Any:
    session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key="s", region_name=REGION)
    return session.client(service, endpoint_url=url)


def _create_once(url: str) -> None:
    with closing(_client("ssm", url)) as ssm:
        tags = [{"Key": "managed-by", "Value": "zerotouch-portal"}]
        assert ssm.put_parameter(Name=NAME + "cas", Value="1", Type="SecureString", Tags=tags)["Version"] == 1
        with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
            ssm.put_parameter(Name=NAME + "cas", Value="2", Type="SecureString")
        assert (
            ssm.put_parameter(Name=NAME + "cas", Value="3", Type="SecureString", Overwrite=True)["Version"]
            == 2
        )
        history = ssm.get_parameter_history(Name=NAME + "cas", WithDecryption=True)["Parameters"]
        assert [(each["Version"], each["Value"]) for each in history] == [(1, "1"), (2, "3")]
        assert (
            ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=NAME + "cas")["TagList"] == tags
        )
        with pytest.raises(ssm.exceptions.ParameterNotFound):
            ssm.get_parameter(Name=NAME + "absent")


def _shared(url: str) -> None:
    with closing(_client("ssm", url, PORTAL)) as portal, closing(_client("ssm", url, OPERATOR)) as operator:
        portal.put_parameter(Name=NAME + "shared", Value="v", Type="SecureString")
        found = operator.get_parameter(Name=NAME + "shared", WithDecryption=True)["Parameter"]
        assert found["Value"] == "v"
        assert found["ARN"] == f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{NAME}shared"


def _objects(url: str) -> None:
    with closing(_client("s3", url)) as s3:
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="files", Key="a/b", Body=b"content")
        assert s3.get_object(Bucket="files", Key="a/b")["Body"].read() == b"content"
        presigned = s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a/b"})
        assert httpx.get(presigned, trust_env=False).content == b"content"
        s3.put_bucket_tagging(Bucket="files", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert s3.get_bucket_tagging(Bucket="files")["TagSet"] == [{"Key": "a", "Value": "b"}]
        s3.delete_object(Bucket="files", Key="a/b")
        s3.delete_bucket(Bucket="files")


async def test_a_parameter_is_created_once_versioned_and_tagged(
    url: str, threads: ThreadPoolExecutor
) -> None:
    await _on(threads, _create_once, url)


async def test_what_one_caller_writes_another_reads(url: str, threads: ThreadPoolExecutor) -> None:
    await _on(threads, _shared, url)


async def test_buckets_and_objects(url: str, stack: LocalStack, threads: ThreadPoolExecutor) -> None:
    if not stack.objects:
        pytest.skip("this image cannot load LocalStack's S3; a world takes moto's then")
    await _on(threads, _objects, url)


async def test_what_is_not_of_aws_is_not_found(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for path in ("/_localstack/health", "/_aws/ses"):
            assert (await client.get(path)).status_code == 404


async def test_its_end_is_told(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, "localstack") as engine,
        running(engine, images().localstack, tmp_path / "ls.log", region=REGION) as stack,
    ):
        assert stack.version.startswith("4.")
        removal.remove(engine.url, engine.marks.run_id)
        async with asyncio.timeout(DEADLINE):
            assert (await stack.ended()).startswith("its container ")


async def test_an_image_that_does_not_serve_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    log, text = tmp_path / "ls.log", r"localstack: its container ended with status \d+ at start; its log"
    async with opened(tmp_path, "postgres") as engine:
        with pytest.raises(BackendFailed, match=text):
            async with running(engine, images().postgres, log, region=REGION):
                pass
