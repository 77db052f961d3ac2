"""moto in its child process: both services answer boto3, and it ends with its context or its parent."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from simulator.backends.environment import constructed
from simulator.backends.failure import BackendFailed
from simulator.backends.process import start
from simulator.ssm.moto import running
from tests.simulator.waiting import DEADLINE, until


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _client(service: str, url: str) -> Any:
    session = boto3.session.Session(
        aws_access_key_id="LKIATEST", aws_secret_access_key="test", region_name="ap-south-1"
    )
    return session.client(service, endpoint_url=url)


def _parameters(url: str) -> tuple[str, str]:
    ssm = _client("ssm", url)
    try:
        ssm.put_parameter(Name="/zerotouch/dev/a/key", Value="first", Type="SecureString")
        with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
            ssm.put_parameter(Name="/zerotouch/dev/a/key", Value="second", Type="SecureString")
        plain = ssm.get_parameter(Name="/zerotouch/dev/a/key", WithDecryption=True)["Parameter"]["Value"]
        try:
            ssm.get_parameter(Name="/zerotouch/dev/b/key")
        except botocore.exceptions.ClientError as error:
            return plain, error.response["Error"]["Code"]
        raise AssertionError("a parameter nobody wrote was found")
    finally:
        ssm.close()


def _objects(url: str) -> bytes:
    s3 = _client("s3", url)
    try:
        s3.create_bucket(
            Bucket="identity-files", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
        )
        s3.put_object(Bucket="identity-files", Key="a/b", Body=b"content")
        content: bytes = s3.get_object(Bucket="identity-files", Key="a/b")["Body"].read()
        return content
    finally:
        s3.close()


async def test_parameters_and_objects_are_kept_at_one_address(
    tmp_path: Path, executor: ThreadPoolExecutor
) -> None:
    loop = asyncio.get_running_loop()
    async with running(tmp_path / "moto.log", home=tmp_path) as moto:
        assert await loop.run_in_executor(executor, _parameters, moto.url) == ("first", "ParameterNotFound")
        assert await loop.run_in_executor(executor, _objects, moto.url) == b"content"


async def test_its_end_is_told_with_its_status(tmp_path: Path) -> None:
    async with running(tmp_path / "moto.log", home=tmp_path) as moto:
        os.kill(moto.pid, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE):
            assert await moto.ended() == "ended with status -9 while it was needed"


async def test_a_child_that_cannot_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "moto.new").mkdir()
    with pytest.raises(BackendFailed, match=r"(?s)ended with status 1 at start.*IsADirectoryError"):
        async with running(tmp_path / "moto.log", home=tmp_path):
            pass


async def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom simulator.ssm.moto import running\n"
        "async def main():\n"
        "    home = Path(sys.argv[1])\n"
        "    async with running(home / 'moto.log', home=home) as moto:\n"
        "        print(moto.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())"
    )
    owner = await start(
        [sys.executable, "-c", code, str(tmp_path)],
        env=constructed(),
        cwd=tmp_path,
        log=tmp_path / "owner.log",
    )
    await until(lambda: owner.log.read_text().endswith("\n"))
    moto = int(owner.last_lines())
    os.kill(owner.pid, signal.SIGKILL)
    await owner.wait()
    await until(lambda: not _alive(moto), 5)


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()
