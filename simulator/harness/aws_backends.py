"""What keeps parameters and objects: moto, or LocalStack where a container was asked for."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version

from starlette.types import ASGIApp

from simulator.gateway.upstream import HttpUpstream
from simulator.harness import clients
from simulator.harness.backend import Backend
from simulator.harness.ground import FOUNDATIONS, Ground, client
from simulator.harness.keeping import Condition, Kept, Living
from simulator.harness.tiers import CONTAINER
from simulator.ssm import localstack, moto
from simulator.ssm.account import OneAccount

_LOST = "it kept everything in memory: every parameter and every object written before is lost"
_REAL = {"ssm": "AWS SSM Parameter Store", "s3": "AWS S3", "hetzner": "Hetzner Object Storage"}


@dataclass(slots=True)
class Behind:
    """What answers for a service; each of `told` is called with whether it is up whenever that changes."""

    app: ASGIApp
    told: list[Callable[[bool], None]] = field(default_factory=list)


async def come_up(ground: Ground) -> tuple[Behind, Behind]:
    """What answers for Parameter Store and for S3."""
    if ground.order.tiers.ssm == CONTAINER:
        return await _of_localstack(ground)
    upstream = await _of_moto(ground, *_REAL)
    return upstream, upstream


async def _of_moto(ground: Ground, *names: str, detail: str = "") -> Behind:
    log = ground.log("moto.log")

    @asynccontextmanager
    async def start() -> AsyncGenerator[Living]:
        async with moto.running(log, home=ground.home) as child:
            yield Living(child.url, child.ended, log, version("moto"), child.pid)

    rows = [Backend(name, "moto", _REAL[name], detail=detail) for name in names]
    upstream, _ = await _started(ground, rows, start)
    return upstream


async def _of_localstack(ground: Ground) -> tuple[Behind, Behind]:
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
    upstream.app = OneAccount(upstream.app)
    if lives[0].objects:
        return upstream, upstream
    kept.names = ("ssm",)
    ground.phases.tell(f"S3 is moto's: {image} cannot load its own, see {log}")
    return upstream, await _of_moto(ground, "s3", "hetzner", detail=f"{image} cannot load its own S3")


async def _started(
    ground: Ground, rows: Sequence[Backend], start: Callable[[], AbstractAsyncContextManager[Living]]
) -> tuple[Behind, Kept]:
    """A kept backend in its first life, with its rows, and the upstream that leads to its present one."""
    upstream = HttpUpstream(
        None, await ground.parts.open(f"{rows[0].product} client", client(), stage=FOUNDATIONS)
    )

    behind = Behind(upstream)

    def changed(living: Living | None, condition: Condition) -> None:
        upstream.point(living.url if living else None)
        for tell in behind.told:
            tell(living is not None)
        told = {"version": living.version} if living else {}
        for name in kept.names:
            ground.change(name, pid=living.pid if living else None, **told, **asdict(condition))

    for row in rows:
        ground.put(row)
    kept = Kept([row.name for row in rows], start, changed, lost=_LOST)
    ground.keep(kept)
    await kept.up()
    return behind, kept
