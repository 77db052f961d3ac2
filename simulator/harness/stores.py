"""Parameter Store and object storage behind two gateways, and the AWS files that name them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from importlib.metadata import version

from starlette.types import ASGIApp

from simulator.gateway.s3 import S3
from simulator.gateway.ssm import Ssm
from simulator.gateway.upstream import HttpUpstream
from simulator.harness import clients
from simulator.harness.backend import Backend
from simulator.harness.ground import FOUNDATIONS, Ground, client
from simulator.harness.keeping import Condition, Kept, Living
from simulator.harness.tiers import CONTAINER
from simulator.ssm import localstack, moto
from simulator.ssm.account import OneAccount

_LOST = "it kept everything in memory: every parameter and every object written before is lost"
_REAL = {"ssm": "AWS SSM Parameter Store", "s3": "AWS S3"}


async def come_up(ground: Ground) -> str:
    """Both accept requests; returns where Parameter Store does."""
    with ground.phases.phase("ssm and s3", "accepting"):
        parameters, objects = await _backends(ground)
        callers = ground.minted.aws_callers()
        ssm = await ground.serve(Ssm(callers), parameters)
        s3 = await ground.serve(S3(callers), objects)
    config, credentials = clients.write_aws(
        ground.order.run_dir / "aws", ground.minted.portal_key, ssm.url, s3.url
    )
    ground.endpoints |= {
        "ssm_url": ssm.url,
        "s3_url": s3.url,
        "aws_region": clients.REGION,
        "aws_config_file": str(config),
        "aws_credentials_file": str(credentials),
    }
    ground.change("ssm", endpoint=ssm.url)
    ground.change("s3", endpoint=s3.url)
    return ssm.url


async def _backends(ground: Ground) -> tuple[ASGIApp, ASGIApp]:
    """What answers for Parameter Store and for S3."""
    if ground.order.tiers.ssm == CONTAINER:
        return await _of_localstack(ground)
    upstream = await _of_moto(ground, "ssm", "s3")
    return upstream, upstream


async def _of_moto(ground: Ground, *names: str, detail: str = "") -> ASGIApp:
    log = ground.log("moto.log")

    @asynccontextmanager
    async def start() -> AsyncGenerator[Living]:
        async with moto.running(log, home=ground.home) as child:
            yield Living(child.url, child.ended, log, version("moto"), child.pid)

    rows = [Backend(name, "moto", _REAL[name], detail=detail) for name in names]
    upstream, _ = await _started(ground, rows, start)
    return upstream


async def _of_localstack(ground: Ground) -> tuple[ASGIApp, ASGIApp]:
    """LocalStack for both; moto for S3 where the image cannot load LocalStack's own."""
    engine, image, log = (
        ground.container_engine(),
        ground.order.images.localstack,
        ground.log("localstack.log"),
    )
    lives: list[localstack.LocalStack] = []

    @asynccontextmanager
    async def start() -> AsyncGenerator[Living]:
        async with localstack.running(engine, image, log, region=clients.REGION) as stack:
            lives[:] = [stack]
            yield Living(stack.url, stack.ended, log, stack.version)

    rows = [Backend(name, "LocalStack", _REAL[name], detail=image, tier=CONTAINER) for name in _REAL]
    upstream, kept = await _started(ground, rows, start)
    front = OneAccount(upstream)
    if lives[0].objects:
        return front, front
    kept.names = ("ssm",)
    ground.phases.tell(f"S3 is moto's: {image} cannot load its own, see {log}")
    return front, await _of_moto(ground, "s3", detail=f"{image} cannot load its own S3")


async def _started(
    ground: Ground, rows: Sequence[Backend], start: Callable[[], AbstractAsyncContextManager[Living]]
) -> tuple[HttpUpstream, Kept]:
    """A kept backend in its first life, with its rows, and the upstream that leads to its present one."""
    upstream = HttpUpstream(
        None, await ground.parts.open(f"{rows[0].product} client", client(), stage=FOUNDATIONS)
    )

    def changed(living: Living | None, condition: Condition) -> None:
        upstream.point(living.url if living else None)
        told = {"version": living.version} if living else {}
        for name in kept.names:
            ground.change(name, pid=living.pid if living else None, **told, **asdict(condition))

    for row in rows:
        ground.put(row)
    kept = Kept([row.name for row in rows], start, changed, lost=_LOST)
    ground.keep(kept)
    await kept.up()
    return upstream, kept
