"""Buckets of one provider over the S3 API."""

from types import TracebackType
from typing import Any, Self

from portal.adapters.aws import AwsClient
from portal.adapters.aws_failures import AwsCall
from portal.adapters.storage.sdk import sdk
from portal.adapters.threads import Threads
from portal.errors import NotFound
from portal.settings import AwsSettings

_WITHOUT_CONSTRAINT = "us-east-1"


class ObjectStore:
    """An async context manager; nothing is contacted before the first call. `system` names it in errors."""

    def __init__(self, settings: AwsSettings, threads: Threads, *, system: str = "s3") -> None:
        self._system = system
        self._region = settings.region
        self._client = AwsClient("s3", settings, threads, sdk, endpoint=settings.s3_endpoint, system=system)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def bucket_exists(self, bucket: str) -> bool:
        """Raises AccessDenied for a bucket that is somebody else's, or that these credentials may not see."""
        call = AwsCall(self._system, "HeadBucket", bucket)
        try:
            await self._client.call(call, "head_bucket", {"Bucket": bucket})
        except NotFound:
            return False
        return True

    async def create_bucket(self, bucket: str) -> None:
        """In the region of the settings. Raises Conflict when the name is taken."""
        arguments: dict[str, Any] = {"Bucket": bucket}
        if self._region and self._region != _WITHOUT_CONSTRAINT:
            arguments["CreateBucketConfiguration"] = {"LocationConstraint": self._region}
        call = AwsCall(self._system, "CreateBucket", bucket, writes=True)
        await self._client.call(call, "create_bucket", arguments)
