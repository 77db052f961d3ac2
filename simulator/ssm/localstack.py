"""LocalStack's life: start its container, wait until both services answer, notice when it ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from simulator.backends.containers import community, container
from simulator.backends.containers.container import Started
from simulator.backends.containers.engine import Engine
from simulator.backends.failure import BackendFailed
from simulator.ssm.account import ACCOUNT

START_SECONDS = 80.0
_PORT = 4566
_POLL_SECONDS = 0.1
_SERVER_ERROR = 500
_ENVIRONMENT = {
    "SERVICES": "ssm,s3",
    "EAGER_SERVICE_LOADING": "1",
    "DISABLE_EVENTS": "1",  # no usage events leave this machine
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",  # no name server inside the container
    "PERSISTENCE": "0",
}


@asynccontextmanager
async def running(engine: Engine, image: str, log: Path, *, region: str) -> AsyncGenerator["LocalStack"]:
    """LocalStack, accepting requests, until the context ends; it keeps nothing across a restart.

    Raises ContainersUnavailable, or BackendFailed when it does not come up.
    """

    def make() -> Any:
        made = community.localstack(image, region)
        for name, value in _ENVIRONMENT.items():
            made.with_env(name, value)
        return made

    async with container.running(engine, make, name="localstack", log=log) as started:
        url = f"http://{container.LOOPBACK}:{started.port(_PORT)}"
        yield LocalStack(url, started, await _accepting(started, url, region))


class LocalStack:
    """Where it answers; `objects` says whether its S3 does, which an image may be unable to load."""

    def __init__(self, url: str, started: Started, health: "_Health") -> None:
        self.url = url
        self.version = health.version
        self.objects = health.objects
        self._started = started

    async def ended(self) -> str:
        """What happened to it, once it has ended."""
        return f"its container {await self._started.exited()} while it was needed"


@dataclass(frozen=True, slots=True)
class _Health:
    version: str
    objects: bool


async def _accepting(started: Started, url: str, region: str) -> _Health:
    """Return once Parameter Store has answered a call."""
    ended = asyncio.ensure_future(started.exited())
    ready = asyncio.ensure_future(_ready(url, region))
    try:
        async with asyncio.timeout(START_SECONDS):
            await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise BackendFailed("localstack", f"its container {ended.result()} at start", started.log)
        return ready.result()
    except TimeoutError as exc:
        raise BackendFailed(
            "localstack", f"did not come up within {START_SECONDS:.0f} s", started.log
        ) from exc
    finally:
        ended.cancel()
        ready.cancel()
        await asyncio.wait({ended, ready})


async def _ready(url: str, region: str) -> _Health:
    """The first call of each service loads what it needs, so that no caller waits for that."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=START_SECONDS) as client:
        while (version := await _version(client)) is None:  # noqa: ASYNC110 - another process sets no event here
            await asyncio.sleep(_POLL_SECONDS)
        store = {"X-Amz-Target": "AmazonSSM.DescribeParameters", "Content-Type": "application/x-amz-json-1.1"}
        try:
            parameters = await client.post("/", content="{}", headers={**store, **_signed("ssm", region)})
            objects = await client.get("/", headers=_signed("s3", region))
        except httpx.TransportError as exc:
            raise BackendFailed("localstack", f"breaks its first calls off: {exc!r}") from exc
    if parameters.status_code >= _SERVER_ERROR:
        raise BackendFailed("localstack", f"its Parameter Store answers: {parameters.text[:200]}")
    return _Health(version, objects.status_code < _SERVER_ERROR)


async def _version(client: httpx.AsyncClient) -> str | None:
    """What its health endpoint says; None while it says nothing."""
    try:
        health = await client.get("/_localstack/health")
    except httpx.TransportError:
        return None
    return str(health.json().get("version", "")) if health.is_success else None


def _signed(service: str, region: str) -> dict[str, str]:
    scope = f"{ACCOUNT}/20200101/{region}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
