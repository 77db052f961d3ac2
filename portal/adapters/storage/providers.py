"""`portal.ports.Storage`: each provider with an endpoint, a region and credentials of its own."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from portal.adapters.storage.buckets import ObjectStore
from portal.adapters.threads import Threads
from portal.errors import UsageError
from portal.settings import AwsSettings, HetznerSettings


class ObjectStores:
    """An async context manager; nothing is contacted before the first call."""

    def __init__(self, aws: AwsSettings, hetzner: HetznerSettings, threads: Threads) -> None:
        self._stores = {
            "s3": ObjectStore(aws, threads),
            "hetzner": ObjectStore(_as_s3(hetzner), threads, system="hetzner"),
        }
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for store in self._stores.values():
            await self._stack.enter_async_context(store)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def bucket_exists(self, provider: str, bucket: str) -> bool:
        """Raises AccessDenied for a bucket that is somebody else's, or that the credentials may not see."""
        return await self._of(provider).bucket_exists(bucket)

    async def create_bucket(self, provider: str, bucket: str) -> None:
        """In the provider's region. Raises Conflict when the name is taken."""
        await self._of(provider).create_bucket(bucket)

    def _of(self, provider: str) -> ObjectStore:
        if provider not in self._stores:
            raise UsageError(f"{provider} is no provider of object storage; there are s3 and hetzner")
        return self._stores[provider]


def _as_s3(settings: HetznerSettings) -> AwsSettings:
    return AwsSettings(
        region=settings.region,
        profile=settings.profile,
        s3_endpoint=settings.endpoint or f"https://{settings.region}.your-objectstorage.com",
        config_file=settings.config_file,
        credentials_file=settings.credentials_file,
        timeout_seconds=settings.timeout_seconds,
    )
