"""What really stands in a world, asked beneath its gateway: no fault rule hides or delays any of it.

A value is shown as HMAC-SHA256, keyed with the control token, of the value's SHA-256: who holds the token and
a value can tell whether it is the one that stands, nobody learns one.
"""

import asyncio
import hashlib
import hmac
from typing import Any

import httpx

from simulator.clock import rfc3339
from simulator.harness import census
from simulator.harness.census import Unread
from simulator.harness.clients import HETZNER, HETZNER_REGION, REGION
from simulator.harness.control import Untold
from simulator.harness.ground import Ground
from simulator.harness.minted import PLATFORM
from simulator.ssm.inventory import Inventory, Unanswered

_SECONDS = 10.0
STORAGES = ("s3", HETZNER)


def digest(token: str, fingerprint: bytes) -> str:
    """What is shown of the value whose SHA-256 is `fingerprint`."""
    return hmac.digest(token.encode(), fingerprint, hashlib.sha256).hex()


async def told(ground: Ground) -> dict[str, Any]:
    """`{at, neon, ssm, s3, hetzner, kube, caches}`; raises Untold."""
    if ground.neon is None or not ground.whole:
        raise Untold("The world has not come up yet.")
    token = ground.minted.control_token
    try:
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
            cluster = group.create_task(_cluster(ground))
            parameters = group.create_task(_parameters(ground))
            buckets = {name: group.create_task(_buckets(ground, name)) for name in STORAGES}
    except* (Unanswered, Unread, httpx.HTTPError, TimeoutError) as failed:
        raise Untold(f"A system of this world cannot be asked: {_first(failed)}.") from failed
    return {
        "at": rfc3339(ground.clock.now()),
        "neon": ground.neon.truth(lambda fingerprint: digest(token, fingerprint)),
        "ssm": {"parameters": parameters.result()},
        **{name: {"buckets": found.result()} for name, found in buckets.items()},
        **cluster.result(),
    }


def _first(failed: BaseExceptionGroup[Exception]) -> str:
    error: BaseException = failed
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


async def _cluster(ground: Ground) -> dict[str, Any]:
    async with ground.beneath("kube") as client:
        client.headers["authorization"] = f"Bearer {ground.minted.cluster_tokens[PLATFORM]}"
        return {"kube": {"objects": await census.objects(client)}, "caches": await census.caches(client)}


async def _parameters(ground: Ground) -> list[dict[str, Any]]:
    async with ground.beneath("ssm") as client:
        found = await inventory(ground, client).parameters()
    token = ground.minted.control_token
    return [
        {name: value for name, value in each.items() if name != "fingerprint"}
        | {"digest": digest(token, each["fingerprint"])}
        for each in found
    ]


async def _buckets(ground: Ground, storage: str) -> list[dict[str, Any]]:
    async with ground.beneath(storage) as client:
        return await inventory(ground, client, storage).buckets()


def inventory(ground: Ground, client: httpx.AsyncClient, service: str = "ssm") -> Inventory:
    """A service as whoever may do everything there sees it."""
    minted = ground.minted
    key, region = (minted.hetzner_key, HETZNER_REGION) if service == HETZNER else (minted.admin_key, REGION)
    return Inventory(client, key.id, key.secret, region)
